"""Runs: those of which the dataset has a folder; what is cut short is finished."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.dataset.publish import RunFolder
from pipeline.state.database import State
from pipeline.state.inventory import RUNS
from pipeline.state.stories.window import needed_from
from transforms.text.dates import LONG_AGO


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


def stories_from(dataset: Path) -> int | None:
    """Return the first minute of which articles are still compared with.

    Returns:
      What the last batch with articles has said; None where no kept manifest says it.
    """
    runs = sorted(run_folders(dataset), key=lambda run: run.began or LONG_AGO)
    return needed_from(
        manifest for run in reversed(runs) for manifest in reversed(run.manifests())
    )


def run_folders(dataset: Path) -> list[RunFolder]:
    """Return the runs of which there is a folder, by name."""
    return [
        RunFolder(dataset, path.name)
        for path in sorted((dataset / RUNS).glob("*/"))
        # No run is called so.
        if not path.name.startswith("_")
    ]
