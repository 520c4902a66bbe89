"""Story links: which earlier article each is most like, and where it belongs by that.

A part of :mod:`pipeline.state.database`, made from the table ``stories``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import pyarrow as pa

from transforms.stories.forest import BEFORE_ALL, Belonging, Linked, Member
from transforms.stories.likeness import Link, LinkKind

# Minutes of a day.
_DAY = 24 * 60
_EPOCH = dt.date(1970, 1, 1).toordinal()
# Days of a partition at most, and those by which a date may be ahead of the clock.
_LONGEST_PARTITION = 31
_AHEAD = 31
_MICROSECOND = dt.timedelta(microseconds=1)
_BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_HUNDREDTHS = 100
# It has a row for each article that is linked, or was.  ``strength`` is in hundredths: what
# files say in four bytes would differ a little from the same strength found again.  ``since``
# is in microseconds of the epoch.
SCHEMA = """
CREATE TABLE story_links (
    id BLOB PRIMARY KEY,
    linked_to BLOB,
    is_copy INTEGER,
    strength INTEGER,
    story BLOB NOT NULL,
    original BLOB,
    since INTEGER NOT NULL,
    batch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX story_followers ON story_links (linked_to);
"""
# UNION leaves out what was there before, so that a circle ends.
_FOLLOWERS = """
WITH RECURSIVE tree (id, linked_to, day, site, is_copy, strength, story, original) AS (
    SELECT ?1, NULL, NULL, NULL, NULL, NULL, NULL, NULL UNION
    SELECT
        l.id, l.linked_to, a.minute / ?2, a.site, l.is_copy, l.strength, l.story, l.original
    FROM tree
    JOIN story_links l ON l.linked_to = tree.id
    JOIN story_articles a ON a.id = l.id
)
SELECT linked_to, id, day, site, is_copy, strength, story, original FROM tree
WHERE linked_to IS NOT NULL
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Assigned:
    """Where an article belongs, and what for.

    Attributes:
      id: The article.
      story: The article that heads its story.
      original: The article whose text it has, if it is a copy.
      linked_to: The earlier article that it is most like, if there is one.
      link: How it is like it.
    """

    id: bytes
    story: bytes
    original: bytes | None
    linked_to: bytes | None
    link: Link | None


class Tree(NamedTuple):
    """Articles that lead to one, by what each is linked to.

    Attributes:
      members: The articles, each behind the one it is linked to.
      links: What they are linked to, and how; the first has none.
      known: Where they belong, as far as is known.
    """

    members: list[Member]
    links: dict[bytes, tuple[bytes, Link]]
    known: dict[bytes, Belonging]


def is_over(day: int, minute: int | None) -> bool:
    """Return whether a partition of at most a month ends before a minute.

    Args:
      day: Its first day, as an ordinal.
      minute: In minutes of the epoch; None for none.
    """
    end = (day + _LONGEST_PARTITION - _EPOCH) * _DAY
    return minute is not None and end < minute


class StoryLinks:
    """The links in one index.

    Args:
      db: The index, open.
    """

    columns: Sequence[str] | None = None

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.needed_from: int | None = None

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over the latest assignment of each article."""
        # None was assigned before it was published, but for one whose date was ahead.
        if is_over(day + _AHEAD, self.needed_from):
            return
        for batch in batches:
            for row in batch.to_pylist():
                since = (row["at"] - _BEGINNING) // _MICROSECOND
                self.note(_assigned(row), since, row["batch"])

    def forget(self) -> None:
        """Forget all links: they are read again."""
        self._db.execute("DELETE FROM story_links")

    def drop(self, article: bytes) -> None:
        """Forget what an article is linked to."""
        self._db.execute("DELETE FROM story_links WHERE id = ?", (article,))

    def linked(self, number: int) -> Linked | None:
        """Return what an article is linked to, also where that is forgotten."""
        found = self._db.execute(
            "SELECT p.number, p.rank, p.minute, p.id, l.is_copy, l.strength "
            "FROM story_articles a JOIN story_links l ON l.id = a.id "
            "LEFT JOIN story_articles p ON p.id = l.linked_to "
            "WHERE a.number = ? AND l.linked_to IS NOT NULL",
            (number,),
        ).fetchone()
        if found is None:
            return None
        to, rank, minute, key, is_copy, strength = found
        order = BEFORE_ALL if to is None else (rank, minute, key)
        return Linked(to, order, _link(is_copy, strength))

    def link(self, number: int, linked: Linked) -> None:
        """Link an article to another."""
        self._db.execute(
            "INSERT INTO story_links SELECT a.id, p.id, ?3, ?4, a.id, NULL, 0, 0 "
            "FROM story_articles a, story_articles p WHERE a.number = ?1 AND p.number = ?2 "
            "ON CONFLICT DO UPDATE SET linked_to = excluded.linked_to, "
            "is_copy = excluded.is_copy, strength = excluded.strength",
            (number, linked.to, *_columns(linked.link)),
        )

    def place(self, article: bytes) -> Belonging:
        """Return where an article belongs, as far as is known."""
        found = self._db.execute(
            "SELECT story, original FROM story_links WHERE id = ?", (article,)
        ).fetchone()
        return Belonging(*found) if found else Belonging(article)

    def root(self, article: bytes) -> bytes:
        """Return the first article of a tree that is remembered.

        Of links in a circle, which damaged files may bring, it is the one whose link is the
        last to be followed.
        """
        seen: set[bytes] = set()
        while article not in seen:
            seen.add(article)
            found = self._db.execute(
                "SELECT p.id FROM story_links l JOIN story_articles p ON p.id = l.linked_to "
                "WHERE l.id = ?",
                (article,),
            ).fetchone()
            if found is None:
                break
            (article,) = found
        return article

    def cut_backward(self, article: bytes) -> bool:
        """Cut the links of an article, and to it, that lead to what came later.

        It was remembered at another time, and may have moved behind its followers.

        Returns:
          Whether there were any.
        """
        cut = self._db.execute(
            "UPDATE story_links SET linked_to = NULL, is_copy = NULL, strength = NULL "
            "WHERE id IN (SELECT l.id FROM story_links l "
            "JOIN story_articles a ON a.id = l.id "
            "JOIN story_articles p ON p.id = l.linked_to "
            "WHERE (l.id = ?1 OR l.linked_to = ?1) "
            "AND (a.rank, a.minute, a.id) <= (p.rank, p.minute, p.id))",
            (article,),
        )
        return cut.rowcount > 0

    def outside(self, root: bytes) -> Belonging:
        """Return where the root of a tree belongs: what it was linked to is forgotten."""
        found = self._db.execute(
            "SELECT story, original FROM story_links "
            "WHERE id = ? AND linked_to IS NOT NULL",
            (root,),
        ).fetchone()
        return Belonging(*found) if found else Belonging(root)

    def tree(self, root: bytes) -> Tree:
        """Return the tree that an article is the first of."""
        [(day, site)] = self._db.execute(
            "SELECT minute / ?, site FROM story_articles WHERE id = ?", (_DAY, root)
        )
        tree = Tree([Member(root, day, site)], {}, {root: self.place(root)})
        followers: dict[bytes, list[Sequence[Any]]] = {}
        for row in self._db.execute(_FOLLOWERS, (root, _DAY)):
            followers.setdefault(row[0], []).append(row)
        for article in tree.members:
            found = sorted(followers.get(article.id, ()), key=itemgetter(1))
            for to, key, day, site, is_copy, strength, story, original in found:
                if key != root and key not in tree.links:
                    tree.links[key] = (to, _link(is_copy, strength))
                    tree.known[key] = Belonging(story, original)
                    tree.members.append(Member(key, day, site))
        return tree

    def note(self, one: Assigned, since: int = 0, batch: int = 0) -> None:
        """Note an assignment, if none of a later run or batch is known.

        Args:
          one: The assignment.
          since: When the run began, in microseconds of the epoch; 0 for that which commits.
          batch: Which batch of it.
        """
        self._db.execute(
            "INSERT INTO story_links VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
            "ON CONFLICT DO UPDATE SET linked_to = ?2, is_copy = ?3, strength = ?4, "
            "story = ?5, original = ?6, since = ?7, batch = ?8 "
            "WHERE (?7, ?8) >= (since, batch) OR ?7 = 0",
            (
                *(one.id, one.linked_to, *_columns(one.link)),
                *(one.story, one.original, since, batch),
            ),
        )


def _columns(link: Link | None) -> tuple[bool | None, int | None]:
    """Return a link as the index has it."""
    if link is None:
        return None, None
    return link.kind is LinkKind.COPY, round(_HUNDREDTHS * link.strength)


def _link(is_copy: int, strength: int) -> Link:
    kind = LinkKind.COPY if is_copy else LinkKind.STORY
    return Link(kind, strength / _HUNDREDTHS)


def _assigned(row: Mapping[str, Any]) -> Assigned:
    link = Link(LinkKind(row["link"]), row["strength"]) if row["link"] else None
    return Assigned(
        bytes.fromhex(row["article_id"]),
        bytes.fromhex(row["story_id"]),
        bytes.fromhex(row["duplicate_of"]) if row["duplicate_of"] else None,
        bytes.fromhex(row["linked_to"]) if row["linked_to"] else None,
        link,
    )
