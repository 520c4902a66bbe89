"""Contract: what a run needs of a dataset, wherever it is.

A dataset is in a folder (:mod:`pipeline.dataset.publish`) or in a store
(:mod:`pipeline.delta.run`).
Runs, streams and unbounded pipelines ask the same of both: a home is opened, a run begins
in it, each of its batches is prepared, committed and published, and the run ends.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyarrow as pa
from rich.text import Text

from pipeline.counters import Counted
from pipeline.state.database import State
from transforms.errors import RunError
from transforms.write.window_write import Firing

Manifest: TypeAlias = Mapping[str, Any]
"""What was committed: inputs, counters and files."""


def sealed_files(read: Callable[[], bytes], run_id: str) -> list[dict[str, Any]]:
    """Return the files that the flow of a batch sealed.

    Args:
      read: Reads the seal.
      run_id: The run.

    Raises:
      RunError: When the flow ended without sealing its files.
    """
    try:
        files: list[dict[str, Any]] = json.loads(read())
    except FileNotFoundError as error:
        raise RunError(
            f"run {run_id}: the flow ended without sealing its files; nothing of this "
            "batch was committed, run again"
        ) from error
    return files


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Where the flow of a batch reads and writes.

    Attributes:
      staging: Folder or URL for the files that it writes.
      prefix: What their names begin with.
      seal: File or URL for the list of those that count.
      index: Finds the index of the dataset, on whatever worker.
      dataset: The dataset's folder or URL.
      scratch: A local folder for Beam's own files.
    """

    staging: str
    prefix: str
    seal: str
    index: Callable[[], Path]
    dataset: str
    scratch: Path


@dataclasses.dataclass(frozen=True, slots=True)
class StreamPlaces:
    """Where an unbounded flow reads and writes.

    Attributes:
      staging: Folder or URL for what workers stage.
      stop: File or URL that ends the poll when it appears.
      index: Finds the index of the dataset, on whatever worker.
      commit: Commits a firing of a window and returns how many rows it has, on whatever
        worker.
    """

    staging: str
    stop: str
    index: Callable[[], Path]
    commit: Callable[[Firing], int]


@dataclasses.dataclass(frozen=True, slots=True)
class Rewrite:
    """A published file that gets other contents, at once, with the commit of a batch.

    Attributes:
      published: The file, below the dataset.
      staged: Its new contents, below the staging folder; None to remove it.
      size: Their size in bytes.
      sha256: Hex digest of their bytes.
      rows: How many rows they are.
    """

    published: str
    staged: str | None
    size: int | None = None
    sha256: str | None = None
    rows: int | None = None


@dataclasses.dataclass
class Compaction:
    """What a compaction did.

    Attributes:
      partitions: Partitions that were rebuilt.
      files_before: Their files before.
      files_after: Their files after.
      bytes_before: The size of the files before.
      bytes_after: The size of the files after.
      deleted: Partitions that were too old.
    """

    partitions: int = 0
    files_before: int = 0
    files_after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    deleted: int = 0

    def __rich__(self) -> Text:
        """Return the figures in a line."""
        if not (self.partitions or self.deleted):
            return Text("there is nothing to compact")
        return Text(
            f"{self.partitions:,} partitions: {self.files_before:,} files "
            f"({self.bytes_before / 1e6:,.1f} MB) became {self.files_after:,} "
            f"({self.bytes_after / 1e6:,.1f} MB); {self.deleted:,} partitions deleted"
        )


class OpenBatch(Protocol):
    """A batch of a run, on its way to its commit."""

    number: int

    def places(self) -> Places:
        """Return where its flow works."""

    def prepare(self) -> None:
        """Make ready what its flow writes to."""

    def sealed(self) -> list[dict[str, Any]]:
        """Return the files that the flow sealed; raises RunError where it did not."""

    def rewrite(self, published: str, rows: pa.Table | None, level: int) -> Rewrite:
        """Stage other rows for a published file, which change with the commit.

        Args:
          published: The file, below the dataset.
          rows: Its rows then; None to remove it.
          level: zstd level.
        """

    def rewrite_page(self, published: str, data: bytes) -> Rewrite | None:
        """Stage other contents, of the same size, for a file of kept pages.

        Args:
          published: The file, below the dataset.
          data: Its contents then.

        Returns:
          What changes with the commit; None where it has changed already.
        """

    def commit(
        self,
        *,
        inputs: Mapping[str, Any],
        counters: Counted,
        rewrites: Sequence[Rewrite] = (),
    ) -> Manifest:
        """Commit what the flow sealed: from here on the batch is done.

        Args:
          inputs: What was worked on.
          counters: What was counted, by stage and name.
          rewrites: Published files that change with it.

        Returns:
          What is committed.

        Raises:
          LockedError: When another run has committed meanwhile.
          RunError: When the flow ended without sealing its files, or one is missing.
        """

    def publish(self, state: State) -> None:
        """Do what is left to do after the commit."""


class OpenRun(Protocol):
    """A run on its way."""

    run_id: str

    @property
    def where(self) -> Path | str:
        """Return the dataset's folder or URL."""

    @property
    def began(self) -> dt.datetime | None:
        """When the run began, None if it never did."""

    def begin(self, now: dt.datetime) -> dt.datetime:
        """Note when the run began; return that of its first attempt."""

    def batch(self, number: int) -> OpenBatch:
        """Return one batch."""

    def batches(self) -> Sequence[OpenBatch]:
        """Return the batches that there are, in order."""

    def manifests(self) -> Sequence[Manifest]:
        """Return what was committed, batch by batch."""

    def files_of(
        self, table: str, manifests: Iterable[Manifest]
    ) -> Iterator[Path | pa.BufferReader]:
        """Yield the files of a table that manifests name."""

    def tidy(self) -> None:
        """Remove what an unbounded flow left beside its commits."""

    def abandon(self) -> tuple[int, bool]:
        """Clean up after a failure.

        Returns:
          How many batches are committed, and whether one of them is not all published.
        """

    def leave(self) -> None:
        """Remove what there is of a run that committed nothing."""

    def end(self, report: bytes) -> None:
        """Write the report: the run is over."""


class Home(Protocol):
    """Where a dataset is."""

    @property
    def where(self) -> Path | str:
        """Return the dataset's folder or URL."""

    @property
    def index(self) -> Path:
        """Return the file of its index, on this machine."""

    def opened(self) -> AbstractContextManager[tuple[State, list[str]]]:
        """Hold the dataset to work on it: locked, its index open and up to date.

        Yields:
          The index, and a line for each thing that was repaired.

        Raises:
          ConfigError: When it cannot be reached or written to.
          LockedError: When another run works on it.
          RunError: When its index cannot be used, or one of its files not be read.
        """

    def found(self) -> AbstractContextManager[State]:
        """Open the index for who asks and does not run.

        Raises:
          ConfigError: When there is no dataset, or its index cannot be used.
        """

    def changed(self) -> AbstractContextManager[State]:
        """Open the index for who changes what is remembered, with no run at work.

        Raises:
          ConfigError: When there is no dataset, or its index cannot be used.
          LockedError: When a run works on it.
        """

    def recover(self, state: State) -> list[str]:
        """Finish what was committed, remove what was not; return a line for each."""

    def run(self, run_id: str, state: State) -> OpenRun:
        """Return a run in it."""

    def cut_short(
        self, run_id: str, state: State, now: dt.datetime
    ) -> Sequence[Manifest]:
        """Return the manifests of the runs that did not end, since the last that did."""

    def stream(self, run_id: str, state: State, level: int, days: int) -> StreamPlaces:
        """Return where the unbounded flow of a run works, and its committer."""

    def reports(self, most: int, now: dt.datetime) -> Sequence[Mapping[str, Any]]:
        """Return the reports of the last runs, the latest first.

        Args:
          most: At most this many.
          now: The time: what began later was noted by a clock that went wrong.
        """

    def drop_versions(self) -> None:
        """Remove what earlier versions of the tables still hold."""

    def compact(
        self,
        state: State,
        *,
        target_bytes: int,
        closed_before: dt.date,
        delete_before: dt.date | None = None,
        at_least: int = 2,
    ) -> Compaction:
        """Merge the small files of closed partitions, and delete what is too old.

        Args:
          state: The index, which then knows the new files.
          target_bytes: Files are merged up to this size.
          closed_before: Partitions of earlier days are closed.
          delete_before: Partitions of earlier days are deleted; None for none.
          at_least: Partitions with fewer small files are left alone.

        Raises:
          RunError: When a partition cannot be rewritten; it is then as it was.
        """

    def prune(self, keep: int) -> None:
        """Remove what is kept of all but the latest runs."""
