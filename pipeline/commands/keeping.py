"""The commands that keep a dataset in order: ``replay``, ``reprocess``, ``compact``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.arguments import (
    Dataset,
    Format,
    Level,
    LogFormat,
    LogLevel,
    Overrides,
    ProgressLevel,
    RunId,
)
from pipeline.loading import configure_logs, loading, start_children


def replay(
    dataset: Dataset,
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
    log_level: ProgressLevel = None,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Send rejects through again, after an upgrade or when a site is back.

    Each ends in an article or in one new reject, and leaves the table of rejects with
    the commit. Without --stage, --reason and --since all of them are sent.
    """
    configure_logs(log_level, log_format)
    start_children()
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


def reprocess(
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
    log_level: ProgressLevel = None,
    log_format: Format = LogFormat.PLAIN,
) -> None:
    """Extract and tag kept pages again, without a fetch, as new revisions.

    Pages are kept by runs with output.raw = true. Without --all, only articles that an
    earlier version of newsbeam has made.
    """
    configure_logs(log_level, log_format)
    start_children()
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


def compact(
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
    configure_logs(log_level, log_format)
    from pipeline import upkeep

    upkeep.compact_dataset(
        dataset=dataset,
        target_bytes=target_mb * 1_000_000,
        closed_days=closed_days,
        keep_days=keep_days,
    )
