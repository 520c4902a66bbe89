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
    day INTEGER NOT NULL,
    file BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rejected_files ON rejected (file);
"""


class RejectedFiles(Part):
    """The rejects of files, in an index that is open."""

    columns: Sequence[str] | None = ("stage", "reason", "payload", "at")

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over rows of the table ``rejects``, in the partition of ``day``."""
        for batch in batches:
            rows = [(rejected_file(row["payload"]), row) for row in batch.to_pylist()]
            self._db.executemany(
                "INSERT INTO rejected VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "at = excluded.at, day = excluded.day WHERE excluded.at > at",
                (
                    (
                        reject_key(row["stage"], row["reason"], path),
                        row["at"].astimezone(dt.UTC).isoformat(),
                        day,
                        _file_key(path),
                    )
                    for path, row in rows
                    if path is not None
                ),
            )

    def forget(self, days: Iterable[int]) -> None:
        """Forget what the partitions of ``days`` said."""
        self._do(
            "DELETE FROM rejected WHERE day IN (SELECT value FROM json_each(?))",
            json.dumps(sorted(days)),
        )

    def rejected_at(self, key: bytes) -> dt.datetime | None:
        """Return the start of the last run that wrote a reject, None if none did."""
        query = "SELECT at FROM rejected WHERE reject = ?"
        found = self._one(query, key)
        return dt.datetime.fromisoformat(found) if found else None

    def last_of(self, path: str) -> dt.datetime | None:
        """Return the start of the last run that rejected something of a file, if any did.

        Args:
          path: The file's; files that differ behind an exclamation mark count as one.
        """
        query = "SELECT max(at) FROM rejected WHERE file = ?"
        found = self._one(query, _file_key(path))
        return dt.datetime.fromisoformat(found) if found else None


def _file_key(path: str) -> bytes:
    """Return what the rejects of a file, and of records in it, have in common."""
    return key_of(path.partition("!")[0])
