"""Windows: firings of windows, in; commits to Delta tables, out."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

from pipeline.delta.follow import index_finder
from pipeline.delta.log import DeltaTables
from pipeline.delta.writer import DeltaWriter, as_committed
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
    """

    tables: DeltaTables
    folder: Path
    run_id: str
    first: int
    level: int

    @functools.cached_property
    def _writer(self) -> DeltaWriter:
        return DeltaWriter(self.tables, self.run_id, self.first)

    def __call__(self, firing: Firing) -> int:
        """Commit a firing; return how many rows it has.

        Raises:
          LockedError: When another run has committed meanwhile.
        """
        rows = self.commit(firing)
        index_finder(self.tables, self.folder)()
        return rows

    def commit(self, firing: Firing) -> int:
        """Merge and commit the files of a firing; repeatable at any point."""
        store = self.tables.store
        if not self._writer.has(firing.number):
            merged = merge(
                firing, store.url, prefix=self.run_id, compression_level=self.level
            )
            self._writer.append(
                {
                    "run_id": self.run_id,
                    "batch": firing.number,
                    "inputs": firing.inputs,
                    "counters": {},
                    "files": [
                        as_committed(store, dataclasses.asdict(file)) for file in merged
                    ],
                }
            )
        store.remove([file.path.removeprefix(f"{store.url}/") for file in firing.files])
        return firing.rows
