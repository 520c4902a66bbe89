"""Story keys: which articles of the window have a term, a feature or a run of words.

A part of :mod:`pipeline.state.database`, made from the signatures.  Articles that are
planted together ask for the same keys, at times that go on: what was read of a key serves
the next.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import numpy as np

from transforms.stories.signature import Signature

# ``minute`` is when the article was published, in minutes of 2020, which take three bytes
# until 2035, and those of the epoch four.
SCHEMA = """
CREATE TABLE story_keys (
    key INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (key, minute, number)
) STRICT, WITHOUT ROWID;
"""
# Keys of an article by which it is found: the heaviest terms and features, the lowest hashes
# of the sketch.
_TERMS, _FEATURES, _HASHES = 12, 8, 4
_FIRST_MINUTE = 26_297_280
"""That in which 2020 begins, in minutes of the epoch."""
_EACH = 100
"""Articles that are looked at for one key before and after one; a frequent key has more."""
_COMPARED = 100
"""Articles that one is compared with, at most: those with the heaviest keys in common."""
_LEAST = 2
"""Keys that two articles must have in common to be compared."""
_AHEAD = 2 * _EACH
"""Later articles that are read of a key, so that articles that come after one find theirs."""
_MOST_KEPT = 1_000_000
"""Articles of keys that are kept, of 16 bytes each."""
_QUERY = f"""
SELECT * FROM (
    SELECT minute, number FROM story_keys WHERE key = ?1 AND minute <= ?2
    ORDER BY minute DESC, number DESC LIMIT {_EACH}
) UNION ALL SELECT * FROM (
    SELECT minute, number FROM story_keys WHERE key = ?1 AND minute > ?2
    ORDER BY minute, number LIMIT {_AHEAD}
)
"""  # noqa: S608 - numbers of ours


@dataclasses.dataclass(slots=True)
class _Span:
    """The articles with a key about a time, in the order of their times and numbers.

    Attributes:
      since: The minute from which on all are here that one has before it.
      is_cut: Whether there are later ones than the last.
      minutes: When each was published.
      numbers: Which they are.
    """

    since: int
    is_cut: bool
    minutes: array[int]
    numbers: array[int]

    def add(self, minute: int, number: int) -> None:
        """Add an article, the last of its minute."""
        place = bisect_right(self.minutes, minute)
        if place < len(self.minutes) or not self.is_cut:
            self.minutes.insert(place, minute)
            self.numbers.insert(place, number)

    def about(self, minute: int, window: int) -> array[int] | None:
        """Return the nearest before and after a minute; None where they are not here."""
        now = bisect_right(self.minutes, minute)
        end = now + _EACH
        if minute < self.since or (self.is_cut and end > len(self.minutes)):
            return None
        start = bisect_left(self.minutes, minute - window, max(0, now - _EACH), now)
        end = bisect_right(
            self.minutes, minute + window, now, min(end, len(self.minutes))
        )
        return self.numbers[start:end]


class StoryKeys:
    """The keys in one index.

    Args:
      db: The index, open.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._spans: dict[int, _Span] = {}
        self._kept = 0

    def reread(self) -> None:
        """Read keys again: the index may have changed."""
        self._spans.clear()
        self._kept = 0

    def add(self, number: int, minute: int, signature: Signature) -> None:
        """Let an article, the latest to be remembered, be found by its keys."""
        keys = [key for key, _ in _keys(signature)]
        since = minute - _FIRST_MINUTE
        self._db.executemany(
            "INSERT OR IGNORE INTO story_keys VALUES (?, ?, ?)",
            ((key, since, number) for key in keys),
        )
        for key in self._spans.keys() & keys:
            self._spans[key].add(since, number)

    def remove(self, number: int, minute: int, signature: Signature) -> None:
        """Let an article be found no more."""
        self._db.executemany(
            "DELETE FROM story_keys WHERE key = ? AND minute = ? AND number = ?",
            ((key, minute - _FIRST_MINUTE, number) for key, _ in _keys(signature)),
        )
        self.reread()

    def likely(
        self, number: int, minute: int, signature: Signature, window: int
    ) -> list[int]:
        """Return the articles that have the heaviest keys in common with one.

        Args:
          number: The number of that one.
          minute: When it was published, in minutes of the epoch.
          signature: Its signature.
          window: Minutes between two articles of one story, at most.
        """
        found, sizes, weights = array("q"), [], []
        for key, weight in _keys(signature):
            near = self._near(key, minute - _FIRST_MINUTE, window)
            found += near
            sizes.append(len(near))
            weights.append(weight)
        numbers, places, counts = np.unique(
            np.frombuffer(found, np.int64), return_inverse=True, return_counts=True
        )
        heaviest = np.bincount(places, np.repeat(weights, sizes), len(numbers))
        chosen = np.flatnonzero((counts >= _LEAST) & (numbers != number))
        order = np.argsort(-heaviest[chosen], kind="stable")[:_COMPARED]
        likely: list[int] = numbers[chosen[order]].tolist()
        return likely

    def _near(self, key: int, minute: int, window: int) -> array[int]:
        span = self._spans.get(key)
        near = span.about(minute, window) if span else None
        if near is not None:
            return near
        rows = self._db.execute(_QUERY, (key, minute)).fetchall()
        rows.sort()
        minutes = array("q", (when for when, _ in rows))
        numbers = array("q", (which for _, which in rows))
        is_cut = len(rows) - bisect_right(minutes, minute) == _AHEAD
        if self._kept > _MOST_KEPT:
            self.reread()
        self._kept += len(rows)
        span = self._spans[key] = _Span(minute, is_cut, minutes, numbers)
        return span.about(minute, window) or array("q")


def _keys(signature: Signature) -> Iterator[tuple[int, float]]:
    """Yield the keys that an article is found by, and what each speaks for."""
    yield from list(signature.terms.items())[:_TERMS]
    # Countries are the features of too many.
    others = [item for item in signature.features.items() if not item[0] & 1]
    yield from others[:_FEATURES]
    for number in signature.sketch[:_HASHES].tolist():
        yield number, 1.0
