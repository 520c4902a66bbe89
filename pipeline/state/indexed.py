"""Indexed: what the index says to the stages of a flow, on whatever worker they run."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from pipeline.state.catalog import Forgotten
from pipeline.state.database import BUSY_SECONDS
from pipeline.state.part import Part
from pipeline.state.sightings import Sightings
from pipeline.state.waiting import WaitingEntries
from transforms.dedup.entries import FEED_DIGITS
from transforms.encryption import Cipher
from transforms.listings import Listed
from transforms.redaction import redact
from transforms.web.access import read_robots
from transforms.web.reservations import Reservations
from transforms.web.robots import Robots, RobotsFile

_View = TypeVar("_View")


class Entries(Part):
    """What was learnt on the way to pages, for the fetch stage.

    Args:
      db: The index, open.
      cipher: What links with secrets are encrypted with, of entries that wait.
    """

    def __init__(self, db: sqlite3.Connection, cipher: Cipher | None = None) -> None:
        super().__init__(db)
        self._waiting = WaitingEntries(self._db)
        self._cipher = cipher

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
        is_done = bool(self._one(query, key, version, FEED_DIGITS))
        return is_done or self._waiting.has(key)

    def due(self, now: dt.datetime) -> list[Listed]:
        """Return the entries whose pages are to be retried."""
        return self._waiting.due(now, self._cipher)

    def close(self) -> None:
        """Close the index."""
        self._db.close()

    def robots(self, origin: str) -> RobotsFile | None:
        """Return the robots.txt that a site had when it was last asked for."""
        return self._file(f"{origin}{Robots.path}")

    def reservations(self, origin: str) -> RobotsFile | None:
        """Return the tdmrep.json that a site had when it was last asked for."""
        return self._file(f"{origin}{Reservations.path}")

    def _file(self, url: str) -> RobotsFile | None:
        url = redact(url)
        query = "SELECT file FROM robots WHERE url = ?"
        file = self._one(query, url)
        return read_robots(file) if file is not None else None

    def is_forgotten(self, names: Iterable[str]) -> bool:
        """Return whether an article that goes by one of these names was taken out."""
        return Forgotten(self._db).has(names)


class NoEntries(Entries):
    """For what is followed again: every entry needs a request."""

    def has_entry(self, entry: str, version: str) -> bool:
        """Say that the entry of this identity is to be followed."""
        del entry, version
        return False


class Listings(Part):
    """What the dataset knows of who lists what."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(db)
        self._sightings = Sightings(self._db)
        self._waiting = WaitingEntries(self._db)

    def article_of(self, entry: str) -> str | None:
        """Return the id of the article that an entry came to."""
        found = self._sightings.article_of(bytes.fromhex(entry))
        return found.hex() if found else None

    def has_article(self, article_id: str) -> bool:
        """Return whether there is an article with this id."""
        query = "SELECT 1 FROM articles WHERE id = ?"
        return self._one(query, bytes.fromhex(article_id)) is not None

    def is_waiting(self, entry: str) -> bool:
        """Return whether the page of an entry is waited for."""
        return self._waiting.has(bytes.fromhex(entry))

    def has(self, article: str, key: str) -> bool:
        """Return whether a feed was noted for an article, or for an entry without one."""
        return self._sightings.has(bytes.fromhex(article), key)


class Articles(Part):
    """What the dataset holds, for the dedup stage."""

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
        found = self._one("SELECT id FROM paths WHERE path = ?", path)
        return found.hex() if found else None

    def with_text(self, mark: str) -> str | None:
        """Return the id of the article with this text at this place."""
        query = "SELECT id FROM texts WHERE text = ?"
        found = self._one(query, bytes.fromhex(mark))
        return found.hex() if found else None

    def is_forgotten(self, names: Iterable[str]) -> bool:
        """Return whether an article that goes by one of these names was taken out."""
        return Forgotten(self._db).has(names)


class Reopened(Articles):
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
      kind: :class:`Articles`, :class:`Entries` or one of theirs.
      find: Returns the index's file.
    """
    # Any thread of the worker may ask; a stage asks one question at a time.
    db = sqlite3.connect(find(), timeout=BUSY_SECONDS, check_same_thread=False)
    return kind(db)
