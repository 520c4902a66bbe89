"""Rejected: the rejects of files, as the index knows them.

A part of :mod:`pipeline.state.database`; they are read from the table ``rejects``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence

import pyarrow as pa

from pipeline.state.part import Part
from transforms.dedup.names import key_of, reject_key, rejected_file

SCHEMA = """
CREATE TABLE rejected (
    reject BLOB PRIMARY KEY,
    at TEXT NOT NULL,
    day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rejected_files (
    file BLOB NOT NULL,
    reject BLOB NOT NULL,
    PRIMARY KEY (file, reject)
) STRICT, WITHOUT ROWID;
"""


class RejectedFiles(Part):
    """The rejects of files, in an index that is open."""

    columns: Sequence[str] | None = ("stage", "reason", "payload", "at")

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over rows of the table ``rejects``, in the partition of ``day``."""
        for batch in batches:
            for row in batch.to_pylist():
                path = rejected_file(row["payload"])
                if path is not None:
                    key = reject_key(row["stage"], row["reason"], path)
                    self._note(key, path, row["at"], day)

    def _note(self, key: bytes, path: str, at: dt.datetime, day: int) -> None:
        self._do(
            "INSERT INTO rejected VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
            "at = excluded.at, day = excluded.day WHERE excluded.at > at",
            *(key, at.astimezone(dt.UTC).isoformat(), day),
        )
        # What stands before such a mark may be a file with records, or a name with a mark.
        parts = path.split("!")
        names = ["!".join(parts[: end + 1]) for end in range(len(parts))]
        self._db.executemany(
            "INSERT OR IGNORE INTO rejected_files VALUES (?, ?)",
            ((key_of(name), key) for name in names),
        )

    def forget(self, days: Iterable[int]) -> None:
        """Forget what the partitions of ``days`` said."""
        gone = "FROM rejected WHERE day IN (SELECT value FROM json_each(?))"
        wanted = json.dumps(sorted(days))
        self._do(
            f"DELETE FROM rejected_files WHERE reject IN (SELECT reject {gone})",  # noqa: S608 - ours
            wanted,
        )
        self._do(f"DELETE {gone}", wanted)

    def rejected_at(self, key: bytes) -> dt.datetime | None:
        """Return the start of the last run that wrote a reject, None if none did."""
        query = "SELECT at FROM rejected WHERE reject = ?"
        found = self._one(query, key)
        return dt.datetime.fromisoformat(found) if found else None

    def last_of(self, path: str) -> dt.datetime | None:
        """Return the start of the last run that rejected something of a file, if any did.

        Args:
          path: The file's.
        """
        query = (
            "SELECT max(at) FROM rejected_files JOIN rejected USING (reject) "
            "WHERE file = ?"
        )
        found = self._one(query, key_of(path))
        return dt.datetime.fromisoformat(found) if found else None
