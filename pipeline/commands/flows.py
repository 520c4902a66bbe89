"""The commands that read news: ``run``, ``stream`` and ``unbounded``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipeline.arguments import (
    ConfigFile,
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
    ProgressLevel,
    RunId,
    UntilIdle,
)
from pipeline.loading import configure_logs, loading, start_children


def run(
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
            metavar="RATE",
            min=0,
            max=1,
            help="Fail when a larger share is rejected, 0 to 1.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be read.")
    ] = False,
    log_level: ProgressLevel = None,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Do one bounded run: read, extract, tag, write what is new, and report.

    Reads what the configuration and --files name; a second run over the same input
    writes nothing. Options that newsbeam does not know go to Beam.
    """
    configure_logs(log_level, log_format)
    if not dry_run:
        start_children()
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
        own_options=[name for option in context.command.params for name in option.opts],
    )


def unbounded(
    context: typer.Context,
    config: ConfigFile,
    runner: Annotated[
        str, typer.Option(metavar="NAME", help="PrismRunner, FlinkRunner, …")
    ],
    feeds: Feeds = None,
    output: Output = None,
    overrides: Overrides = None,
    run_id: RunId = None,
    duration: Duration = None,
    log_level: Level = LogLevel.WARNING,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Poll feeds on an engine until stopped, in one unbounded Beam pipeline.

    SIGTERM ends the poll and commits what was listed by then. Options that newsbeam
    does not know go to Beam. What it needs, and when: docs/scaling.md.
    """
    configure_logs(log_level, log_format)
    from pipeline import unbounded_command

    unbounded_command.unbounded(
        config=config,
        runner=runner,
        feeds=feeds or [],
        output=output,
        overrides=overrides or [],
        run_id=run_id,
        duration=duration,
        beam_options=context.args,
    )


def stream(
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
    configure_logs(log_level or default, log_format)
    start_children()
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
