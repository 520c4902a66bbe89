"""A dataset in a store: runs whose commit is one file in :mod:`pipeline.store.commit_log`.

::

    OUTPUT/_runs/<run_id>/run.json       when the run began
    OUTPUT/_runs/<run_id>/<batch>.json   which files of a batch count, before its commit
    OUTPUT/_runs/<run_id>/staged/…       what the workers of an unbounded run staged
    OUTPUT/_runs/<run_id>/report.json    the run is over
    OUTPUT/_runs/<run_id>/swept          it is dead, and what it left is gone

    STATE/state.sqlite                   the index; follows the log, is rebuilt from it
    STATE/dataset.json                   of which dataset
    STATE/runs/<run_id>                  runs that were begun here and have not ended
    STATE/.lock                          held while a run works

The state is a local folder.  It holds nothing that is not in the store, and may be lost.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.counters import Counted
from pipeline.dataset.contract import Places, Rewrite, StreamPlaces
from pipeline.dataset.lock import locked
from pipeline.dataset.publish import RUNS
from pipeline.state.database import FILE_NAME, State
from pipeline.store.commit_log import name_of
from pipeline.store.commit_writer import CommitWriter, as_committed
from pipeline.store.stored_index import (
    BEGUN,
    catch_up,
    index_finder,
    marked,
    next_commit,
    opened_index,
)
from pipeline.store.stored_windows import FiringCommitter
from transforms.errors import ConfigError, RunError
from transforms.tables import TABLES
from transforms.write.store import Store

# Longer than any batch may last; see pipeline.run.
_DEAD_AFTER = dt.timedelta(days=8)
_START = "run.json"
_REPORT = "report.json"
_SWEPT = "swept"
_STAGED = "staged"
_STOP = "stop"
_NAME = re.compile(
    r"(?P<run>.+)-(\d{5}\.[0-9a-f]{32}|\d{8}T\d{6}Z-[0-9a-f]{12})\.parquet"
)


class StoredHome:
    """A dataset in a store.

    Args:
      url: Its URL.
      folder: The local folder of its state.
      is_retried: Whether the runner may do a bundle of a bounded run twice.
    """

    def __init__(self, url: str, folder: Path, *, is_retried: bool = False) -> None:
        self.store = Store(url)
        self.folder = folder.absolute()
        self.is_retried = is_retried

    @property
    def index(self) -> Path:
        """Return the file of its index, on this machine."""
        return self.folder / FILE_NAME

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[State, list[str]]]:
        """Hold the dataset: locked on this machine, its index up to date.

        Yields:
          The index, and a line for each run whose remains were removed.

        Raises:
          ConfigError: When it cannot be reached or written to.
          LockedError: When another run of this machine works on it.
          RunError: When its index cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"output.state: cannot write to '{self.folder}': {error.strerror}"
            ) from error
        with locked(self.folder, self.store.url):
            mark = marked(self.store)
            with contextlib.closing(
                opened_index(self.store, self.folder, mark)
            ) as state:
                state.settle_waiting(self._has_ended)
                yield state, self.recover(state)

    def _has_ended(self, run_id: str) -> bool:
        """Return whether a run has ended; one of which nothing is left has."""
        names = set(self.store.names(f"{RUNS}/{run_id}"))
        return not names or f"{RUNS}/{run_id}/{_REPORT}" in names

    def run(self, run_id: str, state: State) -> StoredRun:
        """Return a run in it."""
        return StoredRun(self, run_id, state)

    def cut_short(
        self, run_id: str, state: State, now: dt.datetime
    ) -> list[dict[str, Any]]:
        """Return the commits of the runs that did not end, since the last that did."""
        # By the clock of the store.
        del now
        began: dict[str, dt.datetime] = {}
        ended = set()
        for file in self.store.files(RUNS):
            _, name, what = file.name.split("/", 2)
            if what == _START:
                began[name] = file.changed
            elif what == _REPORT:
                ended.add(name)
        last = max((began[name] for name in ended if name in began), default=None)
        others = {
            name
            for name, at in began.items()
            if name not in ended and name != run_id and (last is None or at > last)
        }
        marks = [mark.split("/") for mark in state.marks(f"{RUNS}/")]
        numbers = sorted(int(number) for _, name, number in marks if name in others)
        return [self.commit(number) for number in numbers]

    def stream(self, run_id: str, state: State, level: int) -> StreamPlaces:
        """Return where the unbounded flow of a run works, and its committer."""
        run = self.run(run_id, state)
        return StreamPlaces(
            staging=run.staged,
            stop=run.stop,
            index=index_finder(self.store, self.folder),
            commit=FiringCommitter(
                self.store, self.folder, run_id, next_commit(state), level
            ),
        )

    def commit(self, number: int) -> dict[str, Any]:
        """Return one commit."""
        content: dict[str, Any] = json.loads(self.store.read(name_of(number)))
        return content

    def prune(self, keep: int) -> None:
        """Remove what is kept of all but the latest runs; their commits stay."""
        runs: dict[str, list[str]] = {}
        over: dict[str, dt.datetime] = {}
        for file in self.store.files(RUNS):
            run_id = file.name.split("/")[1]
            runs.setdefault(run_id, []).append(file.name)
            if file.name.rpartition("/")[2] in {_REPORT, _SWEPT}:
                over[run_id] = file.changed
        ordered = sorted(over, key=over.__getitem__)
        for run_id in ordered[: max(0, len(ordered) - keep)]:
            self.store.remove(runs[run_id])

    def recover(self, state: State) -> list[str]:
        """Remove what dead runs left that no commit names; return a line for each.

        Dead is a run that was begun here, where the lock is ours now; of a run that was
        begun elsewhere, files are left alone until they are older than any batch lasts.
        """
        old = dt.datetime.now(dt.UTC) - _DEAD_AFTER
        begun = self.folder / BEGUN
        ours = {path.name for path in begun.glob("*")}
        there: dict[str, dict[str, dt.datetime]] = {}
        for file in self.store.files(RUNS):
            _, run_id, name = file.name.split("/", 2)
            there.setdefault(run_id, {})[name] = file.changed
        dead = {
            run_id
            for run_id, files in there.items()
            # One that had ended may have been begun again.
            if run_id in ours
            or (not {_REPORT, _SWEPT} & set(files) and files.get(_START, old) < old)
        }
        doomed = [
            f"{RUNS}/{run_id}/{name}"
            for run_id in dead
            for name in there[run_id]
            if name not in {_START, _REPORT}
        ]
        lines = []
        if dead:
            unnamed = self._unnamed(state, dead)
            doomed += [
                name
                for run_id, name, changed in unnamed
                if run_id in ours or changed < old
            ]
            self.store.remove(doomed)
        for run_id in sorted(dead):
            self.store.write(f"{RUNS}/{run_id}/{_SWEPT}", b"")
            lines.append(
                f"run {run_id} was cut short: what it had not committed was removed"
            )
        for run_id in ours:
            (begun / run_id).unlink()
        return lines

    def _unnamed(
        self, state: State, runs: set[str]
    ) -> Iterator[tuple[str, str, dt.datetime]]:
        for table in TABLES:
            for file in self.store.files(table):
                found = _NAME.fullmatch(file.name.rpartition("/")[2])
                if found and found["run"] in runs and not state.has_file(file.name):
                    yield found["run"], file.name, file.changed

    def remove_unnamed(self, state: State, run_id: str) -> None:
        """Remove what bundles left that the engine did twice; none may be in progress."""
        self.store.remove([name for _, name, _ in self._unnamed(state, {run_id})])


class StoredRun:
    """One run in a store.

    Args:
      home: The dataset.
      run_id: The run.
      state: The dataset's index, up to date.
    """

    def __init__(self, home: StoredHome, run_id: str, state: State) -> None:
        self.home = home
        self.run_id = run_id
        self.state = state
        self.writer = CommitWriter(home.store, run_id, next_commit(state))
        self._path = f"{RUNS}/{run_id}"
        self._began: dt.datetime | None = None

    @property
    def where(self) -> str:
        """Return the dataset's URL."""
        return self.home.store.url

    @property
    def began(self) -> dt.datetime | None:
        """When the run began, None if it never did."""
        name = f"{self._path}/{_START}"
        if self._began is None and self.home.store.exists(name):
            content = json.loads(self.home.store.read(name))
            self._began = dt.datetime.fromisoformat(content["at"])
        return self._began

    def begin(self, now: dt.datetime) -> dt.datetime:
        """Note when the run began; return that of its first attempt, if there was one."""
        begun = self.home.folder / BEGUN / self.run_id
        begun.parent.mkdir(exist_ok=True)
        begun.touch()
        began = self.began
        if began is None:
            content = json.dumps({"at": now.isoformat()}).encode()
            self.home.store.write(f"{self._path}/{_START}", content)
            self._began = began = now
        # It lives again.
        self.home.store.remove([f"{self._path}/{_SWEPT}"])
        return began

    def batch(self, number: int) -> StoredBatch:
        """Return one batch."""
        return StoredBatch(self, number)

    def batches(self) -> list[StoredBatch]:
        """Return the batches that are committed, in order."""
        return [self.batch(manifest["batch"]) for manifest in self.manifests()]

    def manifests(self) -> list[dict[str, Any]]:
        """Return what was committed, batch by batch."""
        marks = self.state.marks(f"{self._path}/")
        return [self.home.commit(int(mark.rpartition("/")[2])) for mark in marks]

    def files_of(
        self, table: str, manifests: Iterable[Mapping[str, Any]]
    ) -> Iterator[pa.BufferReader]:
        """Yield the files of a table that manifests name."""
        for manifest in manifests:
            for file in manifest["files"]:
                if file["table"] == table:
                    yield pa.BufferReader(self.home.store.read(file["path"]))

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
        store = self.home.store
        store.remove([*store.names(f"{self._path}/{_STAGED}"), f"{self._path}/{_STOP}"])
        catch_up(store, self.state)

    def abandon(self) -> tuple[int, bool]:
        """Return how many batches are committed; the next start removes the rest."""
        return len(self.state.marks(f"{self._path}/")), False

    def leave(self) -> None:
        """Leave a run that committed nothing to the next start."""

    def end(self, report: bytes) -> None:
        """Write the report: the run is over."""
        if self.home.is_retried:
            self.home.remove_unnamed(self.state, self.run_id)
        self.home.store.write(f"{self._path}/{_REPORT}", report)
        (self.home.folder / BEGUN / self.run_id).unlink(missing_ok=True)


class StoredBatch:
    """One batch of a run in a store.

    Args:
      run: The run.
      number: Which batch of it.
    """

    def __init__(self, run: StoredRun, number: int) -> None:
        self.run = run
        self.number = number
        self._store = run.home.store
        self._seal = f"{RUNS}/{run.run_id}/{number:05d}.json"
        self._scratch = run.home.folder / "scratch"

    def places(self) -> Places:
        """Return where the batch's flow works: its files have their final names."""
        return Places(
            staging=self.run.where,
            prefix=f"{self.run.run_id}-{self.number:05d}.",
            seal=f"{self.run.where}/{self._seal}",
            index=index_finder(self._store, self.run.home.folder),
            dataset=self.run.where,
            scratch=self._scratch,
        )

    def prepare(self) -> None:
        """Remove what an earlier attempt may have sealed."""
        self._store.remove([self._seal])
        self._scratch.mkdir(exist_ok=True)

    def sealed(self) -> list[dict[str, Any]]:
        """Return the files that the flow sealed.

        Raises:
          RunError: When it ended without sealing its files.
        """
        if not self._store.exists(self._seal):
            raise RunError(
                f"run {self.run.run_id}: the flow ended without sealing its files; "
                "nothing of this batch was committed, run again"
            )
        files: list[dict[str, Any]] = json.loads(self._store.read(self._seal))
        return files

    def commit(
        self,
        *,
        inputs: Mapping[str, Any],
        counters: Counted,
        rewrites: Sequence[Rewrite] = (),
    ) -> dict[str, Any]:
        """Commit what the flow sealed; published files do not change here."""
        del rewrites
        commit = {
            "run_id": self.run.run_id,
            "batch": self.number,
            "inputs": inputs,
            "counters": counters,
            "files": [as_committed(self._store, file) for file in self.sealed()],
        }
        self.run.writer.append(commit)
        return commit

    def publish(self, state: State) -> None:
        """Index what was committed; readers see it already."""
        catch_up(self._store, state)
        self._store.remove([self._seal])
        shutil.rmtree(self._scratch, ignore_errors=True)
