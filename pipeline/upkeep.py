"""What the commands do that keep a dataset in order, once the command line is read."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pipeline.command import check_run_id, tell
from pipeline.compact import compact
from pipeline.config import load
from pipeline.dataset import local_dataset, open_table
from pipeline.home import opened
from pipeline.progress import Progress
from pipeline.replay import Selection, replay
from pipeline.reprocess import reprocess
from pipeline.terminal import console
from transforms.errors import ConfigError
from transforms.records import Reason, Stage

Name = TypeVar("Name", bound=enum.StrEnum)


def replay_rejects(
    *,
    dataset: str,
    stages: Sequence[str],
    reasons: Sequence[str],
    since: str | None,
    config: Path | None,
    overrides: Sequence[str],
    run_id: str | None,
) -> None:
    """Send rejects through the flow again."""
    folder = local_dataset(dataset, "replay")
    open_table(folder, "rejects")
    check_run_id(run_id)
    selection = Selection(
        tuple(_named(Stage, "--stage", name) for name in stages),
        tuple(_named(Reason, "--reason", name) for name in reasons),
        _day(since),
    )
    flags = {"output": {"path": str(folder)}}
    loaded = load(config, overrides, flags, needs_source=False)
    tell(
        replay(
            loaded, selection, run_id=run_id, progress=Progress(console(stderr=True))
        )
    )


def reprocess_pages(
    *,
    dataset: str,
    since: str | None,
    everything: bool,
    config: Path | None,
    overrides: Sequence[str],
    run_id: str | None,
) -> None:
    """Make articles again from their kept pages."""
    folder = local_dataset(dataset, "reprocess")
    open_table(folder)
    check_run_id(run_id)
    flags = {"output": {"path": str(folder)}}
    loaded = load(config, overrides, flags, needs_source=False)
    report = reprocess(
        loaded,
        since=_day(since),
        everything=everything,
        run_id=run_id,
        progress=Progress(console(stderr=True)),
    )
    tell(report)


def compact_dataset(
    *, dataset: str, target_bytes: int, closed_days: int, keep_days: int | None
) -> None:
    """Merge small files and delete old partitions."""
    folder = local_dataset(dataset, "compact")
    open_table(folder)
    today = dt.datetime.now(dt.UTC).date()
    with opened(folder) as (state, _):
        result = compact(
            folder,
            state=state,
            target_bytes=target_bytes,
            closed_before=today - dt.timedelta(days=closed_days),
            delete_before=(
                today - dt.timedelta(days=keep_days) if keep_days is not None else None
            ),
        )
    console().print(result, soft_wrap=True)


def _named(kind: type[Name], option: str, value: str) -> Name:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise ConfigError((f"{option} {value!r}: there are {known}",)) from None


def _day(value: str | None) -> dt.datetime | None:
    if value is None:
        return None
    try:
        found = dt.datetime.fromisoformat(value)
    except ValueError:
        raise ConfigError(
            (f"--since {value!r}: write a day as 2026-11-24, or a time after it",)
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
