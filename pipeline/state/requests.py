"""Requests: what they showed of feeds, hosts and entries, as the index remembers it.

A part of :mod:`pipeline.state.database`; it is made from the table ``fetches``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.state import waiting
from pipeline.state.part import Part
from pipeline.state.waiting import WaitingEntries
from transforms.listings import Subscription
from transforms.vocabulary import FetchKind, FetchOutcome
from transforms.web import access
from transforms.web.feed_state import FeedState
from transforms.web.policy import LONGEST_PAUSE
from transforms.web.response import AWAY

SCHEMA = """
CREATE TABLE feeds (
    key TEXT PRIMARY KEY,
    feed TEXT NOT NULL,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE news (
    key TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (key, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE entries (
    entry BLOB PRIMARY KEY,
    tries INTEGER NOT NULL,
    is_done INTEGER NOT NULL,
    at TEXT NOT NULL,
    version TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    until TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE robots (
    url TEXT PRIMARY KEY,
    file TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
# What fetches of newsbeam 0.1 say where a page was not available for the moment: the feed
# was asked for it again, in this many runs at most.
_PASSING = AWAY | {FetchOutcome.CODING, FetchOutcome.LATER}
_BUSY = {429, 500, 502, 503, 504}
_MAX_TRIES = 3
_UP = "ascending"
# Of the times at which a feed brought news, this many show what is usual.
_NEWS = 50
# What sites have for programs, by its address.
_OF_SITES = {FetchKind.ROBOTS, FetchKind.RESERVATIONS}
_REPLACE = "UPDATE feeds SET state = ? WHERE key = ?"


@dataclasses.dataclass(frozen=True, slots=True)
class KnownFeed:
    """A feed that was asked.

    Attributes:
      key: What its state is kept under.
      feed: Its address, secrets removed.
      state: What is remembered of it.
    """

    key: str
    feed: str
    state: FeedState


class Requests(Part):
    """What requests showed, in an index that is open.

    Args:
      db: The index.
      entries: The entries that wait, in the same index.
    """

    columns: Sequence[str] | None = None

    def __init__(self, db: sqlite3.Connection, entries: WaitingEntries) -> None:
        super().__init__(db)
        self._waiting = entries

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over rows of the table ``fetches``, run by run."""
        del day
        telling = [_telling(batch) for batch in batches]
        if not telling:
            return
        table = pa.Table.from_batches(telling)
        is_done = _is_done_at_once(table)
        rows = table.filter(pc.invert(is_done)).to_pylist()
        rows.sort(key=_run_of)
        self._note_done(table.filter(is_done).sort_by([("at", _UP), ("run_id", _UP)]))
        for _, of_run in itertools.groupby(rows, _run_of):
            self._remember_run(list(of_run))

    def forget(self) -> None:
        """Forget all that requests showed; within a transaction."""
        for table in ("feeds", "news", "entries", "hosts", "robots", "waiting"):
            self._do(f"DELETE FROM {table}")  # noqa: S608 - ours

    def ask_again(self) -> None:
        """Have feeds and entries asked for as if for the first time; in a transaction.

        What is known of articles, and when a feed is due, stays.
        """
        self._do("DELETE FROM entries")
        for key, state in self._do("SELECT key, state FROM feeds").fetchall():
            self._do(_REPLACE, access.forgetting(state), key)

    def _remember_run(self, rows: list[dict[str, Any]]) -> None:
        """Take over what a run learned: of entries first, then of their feeds."""
        unfinished = set()
        for row in rows:
            if row["not_before"] is not None:
                host, until = access.host_of(row["url"]), row["not_before"].isoformat()
                self._do("INSERT OR REPLACE INTO hosts VALUES (?, ?)", host, until)
            if row["entry"] is not None and not self._follow(row):
                unfinished.add(_key_of(row))
            if row["kind"] == FetchKind.PAGE:
                self._resolve(row)
        for row in rows:
            if row["kind"] in _OF_SITES:
                note = "INSERT OR REPLACE INTO robots VALUES (?, ?)"
                self._do(note, row["url"], row["state"])
            elif row["kind"] == FetchKind.FEED and row["state"] is not None:
                state = row["state"]
                if _key_of(row) in unfinished:
                    # Its validators would vouch for pages that we do not have yet.
                    state = access.forgetting(state)
                self._put_feed(_key_of(row), row["feed"], state)
            if row["kind"] == FetchKind.FEED and row["outcome"] == FetchOutcome.NEWS:
                self._note_news(_key_of(row), row["at"])

    def _resolve(self, row: dict[str, Any]) -> None:
        """Note that an unbounded pipeline has fetched what was waited for."""
        entry = json.loads(row["state"] or "{}").get("resolved")
        if entry is not None:
            self._waiting.resolve(entry, row["run_id"])

    def _put_feed(self, key: str, feed: str, state: str) -> None:
        """Put a state in the place of what is remembered of a feed.

        Args:
          key: What it is kept under.
          feed: The feed's address without secrets.
          state: The state as JSON.
        """
        self._do("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", key, feed, state)
        if key != feed:
            # What an earlier version remembered under the address has served.
            former = (
                "SELECT 1 FROM feeds WHERE key = ? "
                "AND json_extract(state, '$.origin') IS NULL"
            )
            if self._one(former, feed):
                self._do("UPDATE OR REPLACE news SET key = ? WHERE key = ?", key, feed)
                self._do("DELETE FROM feeds WHERE key = ?", feed)

    def _note_news(self, key: str, at: dt.datetime) -> None:
        """Note that a feed brought something new, and forget what is long past."""
        self._do("INSERT OR IGNORE INTO news VALUES (?, ?)", key, waiting.time_text(at))
        # What was noted ahead of this, by a clock that was wrong, would never pass.
        end = waiting.time_text(at + LONGEST_PAUSE)
        self._do("DELETE FROM news WHERE key = ? AND at > ?", key, end)
        self._do(
            "DELETE FROM news WHERE key = ?1 AND at NOT IN "
            "(SELECT at FROM news WHERE key = ?1 ORDER BY at DESC LIMIT ?2)",
            key,
            _NEWS,
        )

    def _follow(self, row: dict[str, Any]) -> bool:
        """Note that an entry was followed; return whether it is done with."""
        is_passing = row["outcome"] in _PASSING or (row["status"] or 0) in _BUSY
        # Where it says that the entry has waited, this was the last try.
        is_passing = is_passing and row["state"] is None
        key = bytes.fromhex(row["entry"])
        query = "SELECT tries FROM entries WHERE entry = ?"
        tries = (self._one(query, key) or 0) + 1
        is_done = not is_passing or tries >= _MAX_TRIES
        note = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)"
        at, version = waiting.time_text(row["at"]), row.get("entry_version")
        self._do(note, key, tries, is_done, at, version)
        if is_done:
            self._waiting.end(key, row["at"])
        return is_done

    def _note_done(self, rows: pa.Table) -> None:
        """Note the entries that were done with one request each, as most are.

        Args:
          rows: The requests, in order.
        """
        if not rows.num_rows:
            return
        keys = [bytes.fromhex(entry) for entry in rows["entry"].to_pylist()]
        moments = waiting.time_texts(rows["at"])
        # Files of newsbeam 0.1 have none.
        is_there = "entry_version" in rows.column_names
        versions = rows["entry_version"].to_pylist() if is_there else [None] * len(keys)
        self._db.executemany(
            "INSERT INTO entries VALUES (?, 1, true, ?, ?) ON CONFLICT DO UPDATE "
            "SET tries = tries + 1, is_done = true, at = excluded.at, "
            "version = excluded.version",
            zip(keys, moments, versions, strict=True),
        )
        self._waiting.end_all(keys, rows["at"])

    def replace_feed(self, known: KnownFeed, state: FeedState) -> None:
        """Put ``state`` in the place of what is remembered; within a transaction."""
        self._do(_REPLACE, access.write_state(state), known.key)

    def feeds(self) -> list[KnownFeed]:
        """Return every feed that was ever asked."""
        found = self._do("SELECT key, feed, state FROM feeds ORDER BY feed, key")
        return [
            KnownFeed(key, feed, access.read_state(text)) for key, feed, text in found
        ]

    def memory(self, feeds: Iterable[Subscription]) -> access.Memory:
        """Return what is remembered of feeds and hosts.

        Args:
          feeds: The feeds.  A batch takes its own alone: what it takes is read and
            pickled, and there may be thousands.
        """
        found = {access.feed_key(feed): self._state_of(feed) for feed in feeds}
        hosts = self._do("SELECT host, until FROM hosts")
        return access.Memory(
            {key: state for key, state in found.items() if state is not None},
            {host: dt.datetime.fromisoformat(until) for host, until in hosts},
        )

    def _state_of(self, feed: Subscription) -> FeedState | None:
        """Return what is remembered of a feed, if only under another name."""
        query = "SELECT state FROM feeds WHERE key = ?"
        keys = [access.feed_key(feed)]
        if feed.alias is not None:
            keys.append(feed.alias)
        for key in keys:
            state = self._one(query, key)
            if state is not None:
                return access.read_state(state)
        moved = (
            "SELECT json_extract(state, '$.origin') FROM feeds "
            "WHERE ?1 IN (json_extract(state, '$.url'), json_extract(state, '$.moved_to'))"
        )
        origin = self._one(moved, feed.url)
        return FeedState("", origin=origin) if origin else None

    def news(self) -> dict[str, list[dt.datetime]]:
        """Return when each feed brought something new lately, by key, in order of time."""
        found: dict[str, list[dt.datetime]] = {}
        for key, at in self._do("SELECT key, at FROM news ORDER BY key, at"):
            found.setdefault(key, []).append(dt.datetime.fromisoformat(at))
        return found


def _telling(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows of ``fetches`` that say more than that a page was asked for.

    Of millions of pages few do, and a row costs most where Python makes it.
    """
    is_telling = pc.or_kleene(
        pc.or_(pc.is_valid(batch["entry"]), pc.is_valid(batch["not_before"])),
        pc.or_kleene(
            pc.not_equal(batch["kind"], FetchKind.PAGE),
            pc.match_substring(batch["state"], '"resolved"'),
        ),
    )
    return batch.filter(is_telling)


def _is_done_at_once(rows: pa.Table) -> pa.ChunkedArray:
    """Return which requests are all that there is of an entry, which is done by them."""
    is_passing = pc.or_(
        pc.is_in(rows["outcome"], pa.array(sorted(_PASSING))),
        pc.is_in(
            rows["status"], pa.array(sorted(_BUSY), rows.schema.field("status").type)
        ),
    )
    is_simple = pc.and_(
        pc.equal(rows["kind"], FetchKind.PAGE),
        pc.and_(
            pc.and_(pc.is_null(rows["not_before"]), pc.is_null(rows["state"])),
            pc.and_(pc.is_valid(rows["entry"]), pc.invert(is_passing)),
        ),
    )
    # Where others say something of the same entry, their order matters.
    others = rows["entry"].filter(pc.invert(is_simple))
    return pc.and_(is_simple, pc.invert(pc.is_in(rows["entry"], others)))


def _key_of(row: dict[str, Any]) -> str:
    """Return what the state of a feed is kept under, by a row of ``fetches``."""
    return str(row.get("feed_key") or row["feed"])


def _run_of(row: dict[str, Any]) -> tuple[dt.datetime, str]:
    return row["at"], row["run_id"]
