"""Waiting: entries whose page is not available for the moment, and when to retry.

A host that is down, one that asks for a pause and a robots.txt that is not available are
temporary problems.  The entry waits for at least two days, and its page is retried after
ever longer pauses; only then is it given up.  Decisions only, no I/O, no clock.

A waiting entry is a row of the table ``waiting``, with all that the feed said of it; so
it does not matter whether the feed still lists it.  A link with a secret, without which
its page cannot be requested, is encrypted there (:mod:`transforms.encryption`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from http import HTTPStatus
from typing import Any

import pydantic

from transforms.encryption import SEALED_MARK, Cipher, shown_payload, whole_payload
from transforms.errors import Unreadable
from transforms.listings import Fetch, Listed, Waited, Waiting
from transforms.records import Stamp
from transforms.redaction import redact, redact_feed
from transforms.text.dates import LONG_AGO
from transforms.text.strings import clean
from transforms.vocabulary import FetchOutcome, Reason
from transforms.web.policy import Pace, believed, is_server_error
from transforms.web.response import FetchError

PATIENCE = dt.timedelta(days=2)
"""How long an entry waits for its page at least."""
FIRST_PAUSE = dt.timedelta(minutes=5)
"""Between the first try and the second, at most."""

_LONGEST_PAUSE = dt.timedelta(hours=12)
_GROWTH = 3
# The first two ask for the same request again.
_AGAIN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
# More would overflow the length of a pause.
_MOST_GROWN = 20
_LISTED = pydantic.TypeAdapter(Listed)


class Passing(Unreadable):
    """A page was not available, but may be next time.

    Attributes:
      not_before: Until when its host is to be left alone, where that is known.
    """

    def __init__(
        self, reason: Reason, detail: str, not_before: dt.datetime | None = None
    ) -> None:
        super().__init__(reason, detail)
        self.not_before = not_before


def page_verdict(error: FetchError) -> Unreadable:
    """Return the verdict on a page without a complete answer."""
    if error.is_away:
        return Passing(Reason.HOST_UNREACHABLE, error.detail)
    if error.outcome is FetchOutcome.CODING:
        return Passing(Reason.HTTP_ERROR, error.detail)
    # All other problems are permanent.
    return error


def is_busy(status: int) -> bool:
    """Return whether a status means a temporary problem, not one of the page."""
    return status in _AGAIN or is_server_error(status)


def waits(
    listed: Listed, entry: str, problem: Passing, now: dt.datetime, pace: Pace
) -> Waiting | None:
    """Return how an entry waits after a try that brought nothing; None if no longer.

    Args:
      listed: The entry.
      entry: Its identity.
      problem: Why its page was not available.
      now: When it was asked for.
      pace: How often feeds are asked; the first pause is not longer.
    """
    waited = listed.waited
    if waited is None or not waited.tries:
        waited = Waited(entry, now, 0)
    if believed(waited.since, now) is None:
        # Noted by a wrong clock: the entry would wait until then and two more days.
        waited = dataclasses.replace(waited, since=now)
    end = waited.since + PATIENCE
    if now >= end:
        return None
    grown = _GROWTH ** min(waited.tries, _MOST_GROWN)
    pause = min(min(pace.interval, FIRST_PAUSE) * grown, _LONGEST_PAUSE)
    # The last try is at the end of the time, unless the host wants to rest even then.
    next_at = min(now + pause, end)
    if problem.not_before is not None:
        next_at = max(next_at, problem.not_before)
    return Waiting(
        dataclasses.replace(waited, tries=waited.tries + 1),
        dataclasses.replace(listed, waited=None),
        problem.reason,
        problem.detail,
        next_at,
    )


def waits_turn(listed: Listed, entry: str, now: dt.datetime, seconds: float) -> Waiting:
    """Return how an entry waits for the turn of its page, or for the page itself.

    It is no try: what it has waited for a page that failed stays as it is.

    Args:
      listed: The entry.
      entry: Its identity.
      now: The time of the batch.
      seconds: How long after that the turn is likely to come.
    """
    return Waiting(
        listed.waited or Waited(entry, now, 0),
        dataclasses.replace(listed, waited=None),
        Reason.HOST_BUSY,
        "the batch did not wait for it any longer",
        now + dt.timedelta(seconds=seconds),
    )


def overdue(listed: Listed) -> Listed:
    """Return an entry that no longer waits: its next try is its last."""
    return dataclasses.replace(listed, waited=Waited("", LONG_AGO, 1))


def waiting_of(fetch: Fetch) -> tuple[Waiting, ...]:
    """Return the entry that waits after a fetch, if one does."""
    return () if fetch.waiting is None else (fetch.waiting,)


def resolving(entry: str) -> str:
    """Return the state of a fetch that ends the waiting when its run has ended."""
    return json.dumps({"resolved": entry})


def waiting_row(
    waiting: Waiting, stamp: Stamp, cipher: Cipher | None = None
) -> dict[str, Any]:
    """Return what waits as a row of ``waiting``.

    Args:
      waiting: What waits.
      stamp: What the rows of a run have in common.
      cipher: What a link with a secret is encrypted with; None to leave the secret out.
    """
    listed = waiting.listed
    payload = _LISTED.dump_python(listed, mode="json", exclude_defaults=True)
    return {
        "entry": waiting.waited.entry,
        "url": redact(listed.entry.url) if listed.entry.url else None,
        "feed": clean(listed.feed),
        "reason": waiting.reason,
        "detail": redact_feed(clean(waiting.detail)),
        "since": waiting.waited.since,
        "tries": waiting.waited.tries,
        "next_at": waiting.next_at,
        "payload": shown_payload(json.dumps(payload), cipher),
        "run_id": stamp.run_id,
        "at": stamp.at,
    }


def read_waiting(payload: str, waited: Waited, cipher: Cipher | None) -> Listed | None:
    """Return the entry that a row of ``waiting`` holds, with what it has waited.

    Args:
      payload: As the table shows it.
      waited: What it has waited.
      cipher: What its secrets were encrypted with.

    Returns:
      The entry; None where its secrets cannot be decrypted, or nothing can be read.
    """
    whole = whole_payload(payload, cipher)
    try:
        listed = _LISTED.validate_json(whole or "")
    except ValueError:
        return None
    return dataclasses.replace(listed, waited=waited)


def may_be_read(payload: str) -> bool:
    """Return whether the payload of a row of ``waiting`` can be read, at least with a key."""
    waited = Waited("", LONG_AGO, 0)
    return SEALED_MARK in payload or read_waiting(payload, waited, None) is not None
