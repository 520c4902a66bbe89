"""Feeds: subscriptions in, the entries that their feeds list out.

Each feed that is due is asked with the validators that its server gave.  A front page
that was subscribed to by mistake leads to the feed that it names.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import urlsplit

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.errors import Unreadable
from transforms.feeds.parsing import Body, FeedParser
from transforms.listings import Feed, Fetch, Listed, Subscription
from transforms.origin import Origin, request_origin
from transforms.records import Reject
from transforms.redaction import redact_feed
from transforms.vocabulary import FetchKind, FetchOutcome, Reason, Stage
from transforms.web import access, policy
from transforms.web.client import FEED_TYPES
from transforms.web.feed_state import Answer, FeedState
from transforms.web.response import FetchError, Response
from transforms.work.child import PoolOptions
from transforms.work.stage import WorkWithNotes
from transforms.work.steps import Skip, rejected
from transforms.work.turns import NotYet, Turn

_Private: TypeAlias = Callable[[str], Mapping[str, str]]
"""From an address, the headers with secrets that are sent there."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Reading:
    """What came of requesting a feed.

    Attributes:
      response: The answer; None where no complete one came.
      feed: The feed; None where nothing is new, or there is a problem.
      problem: Why there is no feed.
      instead: The address of the feed that a page names, which came in its place.
    """

    response: Response | None = None
    feed: Feed | None = None
    problem: Unreadable | None = None
    instead: str | None = None


class FeedAsker:
    """Asks one feed: the function of :class:`FetchFeeds`.

    Args:
      web: How to ask, and what is remembered.
      pool: The limits of the child process that parses; None to parse in this one.
    """

    def __init__(self, web: access.Web, pool: PoolOptions | None = None) -> None:
        self._web = web
        self._parse = FeedParser(pool)
        self._options = web.options
        self._network = web.network()
        self._hosts = self._network.hosts

    def __call__(
        self, subscription: Subscription
    ) -> Iterator[Listed | Fetch | Reject | Skip]:
        """Yield the entries of a feed that has news, and the result of the request."""
        state = self._web.memory.state_of(subscription)
        try:
            yield from self._results(subscription, state)
        finally:
            self._network.turns.went(access.host_of(state.url))

    def _results(
        self, subscription: Subscription, state: FeedState
    ) -> Iterator[Listed | Fetch | Reject | Skip]:
        if state.retired:
            yield Skip("retired")
            return
        key, shown = access.feed_key(subscription), redact_feed(subscription.url)
        turn = self._turn(state, key)
        rests = self._hosts.wants_rest(state.url)
        if not policy.is_due(state, self._web.now) or (
            rests and not self._network.turns.has(turn.name)
        ):
            yield Skip("not-due")
            return
        find = partial(self._find, state, _private(subscription))
        try:
            state, result = self._network.turns.take(turn, find)
        except NotYet as later:
            self._network.put_off[key] = later.seconds
            yield Skip("not-due")
            return
        response, feed, problem = result.response, result.feed, result.problem
        if response is None:
            answer = Answer(state.url, None)
        else:
            answer = response.answer(
                is_feed=response.status == HTTPStatus.OK and problem is None,
                ttl_seconds=feed.ttl_seconds if feed else state.ttl_seconds,
            )
        not_before = self._heard(answer, problem)
        pace = self._web.pace or self._options.pace()
        after = policy.decide(state, answer, self._web.now, pace)
        if not_before is not None and after.next_poll is not None:
            next_poll = max(after.next_poll, not_before)
            after = dataclasses.replace(after, next_poll=next_poll)
        if problem is None and response is not None and after.origin is None:
            target = policy.permanent_target(state, answer)
            after = dataclasses.replace(
                after, origin=access.feed_origin(subscription, target)
            )
        yield Fetch(
            kind=FetchKind.FEED,
            url=redact_feed(answer.url),
            feed=shown,
            key=key,
            outcome=_feed_outcome(response, feed, problem),
            status=answer.status,
            size=response.wire_bytes if response else 0,
            seconds=response.seconds if response else 0.0,
            was_conditional=bool(response and response.was_conditional),
            entries=len(feed.entries) if feed else None,
            not_before=not_before,
            state=access.write_state(after),
        )
        if problem is not None:
            origin = subscription_origin(subscription)
            yield rejected(Stage.FEEDS, origin, problem, shown)
        if feed is not None:
            name, country = subscription.name or feed.title, subscription.country
            for entry in feed.entries:
                yield Listed(entry, shown, name, country, key=key, origin=after.origin)

    def _turn(self, state: FeedState, key: str) -> Turn:
        """Return the turn of a feed, with all requests that reading it may take."""
        return Turn(
            Stage.FEEDS,
            access.host_of(state.url),
            f"feed {key}",
            # Feeds do not queue behind pages.
            is_new=False,
            rest=self._network.client.rest(state.url),
            pause=self._options.feed_pause_seconds,
            goes_first=True,
        )

    def _find(self, state: FeedState, private: _Private) -> tuple[FeedState, _Reading]:
        """Ask for a feed, or for the one that is named in its place.

        Returns:
          The state, with the address where the feed was looked for, and what came of it.
        """
        result = self._read(state, private)
        if result.instead is None:
            return state, result
        # A front page was subscribed to: the feed that it names is what was meant.
        state = dataclasses.replace(
            state, url=result.instead, validators=None, body_hash=None
        )
        return state, self._read(state, private)

    def _heard(self, answer: Answer, problem: Unreadable | None) -> dt.datetime | None:
        """Take note of what a host did; return until when it wants to be left alone."""
        if isinstance(problem, FetchError):
            self._hosts.failed(problem)
            return None
        return self._hosts.heard(answer)

    def _read(self, state: FeedState, private: _Private) -> _Reading:
        """Ask and parse."""
        try:
            response = self._ask(state, private)
        except FetchError as error:
            return _Reading(problem=error)
        if response.status >= HTTPStatus.BAD_REQUEST:
            return _Reading(response, problem=access.refusal(response))
        is_new = response.status == HTTPStatus.OK
        if not is_new or policy.is_unchanged(state, response.answer()):
            return _Reading(response)
        content_type = response.header("content-type")
        body = Body(response.body, content_type, response.url, state.url)
        # Who waits for it does not wait for its host any more.
        with self._network.turns.budget(Stage.FEEDS).at_work():
            parsed = self._parse(body)
        return _Reading(response, parsed.feed, parsed.problem, parsed.instead)

    def _ask(self, state: FeedState, private: _Private) -> Response:
        def headers(url: str) -> dict[str, str]:
            return {**policy.request_headers(state, url), **private(url)}

        tries = 0
        while True:
            response = self._network.client.fetch(
                state.url,
                accept=FEED_TYPES,
                max_bytes=self._options.max_feed_bytes,
                pause=self._options.feed_pause_seconds,
                conditional=headers,
            )
            tries += 1
            if not policy.may_try_again(response.answer(), tries):
                return response


def _private(subscription: Subscription) -> _Private:
    """Return what gives the headers of a licensed feed, for its own host alone."""
    own = _origin(subscription.url)
    # Looked up here: no secret is in a subscription, which is written and sent about.
    values = {
        name: os.environ[variable]
        for name, variable in subscription.headers
        if os.environ.get(variable)
    }
    return lambda url: values if _origin(url) == own else {}


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme.lower(), access.host_of(url)


def _feed_outcome(
    response: Response | None, feed: Feed | None, problem: Unreadable | None
) -> FetchOutcome:
    if isinstance(problem, FetchError):
        return problem.outcome
    if response is None or response.status >= HTTPStatus.BAD_REQUEST:
        return FetchOutcome.HTTP_ERROR
    if problem is not None:
        # It came, and what parses it was ended: another timeout than the request's.
        was_ended = problem.reason in (Reason.TIMEOUT, Reason.CRASHED)
        return FetchOutcome.MALFORMED if was_ended else FetchOutcome(problem.reason)
    return FetchOutcome.NEWS if feed else FetchOutcome.UNCHANGED


def subscription_origin(subscription: Subscription) -> Origin:
    """Return the origin of a feed."""
    return request_origin(redact_feed(subscription.url), access.feed_key(subscription))


def _feed_lane(subscription: Subscription) -> str:
    return access.host_of(subscription.url)


@dataclasses.dataclass(eq=False)
class FetchFeeds(beam.PTransform):
    """Subscriptions to the entries that their feeds list.

    Attributes:
      subscriptions: The feeds.
      web: How to ask, and what is remembered.
      rejects: Where feeds go that gave none.
      pool: The limits of the child process that parses; None to parse in this one.
    """

    subscriptions: tuple[Subscription, ...]
    web: access.Web
    rejects: ErrorHandler
    pool: PoolOptions | None = None

    def expand(
        self, root: beam.pvalue.PBegin
    ) -> tuple[beam.PCollection[Listed], beam.PCollection[Fetch]]:
        """Return the entries and the fetches."""
        entries, fetches = (
            root
            | "Subscriptions" >> beam.Create(self.subscriptions)
            | "Ask feeds"
            >> WorkWithNotes(
                Stage.FEEDS,
                partial(FeedAsker, self.web, self.pool),
                subscription_origin,
                self.rejects,
                _feed_lane,
                self.web.options.threads,
                self.web.budget,
            )
        )
        return entries, fetches
