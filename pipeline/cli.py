"""The command line: ``newsbeam COMMAND``.

Only what every command needs is imported here: ``--help`` must not wait for Beam, spaCy
and trafilatura.  Exit codes: 0 done, 1 the run failed, 2 usage or configuration, 3
another run holds the dataset, 130 and 143 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import click
import typer

from pipeline import __version__, guard
from pipeline.arguments import (
    AsSql,
    ConfigFile,
    Dataset,
    Duration,
    Feeds,
    Files,
    Format,
    HealthPort,
    Level,
    LogFormat,
    LogLevel,
    OptionalLevel,
    Output,
    Overrides,
    RunId,
    TableName,
    UntilIdle,
)
from pipeline.loading import loading
from pipeline.signals import Interrupts, arrived

app = typer.Typer(
    name="newsbeam",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=(
        "Read news from feeds and files, clean it, tag entities and countries, and write "
        "Parquet that DuckDB, Polars, pandas and Spark open."
    ),
    epilog="Try: newsbeam run --files 'articles/**/*.html' --output data/mine",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"newsbeam {__version__}")
        raise typer.Exit


@app.callback()
def newsbeam(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Say what holds for every command."""


@app.command(
    "run",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Example: newsbeam run configs/golden.toml --output data/golden",
)
def run_command(
    context: typer.Context,
    config: ConfigFile = None,
    files: Files = None,
    feeds: Feeds = None,
    output: Output = None,
    overrides: Overrides = None,
    runner: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Beam runner; DirectRunner, the default, is the in-process one.",
        ),
    ] = None,
    run_id: RunId = None,
    max_reject_rate: Annotated[
        float | None,
        typer.Option(
            metavar="RATE", min=0, max=1, help="Fail when more is rejected, 0 to 1."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be read.")
    ] = False,
    log_level: Level = LogLevel.WARNING,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Do one bounded run: read, extract, tag, write what is new, and report.

    Reads what the configuration and --files name; a second run over the same input
    writes nothing. Options that newsbeam does not know go to Beam.
    """
    _configure_logs(log_level, log_format)
    if not dry_run:
        _start_children()
    with loading():
        from pipeline import command

    command.run(
        config=config,
        files=files or [],
        feeds=feeds or [],
        output=output,
        runner=runner,
        overrides=overrides or [],
        run_id=run_id,
        max_reject_rate=max_reject_rate,
        dry_run=dry_run,
        beam_options=context.args,
    )


@app.command(
    "unbounded",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=(
        "Example: newsbeam unbounded my.toml --runner PrismRunner "
        "--prism_location=build/prism"
    ),
)
def unbounded_command(
    context: typer.Context,
    config: ConfigFile,
    runner: Annotated[
        str, typer.Option(metavar="NAME", help="PrismRunner, FlinkRunner, …")
    ],
    feeds: Feeds = None,
    output: Output = None,
    overrides: Overrides = None,
    run_id: RunId = None,
    minutes: Annotated[
        float | None,
        typer.Option("--for", metavar="MINUTES", min=0, help="End after so long."),
    ] = None,
    log_level: Level = LogLevel.WARNING,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Poll feeds on an engine until stopped, in one unbounded Beam pipeline.

    SIGTERM ends the poll and commits what was listed by then. Options that newsbeam
    does not know go to Beam. What it needs, and when: docs/scaling.md.
    """
    _configure_logs(log_level, log_format)
    from pipeline import unbounded_command

    unbounded_command.unbounded(
        config=config,
        runner=runner,
        feeds=feeds or [],
        output=output,
        overrides=overrides or [],
        run_id=run_id,
        minutes=minutes,
        beam_options=context.args,
    )


@app.command(
    "stream", epilog="Example: newsbeam stream configs/stream.toml --until-idle"
)
def stream_command(
    config: ConfigFile = None,
    files: Files = None,
    feeds: Feeds = None,
    output: Output = None,
    overrides: Overrides = None,
    duration: Duration = None,
    until_idle: UntilIdle = False,
    health_port: HealthPort = None,
    log_level: OptionalLevel = None,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Keep polling: ask each feed when it is due, write what is new, until stopped.

    The same flow as run, a small batch at a time, each a commit. A terminal shows what
    is going on, elsewhere it is logged. Ctrl-C and SIGTERM finish the batch and exit
    with 0, a second one stops at once. SIGHUP reads the configuration again.
    """
    default = LogLevel.WARNING if sys.stderr.isatty() else LogLevel.INFO
    _configure_logs(log_level or default, log_format)
    _start_children()
    with loading():
        from pipeline import streaming

    streaming.run_stream(
        config=config,
        files=files or [],
        feeds=feeds or [],
        output=output,
        overrides=overrides or [],
        duration=duration,
        until_idle=until_idle,
        health_port=health_port,
    )


@app.command("check", epilog="Example: newsbeam check configs/golden.toml")
def check_command(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Validate a configuration and print it with every default filled in.

    Lists everything that is wrong at once.
    """
    _configure_logs()
    from pipeline import command

    command.check(config=config, overrides=overrides or [])


@app.command("status", epilog="Example: newsbeam status data/offline")
def status_command(
    dataset: Dataset,
    reset: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask a feed again that is gone or failing."),
    ] = None,
) -> None:
    """Show each feed's last success, failures, next poll and new articles a day.

    Warns of feeds that fail, are gone, or fell silent compared with their own past.
    """
    _configure_logs()
    from pipeline import command

    command.status(dataset=dataset, reset=reset)


@app.command(
    "replay",
    epilog="Example: newsbeam replay data/mine --reason http_error --since 2026-11-01",
)
def replay_command(
    dataset: Dataset,
    stages: Annotated[
        list[str] | None,
        typer.Option(
            "--stage", metavar="STAGE", help="Only rejects of it; may be repeated."
        ),
    ] = None,
    reasons: Annotated[
        list[str] | None,
        typer.Option(
            "--reason", metavar="REASON", help="Only rejects for it; may be repeated."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Only rejects of that day or later."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file that says how to fetch, extract and tag."),
    ] = None,
    overrides: Overrides = None,
    run_id: RunId = None,
    log_level: Level = LogLevel.WARNING,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Send rejects through again, after an upgrade or when a site is back.

    Each ends in an article or in one new reject, and leaves the table of rejects with
    the commit. Without --stage, --reason and --since all of them are sent.
    """
    _configure_logs(log_level, log_format)
    _start_children()
    with loading():
        from pipeline import upkeep

    upkeep.replay_rejects(
        dataset=dataset,
        stages=stages or [],
        reasons=reasons or [],
        since=since,
        config=config,
        overrides=overrides or [],
        run_id=run_id,
    )


@app.command(
    "reprocess", epilog="Example: newsbeam reprocess data/mine --since 2026-11-01"
)
def reprocess_command(
    dataset: Dataset,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Only what was fetched that day or later."),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also what this version of newsbeam has made."),
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="TOML file that says how to extract and tag.")
    ] = None,
    overrides: Overrides = None,
    run_id: RunId = None,
    log_level: Level = LogLevel.WARNING,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Extract and tag kept pages again, without a fetch, as new revisions.

    Pages are kept by runs with output.raw = true. Without --all, only articles that an
    earlier version of newsbeam has made.
    """
    _configure_logs(log_level, log_format)
    _start_children()
    with loading():
        from pipeline import upkeep

    upkeep.reprocess_pages(
        dataset=dataset,
        since=since,
        everything=everything,
        config=config,
        overrides=overrides or [],
        run_id=run_id,
    )


@app.command("compact", epilog="Example: newsbeam compact data/mine --keep-days 730")
def compact_command(
    dataset: Dataset,
    target_mb: Annotated[
        int,
        typer.Option(metavar="MB", min=1, help="Size that files are merged up to."),
    ] = 64,
    closed_days: Annotated[
        int,
        typer.Option(
            metavar="DAYS", min=0, help="Leave partitions of the last days alone."
        ),
    ] = 2,
    keep_days: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=1,
            help="Delete partitions that are older; none if unset.",
        ),
    ] = None,
    log_level: Level = LogLevel.WARNING,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Merge the small files of closed partitions, and delete what is too old.

    A partition changes at one stroke: a reader sees its old files or its new ones. Rows
    stay as they are.
    """
    _configure_logs(log_level, log_format)
    from pipeline import upkeep

    upkeep.compact_dataset(
        dataset=dataset,
        target_bytes=target_mb * 1_000_000,
        closed_days=closed_days,
        keep_days=keep_days,
    )


@app.command("show", epilog="Example: newsbeam show data/golden 5a0c")
def show_command(
    dataset: Dataset,
    article_id: Annotated[
        str, typer.Argument(metavar="ID", help="An article's id, or its beginning.")
    ],
) -> None:
    """Show one article in the terminal, its entities and countries marked."""
    _configure_logs()
    from pipeline import command

    command.show(dataset=dataset, article_id=article_id)


@app.command("files", epilog="Example: newsbeam files s3://bucket/news rejects")
def files_command(
    dataset: Dataset, table: TableName = "articles", as_sql: AsSql = False
) -> None:
    """List the files of a table that are committed; in a store no others count."""
    _configure_logs()
    from pipeline import command

    command.files(dataset=dataset, table=table, as_sql=as_sql)


@app.command("models", epilog="Example: newsbeam models --language ru")
def models_command(
    language: Annotated[
        str | None, typer.Option(metavar="LL", help="Only models of this language.")
    ] = None,
) -> None:
    """List the entity models: installed or not, their licences, how to get them.

    An article in a language without a model still has the countries and capitals that
    it names, as places.
    """
    _configure_logs()
    from pipeline import command

    command.models(language=language)


@app.command("schema", epilog="Example: newsbeam schema articles")
def schema_command(
    table: Annotated[
        str | None, typer.Argument(help="One table; all of them by default.")
    ] = None,
) -> None:
    """Print the columns of the tables, with their types and meaning."""
    _configure_logs()
    from pipeline import command

    command.schema(table=table)


def _configure_logs(
    level: LogLevel = LogLevel.WARNING, form: LogFormat = LogFormat.PLAIN
) -> None:
    """Log as wanted; before Beam is imported, which would install a handler of its own."""
    from pipeline import logs

    logs.configure(level.value, form.value)


def _start_children() -> None:
    """Let the children's server load what they need while this process loads Beam."""
    from transforms.pool import start_server

    start_server()


def main() -> None:
    """Run the command line and exit with its code."""
    intruder = guard.intruder()
    if intruder:
        sys.exit(_say(intruder, 2))
    with Interrupts() as interrupts:
        code = _call(interrupts)
    if interrupts.number is not None:
        # Beam turns the interruption of a stage into an error of that stage.
        code = _say("interrupted; what was committed stays", 128 + interrupts.number)
    sys.exit(code)


def _call(interrupts: Interrupts) -> int:
    """Run the command and return the exit code."""
    try:
        return app(standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        arrived()
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of our output has left (``| head``): nothing to complain about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001 - unknown ones are raised again
        return _explain(error) if interrupts.number is None else 1


def _explain(error: Exception) -> int:
    """Say in one line what is wrong, if we know; return the exit code."""
    from transforms.errors import ConfigError, LockedError, NewsbeamError

    codes = {ConfigError: 2, LockedError: 3, NewsbeamError: 1}
    for kind, code in codes.items():
        if isinstance(error, kind):
            return _say(str(error), code)
    raise error


def _say(message: str, code: int) -> int:
    for line in message.splitlines():
        typer.echo(f"newsbeam: {line}", err=True)
    return code
