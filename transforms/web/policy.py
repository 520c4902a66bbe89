"""Etiquette: when to ask a feed again, and how.  Decisions only, no I/O, no clock.

A :class:`FeedState` is what is remembered of a feed from run to run.  An :class:`Answer`
is the result of one request.  :func:`decide` makes the next state from both.  The rules
are those of RFC 9110 (validators, ``Retry-After``, redirects) and RFC 9111 (freshness).
Where these leave it open, the rules are what operators of feeds ask for in public:

* Validators belong to a URL.  Each is sent as it came or not at all.
* Nobody is asked more often than the interval; the publisher may make it longer.
* A feed that moved is followed at once, but its new address is only believed after
  three runs: a captive portal or a stolen domain moves feeds too.
* A feed that is gone (410) is left alone; one that fails is asked less and less.
* A host that asks for a pause gets it, for all its feeds.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import zlib
from http import HTTPStatus

from transforms.redaction import redact_feed
from transforms.text.dates import LONG_AGO, parse_date
from transforms.web.feed_state import Answer, FeedState, Validators

LONGEST_PAUSE = dt.timedelta(days=1)
"""The longest pause that a server can ask for: some have asked for 88 hours or 30 years."""
MAX_TRIES = 2
"""Requests for one URL in one run, the second only after a 5xx."""
RUNS_TO_BELIEVE = 3
"""Runs in which a permanent redirect must lead to a feed before its target is stored."""

# The end of a pause is delayed by at most this share of it.
_SPREAD = 0.1
_LONGEST_SPREAD = dt.timedelta(minutes=5)

_SLACK = dt.timedelta(hours=1)
"""Pauses are drawn out a little, and clocks differ."""

_EARLY = dt.timedelta(minutes=1)
"""A run may begin this much sooner than one interval after the last."""

_PAUSING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_PERMANENT = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
_LAST_ERROR = 599
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_UNSTORABLE = re.compile(r"(?:^|[,\s])no-(?:store|cache)\b", re.IGNORECASE)
_SENDABLE = re.compile(r"[\x20-\x7e\x80-\xff]{1,8192}")


@dataclasses.dataclass(frozen=True, slots=True)
class Pace:
    """How often a feed is requested, unless its publisher asks for something else.

    Attributes:
      interval: The shortest time between two requests for a feed.
      longest: The longest that hints of the publisher or failures can make it.
      rhythm: Of the time since a feed last changed, the share that it is left alone: what
        has not changed for long is unlikely to change soon.  A tenth is what RFC 9111,
        section 4.2.2, names as typical for caches; 0 looks at the clock alone.
    """

    interval: dt.timedelta = dt.timedelta(hours=1)
    longest: dt.timedelta = dt.timedelta(days=1)
    rhythm: float = 0


def believed(
    moment: dt.datetime | None,
    now: dt.datetime,
    longest: dt.timedelta = LONGEST_PAUSE,
) -> dt.datetime | None:
    """Return a moment that was noted earlier, None where it cannot be true.

    A clock that was wrong once leaves moments behind that lie far ahead.

    Args:
      moment: When something may be done again, or was done.
      now: The time.
      longest: How far ahead it can lie.
    """
    if moment is None or moment > now + longest + _SLACK:
        return None
    return moment


def trusted(state: FeedState, now: dt.datetime, pace: Pace) -> FeedState:
    """Return a feed's state without moments that lie further ahead than any pause.

    Args:
      state: As it was noted.
      now: The time.
      pace: How often feeds are asked.
    """
    longest = max(pace.longest, pace.interval, LONGEST_PAUSE)
    if believed(state.next_poll, now, longest) is not None or state.next_poll is None:
        return state
    return dataclasses.replace(state, next_poll=None)


def is_due(
    state: FeedState, now: dt.datetime, host_not_before: dt.datetime | None = None
) -> bool:
    """Return whether a feed may be asked.

    Args:
      state: The feed's.
      now: The start of the run.
      host_not_before: Until when the host has asked not to be asked at all.
    """
    if state.retired or (host_not_before is not None and now < host_not_before):
        return False
    return state.next_poll is None or state.next_poll - now <= _EARLY


def due_at(
    state: FeedState, host_not_before: dt.datetime | None = None
) -> dt.datetime | None:
    """Return when a feed may be requested, for a caller that waits until then.

    Args:
      state: The feed's.
      host_not_before: Until when the host has asked not to be asked at all.

    Returns:
      The moment, long ago for a feed never asked; None for one that is gone.
    """
    if state.retired:
        return None
    moments = [m for m in (state.next_poll, host_not_before) if m is not None]
    return max(moments, default=LONG_AGO)


def request_headers(state: FeedState, url: str) -> dict[str, str]:
    """Return the conditional headers for one request, the feed's own or a redirect's.

    Args:
      state: The feed's.
      url: The URL that is asked; validators of another URL are not sent to it.
    """
    return state.validators.headers(url) if state.validators else {}


def is_server_error(status: int) -> bool:
    """Return whether a status says that the server failed; some have numbers of their own."""
    return HTTPStatus.INTERNAL_SERVER_ERROR <= status <= _LAST_ERROR


def may_try_again(answer: Answer, tries: int) -> bool:
    """Return whether a request may be repeated in the same run, after ``tries`` of them.

    Once, and only for a server error; not where the server said when to come back.
    """
    is_error = answer.status is not None and is_server_error(answer.status)
    return is_error and answer.retry_after is None and tries < MAX_TRIES


def is_unchanged(state: FeedState, answer: Answer) -> bool:
    """Return whether an answer holds nothing new: by status, or by the body itself.

    Servers that ignore validators send the same body again and again; others repeat an
    ``ETag`` though the body changed.  So a 200 is judged by its body alone.
    """
    return answer.status == HTTPStatus.NOT_MODIFIED or (
        answer.body_hash is not None and answer.body_hash == state.body_hash
    )


def retry_after(raw: str | None, now: dt.datetime) -> dt.timedelta | None:
    """Read a ``Retry-After`` header.

    Args:
      raw: Seconds or an HTTP date (RFC 9110, section 10.2.3).
      now: When it came.

    Returns:
      The pause, from none to a day; None where there is no header or it says nothing.
    """
    text = (raw or "").strip()
    if re.fullmatch(r"\d+(?:\.\d*)?", text, re.ASCII):
        seconds = int(text.partition(".")[0][:9])
        return min(dt.timedelta(seconds=seconds), LONGEST_PAUSE)
    moment = parse_date(text)
    if moment is None:
        return None
    return min(max(moment.at - now, dt.timedelta()), LONGEST_PAUSE)


def host_pause(
    answer: Answer, now: dt.datetime, pace: Pace | None = None
) -> dt.datetime | None:
    """Return until when no request may go to the host that answered.

    Args:
      answer: Any answer, of a feed, a page or a robots.txt.
      now: When it came.
      pace: Whose interval is the pause after a 429 that names no time.

    Returns:
      The end of the pause, to be kept across runs; None where none was asked for.
    """
    if answer.status not in _PAUSING:
        return None
    pause = retry_after(answer.retry_after, now)
    if pause is None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        pause = (pace or Pace()).interval
    return None if pause is None else now + pause


def staggered(until: dt.datetime, now: dt.datetime, seed: str) -> dt.datetime:
    """Delay the end of a pause a little, by a different time for each seed.

    Otherwise all clients that were asked to wait would come back at the same moment, and
    be asked to wait again.

    Args:
      until: The end of the pause.
      now: When it was asked for.
      seed: What is asked again, an address say.
    """
    pause = max(until - now, dt.timedelta())
    share = zlib.crc32(f"{seed} {now.isoformat()}".encode()) / 2**32
    return until + share * min(pause * _SPREAD, _LONGEST_SPREAD)


def freshness(answer: Answer, now: dt.datetime) -> int | None:
    """Return for how many seconds an answer is fresh (RFC 9111, section 4.2).

    Args:
      answer: With its ``Cache-Control``, ``Age`` and ``Expires``.
      now: When it came.

    Returns:
      Seconds, None where the server says nothing or forbids to keep it.
    """
    control = answer.cache_control or ""
    if _UNSTORABLE.search(control):
        return None
    if match := _MAX_AGE.search(control):
        age = answer.age.strip() if answer.age else ""
        spent = int(age[:9]) if age.isascii() and age.isdigit() else 0
        return max(int(match[1]) - spent, 0)
    expires = parse_date(answer.expires)
    if expires is None:
        return None
    return max(int((expires.at - now).total_seconds()), 0)


def decide(
    state: FeedState, answer: Answer, now: dt.datetime, pace: Pace | None = None
) -> FeedState:
    """Make a feed's next state.

    The caller stores it only after the articles of this answer are safe: a validator
    means that we have the data.

    Args:
      state: Before the request.
      answer: Its result, after the last try of this run.
      now: When it came.
      pace: The configured pace.

    Returns:
      The state from which the next run starts.
    """
    pace = pace or Pace()
    state = dataclasses.replace(state, asked_at=now)
    if answer.status == HTTPStatus.GONE and _speaks_for(state, answer):
        return dataclasses.replace(
            state, retired=True, failures=state.failures + 1, next_poll=None
        )
    if answer.status == HTTPStatus.OK and answer.is_feed:
        return _moved(_read(state, answer, now, pace), answer)
    is_unmodified = answer.status == HTTPStatus.NOT_MODIFIED
    if is_unmodified and request_headers(state, answer.url):
        return _moved(_confirmed(state, answer, now, pace), answer)
    return _failed(state, answer, now, pace)


def reset(state: FeedState) -> FeedState:
    """Give a feed that is retired or failing a new start, at the user's command."""
    return dataclasses.replace(state, retired=False, failures=0, next_poll=None)


def _speaks_for(state: FeedState, answer: Answer) -> bool:
    """Return whether the answer is the feed's own, not that of a passing detour."""
    return answer.url == permanent_target(state, answer)


def permanent_target(state: FeedState, answer: Answer) -> str:
    """Return where a feed has moved: follow the redirects up to a temporary one.

    Args:
      state: The feed's, before the answer.
      answer: The result of requesting it.
    """
    target = state.url
    for status, url in answer.hops:
        if status not in _PERMANENT:
            break
        target = url
    return target


def _read(state: FeedState, answer: Answer, now: dt.datetime, pace: Pace) -> FeedState:
    validators = Validators(
        answer.url, _sendable(answer.etag), _sendable(answer.last_modified)
    )
    has_any = validators.etag or validators.last_modified
    changed_at = state.changed_at if is_unchanged(state, answer) else now
    return dataclasses.replace(
        state,
        validators=validators if has_any else None,
        body_hash=answer.body_hash,
        failures=0,
        ttl_seconds=answer.ttl_seconds,
        next_poll=now + _interval(answer.ttl_seconds, answer, now, pace, changed_at),
        succeeded_at=now,
        changed_at=changed_at,
    )


def _confirmed(
    state: FeedState, answer: Answer, now: dt.datetime, pace: Pace
) -> FeedState:
    """Take over what a 304 says; what it leaves out still holds."""
    validators = state.validators
    if validators is not None:
        validators = dataclasses.replace(
            validators,
            etag=_sendable(answer.etag) or validators.etag,
            last_modified=_sendable(answer.last_modified) or validators.last_modified,
        )
    return dataclasses.replace(
        state,
        validators=validators,
        failures=0,
        next_poll=now
        + _interval(state.ttl_seconds, answer, now, pace, state.changed_at),
        succeeded_at=now,
    )


def _failed(
    state: FeedState, answer: Answer, now: dt.datetime, pace: Pace
) -> FeedState:
    """Back off by one interval more for each failure in a row."""
    failures = state.failures + 1
    wait = min(pace.interval * min(failures, 1_000), max(pace.longest, pace.interval))
    pause = host_pause(answer, now, pace)
    return dataclasses.replace(
        state,
        failures=failures,
        next_poll=max(now + wait, pause) if pause else now + wait,
    )


def _moved(state: FeedState, answer: Answer) -> FeedState:
    """Count the runs in which a permanent redirect led to the feed, then believe it."""
    target = permanent_target(state, answer)
    # A secret is kept nowhere: who has one is asked where the user says.
    if target == state.url or redact_feed(target) != target:
        return dataclasses.replace(state, moved_to=None, moved_runs=0)
    runs = state.moved_runs + 1 if target == state.moved_to else 1
    if runs < RUNS_TO_BELIEVE:
        return dataclasses.replace(state, moved_to=target, moved_runs=runs)
    return dataclasses.replace(state, url=target, moved_to=None, moved_runs=0)


def _interval(
    ttl_seconds: int | None,
    answer: Answer,
    now: dt.datetime,
    pace: Pace,
    changed_at: dt.datetime | None,
) -> dt.timedelta:
    """Take the longest interval of user, feed, server and rhythm, within bounds."""
    longest = max(pace.longest, pace.interval)
    wish = dt.timedelta(seconds=max(ttl_seconds or 0, freshness(answer, now) or 0))
    if changed_at is not None:
        wish = max(wish, (now - changed_at) * pace.rhythm)
    return max(pace.interval, min(wish, longest))


def _sendable(value: str | None) -> str | None:
    """Return a header value unless sending it back would break the request."""
    return value if value and _SENDABLE.fullmatch(value) else None
