"""Files read: local files that were read whole, and of which nothing was rejected.

A part of :mod:`pipeline.state.database`.  It saves work and says nothing else: it is in no
table, an index that is made again does without it, and the files are read once more.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.state.part import Part
from pipeline.state.rejected import RejectedFiles
from transforms.dedup.names import key_of

SCHEMA = """
CREATE TABLE files_read (
    file BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
"""
_NANOSECONDS = 1_000_000_000
# Clocks of file systems count in steps of up to two seconds: what is changed again within
# one looks as it did before.
_STEP = 2 * _NANOSECONDS


class FileState(NamedTuple):
    """A file as it was; None where not known.

    Attributes:
      path: Its path.
      size: In bytes.
      changed: When its contents were changed, in ns of the epoch; anybody may set it.
      placed: When it, or the link that leads to it, was changed or put there, in ns of the
        epoch; the kernel sets it.
      number: Its inode: folders that are exchanged leave the times of their files alone.
    """

    path: str
    size: int | None = None
    changed: int | None = None
    placed: int | None = None
    number: int | None = None


class FilesRead(Part):
    """The files that were read, in an index that is open.

    Args:
      db: The index.
      rejected: The rejects of files in it.
    """

    def __init__(self, db: sqlite3.Connection, rejected: RejectedFiles) -> None:
        super().__init__(db)
        self._rejected = rejected

    def has(self, file: FileState, manner: str) -> bool:
        """Return whether a file was read as it is, and in this manner."""
        query = "SELECT 1 FROM files_read WHERE file = ?"
        return self._one(query, _key(file, manner)) is not None

    def note(self, files: Iterable[FileState], manner: str, at: dt.datetime) -> None:
        """Note that files were read; in a transaction, when their rejects are indexed.

        Args:
          files: The files, as they were before they were read.
          manner: How they were read: by what version, with which options.
          at: When the run began that read them.
        """
        self._db.executemany(
            "INSERT OR IGNORE INTO files_read VALUES (?)",
            ((_key(file, manner),) for file in self._whole(files, at)),
        )

    def forget(self) -> None:
        """Have all files read again; in a transaction."""
        self._do("DELETE FROM files_read")

    def _whole(
        self, files: Iterable[FileState], at: dt.datetime
    ) -> Iterator[FileState]:
        """Yield the files that will be the same when they look the same."""
        began = int(at.timestamp()) * _NANOSECONDS
        for file in files:
            if file.placed is None or file.placed + _STEP > began:
                continue
            rejected = self._rejected.last_of(file.path)
            if rejected is None or rejected.timestamp() * _NANOSECONDS < file.placed:
                yield file


def _key(file: FileState, manner: str) -> bytes:
    return key_of("\n".join((manner, *map(str, file))))
