"""Sightings, as the index knows them: which entry came to which article, and who lists it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

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
        for batch in batches:
            entries = [bytes.fromhex(one) for one in batch["entry"].to_pylist()]
            articles = [
                bytes.fromhex(one) if one else None
                for one in batch["article_id"].to_pylist()
            ]
            known = [
                article or entry
                for article, entry in zip(articles, entries, strict=True)
            ]
            keys = batch["feed_key"].to_pylist()
            self._db.executemany(_NOTE, zip(known, keys, strict=True))
            self._db.executemany(
                "INSERT OR REPLACE INTO sighted VALUES (?, ?)",
                (
                    (entry, article)
                    for entry, article in zip(entries, articles, strict=True)
                    if article
                ),
            )

    def note_articles(self, keys: Sequence[bytes], feeds: pa.Array) -> None:
        """Take over what rows of articles say of the feeds that they came from.

        Args:
          keys: The articles' ids.
          feeds: A list of feeds for each, or null.
        """
        places = pc.list_parent_indices(feeds).to_pylist()
        names = pc.list_flatten(feeds).to_pylist()
        self._db.executemany(
            _NOTE,
            ((keys[place], name) for place, name in zip(places, names, strict=True)),
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
