"""Sightings, as the index knows them: which entry came to which article, and who lists it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = """
CREATE TABLE sightings (
    article BLOB NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (article, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE sighted (
    entry BLOB PRIMARY KEY,
    article BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""
_NOTE = "INSERT OR IGNORE INTO sightings VALUES (?, ?)"
_COLUMNS = ["article_id", "entry", "feed_key"]


class Sightings:
    """The sightings in an index that is open.

    Args:
      db: The index.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def take(self, file: Path | pa.BufferReader) -> int:
        """Take over a file of the table ``sightings``; return its number of rows."""
        with pq.ParquetFile(file) as parquet:
            rows = parquet.read(columns=_COLUMNS).to_pylist()
        for row in rows:
            entry = bytes.fromhex(row["entry"])
            article = row["article_id"] and bytes.fromhex(row["article_id"])
            self._db.execute(_NOTE, (article or entry, row["feed_key"]))
            if article:
                self._db.execute(
                    "INSERT OR REPLACE INTO sighted VALUES (?, ?)", (entry, article)
                )
        return len(rows)

    def note_articles(
        self, keys: Iterable[bytes], feeds: Iterable[list[Any] | None]
    ) -> None:
        """Take over what rows of articles say of the feeds that they came from."""
        self._db.executemany(
            _NOTE,
            (
                (key, feed)
                for key, names in zip(keys, feeds, strict=True)
                for feed in names or ()
            ),
        )

    def forget(self) -> None:
        """Forget all of them; within a transaction."""
        self._db.execute("DELETE FROM sightings")
        self._db.execute("DELETE FROM sighted")

    def article_of(self, entry: bytes) -> bytes | None:
        """Return the article that an entry came to."""
        query = "SELECT article FROM sighted WHERE entry = ?"
        row = self._db.execute(query, (entry,)).fetchone()
        return row[0] if row else None

    def has(self, article: bytes, key: str) -> bool:
        """Return whether a feed was noted for an article, or for an entry without one."""
        query = "SELECT 1 FROM sightings WHERE article = ? AND key = ?"
        return self._db.execute(query, (article, key)).fetchone() is not None
