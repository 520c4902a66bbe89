"""Runs: those of which the dataset has a folder, finished, cut short or long past."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

from pipeline.dataset.publish import RUNS, RunFolder
from pipeline.state.database import State
from transforms.text.dates import LONG_AGO
from transforms.web.policy import believed


def recover(dataset: Path, state: State) -> list[str]:
    """Finish what was committed and remove what was not; at every start.

    Returns:
      A line for each batch that was repaired.
    """
    repaired = []
    for run in run_folders(dataset):
        for batch in run.batches():
            if (batch.path / "discarded").exists():
                batch.discard()
            if not batch.staging.exists():
                continue
            if batch.manifest.exists():
                repaired += [
                    f"{path} of run {run.run_id} is gone before it was counted: what its "
                    "batch had read is read again"
                    for path in batch.gone()
                ]
                batch.publish(state)
                repaired.append(
                    f"run {run.run_id} was committed but cut short: published"
                )
            else:
                batch.discard()
                repaired.append(
                    f"run {run.run_id} was cut short before its commit: its staging "
                    "was removed"
                )
        # Of an unbounded run that was killed; nobody will ask for it.
        shutil.rmtree(run.staged, ignore_errors=True)
        run.leave()
    return repaired


def run_folders(dataset: Path) -> list[RunFolder]:
    """Return the runs of which there is a folder, by name."""
    return [
        RunFolder(dataset, path.name)
        for path in sorted((dataset / RUNS).glob("*/"))
        # No run is called so.
        if not path.name.startswith("_")
    ]


def cut_short(
    dataset: Path, run_id: str, now: dt.datetime | None = None
) -> list[dict[str, Any]]:
    """Return the manifests of the runs that did not end, since the last that did.

    Args:
      dataset: The dataset's folder.
      run_id: The run that is about to begin, which is not one of them.
      now: The time; a run that began later did so by a clock that was wrong.
    """
    now = now or dt.datetime.now(dt.UTC)
    others = [run for run in run_folders(dataset) if run.run_id != run_id]
    ended = [
        run.began
        for run in others
        if run.report.exists() and run.began and believed(run.began, now)
    ]
    last = max(ended, default=None)
    return [
        manifest
        for run in others
        if not run.report.exists()
        and run.began is not None
        and (last is None or run.began > last)
        for manifest in run.manifests()
    ]


def has_ended(dataset: Path, run_id: str) -> bool:
    """Return whether a run has ended; one whose folder is gone has."""
    run = RunFolder(dataset, run_id)
    return run.report.exists() or not run.path.exists()


def prune(dataset: Path, keep: int) -> None:
    """Remove the folders of all but the latest runs; what they published stays.

    Args:
      dataset: The dataset's folder.
      keep: How many runs to keep.
    """
    now = dt.datetime.now(dt.UTC)

    def age(run: RunFolder) -> tuple[bool, dt.datetime]:
        # One that began by a clock that was wrong is not the latest for as long.
        began = run.began or LONG_AGO
        return believed(began, now) is not None, began

    runs = sorted(run_folders(dataset), key=age)
    for run in runs[: max(0, len(runs) - keep)]:
        shutil.rmtree(run.path, ignore_errors=True)
