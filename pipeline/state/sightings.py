"""Sightings, as the index knows them: which entry came to which article, and who lists it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from pipeline.state.part import Part

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


class Sightings(Part):
    """The sightings in an index that is open."""

    columns: Sequence[str] | None = ("article_id", "entry", "feed_key")

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over rows of the table ``sightings``."""
        del day
        for row in itertools.chain.from_iterable(b.to_pylist() for b in batches):
            entry = bytes.fromhex(row["entry"])
            article = row["article_id"] and bytes.fromhex(row["article_id"])
            self._do(_NOTE, article or entry, row["feed_key"])
            if article:
                self._do("INSERT OR REPLACE INTO sighted VALUES (?, ?)", entry, article)

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
        self._do("DELETE FROM sightings")
        self._do("DELETE FROM sighted")

    def article_of(self, entry: bytes) -> bytes | None:
        """Return the article that an entry came to."""
        query = "SELECT article FROM sighted WHERE entry = ?"
        return self._one(query, entry)

    def has(self, article: bytes, key: str) -> bool:
        """Return whether a feed was noted for an article, or for an entry without one."""
        query = "SELECT 1 FROM sightings WHERE article = ? AND key = ?"
        return self._one(query, article, key) is not None
