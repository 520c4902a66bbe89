"""The command ``run``: one bounded run, or what it would read."""

from __future__ import annotations

import contextlib
import datetime as dt
import difflib
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import options

if TYPE_CHECKING:
    from pipeline.configuration.config import Config
    from pipeline.reports.report import Report

_SHORT = re.compile(r"-[^-\d]")


def _rate(value: str) -> float:
    """Return a share; raises BadParameter where it is none, as nan is not."""
    try:
        rate = float(value)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= 1:
        raise typer.BadParameter("must be a number from 0 to 1")
    return rate


def run(
    context: typer.Context,
    config: options.ConfigFile = None,
    files: options.Files = None,
    feeds: options.Feeds = None,
    output: options.Output = None,
    overrides: options.Overrides = None,
    runner: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Beam runner; DirectRunner, the default, is the in-process one.",
        ),
    ] = None,
    run_id: options.RunId = None,
    max_reject_rate: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            parser=_rate,
            help="Fail when a larger share is rejected, 0 to 1.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be read.")
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="N/M",
            help="Take one of M shares of the feeds and files: 3/16. For runs side by side "
            "into the same Delta tables.",
        ),
    ] = None,
    log_level: options.ProgressLevel = None,
    log_format: options.LogLines = options.LogFormat.PLAIN,
) -> None:
    """Do one bounded run: read, extract, tag, write what is new, and report.

    Reads what the configuration and --files name; a second run over the same input
    writes nothing. Options that newsbeam does not know go to Beam.
    """
    options.configure_logs(log_level, log_format)
    if not dry_run:
        options.start_children()
    with options.loading():
        from pipeline.configuration.config import load
        from pipeline.reports.progress import Progress
        from pipeline.reports.terminal import console
        from pipeline.run import run as run_once
        from transforms.errors import RunError

    beam_options = context.args
    if config is not None and str(config).startswith("-"):
        # The parser leaves unknown options to us, in the first free place too.
        config, beam_options = None, [str(config), *beam_options]
    own = [name for option in context.command.params for name in option.opts]
    _check_beam_options(beam_options, runner, own)
    behaviour = {"runner": runner, "max_reject_rate": max_reject_rate}
    flags = options.source_flags(files, feeds, output)
    flags["run"] = {key: value for key, value in behaviour.items() if value is not None}
    if shard is not None:
        flags["fetch"] = {"shard": shard}
    settings = load(options.config_here(config, files, feeds), overrides or (), flags)
    if dry_run:
        _list_sources(settings)
        return
    report = run_once(
        settings,
        run_id=run_id,
        beam_options=beam_options,
        progress=Progress(console(stderr=True)),
    )
    tell(report)
    if report.failure is not None:
        reasons = ", ".join(report.counters.rejected)
        raise RunError(
            f"the run produced nothing: {report.failure} failed"
            + (f" ({reasons})" if reasons else "")
            + f"; {report.dataset}/rejects says why"
        )


def tell(report: Report, idle: str | None = None) -> None:
    """Print what a run did.

    Args:
      report: Its figures.
      idle: What is said instead of them where there was nothing to do.

    Raises:
      RunError: When the figures do not add up.
    """
    from pipeline.reports.terminal import console
    from transforms.errors import RunError

    shown = idle if idle is not None and report.is_idle else report
    console().print(shown, soft_wrap=True)
    if report.imbalances:
        raise RunError(
            "the counters do not add up (see LOST above): this is a fault of newsbeam, "
            f"please report it with {report.dataset}/_runs/{report.run_id}/report.json"
        )


def _check_beam_options(
    beam_options: Sequence[str], runner: str | None, own: Sequence[str]
) -> None:
    """Refuse what neither of us knows, a mistyped option of ours most often.

    Other runners take options that Beam's own parser has never heard of.
    """
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipeline.configuration.runners import is_direct
    from transforms.errors import ConfigError

    strays = [option for option in beam_options if not option.startswith("-")]
    if strays and strays[0] == beam_options[0]:
        raise ConfigError(f"unexpected argument {strays[0]!r}; see newsbeam run --help")
    if runner is not None and not is_direct(runner):
        return
    # Beam's parser would drop them with a warning.
    short = [option for option in beam_options if _SHORT.match(option)]
    if short:
        raise ConfigError(*(_unknown(option, own) for option in short))
    parsed = PipelineOptions(list(beam_options))
    known = parsed.get_all_options()
    given = parsed.get_all_options(retain_unknown_options=True)
    names = [*own, *(f"--{name}" for name in known)]
    problems = [_unknown(f"--{name}", names) for name in given if name not in known]
    if known["direct_running_mode"] != "in_memory":
        problems.append(
            f"--direct_running_mode={known['direct_running_mode']}: the in-process "
            "runner is in_memory only; other modes hang when a worker dies"
        )
    if problems:
        raise ConfigError(*problems)


def _unknown(option: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(option, known, n=1)
    hint = f" did you mean {close[0]}?" if close else ""
    return f"unknown option {option};{hint} see newsbeam run --help"


def _list_sources(config: Config) -> None:
    """List what would be read: files, and feeds that are due with how they are asked."""
    if config.source.files:
        _list_files(config)
    if config.source.feeds or config.source.opml:
        _list_feeds(config)


def _list_files(config: Config) -> None:
    from pipeline.batches import read_by, source_files
    from pipeline.dataset.home import home_of
    from pipeline.reports.terminal import console, many, shown
    from transforms.errors import ConfigError

    files = list(source_files(config))
    left = files
    # An index that cannot be used is made again by the run, which reads all files.
    with contextlib.suppress(ConfigError), contextlib.ExitStack() as stack:
        home = home_of(config.output, config.fetch.share)
        if home.index.is_file():
            is_read = read_by(config, stack.enter_context(home.found()))
            left = [file for file in files if not is_read(file)]
    paths = [file.path for file in left]
    kinds = Counter("".join(Path(path).suffixes[-2:]) or "no suffix" for path in paths)
    out = console(soft_wrap=True)
    for path in paths:
        out.print(shown(path))
    listed = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())
    out.print(f"{len(paths):,} files would be read: {listed or 'none'}")
    if len(left) < len(files):
        passed = many(len(files) - len(left), "file")
        out.print(f"{passed} unchanged since read")


def _list_feeds(config: Config) -> None:
    from pipeline.dataset.home import home_of
    from pipeline.reports.terminal import console
    from transforms.parse.subscriptions import subscriptions
    from transforms.redaction import redact_feed
    from transforms.web.access import Memory, host_of
    from transforms.web.policy import is_due, request_headers

    share = config.fetch.share
    out = console(soft_wrap=True)
    listed_feeds = subscriptions(config.source.feeds, config.source.opml)
    feeds = tuple(feed for feed in listed_feeds if share.holds_feed(feed.url))
    if not listed_feeds:
        return
    home = home_of(config.output)
    memory = Memory()
    if home.index.is_file():
        with home.found() as state:
            feeds = state.keys.given_to(feeds)
            memory = state.requests.memory(feeds)
    now = dt.datetime.now(dt.UTC)
    memory = memory.believed(now, config.fetch.pace())
    due = 0
    for feed in feeds:
        known = memory.state_of(feed)
        if not is_due(known, now, memory.hosts.get(host_of(feed.url))):
            continue
        due += 1
        headers = request_headers(known, known.url)
        asked = f" ({', '.join(sorted(headers))})" if headers else ""
        out.print(f"{redact_feed(known.url)}{asked}")
    out.print(f"{due:,} of {len(feeds):,} feeds are due and would be asked")
