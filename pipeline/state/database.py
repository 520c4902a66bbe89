"""What newsbeam remembers beside the dataset: SQLite, one transaction a run.

It is an index of the dataset: which texts are there, under which ids, from which paths;
what is known of each feed, and which entries were followed.  It is derived from the
Parquet files and from nothing else, so it can always be rebuilt; it is brought up to
date only after files are published, so it never claims what readers cannot see.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.state import (
    catalog,
    files_read,
    lookup,
    rejected,
    requests,
    sightings,
    waiting,
)
from pipeline.state.catalog import Catalog, Forgotten, day_of
from pipeline.state.feed_keys import FeedKeys, open_keys
from pipeline.state.files_read import FilesRead
from pipeline.state.inventory import fingerprint_of
from pipeline.state.part import TablePart
from pipeline.state.rejected import RejectedFiles
from pipeline.state.requests import Requests
from pipeline.state.sightings import Sightings
from pipeline.state.stories import keys, links, window
from pipeline.state.stories.window import Stories
from pipeline.state.waiting import WaitingEntries
from transforms.encryption import Cipher
from transforms.errors import RunError

log = logging.getLogger(__name__)


VERSION = 11
# ``day`` is the partition that holds a version, as an ordinal; 0 where a deletion that
# was asked for took it out: it stays known.  ``versions`` of ``figures`` counts them:
# what does not add up was put together from two files.
_SCHEMA = """
CREATE TABLE articles (
    id BLOB NOT NULL,
    content_hash BLOB NOT NULL,
    revision INTEGER NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (id, content_hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE paths (
    path TEXT PRIMARY KEY,
    id BLOB NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE texts (
    text BLOB PRIMARY KEY,
    id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size INTEGER,
    changed INTEGER,
    row_count INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE removed (
    path TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE figures (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO figures VALUES ('transactions', 0), ('versions', 0);
"""
_ALL = (
    f"{_SCHEMA}{requests.SCHEMA}{waiting.SCHEMA}{rejected.SCHEMA}{sightings.SCHEMA}{files_read.SCHEMA}"
    f"{window.SCHEMA}{keys.SCHEMA}{links.SCHEMA}{catalog.FORGOTTEN}{lookup.SCHEMA}"
)
# In each transaction: so a log that was left beside another file never fits its figures.
_COUNTED = "UPDATE figures SET value = value + 1 WHERE name = 'transactions'"
_WITH_TEXT = (
    "SELECT DISTINCT m.name FROM sqlite_master m, pragma_table_info(m.name) c "
    "WHERE m.type = 'table' AND c.type = 'TEXT'"
)
_BEGINS = "FROM files WHERE path >= ?1 AND path < ?1 || char(1114111)"
_DRAFT_KILOBYTES = 256_000
# Keys of stories are all over the file: by SQLite's own 2 MB, each is read from the disk.
_KILOBYTES = 32_000
_REJECTS = "rejects/"
# Another process may be reading (``status``, a backup) while a run commits.
BUSY_SECONDS = 30.0


class State:
    """The state of one dataset, open.

    Args:
      path: The SQLite file; made if it is not there.
      is_draft: It is being made beside the one in use: fast, and for this process alone.

    Raises:
      RunError: When it is of a newer newsbeam.
      sqlite3.DatabaseError: When it cannot be used.
    """

    def __init__(self, path: Path, *, is_draft: bool = False) -> None:
        self.path = path
        self._keys: FeedKeys | None = None
        # What was committed need not be there any more.
        self.has_lost_rows = False
        is_new = not path.exists()
        self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            self._open(is_new=is_new, is_draft=is_draft)
        except BaseException:
            self._db.close()
            raise
        self.catalog = Catalog(self._db)
        self.waiting = WaitingEntries(self._db)
        self.requests = Requests(self._db, self.waiting)
        self.rejected = RejectedFiles(self._db)
        self.files_read = FilesRead(self._db, self.rejected)
        self.sightings = Sightings(self._db)
        self.stories = Stories(self._db)
        self.forgotten = Forgotten(self._db)
        self._parts: dict[str, tuple[TablePart, ...]] = {
            "articles": (self.catalog, self.stories),
            "rejects": (self.rejected,),
            "fetches": (self.requests,),
            "waiting": (self.waiting,),
            "sightings": (self.sightings,),
            "stories": (self.stories.links,),
            "forgotten": (self.forgotten,),
        }

    def settle_waiting(self, has_ended: Callable[[str], bool]) -> None:
        """Bring what is waited for up to date, when nothing else is in progress.

        Args:
          has_ended: Whether a run has ended, by its id.
        """
        self.waiting.settle(has_ended)
        lost = self.waiting.drop_unreadable(lambda: Cipher(self.keys.secret))
        if lost:
            self.requests.ask_again()
            log.warning(
                "pages that are waited for, whose rows are damaged, or sealed with a key "
                "that is lost: %d; their feeds are asked for all that they list",
                lost,
            )

    @property
    def keys(self) -> FeedKeys:
        """Return the keys of the dataset's feeds; raises ConfigError."""
        if self._keys is None:
            self._keys = open_keys(self.path.parent)
        return self._keys

    def _open(self, *, is_new: bool, is_draft: bool) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise RunError(
                f"{self.path} is of a newer newsbeam (version {version}, this one knows "
                f"{VERSION}): use that one, or remove the file to have it rebuilt"
            )
        if not is_new and version == 0:
            # Made by a process that died before it wrote anything, or by another program.
            raise sqlite3.DatabaseError("there is no index in it")
        if not is_new and version < VERSION:
            raise sqlite3.DatabaseError(f"it is of an earlier newsbeam: {version}")
        if not is_new and self._tables() != set(_statements("CREATE TABLE")):
            raise sqlite3.DatabaseError("it is not newsbeam's")
        # Nobody sees a draft before it is whole, and what is cut short is thrown away.  Else
        # FULL: once a run's staging is gone, its state must be on the disk.
        journal, synchronous = ("OFF", "OFF") if is_draft else ("WAL", "FULL")
        self._db.executescript(
            f"PRAGMA journal_mode={journal}; PRAGMA synchronous={synchronous}; "
            f"PRAGMA cache_size=-{_DRAFT_KILOBYTES if is_draft else _KILOBYTES};"
        )
        if is_new:
            with self.transaction():
                for statement in _statements():
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {VERSION}")

    def _tables(self) -> set[str]:
        found = self._db.execute("SELECT sql FROM sqlite_master WHERE type = 'table'")
        return {sql for (sql,) in found}

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def settle(self) -> None:
        """Write everything into the file itself, as far as nobody reads meanwhile."""
        self._db.execute("PRAGMA busy_timeout = 0")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def fault(self) -> str | None:
        """Return what is wrong with the file, None if nothing is; reads all of it.

        Raises:
          sqlite3.DatabaseError: When it cannot be read so far.
        """
        # Unlike quick_check this one sees keys that are not in order.
        (found,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            return str(found)
        for (table,) in self._db.execute(_WITH_TEXT).fetchall():
            # Neither of them looks into texts: one that is none fails when it is read.
            for _ in self._db.execute(f"SELECT * FROM {table}"):  # noqa: S608 - ours
                pass
        return None if self.catalog.is_whole() else "its figures do not add up"

    def keep_versions(self, before: Path) -> None:
        """Take over what an index of the version before this one knows besides.

        Args:
          before: That index: what a deletion took out of the dataset is in no other place.
        """
        self._db.execute("ATTACH ? AS earlier", (str(before),))
        with self.transaction():
            self.catalog.keep_versions()
        self._db.execute("DETACH earlier")

    def record(
        self, dataset: Path, files: Iterable[Path], rewritten: Iterable[str] = ()
    ) -> None:
        """Index published files; those that are indexed already cost nothing.

        Args:
          dataset: The dataset's folder.
          files: Files of its tables.
          rewritten: Names of indexed files that have other contents now, or are gone.
        """
        names = (str(file.relative_to(dataset)) for file in files)
        self.record_names(names, lambda name: dataset / name, rewritten=rewritten)

    def record_names(
        self,
        names: Iterable[str],
        source: Callable[[str], Path | pa.BufferReader],
        bookmarks: Iterable[str] = (),
        rewritten: Iterable[str] = (),
        dropped: Iterable[str] = (),
    ) -> None:
        """Index published files by their names in the dataset.

        Args:
          names: Files of its tables; those that are indexed already cost nothing.
          source: Gives what a name stands for.
          bookmarks: Names to be remembered beside the files, with them or not at all.
          rewritten: Files that have other contents now, or are gone.
          dropped: Files that others stand for now.
        """
        dropped = list(dropped)
        with self.transaction():
            for name in names:
                if not self.catalog.has(name):
                    self.index(name, source(name))
            self._rewrite(list(rewritten), source)
            for name in bookmarks:
                self.catalog.add(name)
            self.catalog.drop(dropped)
            rejects = {day_of(name) for name in dropped if name.startswith(_REJECTS)}
            self.relearn_rejects(rejects, source)

    def _rewrite(
        self, names: Sequence[str], source: Callable[[str], Path | pa.BufferReader]
    ) -> None:
        """Take over files that have other rows now, or are gone.

        Of other tables than rejects these are some of the rows that are known already.
        """
        for name in names:
            file = source(name)
            if isinstance(file, Path) and not file.exists():
                self.catalog.drop([name])
                self.catalog.note_removed([name])
            elif name.startswith(_REJECTS):
                self.index(name, file)
            else:
                self.catalog.note(name, file)
        # What left the table may be rejected again.
        days = {day_of(name) for name in names if name.startswith(_REJECTS)}
        self.relearn_rejects(days, source)

    def relearn_rejects(
        self, days: set[int], source: Callable[[str], Path | pa.BufferReader]
    ) -> None:
        """Forget the rejects of partitions, and take them over again."""
        if not days:
            return
        self.rejected.forget(days)
        for name in self.catalog.fingerprints():
            if name.startswith(_REJECTS) and day_of(name) in days:
                self._take(name, source(name))

    def index(self, name: str, file: Path | pa.BufferReader) -> None:
        """Index one file, known or not; within a transaction.

        Args:
          name: The file below the dataset.
          file: Where it is, or its contents.
        """
        fingerprint = fingerprint_of(file) if isinstance(file, Path) else None
        self.catalog.add(name, fingerprint, self._take(name, file))

    def _take(self, name: str, file: Path | pa.BufferReader) -> int | None:
        """Take over the rows of a file; return how many, None where it has none."""
        parts = self._parts.get(name.partition("/")[0])
        if parts is None:
            return None
        with pq.ParquetFile(file) as parquet:
            for part in parts:
                part.take(parquet.iter_batches(columns=part.columns), day_of(name))
            lookup.Lookup(self._db).note(name, parquet)
            return int(parquet.metadata.num_rows)

    def replace(
        self, dataset: Path, before: Iterable[Path], after: Iterable[Path]
    ) -> None:
        """Note that a partition has other files now, with the same rows.

        Args:
          dataset: The dataset's folder.
          before: The files that it had.
          after: Those that it has.
        """
        old = {str(file.relative_to(dataset)) for file in before}
        new = {str(file.relative_to(dataset)): file for file in after}
        if old == new.keys():
            return
        with self.transaction():
            self.catalog.drop(old - new.keys())
            for name in new.keys() - old:
                self.catalog.note(name, new[name])

    def retire(self, dataset: Path, files: Iterable[Path]) -> None:
        """Note that a partition is deleted on purpose: what was in it stays known.

        Args:
          dataset: The dataset's folder.
          files: The partition's files.
        """
        names = [str(file.relative_to(dataset)) for file in files]
        days = {day_of(name) for name in names if name.startswith("articles/")}
        with self.transaction():
            self.catalog.retire(names, days)

    def ask_again(self) -> None:
        """Have what sources hold read as if for the first time; in a transaction."""
        self.requests.ask_again()
        self.files_read.forget()
        self.has_lost_rows = True

    def bookmarks(self, prefix: str) -> list[str]:
        """Return the names that begin with ``prefix``, in order."""
        found = self._db.execute(f"SELECT path {_BEGINS} ORDER BY path", (prefix,))
        return [name for (name,) in found]

    def last_bookmark(self, prefix: str) -> str | None:
        """Return the last name that begins with ``prefix``, None if there is none."""
        found = self._db.execute(f"SELECT max(path) {_BEGINS}", (prefix,))
        name: str | None = found.fetchone()[0]
        return name

    @contextlib.contextmanager
    def trial(self) -> Iterator[None]:
        """Do what is done within, and undo it: only what was found out is left."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do what is done within as a whole or not at all."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute(_COUNTED)
        self._db.execute("COMMIT")


def _statements(verb: str = "") -> list[str]:
    """Return the statements of the schema that begin with ``verb``."""
    parts = (part.strip() for part in _ALL.split(";"))
    return [part for part in parts if part.startswith(verb)]
