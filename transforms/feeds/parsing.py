"""Parsing: what a feed's server sent in, the feed out, in a child process.

To parse a feed of fifty entries takes as long as to extract two articles.  Beside requests,
in threads of one process, it would hold up all that is not parsing; and a child can be
ended where a feed takes too long or too much memory.
"""

from __future__ import annotations

import dataclasses

from transforms.errors import Unreadable
from transforms.listings import Feed
from transforms.parse.discover import discover_feeds
from transforms.parse.feed import parse_feed
from transforms.vocabulary import Reason
from transforms.work.child import Died, PoolOptions, Worker
from transforms.work.pool import pool_for


@dataclasses.dataclass(frozen=True, slots=True)
class Body:
    """What came where a feed was asked for.

    Attributes:
      data: The bytes.
      content_type: What the server calls them.
      url: Where they were found.
      asked: What was asked for, before any redirect.
    """

    data: bytes
    content_type: str | None
    url: str
    asked: str


@dataclasses.dataclass(frozen=True, slots=True)
class Parsed:
    """What a body is.

    Attributes:
      feed: The feed; None where it is none.
      problem: Why there is no feed.
      instead: The address of the feed that a page names.
    """

    feed: Feed | None = None
    problem: Unreadable | None = None
    instead: str | None = None


class FeedParser:
    """Parses bodies, from any thread.

    Args:
      pool: The limits of the child process; None, or no processes, to parse in this one.
    """

    def __init__(self, pool: PoolOptions | None) -> None:
        self._pool = None
        if pool is not None and pool.size:
            # One is enough: each feed waits for its server much longer.
            self._pool = pool.model_copy(update={"processes": 1})

    def __call__(self, body: Body) -> Parsed:
        """Return what a body is; raises what nobody foresaw."""
        if self._pool is None:
            return _parsed(body)
        outcome = pool_for(_worker, self._pool).submit(body).result()
        if isinstance(outcome, Died):
            return Parsed(problem=Unreadable(outcome.reason, outcome.detail))
        (result,) = outcome
        if isinstance(result, Exception):
            raise result
        parsed: Parsed = result
        return parsed


def _worker() -> Worker:
    return _work


def _work(body: Body) -> list[Parsed | Exception]:
    """Return what a body is, or what nobody foresaw: the child lives on."""
    try:
        return [_parsed(body)]
    except Exception as error:  # noqa: BLE001 - raised where it is waited for
        return [error]


def _parsed(body: Body) -> Parsed:
    try:
        return Parsed(
            parse_feed(body.data, content_type=body.content_type, url=body.url)
        )
    except Unreadable as error:
        found = discover_feeds(body.data, body.url)
        if not found or found[0] == body.asked:
            return Parsed(problem=error)
    detail = f"a page that names another address as its feed: {found[0]}"
    return Parsed(problem=Unreadable(Reason.NOT_A_FEED, detail), instead=found[0])
