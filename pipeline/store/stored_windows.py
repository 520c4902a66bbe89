"""Window commit to a store: firings of windows, in; commits, out."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

from pipeline.store.commit_log import MARK
from pipeline.store.commit_writer import CommitWriter, as_committed
from pipeline.store.stored_index import opened_index
from transforms.write.store import Store
from transforms.write.window_write import Firing, merge


@dataclasses.dataclass
class FiringCommitter:
    """Commits one firing after the other, and keeps the index of its machine up.

    Attributes:
      store: The dataset.
      folder: Where its index is, on whatever worker.
      run_id: The run.
      first: The number of the run's first commit.
      level: zstd level.
    """

    store: Store
    folder: Path
    run_id: str
    first: int
    level: int

    @functools.cached_property
    def _writer(self) -> CommitWriter:
        return CommitWriter(self.store, self.run_id, self.first)

    @functools.cached_property
    def _mark(self) -> bytes:
        return self.store.read(MARK)

    def __call__(self, firing: Firing) -> int:
        """Commit a firing; return how many rows it has.

        Raises:
          LockedError: When another run has committed meanwhile.
        """
        rows = self.commit(firing)
        opened_index(self.store, self.folder, self._mark).close()
        return rows

    def commit(self, firing: Firing) -> int:
        """Merge and commit the files of a firing; repeatable at any point."""
        store = self.store
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
