"""The commands that keep a dataset in order: ``replay``, ``reprocess``, ``compact``."""

from __future__ import annotations

import datetime as dt
import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pipeline.commands import options
from pipeline.commands.run import tell

if TYPE_CHECKING:
    from pipeline.configuration.config import Config

_Name = TypeVar("_Name", bound=enum.StrEnum)


def replay(
    dataset: options.Dataset,
    stages: Annotated[
        list[str] | None,
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="Only rejects of this stage; may be repeated.",
        ),
    ] = None,
    reasons: Annotated[
        list[str] | None,
        typer.Option(
            "--reason",
            metavar="REASON",
            help="Only rejects for this reason; may be repeated.",
        ),
    ] = None,
    since: options.Since = None,
    config: options.ConfigOfWork = None,
    overrides: options.Overrides = None,
    run_id: options.RunId = None,
    log_level: options.ProgressLevel = None,
    log_format: options.LogLines = options.LogFormat.PLAIN,
) -> None:
    """Send rejects through again, after an upgrade or when a site is back.

    Each ends in an article or in one new reject, and leaves the table of rejects with
    the commit. Without --stage, --reason and --since all of them are sent.
    """
    options.configure_logs(log_level, log_format)
    options.start_children()
    with options.loading():
        from pipeline.replay import Selection
        from pipeline.replay import replay as replay_rejects
        from pipeline.reports.progress import Progress
        from pipeline.reports.terminal import console, shown
        from transforms.vocabulary import Reason, Stage

    selection = Selection(
        tuple(_named(Stage, "--stage", name) for name in stages or ()),
        tuple(_named(Reason, "--reason", name) for name in reasons or ()),
        options.day(since),
    )
    settings = _config_for(dataset, config, overrides)
    progress = Progress(console(stderr=True))
    report = replay_rejects(settings, selection, run_id=run_id, progress=progress)
    tell(report, f"there is nothing to replay in {shown(dataset)}")


def reprocess(
    dataset: options.Dataset,
    since: options.Since = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also what this version of newsbeam has made."),
    ] = False,
    from_text: Annotated[
        bool,
        typer.Option(
            "--from-text",
            help="Tag the stored texts again; no pages need to be kept.",
        ),
    ] = False,
    config: options.ConfigOfWork = None,
    overrides: options.Overrides = None,
    run_id: options.RunId = None,
    log_level: options.ProgressLevel = None,
    log_format: options.LogLines = options.LogFormat.PLAIN,
) -> None:
    """Extract and tag kept pages again, without a fetch, as new revisions.

    Pages are kept by runs with output.raw = true. With --from-text the stored texts get
    languages, names, countries and stories again. Without --all, only articles that an
    earlier version of newsbeam has made. What was cut short is continued.
    """
    options.configure_logs(log_level, log_format)
    options.start_children()
    with options.loading():
        from pipeline.reports.progress import Progress
        from pipeline.reports.terminal import console, shown
        from pipeline.reprocess import reprocess as reprocess_pages

    report = reprocess_pages(
        _config_for(dataset, config, overrides),
        since=options.day(since),
        everything=everything,
        from_text=from_text,
        run_id=run_id,
        progress=Progress(console(stderr=True)),
    )
    tell(report, f"there is nothing to reprocess in {shown(dataset)}")


def compact(
    dataset: options.Dataset,
    target_mb: Annotated[
        int,
        typer.Option(metavar="MB", min=1, help="Size that files are merged up to."),
    ] = 64,
    closed_days: Annotated[
        int,
        typer.Option(
            metavar="DAYS",
            min=0,
            max=options.MOST_DAYS,
            help="Leave partitions of the last days alone.",
        ),
    ] = 2,
    keep_days: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=1,
            max=options.MOST_DAYS,
            help="Delete partitions that are older; none if unset.",
        ),
    ] = None,
    log_level: options.Level = options.LogLevel.WARNING,
    log_format: options.LogLines = options.LogFormat.PLAIN,
) -> None:
    """Merge the small files of closed partitions, and delete what is too old.

    A partition changes at one stroke: a reader sees its old files or its new ones. Rows
    stay as they are.
    """
    options.configure_logs(log_level, log_format)
    from pipeline.dataset.home import home_at
    from pipeline.dataset.read import open_table
    from pipeline.reports.terminal import console

    open_table(dataset)
    home = home_at(dataset)
    today = dt.datetime.now(dt.UTC).date()
    with home.opened() as (state, _):
        result = home.compact(
            state,
            target_bytes=target_mb * 1_000_000,
            closed_before=today - dt.timedelta(days=closed_days),
            delete_before=(
                today - dt.timedelta(days=keep_days) if keep_days is not None else None
            ),
        )
    console().print(result, soft_wrap=True)


def copy(
    source: options.Dataset,
    target: Annotated[
        str,
        typer.Argument(
            parser=options.named,
            metavar="TO",
            help="A new folder, or a URL in a store, which becomes Delta Lake tables.",
        ),
    ],
    log_level: options.ProgressLevel = None,
    log_format: options.LogLines = options.LogFormat.PLAIN,
) -> None:
    """Copy a dataset between folder and store, with all that is remembered of its feeds.

    Every file is read back. A copy that was cut short goes on when it is called again.
    """
    options.configure_logs(log_level, log_format)
    from rich.progress import Progress

    from pipeline.copying import copy as copy_dataset
    from pipeline.reports.terminal import console

    shown = console(stderr=True)
    with Progress(console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task("copying", total=None)
        done = copy_dataset(
            source,
            target,
            progress=lambda files, of: bar.update(task, completed=files, total=of),
        )
    console().print(done, soft_wrap=True)


def _config_for(
    dataset: str, config: Path | None, overrides: list[str] | None
) -> Config:
    """Return how to work on a dataset; raises ConfigError."""
    from pipeline.configuration.config import load

    flags = {"output": {"path": dataset}}
    return load(config, overrides or (), flags, needs_source=False)


def _named(kind: type[_Name], option: str, value: str) -> _Name:
    from transforms.errors import ConfigError

    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise ConfigError(f"{option} {value!r}: there are {known}") from None
