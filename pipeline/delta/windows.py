"""Windows: firings of windows, in; commits to Delta tables, out."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.delta.follow import found_index, index_finder
from pipeline.delta.log import DeltaTables
from pipeline.delta.meeting import without_known
from pipeline.delta.writer import DeltaWriter, as_committed
from pipeline.state.database import State
from pipeline.stories.assign import Assignment, assign_firing
from transforms.write.window_write import Firing, merge


@dataclasses.dataclass
class FiringCommitter:
    """Commits one firing after the other, and keeps the index of its machine up.

    Attributes:
      tables: The dataset's.
      folder: Where its index is, on whatever worker.
      run_id: The run.
      first: The version of ``articles`` that the run's first commit makes.
      level: zstd level.
      days: Days between two articles of one story, at most; 0 looks for no stories.
    """

    tables: DeltaTables
    folder: Path
    run_id: str
    first: int
    level: int
    days: int = 0

    @functools.cached_property
    def _writer(self) -> DeltaWriter:
        return DeltaWriter(self.tables, self.run_id, self.first, self._revised)

    def _revised(self, batch: Mapping[str, Any]) -> Mapping[str, Any]:
        with found_index(self.tables, self.folder) as state:
            prefix = f"{self.run_id}-met."
            return without_known(batch, self.tables, state, prefix, self.level)

    def __call__(self, firing: Firing) -> int:
        """Commit a firing; return how many rows it has."""
        found = index_finder(self.tables, self.folder)
        with contextlib.closing(State(found())) as state:
            rows = self.commit(firing, state)
        found()
        return rows

    def commit(self, firing: Firing, state: State | None = None) -> int:
        """Merge and commit the files of a firing; repeatable at any point.

        Args:
          firing: The firing.
          state: The index, up to date; None to look for no stories.
        """
        store = self.tables.store
        if not self._writer.has(firing.number):
            merged = merge(
                firing, store.url, prefix=self.run_id, compression_level=self.level
            )
            assignment = Assignment(merged)
            if state is not None:
                assignment = assign_firing(
                    firing,
                    merged,
                    state,
                    self.run_id,
                    store.url,
                    self.level,
                    self.days,
                )
            self._writer.append(
                {
                    "run_id": self.run_id,
                    "batch": firing.number,
                    "inputs": assignment.noted(firing.inputs),
                    "counters": {},
                    "files": [as_committed(store, file) for file in assignment.files],
                }
            )
        store.remove([file.path.removeprefix(f"{store.url}/") for file in firing.files])
        return firing.rows
