"""Run: one run into Delta tables, and its batches."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.counters import Counted
from pipeline.dataset.compact import COMPRESSION_LEVEL
from pipeline.dataset.contract import Places, Rewrite, sealed_files
from pipeline.delta.follow import BEGUN, catch_up, index_finder, next_version
from pipeline.delta.log import FIRST, DeltaTables
from pipeline.delta.meeting import without_known
from pipeline.delta.writer import DeltaWriter, as_committed
from pipeline.state.database import State
from pipeline.state.inventory import RUNS
from transforms.errors import RunError
from transforms.write.parquet import stage_file

START = "run.json"
REPORT = "report.json"
_STAGED = "staged"
_STOP = "stop"


def manifest_of(tables: DeltaTables, version: int) -> dict[str, Any]:
    """Return what a version of ``articles`` committed.

    Raises:
      RunError: When the log no longer has it.
    """
    for commit in tables.latest_commits(FIRST, version, 1):
        return dict(commit.manifest or {})
    raise RunError(
        f"{tables.store.url}: version {version} of articles has left the log, and a run "
        "that did not end needs it: give another --run-id"
    )


class DeltaRun:
    """One run in a dataset of Delta tables.

    Args:
      tables: The dataset's.
      folder: The local folder of its state.
      run_id: The run.
      state: The dataset's index, up to date.
    """

    def __init__(
        self, tables: DeltaTables, folder: Path, run_id: str, state: State
    ) -> None:
        self.tables = tables
        self.folder = folder
        self.run_id = run_id
        self.state = state
        prefix, level = f"{run_id}-met.", COMPRESSION_LEVEL
        self.writer = DeltaWriter(
            tables,
            run_id,
            next_version(state),
            lambda batch: without_known(batch, tables, state, prefix, level),
        )
        self._path = f"{RUNS}/{run_id}"
        self._began: dt.datetime | None = None

    @property
    def where(self) -> str:
        """Return the dataset's URL."""
        return self.tables.store.url

    @property
    def began(self) -> dt.datetime | None:
        """When the run began, None if it never did."""
        if self._began is None:
            with contextlib.suppress(FileNotFoundError):
                content = json.loads(self.tables.store.read(f"{self._path}/{START}"))
                self._began = dt.datetime.fromisoformat(content["at"])
        return self._began

    def begin(self, now: dt.datetime) -> dt.datetime:
        """Note when the run began; return that of its first attempt, if there was one."""
        begun = self.folder / BEGUN / self.run_id
        begun.parent.mkdir(exist_ok=True)
        begun.touch()
        began = self.began
        if began is None:
            content = json.dumps({"at": now.isoformat()}).encode()
            self.tables.store.write(f"{self._path}/{START}", content)
            self._began = began = now
        return began

    def batch(self, number: int) -> DeltaBatch:
        """Return one batch."""
        return DeltaBatch(self, number)

    def batches(self) -> list[DeltaBatch]:
        """Return the batches that are committed, in order."""
        return [self.batch(manifest["batch"]) for manifest in self.manifests()]

    def manifests(self) -> list[dict[str, Any]]:
        """Return what was committed, batch by batch."""
        bookmarks = self.state.bookmarks(f"{self._path}/")
        return [
            manifest_of(self.tables, int(bookmark.rpartition("/")[2]))
            for bookmark in bookmarks
        ]

    def files_of(
        self, table: str, manifests: Iterable[Mapping[str, Any]]
    ) -> Iterator[pa.BufferReader]:
        """Yield the files of a table that manifests name and that are there."""
        for manifest in manifests:
            for file in manifest["files"]:
                if file["table"] == table:
                    # A retry may come after a compaction.
                    with contextlib.suppress(FileNotFoundError):
                        yield pa.BufferReader(self.tables.store.read(file["path"]))

    @property
    def staged(self) -> str:
        """Return the URL below which an unbounded flow stages."""
        return f"{self.where}/{self._path}/{_STAGED}"

    @property
    def stop(self) -> str:
        """Return the URL of the file that ends the poll."""
        return f"{self.where}/{self._path}/{_STOP}"

    def tidy(self) -> None:
        """Remove what an unbounded flow left beside its commits."""
        store = self.tables.store
        store.remove([*store.names(f"{self._path}/{_STAGED}"), f"{self._path}/{_STOP}"])
        catch_up(self.tables, self.state)

    def abandon(self) -> tuple[int, bool]:
        """Return how many batches are committed; the next start removes the rest."""
        return len(self.state.bookmarks(f"{self._path}/")), False

    def leave(self) -> None:
        """Leave a run that committed nothing to the next start."""

    def end(self, report: bytes) -> None:
        """Write the report: the run is over."""
        self.tables.store.write(f"{self._path}/{REPORT}", report)
        (self.folder / BEGUN / self.run_id).unlink(missing_ok=True)


class DeltaBatch:
    """One batch of a run.

    Args:
      run: The run.
      number: Which batch of it.
    """

    def __init__(self, run: DeltaRun, number: int) -> None:
        self.run = run
        self.number = number
        self._store = run.tables.store
        self._seal = f"{RUNS}/{run.run_id}/{number:05d}.json"
        self._scratch = run.folder / "scratch"

    def places(self) -> Places:
        """Return where the batch's flow works: its files have their final names."""
        return Places(
            staging=self.run.where,
            prefix=f"{self.run.run_id}-{self.number:05d}.",
            seal=f"{self.run.where}/{self._seal}",
            index=index_finder(self.run.tables, self.run.folder),
            dataset=self.run.where,
            scratch=self._scratch,
        )

    def prepare(self) -> None:
        """Remove what an earlier attempt may have sealed."""
        self._store.remove([self._seal])
        self._scratch.mkdir(exist_ok=True)

    def sealed(self) -> list[dict[str, Any]]:
        """Return the files that the flow sealed; see the contract."""
        return sealed_files(lambda: self._store.read(self._seal), self.run.run_id)

    def rewrite(self, published: str, rows: pa.Table | None, level: int) -> Rewrite:
        """Stage other rows for a published file; see the contract."""
        if rows is None:
            return Rewrite(published, None)
        table, folder, _ = published.split("/")
        staged = stage_file(
            rows,
            name=table,
            folder=folder,
            staging=self.run.where,
            compression_level=level,
            prefix=f"{self.run.run_id}-{self.number:05d}.",
        )
        name = staged.path.removeprefix(f"{self.run.where}/")
        return Rewrite(published, name, staged.size, staged.sha256, staged.rows)

    def rewrite_page(self, published: str, data: bytes) -> None:
        """Put other contents in the place of kept pages, at once; see the contract."""
        # No log names it; after the commit nobody would know of it.
        self._store.write(published, data)

    def commit(
        self,
        *,
        inputs: Mapping[str, Any],
        counters: Counted,
        rewrites: Sequence[Rewrite] = (),
    ) -> dict[str, Any]:
        """Commit what the flow sealed."""
        manifest = {
            "run_id": self.run.run_id,
            "batch": self.number,
            "inputs": inputs,
            "counters": counters,
            "files": [as_committed(self._store, file) for file in self.sealed()],
            "rewrites": [dataclasses.asdict(rewrite) for rewrite in rewrites],
        }
        return dict(self.run.writer.append(manifest))

    def publish(self, state: State) -> None:
        """Index what was committed; readers see it already."""
        catch_up(self.run.tables, state)
        self._store.remove([self._seal])
        shutil.rmtree(self._scratch, ignore_errors=True)
