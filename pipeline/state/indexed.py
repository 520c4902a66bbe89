"""Indexed: what the index says to the stages of a flow, on whatever worker they run."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pipeline.state.database import BUSY_SECONDS
from pipeline.state.sightings import Sightings
from pipeline.state.waiting import WaitingEntries
from transforms.dedup.entries import FEED_DIGITS
from transforms.listings import Listed
from transforms.redaction import redact
from transforms.sealing import Seal
from transforms.web.access import read_robots
from transforms.web.robots import RobotsFile

_View = TypeVar("_View")


class IndexedEntries:
    """What was learnt on the way to pages, for the fetch stage.

    Args:
      db: The index, open.
      seal: What links with secrets are sealed with, of entries that wait.
    """

    def __init__(self, db: sqlite3.Connection, seal: Seal | None = None) -> None:
        self._db = db
        self._waiting = WaitingEntries(self._db)
        self._seal = seal

    def has_entry(self, entry: str, version: str) -> bool:
        """Return whether the entry is done as it is now, or waits for its page.

        Args:
          entry: Its identity.
          version: What changes with what its feed says of it, and the feed.  An entry
            that another feed brought is done, whatever this one says.
        """
        key = bytes.fromhex(entry)
        query = (
            "SELECT is_done AND (version IS NULL OR version = ?2 "
            "OR substr(version, 1, ?3) <> substr(?2, 1, ?3)) FROM entries WHERE entry = ?1"
        )
        row = self._db.execute(query, (key, version, FEED_DIGITS)).fetchone()
        return bool(row and row[0]) or self._waiting.has(key)

    def due(self, now: dt.datetime) -> list[Listed]:
        """Return the entries whose pages are to be retried."""
        return self._waiting.due(now, self._seal)

    def close(self) -> None:
        """Close the index."""
        self._db.close()

    def robots(self, origin: str) -> RobotsFile | None:
        """Return the robots.txt that a site had when it was last asked for."""
        url = redact(f"{origin}/robots.txt")
        query = "SELECT file FROM robots WHERE url = ?"
        row = self._db.execute(query, (url,)).fetchone()
        return read_robots(row[0]) if row else None


class NoEntries(IndexedEntries):
    """For what is followed again: every entry needs a request."""

    def has_entry(self, entry: str, version: str) -> bool:
        """Say that the entry of this identity is to be followed."""
        del entry, version
        return False


class IndexedListings:
    """What the dataset knows of who lists what.

    Args:
      db: The index, open.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._sightings = Sightings(self._db)
        self._waiting = WaitingEntries(self._db)

    def article_of(self, entry: str) -> str | None:
        """Return the id of the article that an entry came to."""
        found = self._sightings.article_of(bytes.fromhex(entry))
        return found.hex() if found else None

    def has_article(self, article_id: str) -> bool:
        """Return whether there is an article with this id."""
        query = "SELECT 1 FROM articles WHERE id = ?"
        found = self._db.execute(query, (bytes.fromhex(article_id),))
        return found.fetchone() is not None

    def is_waiting(self, entry: str) -> bool:
        """Return whether the page of an entry is waited for."""
        return self._waiting.has(bytes.fromhex(entry))

    def has(self, article: str, key: str) -> bool:
        """Return whether a feed was noted for an article, or for an entry without one."""
        return self._sightings.has(bytes.fromhex(article), key)


class IndexedArticles:
    """What the dataset holds, for the dedup stage.

    Args:
      db: The index, open.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def revision(self, article_id: str, content_hash: str) -> int | None:
        """Return the revision with this very text, None if there is none."""
        return self._one(
            "SELECT revision FROM articles WHERE id = ? AND content_hash = ?",
            bytes.fromhex(article_id),
            bytes.fromhex(content_hash),
        )

    def latest(self, article_id: str) -> int | None:
        """Return the latest revision of an article, None if it is unknown."""
        return self._one(
            "SELECT max(revision) FROM articles WHERE id = ?", bytes.fromhex(article_id)
        )

    def at_path(self, path: str) -> str | None:
        """Return the id of the article without URL that was read from ``path``."""
        row = self._db.execute(
            "SELECT id FROM paths WHERE path = ?", (path,)
        ).fetchone()
        return row[0].hex() if row else None

    def with_text(self, mark: str) -> str | None:
        """Return the id of the article with this text at this place."""
        row = self._db.execute(
            "SELECT id FROM texts WHERE text = ?", (bytes.fromhex(mark),)
        ).fetchone()
        return row[0].hex() if row else None

    def _one(self, query: str, *values: bytes) -> int | None:
        row = self._db.execute(query, values).fetchone()
        return row[0] if row else None


class Reopened(IndexedArticles):
    """For articles made again: each is a revision, even if its text is the same."""

    def revision(self, article_id: str, content_hash: str) -> int | None:
        """Return None: no revision is as good as the new one."""
        del article_id, content_hash
        return None


def in_index(
    kind: Callable[[sqlite3.Connection], _View], find: Callable[[], Path]
) -> _View:
    """Return a view on the index, which each worker finds for itself.

    Args:
      kind: :class:`IndexedArticles`, :class:`IndexedEntries` or one of theirs.
      find: Returns the index's file.
    """
    # Any thread of the worker may ask; a stage asks one question at a time.
    db = sqlite3.connect(find(), timeout=BUSY_SECONDS, check_same_thread=False)
    return kind(db)
