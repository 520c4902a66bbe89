"""Window commit to a store: firings of windows, in; commits, out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam

from pipeline.store.commit_log import MARK
from pipeline.store.commit_writer import CommitWriter, as_committed
from pipeline.store.stored_index import opened_index
from transforms.write.store import Store
from transforms.write.window_write import Firing, merge


def commit_firing(
    firing: Firing, store: Store, writer: CommitWriter, run_id: str, level: int
) -> int:
    """Merge and commit the files of a firing; repeatable at any point.

    Args:
      firing: What was staged.
      store: The dataset.
      writer: Appends the run's commits.
      run_id: The run.
      level: zstd level.

    Returns:
      How many rows the firing has.

    Raises:
      LockedError: When another run has committed meanwhile.
    """
    if not writer.has(firing.number):
        merged = merge(firing, store.url, prefix=run_id, compression_level=level)
        writer.append(
            {
                "run_id": run_id,
                "batch": firing.number,
                # Nothing here says what is done with: what a poll asked for is never
                # left out.
                "inputs": {
                    "feeds": [],
                    "files": [],
                    "window": firing.window.isoformat(),
                },
                "counters": {},
                "files": [
                    as_committed(store, dataclasses.asdict(file)) for file in merged
                ],
            }
        )
    store.remove([file.path.removeprefix(f"{store.url}/") for file in firing.files])
    return sum(file.rows for file in firing.files)


class _CommitFn(beam.DoFn):
    """Commits one firing after the other, and keeps the index of its machine up."""

    def __init__(
        self, store: Store, folder: Path, run_id: str, first: int, level: int
    ) -> None:
        self._store = store
        self._folder = folder
        self._run_id = run_id
        self._first = first
        self._level = level

    def setup(self) -> None:
        self._writer = CommitWriter(self._store, self._run_id, self._first)
        self._mark = self._store.read(MARK)

    def process(self, firing: Firing) -> Iterator[int]:
        yield commit_firing(
            firing, self._store, self._writer, self._run_id, self._level
        )
        opened_index(self._store, self._folder, self._mark).close()


@dataclasses.dataclass(eq=False)
class CommitWindows(beam.PTransform):
    """Firings to the number of rows that each committed.

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

    def expand(self, firings: beam.PCollection[Firing]) -> beam.PCollection[int]:
        """Return the numbers of rows."""
        return firings | beam.ParDo(
            _CommitFn(self.store, self.folder, self.run_id, self.first, self.level)
        )
