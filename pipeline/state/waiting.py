"""Waiting, as the index knows it: entries whose pages are retried, and when.

It is made from the tables ``waiting`` and ``fetches``, and finds entries by their time.
What an unbounded pipeline has fetched is kept until its run has ended: the article may
be published after the fetch, or never.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.state.part import Part
from transforms.encryption import SEALED_MARK, Cipher
from transforms.listings import Listed, Waited
from transforms.text.dates import LONG_AGO
from transforms.vocabulary import Reason
from transforms.web.waiting import PATIENCE, may_be_read, read_waiting

SCHEMA = """
CREATE TABLE waiting (
    entry BLOB PRIMARY KEY,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    since TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_at TEXT NOT NULL,
    payload TEXT NOT NULL,
    resolved_by TEXT
) STRICT;
CREATE INDEX waiting_next ON waiting (next_at);
"""


class WaitingEntries(Part):
    """The entries that wait, in an index that is open."""

    columns: Sequence[str] | None = None

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over rows of the table ``waiting``."""
        del day
        for batch in batches:
            for row in batch.to_pylist():
                self._note(row)

    def _note(self, row: dict[str, Any]) -> None:
        entry, at = bytes.fromhex(row["entry"]), time_text(row["at"])
        done = "SELECT 1 FROM entries WHERE entry = ? AND is_done AND at >= ?"
        if self._one(done, entry, at) is not None:
            return
        self._do(
            "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, NULL) "
            "ON CONFLICT DO UPDATE SET at = excluded.at, reason = excluded.reason, "
            # A feed that lists it again does not make it wait from the beginning.
            # Of one that was never asked for, it is since when it is in the queue.
            "since = iif(tries, min(since, excluded.since), excluded.since), "
            "tries = excluded.tries, "
            "next_at = excluded.next_at, payload = excluded.payload, "
            "resolved_by = NULL WHERE excluded.at >= at OR at > ?",
            entry,
            at,
            row["reason"],
            time_text(row["since"]),
            row["tries"],
            time_text(row["next_at"]),
            # A damaged row, or another release's: :meth:`drop_unreadable` sees it.
            row["payload"] if may_be_read(row["payload"]) else "",
            _incredible(row["at"]),
        )

    def end(self, entry: bytes, at: dt.datetime) -> None:
        """Note that an entry no longer waits."""
        over = "DELETE FROM waiting WHERE entry = ? AND (at <= ? OR at > ?)"
        self._do(over, entry, time_text(at), _incredible(at))

    def end_all(self, entries: Sequence[bytes], at: pa.ChunkedArray) -> None:
        """Note that entries no longer wait; see :meth:`end`.

        Args:
          entries: Their identities.
          at: When each of them was done.
        """
        if self._one("SELECT 1 FROM waiting LIMIT 1") is None:
            return
        for entry, moment in zip(entries, at.to_pylist(), strict=True):
            self.end(entry, moment)

    def resolve(self, entry: str, run_id: str) -> None:
        """Note that a run is done with an entry, which counts when the run has ended."""
        note = "UPDATE waiting SET resolved_by = ? WHERE entry = ?"
        self._do(note, run_id, bytes.fromhex(entry))

    def settle(self, has_ended: Callable[[str], bool]) -> None:
        """Let go of what runs were done with that have ended; the rest waits again.

        Args:
          has_ended: Whether a run has ended, by its id.
        """
        found = self._do(
            "SELECT DISTINCT resolved_by FROM waiting WHERE resolved_by IS NOT NULL"
        )
        again = "UPDATE waiting SET resolved_by = NULL WHERE resolved_by = ?"
        over = "DELETE FROM waiting WHERE resolved_by = ?"
        for (run_id,) in found.fetchall():
            self._do(over if has_ended(run_id) else again, run_id)

    def has(self, entry: bytes) -> bool:
        """Return whether an entry waits."""
        query = "SELECT 1 FROM waiting WHERE entry = ?"
        return self._one(query, entry) is not None

    def set_back(self, now: dt.datetime) -> None:
        """Have what was planned by a clock that went before its time asked for now.

        Args:
          now: The time by the clock that is right.
        """
        note = "UPDATE waiting SET at = ?1, next_at = ?1 WHERE at > ?1"
        self._do(note, time_text(now))

    def has_turns(self) -> bool:
        """Return whether an entry waits for nothing but the turn of its host."""
        query = "SELECT 1 FROM waiting WHERE reason = ? AND resolved_by IS NULL LIMIT 1"
        return self._one(query, Reason.HOST_BUSY) is not None

    def due(
        self,
        now: dt.datetime,
        cipher: Cipher | None = None,
        most: int = -1,
        *,
        all_turns: bool = False,
    ) -> list[Listed]:
        """Return the entries whose pages are to be asked for, longest due first.

        Args:
          now: The time.
          cipher: What links with secrets are encrypted with; without it they are left out.
          most: At most this many; a negative number for all.
          all_turns: Those that wait for the turn of their host too, whenever it comes:
            for who waits for each turn.
        """
        found = self._do(
            "SELECT entry, since, tries, payload FROM waiting "
            # No pause lasts this long: a clock was wrong.
            "WHERE (next_at <= ? OR next_at > ? OR reason = ?) AND resolved_by IS NULL "
            "ORDER BY next_at, entry LIMIT ?",
            time_text(now),
            _incredible(now),
            Reason.HOST_BUSY if all_turns else "",
            most,
        )
        entries = (
            read_waiting(
                payload,
                Waited(entry.hex(), dt.datetime.fromisoformat(since), tries),
                cipher,
            )
            for entry, since, tries, payload in found
        )
        return [entry for entry in entries if entry is not None]

    def drop_unreadable(self, find_cipher: Callable[[], Cipher]) -> int:
        """Let go of entries that were encrypted with a key that is lost, or are damaged.

        Args:
          find_cipher: Returns what links are encrypted with; asked where any is.

        Returns:
          How many; they are followed again where their feeds list them still.
        """
        found = self._do(
            "SELECT entry, payload FROM waiting WHERE payload LIKE ? OR payload = ''",
            f"%{SEALED_MARK}%",
        ).fetchall()
        if not found:
            return 0
        cipher = find_cipher()
        waited = Waited("", LONG_AGO, 0)
        lost = [
            (key,) for key, text in found if read_waiting(text, waited, cipher) is None
        ]
        self._db.executemany("DELETE FROM waiting WHERE entry = ?", lost)
        return len(lost)

    def next_at(self) -> dt.datetime | None:
        """Return when an entry is due; None where none waits."""
        query = "SELECT min(next_at) FROM waiting WHERE resolved_by IS NULL"
        moment = self._one(query)
        return dt.datetime.fromisoformat(moment) if moment else None

    def counts(self) -> dict[str, int]:
        """Return how many entries wait, by reason, most frequent first."""
        found = self._do(
            "SELECT reason, count(*) FROM waiting WHERE resolved_by IS NULL "
            "GROUP BY reason"
        )
        return dict(Counter(dict(found.fetchall())).most_common())


def _incredible(now: dt.datetime) -> str:
    """Return the stamp after which nothing was noted by a clock that went right."""
    return time_text(now + PATIENCE)


def time_text(moment: dt.datetime) -> str:
    """Return a time as text, of one length, so that text sorts like time."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def time_texts(moments: pa.ChunkedArray) -> list[str]:
    """Return times in UTC as texts; see :func:`time_text`."""
    texts: list[str] = pc.strftime(moments, "%Y-%m-%dT%H:%M:%S+00:00").to_pylist()
    return texts
