"""Home: a dataset of Delta tables, its runs and their batches.

::

    OUTPUT/<table>/…                     the Delta tables; see pipeline.delta.log
    OUTPUT/raw/…                         kept pages, which articles name
    OUTPUT/_runs/<run_id>/run.json       when the run began
    OUTPUT/_runs/<run_id>/<batch>.json   which files of a batch count, before its commit
    OUTPUT/_runs/<run_id>/staged/…       what the workers of an unbounded run staged
    OUTPUT/_runs/<run_id>/report.json    the run is over

    STATE/state.sqlite                   the index; follows the logs, is made from them
    STATE/dataset                        of which dataset
    STATE/runs/<run_id>                  runs that were begun here and have not ended
    STATE/.lock                          held while a run works

The state is a local folder.  It holds nothing that is not in the dataset, and may be lost.
Files that a run left and no log names are removed by ``newsbeam compact``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.dataset.contract import Compaction, StreamPlaces
from pipeline.dataset.lock import locked
from pipeline.delta import follow
from pipeline.delta.compact import compact
from pipeline.delta.log import FIRST, DeltaTables, in_a_line
from pipeline.delta.run import REPORT, START, DeltaRun
from pipeline.delta.windows import FiringCommitter
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME, RUNS
from transforms.errors import ConfigError
from transforms.tables import TABLES
from transforms.web.share import Share
from transforms.write.locations import local_path
from transforms.write.store import Store

# Longer than any batch may last; see pipeline.run.
_DEAD_AFTER = dt.timedelta(days=8)
# Of the formats that were written before: the mark of a log of our own.
_EARLIER = "newsbeam.json"
_ALL = Share()


class DeltaHome:
    """A dataset of Delta tables.

    Args:
      url: Its URL.
      folder: The local folder of its state.
      share: That of a run beside others: a folder in it is its own.
    """

    def __init__(self, url: str, folder: Path, share: Share = _ALL) -> None:
        self.store = Store(url)
        self.tables = DeltaTables(self.store)
        self._share = share
        own = "" if share.is_all else f"{share.number}-of-{share.of}"
        self.folder = (folder / own).absolute()

    @property
    def where(self) -> str:
        """Return its URL."""
        return self.store.url

    @property
    def index(self) -> Path:
        """Return the file of its index, on this machine."""
        return self.folder / FILE_NAME

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[State, list[str]]]:
        """Hold the dataset: locked on this machine, its index up to date.

        Yields:
          The index, and a line for each run that was cut short.

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
            self._refuse_others()
            identity = follow.made(self.tables)
            with contextlib.closing(
                follow.followed_index(self.tables, self.folder, identity)
            ) as state:
                state.settle_waiting(self._has_ended)
                yield state, self.recover(state)

    @contextlib.contextmanager
    def found(self) -> Iterator[State]:
        """Open the index for who asks and does not run.

        Raises:
          ConfigError: When there is no dataset, or it cannot be reached.
        """
        try:
            is_there = self.tables.is_there()
        except OSError as error:
            raise ConfigError(f"{self.store.url}: cannot be read: {error}") from error
        if not is_there:
            raise ConfigError(
                f"{self.store.url}: no newsbeam dataset; give one of a run"
            )
        with follow.found_index(self.tables, self.folder) as state:
            yield state

    @contextlib.contextmanager
    def changed(self) -> Iterator[State]:
        """Open the index for who changes what is remembered, with no run at work."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, self.store.url), self.found() as state:
            yield state

    def _refuse_others(self) -> None:
        """Refuse a place in which another format lies; raises ConfigError."""
        url, local = self.store.url, local_path(self.store.url)
        try:
            if self.store.exists(_EARLIER):
                raise ConfigError(
                    f"output.path: {url} is in the log format of an unreleased newsbeam, "
                    "which this one cannot read: write to another place"
                )
            files = () if self.tables.is_there() else self.store.names(FIRST)
        except OSError as error:
            raise ConfigError(
                f"output.path: cannot reach {url!r}: {in_a_line(error)}"
            ) from error
        if files or (local is not None and (local / FILE_NAME).exists()):
            raise ConfigError(
                f"output.path: {url} holds plain files of another run, which a Delta "
                "table would hide: write to another place"
            )

    def _has_ended(self, run_id: str) -> bool:
        """Return whether a run has ended; one of which nothing is left has."""
        names = set(self.store.names(f"{RUNS}/{run_id}"))
        return not names or f"{RUNS}/{run_id}/{REPORT}" in names

    def run(self, run_id: str, state: State) -> DeltaRun:
        """Return a run in it."""
        return DeltaRun(self.tables, self.folder, run_id, state)

    def cut_short(
        self, run_id: str, state: State, now: dt.datetime
    ) -> list[dict[str, Any]]:
        """Return the manifests of the runs that did not end, since the last that did."""
        # By the clock of the store.
        del now
        if not self._share.is_all:
            # Those that have not ended are the others, at work.
            return []
        began, ended = self._runs()
        last = max((began[name] for name in ended if name in began), default=None)
        others = {
            name
            for name, at in began.items()
            if name not in ended and name != run_id and (last is None or at > last)
        }
        bookmarks = [bookmark.split("/") for bookmark in state.bookmarks(f"{RUNS}/")]
        versions = sorted(
            int(version) for _, name, version in bookmarks if name in others
        )
        # What has left the log is worked on again: the index knows its articles.
        return [
            dict(commit.manifest or {})
            for version in versions
            for commit in self.tables.latest_commits(FIRST, version, 1)
        ]

    def _runs(self) -> tuple[dict[str, dt.datetime], dict[str, dt.datetime]]:
        """Return when runs began, and when those that are over ended."""
        began: dict[str, dt.datetime] = {}
        ended: dict[str, dt.datetime] = {}
        for file in self.store.files(RUNS):
            _, name, what = file.name.split("/", 2)
            if what == START:
                began[name] = file.changed
            elif what == REPORT:
                ended[name] = file.changed
        return began, ended

    def stream(self, run_id: str, state: State, level: int, days: int) -> StreamPlaces:
        """Return where the unbounded flow of a run works, and its committer."""
        run = self.run(run_id, state)
        return StreamPlaces(
            staging=run.staged,
            stop=run.stop,
            index=follow.index_finder(self.tables, self.folder),
            commit=FiringCommitter(
                self.tables,
                self.folder,
                run_id,
                follow.next_version(state),
                level,
                days,
            ),
        )

    def reports(self, most: int, now: dt.datetime) -> list[dict[str, Any]]:
        """Return the reports of the last runs, the latest first, by the store's clock."""
        del now
        _, ended = self._runs()
        latest = sorted(ended, key=ended.__getitem__, reverse=True)[:most]
        return [
            json.loads(self.store.read(f"{RUNS}/{run_id}/{REPORT}"))
            for run_id in latest
        ]

    def prune(self, keep: int) -> None:
        """Remove what is kept of all but the latest runs; their commits stay."""
        _, ended = self._runs()
        old = dt.datetime.now(dt.UTC) - _DEAD_AFTER
        # An unbounded run has begun long ago, and stages all the time.
        heard: dict[str, dt.datetime] = {}
        for file in self.store.files(RUNS):
            name = file.name.split("/")[1]
            heard[name] = max(file.changed, heard.get(name, file.changed))
        ordered = sorted(ended, key=ended.__getitem__)
        over = ordered[: max(0, len(ordered) - keep * self._share.of)]
        over += [name for name, at in heard.items() if name not in ended and at < old]
        for run_id in over:
            self.store.remove(self.store.names(f"{RUNS}/{run_id}"))

    def recover(self, state: State) -> list[str]:
        """Remove what runs that were cut short here had staged; return a line for each."""
        follow.catch_up(self.tables, state)
        lines = []
        for begun in sorted((self.folder / follow.BEGUN).glob("*")):
            left = [
                name
                for name in self.store.names(f"{RUNS}/{begun.name}")
                if name.rpartition("/")[2] not in {START, REPORT}
            ]
            self.store.remove(left)
            begun.unlink()
            lines.append(
                f"run {begun.name} was cut short: what it had not committed does not count"
            )
        return lines

    def drop_versions(self) -> None:
        """Remove what earlier versions of the tables still hold."""
        for table in TABLES:
            self.tables.vacuum(table, 0)

    def compact(
        self,
        state: State,
        *,
        target_bytes: int,
        closed_before: dt.date,
        delete_before: dt.date | None = None,
        at_least: int = 2,
    ) -> Compaction:
        """Merge the small files of closed partitions; see :mod:`pipeline.delta.compact`."""
        done = compact(
            self.tables,
            target_bytes=target_bytes,
            closed_before=closed_before,
            delete_before=delete_before,
            at_least=at_least,
        )
        follow.catch_up(self.tables, state)
        return done
