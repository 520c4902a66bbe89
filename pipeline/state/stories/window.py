"""Stories: the signatures of the latest articles, and what they are linked to.

A part of :mod:`pipeline.state.database`.  The signatures are a column of the table
``articles``, the links are the table ``stories``: all of this is made from them again.
What is older than the window is forgotten.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.state.stories.keys import StoryKeys
from pipeline.state.stories.links import Assigned, StoryLinks, is_over
from transforms.signing.agencies import agency_of_site
from transforms.stories.forest import Linked, Node, places, plant
from transforms.stories.signature import unpacked

# ``minute`` is when an article was published, in minutes of the epoch; ``rank`` is 0 for an
# agency's own.
SCHEMA = """
CREATE TABLE story_articles (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    rank INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    day INTEGER NOT NULL,
    site INTEGER NOT NULL,
    signature BLOB NOT NULL
) STRICT;
"""
_COLUMNS = ("id", "url", "domain", "published_at", "fetched_at", "signature")
_MINUTES = 60
_DAY = 24 * 60
_MOST_NODES = 12_000
"""Articles that are kept at hand while others are planted, some 2 kB each, to 6."""
NEEDED_FROM = "stories_from"
"""What a manifest's inputs call the first minute of which articles are compared with."""
_MOST_ARTICLES = 1_000_000
"""Articles that are remembered, however long the window is: less than 1 GB."""


@dataclasses.dataclass(frozen=True, slots=True)
class Signed:
    """An article to be planted.

    Attributes:
      id: Its id.
      rank: 0 for an agency's own, else 1.
      minute: When it was published, in minutes of the epoch.
      day: Its partition's day, as an ordinal.
      site: Which site has it.
      signature: Its signature, packed.
    """

    id: bytes
    rank: int
    minute: int
    day: int
    site: int
    signature: bytes


_ORIGINALS = """
SELECT a.number, p.number FROM json_each(?) AS asked
JOIN story_articles a ON a.number = asked.value
JOIN story_links l ON l.id = a.id AND l.is_copy
JOIN story_articles p ON p.id = coalesce(l.original, l.linked_to)
"""


class Stories:
    """The articles of the window in one index.

    Args:
      db: The index, open.
    """

    columns: Sequence[str] | None = _COLUMNS

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.links = StoryLinks(db)
        self._keys = StoryKeys(db)
        self._nodes: dict[int, Node] = {}
        self._originals: dict[int, int | None] = {}
        self._window = 0
        self._needed_from: int | None = None

    def ignore_before(self, minute: int | None) -> None:
        """Take no article that was published before a minute: it was forgotten already.

        Args:
          minute: The minute; None where no batch has said it.
        """
        self._needed_from = minute
        self.links.needed_from = minute

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Remember the articles in rows of ``articles``; links come with ``stories``."""
        first = self._needed_from
        if is_over(day, first):
            # Years of them would be remembered for nothing, and forgotten again.
            return
        for batch in batches:
            if "signature" not in batch.schema.names:
                continue
            signed = batch.filter(pc.is_valid(batch["signature"]))
            for one in signed_rows(signed.to_pylist(), day):
                if first is None or one.minute >= first:
                    self._remember(one)
        self._forget_the_oldest()

    def plant(self, articles: Iterable[Signed], days: int) -> list[Assigned]:
        """Link new articles, and what is changed by them.

        Args:
          articles: The new ones, in any order.
          days: Days between two articles of one story, at most.

        Returns:
          Each new article, and each other one that belongs elsewhere now.
        """
        self._window = days * _DAY
        self._keys.reread()
        self._nodes.clear()
        self._originals.clear()
        touched: set[int] = set()
        fresh: set[int] = set()
        for signed in sorted(articles, key=lambda one: (one.rank, one.minute, one.id)):
            number = self._remember(signed)
            signature = unpacked(signed.signature)
            if number is None or signature is None:
                continue
            fresh.add(number)
            order = (signed.rank, signed.minute, signed.id)
            node = Node(number, order, signed.site, signature)
            if len(self._nodes) > _MOST_NODES:
                self._nodes.clear()
            self._nodes[number] = node
            touched |= plant(node, self)
        return self._settled(touched, fresh)

    # --- what the forest asks for ------------------------------------------------------

    def near(self, node: Node) -> list[Node]:
        """Return articles that may be like one: those with the heaviest keys in common."""
        minute = node.order[1]
        likely = self._keys.likely(node.number, minute, node.signature, self._window)
        # Of a report that hundreds print, what they are copies of may be none of the nearest.
        unlikely = self._copied(likely) - {*likely, node.number}
        numbers = [*likely, *sorted(unlikely)]
        self._read(number for number in numbers if number not in self._nodes)
        return [self._nodes[number] for number in numbers if number in self._nodes]

    def _copied(self, numbers: Sequence[int]) -> set[int]:
        """Return what some articles are copies of."""
        unknown = [number for number in numbers if number not in self._originals]
        if unknown:
            self._originals.update(dict.fromkeys(unknown))
            found = self._db.execute(_ORIGINALS, (json.dumps(unknown),))
            self._originals.update(found.fetchall())
        return {
            original
            for number in numbers
            if (original := self._originals[number]) is not None
        }

    def _read(self, numbers: Iterable[int]) -> None:
        """Keep some articles at hand."""
        wanted = list(numbers)
        if not wanted:
            return
        found = self._db.execute(
            "SELECT number, rank, minute, id, site, signature FROM story_articles "
            "WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(wanted),),
        )
        for number, rank, minute, key, site, packed in found:
            signature = unpacked(packed)
            if signature is not None:
                node = Node(number, (rank, minute, key), site, signature)
                self._nodes[number] = node

    def linked(self, number: int) -> Linked | None:
        """Return what an article is linked to."""
        return self.links.linked(number)

    def link(self, number: int, linked: Linked) -> None:
        """Link an article to another."""
        self.links.link(number, linked)
        self._originals.pop(number, None)

    # --- what belongs where --------------------------------------------------------------

    def _settled(self, touched: set[int], fresh: set[int]) -> list[Assigned]:
        """Return what the trees of some articles have changed, and note it."""
        ids = self._ids(touched)
        new = set(self._ids(fresh).values())
        changed = set(ids.values())
        assigned: list[Assigned] = []
        for root in sorted({self.links.root(article) for article in changed}):
            tree = self.links.tree(root)
            found = places(tree.members, tree.links, self.links.outside(root))
            for article, place in found.items():
                to, link = tree.links.get(article, (None, None))
                if article in new or article in changed or place != tree.known[article]:
                    one = Assigned(article, place.story, place.original, to, link)
                    assigned.append(one)
                    self.links.note(one)
        return assigned

    def _ids(self, numbers: Iterable[int]) -> dict[int, bytes]:
        found = self._db.execute(
            "SELECT number, id FROM story_articles "
            "WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(numbers)),),
        )
        return dict(found)

    # --- what is remembered --------------------------------------------------------------

    def _remember(self, signed: Signed) -> int | None:
        """Remember an article; return its number, None if it is known."""
        found = self._db.execute(
            "INSERT OR IGNORE INTO story_articles VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            (
                *(signed.id, signed.rank, signed.minute, signed.day),
                *(signed.site, signed.signature),
            ),
        )
        number = found.lastrowid
        signature = unpacked(signed.signature)
        if not found.rowcount or number is None or signature is None:
            return None
        self._keys.add(number, signed.minute, signature)
        if self.links.cut_backward(signed.id):
            self._originals.clear()
        return number

    def forget_days(self, days: Iterable[int]) -> None:
        """Forget the articles in the partitions of ``days``; their links stay known."""
        self._forget("day IN (SELECT value FROM json_each(?))", json.dumps(list(days)))

    def drop(self, article: bytes) -> None:
        """Forget an article, and what it is linked to."""
        self._forget("id = ?", article)
        self.links.drop(article)

    def forget_before(self, minute: int) -> None:
        """Forget what was published before a minute."""
        for key in self._forget("minute < ?", minute):
            self.links.drop(key)

    def _forget_the_oldest(self) -> None:
        (there,) = self._db.execute("SELECT count(*) FROM story_articles").fetchone()
        if there > _MOST_ARTICLES:
            (minute,) = self._db.execute(
                "SELECT minute FROM story_articles ORDER BY minute LIMIT 1 OFFSET ?",
                (there - _MOST_ARTICLES,),
            ).fetchone()
            self.forget_before(minute)

    def _forget(self, where: str, value: int | str | bytes) -> list[bytes]:
        """Forget some articles; return their ids."""
        rows = self._db.execute(
            f"SELECT number, id, minute, signature FROM story_articles WHERE {where}",  # noqa: S608 - ours
            (value,),
        ).fetchall()
        for number, _, minute, packed in rows:
            signature = unpacked(packed)
            if signature is not None:
                self._keys.remove(number, minute, signature)
            self._db.execute("DELETE FROM story_articles WHERE number = ?", (number,))
        return [key for _, key, _, _ in rows]


def needed_from(manifests: Iterable[Mapping[str, Any]]) -> int | None:
    """Return the first minute of which articles are still compared with.

    Args:
      manifests: Those of batches, the latest first.

    Returns:
      What the latest batch with articles has said; None where none says it.
    """
    minutes = (manifest.get("inputs", {}).get(NEEDED_FROM) for manifest in manifests)
    return next((minute for minute in minutes if minute is not None), None)


def site(domain: str | None, url: str | None) -> str | None:
    """Return the site of an article: its registrable domain, else its URL's host."""
    return domain or (urlsplit(url).hostname if url else None)


def signed_rows(rows: Iterable[Mapping[str, Any]], day: int) -> Iterator[Signed]:
    """Yield the articles in rows of ``articles`` that have a signature."""
    for row in rows:
        if row.get("signature") is None:
            continue
        moment: dt.datetime = row["published_at"] or row["fetched_at"]
        yield Signed(
            id=bytes.fromhex(row["id"]),
            rank=0 if agency_of_site(row["domain"]) else 1,
            minute=int(moment.timestamp()) // _MINUTES,
            day=day,
            site=zlib.crc32((site(row["domain"], row["url"]) or row["id"]).encode()),
            signature=row["signature"],
        )
