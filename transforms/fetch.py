"""Fetch: feeds asked for news, and the pages of what is new in them.

Two stages of one kind.  :class:`FetchFeeds` asks each subscription that is due, and
yields the entries that it lists; :class:`FetchPages` follows each entry that was not
followed before to its page, where robots.txt permits, and yields documents.  Requests to
one host go one by one, hosts side by side.  What was asked and what came of it is a row
of ``fetches``, from which the next run knows what to ask with.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import apache_beam as beam
import pydantic
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.utils.shared import Shared

from transforms import policy
from transforms.addresses import networks
from transforms.client import (
    FEED_BYTES,
    FEED_PAUSE,
    FEED_TYPES,
    PAGE_BYTES,
    PAGE_PAUSE,
    Client,
    FetchError,
    Response,
    identity,
)
from transforms.connection import Limits
from transforms.errors import Unreadable
from transforms.formats.feed import entry_document
from transforms.options import Options
from transforms.parse import discover_feeds, parse_feed
from transforms.policy import Answer, FeedState, Pace
from transforms.records import (
    Document,
    Entry,
    Feed,
    Fetch,
    Listed,
    Media,
    Reason,
    Reject,
    Stage,
    Subscription,
    TextSource,
)
from transforms.robots import Robots
from transforms.stage import Skip, Work
from transforms.text import digest, word_count
from transforms.urls import canonical, redact, resolve

_OK = 200
_GONE = 410
_SERVER_ERROR = 500
# Content of so many words that does not break off is the article, not a teaser.
_COMPLETE_WORDS = 150
# A host that failed so often in a row is left alone for the rest of the run.
_HOST_FAILURES = 3


class FetchOptions(Options):
    """How the web is asked (section ``[fetch]``)."""

    contact: str = ""
    """URL or address where publishers reach you; sent with every request."""
    pages: bool = True
    """Follow entries to their pages; otherwise the feed's own content is the text."""
    robots: bool = True
    """Ask robots.txt before a page is fetched."""
    threads: int = pydantic.Field(default=16, ge=1, le=200)
    """Hosts that are asked at the same time."""
    interval_minutes: float = pydantic.Field(default=60, ge=0)
    """Shortest time between two requests for a feed."""
    longest_interval_hours: float = pydantic.Field(default=24, gt=0)
    """Longest that a publisher's hints or failures can make it."""
    feed_pause_seconds: float = pydantic.Field(default=FEED_PAUSE, ge=0)
    """Pause between two feeds of a host."""
    page_pause_seconds: float = pydantic.Field(default=PAGE_PAUSE, ge=0)
    """Pause between two pages of a host; robots.txt may ask for more."""
    connect_seconds: float = pydantic.Field(default=10, gt=0)
    read_seconds: float = pydantic.Field(default=20, gt=0)
    total_seconds: float = pydantic.Field(default=60, gt=0)
    """Deadlines: to connect, between two pieces of an answer, for a whole request."""
    max_feed_bytes: int = pydantic.Field(default=FEED_BYTES, gt=0)
    max_page_bytes: int = pydantic.Field(default=PAGE_BYTES, gt=0)
    """Limits of a body, decoded."""
    allowed_networks: tuple[str, ...] = ()
    """Networks that may be asked though they are private, such as "10.1.0.0/16"."""
    allow_downgrade: bool = False
    """Follow redirects from https to http."""
    ca_file: str | None = None
    """Certificates to trust besides the usual ones."""
    serve: dict[str, Path] = pydantic.Field(default_factory=dict)
    """Hosts that newsbeam itself serves from a folder, on 127.0.0.1: for samples."""

    @pydantic.field_validator("allowed_networks")
    @classmethod
    def _are_networks(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        networks(allowed)
        return allowed

    def pace(self) -> Pace:
        """Return how often a feed is asked."""
        return Pace(
            dt.timedelta(minutes=self.interval_minutes),
            dt.timedelta(hours=self.longest_interval_hours),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs remember of feeds and hosts.

    Attributes:
      feeds: By the feed's address, secrets removed.
      hosts: Until when a host wishes to be left alone.
    """

    feeds: Mapping[str, FeedState] = dataclasses.field(default_factory=dict)
    hosts: Mapping[str, dt.datetime] = dataclasses.field(default_factory=dict)

    def state_of(self, subscription: Subscription) -> FeedState:
        """Return the state of a feed, a new one for a feed never asked.

        What is remembered has no secrets in it: they come from the subscription.
        """
        key = redact(subscription.url)
        state = self.feeds.get(key)
        if state is None:
            return FeedState(subscription.url)
        validators = state.validators
        # A request goes without user and password in its address.
        asked = resolve(None, subscription.url) or subscription.url
        if validators is not None and validators.url == redact(asked):
            validators = dataclasses.replace(validators, url=asked)
        url = subscription.url if state.url == key else state.url
        return dataclasses.replace(state, url=url, validators=validators)


class KnownEntries(Protocol):
    """Which entries were followed before."""

    def has_entry(self, entry: str) -> bool:
        """Tell whether the entry of this identity needs no request any more."""


@dataclasses.dataclass(frozen=True, slots=True)
class Web:
    """What both stages need to ask the web.

    Attributes:
      options: How to ask.
      version: Of newsbeam, for the user agent.
      now: The time of the run.
      memory: What earlier runs remember.
      connect_to: Hosts that are served elsewhere, as ``address:port``: for the sample
        that newsbeam serves itself.
    """

    options: FetchOptions
    version: str
    now: dt.datetime
    memory: Memory = Memory()
    connect_to: Mapping[str, str] = dataclasses.field(default_factory=dict)
    _shared: Shared = dataclasses.field(default_factory=Shared)

    def network(self) -> Network:
        """Return the way to the web that all stages of a process share."""
        found: Network = self._shared.acquire(self._make_network)
        return found

    def _make_network(self) -> Network:
        return Network(self._client(), _Hosts(self))

    def _client(self) -> Client:
        options = self.options
        return Client(
            identity(self.version, options.contact),
            allowed=options.allowed_networks,
            limits=Limits(
                options.connect_seconds, options.read_seconds, options.total_seconds
            ),
            ca_file=options.ca_file,
            allow_downgrade=options.allow_downgrade,
            connect_to=self.connect_to,
        )


@dataclasses.dataclass
class Network:
    """One client, so that a host has one request in flight; and what hosts wish."""

    client: Client
    hosts: _Hosts


class _Hosts:
    """Which hosts wish, or had better, to be left alone; shared by threads."""

    def __init__(self, web: Web) -> None:
        self._now = web.now
        self._until = dict(web.memory.hosts)
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()

    def wants_rest(self, url: str) -> bool:
        """Tell whether the host of ``url`` must not be asked in this run."""
        host = host_of(url)
        with self._lock:
            until = self._until.get(host)
            tired = self._failures.get(host, 0) >= _HOST_FAILURES
        return tired or (until is not None and self._now < until)

    def heard(self, answer: Answer) -> dt.datetime | None:
        """Take note of an answer; return until when its host wants to be left alone."""
        host = host_of(answer.url)
        until = policy.host_pause(answer, self._now)
        with self._lock:
            failed = answer.status is None
            self._failures[host] = self._failures.get(host, 0) + 1 if failed else 0
            if until is not None:
                self._until[host] = until
        return until


def host_of(url: str) -> str:
    """Return the host that a request for ``url`` goes to, with its port."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def entry_identity(entry: Entry) -> str:
    """Return what tells one version of an entry from another, as 32 hex digits.

    Its address, so that two feeds share an entry; its id with it, so that one id with
    two addresses is two entries; without address its id, or title and date.  The date of
    its last change makes a changed entry a new one.
    """
    known = canonical(entry.url) if entry.url else entry.id
    if known is None:
        known = f"{entry.title} {entry.published_raw or entry.published}"
    changed = entry.updated.at.isoformat() if entry.updated else ""
    return digest(f"{known}\n{changed}")


class FeedAsker:
    """Asks one feed: the function of :class:`FetchFeeds`.

    Args:
      web: How to ask, and what is remembered.
    """

    def __init__(self, web: Web) -> None:
        self._web = web
        self._options = web.options
        self._network = web.network()
        self._hosts = self._network.hosts

    def __call__(
        self, subscription: Subscription
    ) -> Iterator[Listed | Fetch | Reject | Skip]:
        """Yield the entries of a feed that has news, and what came of asking."""
        state = self._web.memory.state_of(subscription)
        if state.retired:
            yield Skip("retired")
            return
        if not policy.is_due(state, self._web.now) or self._hosts.wants_rest(state.url):
            yield Skip("not-due")
            return
        response, feed, problem = self._read(state)
        if problem is not None and problem.reason is Reason.NOT_A_FEED:
            # A front page was subscribed to: the feed that it names is what was meant.
            state = dataclasses.replace(
                state, url=problem.detail, validators=None, body_hash=None
            )
            response, feed, problem = self._read(state)
        if response is None:
            answer = Answer(state.url, None)
        else:
            answer = response.answer(
                is_feed=response.status == _OK and problem is None,
                ttl_seconds=feed.ttl_seconds if feed else state.ttl_seconds,
            )
        not_before = self._hosts.heard(answer)
        after = policy.decide(state, answer, self._web.now, self._options.pace())
        key = redact(subscription.url)
        yield Fetch(
            kind="feed",
            url=redact(answer.url),
            feed=key,
            outcome=_feed_outcome(response, feed, problem),
            status=answer.status,
            size=response.wire_bytes if response else 0,
            seconds=response.seconds if response else 0.0,
            was_conditional=bool(response and response.was_conditional),
            entries=len(feed.entries) if feed else None,
            not_before=not_before,
            state=write_state(after),
        )
        if problem is not None:
            payload = json.dumps({"feed": key})
            detail = redact(problem.detail)
            yield Reject(Stage.FEEDS, problem.reason, key, detail, payload, key)
        if feed is not None:
            name = subscription.name or feed.title
            for entry in feed.entries:
                yield Listed(entry, key, name, subscription.country)

    def _read(
        self, state: FeedState
    ) -> tuple[Response | None, Feed | None, Unreadable | None]:
        """Ask and parse; the feed is None where nothing is new, or there is a problem."""
        try:
            response = self._ask(state)
        except FetchError as error:
            return None, None, error
        if response.status >= 400:  # noqa: PLR2004
            return response, None, _refusal(response)
        if response.status != _OK or policy.is_unchanged(state, response.answer()):
            return response, None, None
        try:
            content_type = response.header("content-type")
            feed = parse_feed(
                response.body, content_type=content_type, url=response.url
            )
        except Unreadable as error:
            found = discover_feeds(response.body, response.url)
            if found and found[0] != state.url:
                return response, None, Unreadable(Reason.NOT_A_FEED, found[0])
            return response, None, error
        return response, feed, None

    def _ask(self, state: FeedState) -> Response:
        tries = 0
        while True:
            response = self._network.client.fetch(
                state.url,
                accept=FEED_TYPES,
                max_bytes=self._options.max_feed_bytes,
                pause=self._options.feed_pause_seconds,
                conditional=partial(policy.request_headers, state),
            )
            tries += 1
            if not policy.may_try_again(response.answer(), tries):
                return response


def _refusal(response: Response) -> Unreadable:
    meaning = "; it will not be asked again" if response.status == _GONE else ""
    return Unreadable(Reason.HTTP_ERROR, f"HTTP status {response.status}{meaning}")


def _feed_outcome(
    response: Response | None, feed: Feed | None, problem: Unreadable | None
) -> str:
    if isinstance(problem, FetchError):
        return str(problem.trouble)
    if response is None or response.status >= 400:  # noqa: PLR2004
        return "http_error"
    if problem is not None:
        return str(problem.reason)
    return "news" if feed else "unchanged"


_STATE = pydantic.TypeAdapter(FeedState)


def write_state(state: FeedState) -> str:
    """Return the state as JSON without secrets, for a row of ``fetches``."""
    data = json.loads(_STATE.dump_json(state))
    data["url"] = redact(state.url)
    if state.validators:
        data["validators"]["url"] = redact(state.validators.url)
    if state.moved_to:
        data["moved_to"] = redact(state.moved_to)
    for move in data["history"]:
        move |= {name: redact(move[name]) for name in ("source", "target")}
    return json.dumps(data)


def read_state(text: str) -> FeedState:
    """Return the state that a row of ``fetches`` holds."""
    return _STATE.validate_json(text)


def forgetting(text: str) -> str:
    """Return the state that ``text`` holds without what would answer "unchanged"."""
    return json.dumps(json.loads(text) | {"validators": None, "body_hash": None})


class PageFetcher:
    """Follows one entry: the function of :class:`FetchPages`.

    Args:
      web: How to ask, and what is remembered.
      known: Which entries were followed in earlier runs.
    """

    def __init__(self, web: Web, known: KnownEntries) -> None:
        self._web = web
        self._options = web.options
        self._network = web.network()
        self._hosts = self._network.hosts
        self._known = known
        self._lock = threading.Lock()
        self._followed: set[str] = set()
        self._robots = Robots(self._robots_file, lambda: web.now)

    def __call__(self, listed: Listed) -> Iterator[Document | Fetch | Reject | Skip]:
        """Yield the document of a new entry, and what came of asking for its page."""
        identity_ = entry_identity(listed.entry)
        with self._lock:
            if identity_ in self._followed:
                yield Skip("duplicate")
                return
            self._followed.add(identity_)
            if self._known.has_entry(identity_):
                yield Skip("seen")
                return
        own = _own_document(listed, self._web.now)
        url = listed.entry.url
        if url is None or not self._options.pages or _is_complete(own):
            yield own
            return
        if self._hosts.wants_rest(url):
            problem = Unreadable(Reason.HTTP_ERROR, "the host wants to be left alone")
            yield self._fetch(listed, identity_, "later")
        elif self._options.robots and not self._robots.allows(url):
            problem = Unreadable(Reason.ROBOTS, "robots.txt does not permit it")
            yield self._fetch(listed, identity_, "robots")
        else:
            response, problem, fetch = self._ask(listed, identity_, url)
            yield fetch
            if response is not None:
                yield _page_document(response, own, self._web.now)
                return
        if _has_text(own):
            yield own
        else:
            yield _page_reject(listed, problem)

    def _ask(
        self, listed: Listed, entry: str, url: str
    ) -> tuple[Response | None, Unreadable, Fetch]:
        pause = self._options.page_pause_seconds
        if self._options.robots:
            pause = max(pause, self._robots.delay(url) or 0)
        try:
            response = self._network.client.fetch(
                url, max_bytes=self._options.max_page_bytes, pause=pause
            )
        except FetchError as error:
            self._hosts.heard(Answer(url, None))
            return None, error, self._fetch(listed, entry, str(error.trouble))
        answer = response.answer()
        not_before = self._hosts.heard(answer)
        is_good = response.status == _OK
        fetch = dataclasses.replace(
            self._fetch(listed, entry, "page" if is_good else "http_error"),
            url=redact(response.url),
            status=response.status,
            size=response.wire_bytes,
            seconds=response.seconds,
            not_before=not_before,
        )
        return (response if is_good else None), _refusal(response), fetch

    def _fetch(self, listed: Listed, entry: str, outcome: str) -> Fetch:
        return Fetch(
            kind="page",
            url=redact(listed.entry.url or ""),
            feed=listed.feed,
            outcome=outcome,
            entry=entry,
        )

    def _robots_file(self, url: str) -> Response:
        return self._network.client.fetch(
            url, accept="text/plain", pause=self._options.page_pause_seconds
        )


def _own_document(listed: Listed, now: dt.datetime) -> Document:
    """Return what the feed itself carries of the article."""
    document = entry_document(
        listed.entry, fetched_at=now, source_name=listed.source_name
    )
    declared = dataclasses.replace(
        document.declared, source_country=listed.source_country, feeds=(listed.feed,)
    )
    return dataclasses.replace(document, declared=declared)


def _page_document(response: Response, own: Document, now: dt.datetime) -> Document:
    message = Message()
    message["Content-Type"] = response.header("content-type") or "text/html"
    return Document(
        content=response.body,
        media=Media.HTML,
        text_source=TextSource.PAGE,
        fetched_at=now,
        charset=message.get_content_charset(),
        declared=dataclasses.replace(own.declared, url=response.url),
        fallback=own if _has_text(own) else None,
    )


def _has_text(document: Document) -> bool:
    return bool(document.content.strip())


def _is_complete(document: Document) -> bool:
    return document.is_truncated is False and (
        word_count(str(document.content)) >= _COMPLETE_WORDS
    )


def _page_reject(listed: Listed, problem: Unreadable) -> Reject:
    key, payload = _entry_origin(listed)
    return Reject(
        Stage.PAGES,
        problem.reason,
        key,
        problem.detail,
        json.dumps(payload),
        listed.feed,
    )


def _feed_origin(subscription: Subscription) -> tuple[str, dict[str, Any]]:
    key = redact(subscription.url)
    return key, {"feed": key}


def _entry_origin(listed: Listed) -> tuple[str, dict[str, Any]]:
    key = redact(listed.entry.url or listed.entry.id or listed.entry.title or "")
    return key, {"url": key, "feed": listed.feed, "title": listed.entry.title}


def _feed_lane(subscription: Subscription) -> str:
    return host_of(subscription.url)


def _entry_lane(listed: Listed) -> str:
    return host_of(listed.entry.url or listed.feed)


@dataclasses.dataclass(eq=False)
class FetchFeeds(beam.PTransform):
    """Subscriptions to the entries that their feeds list.

    Attributes:
      subscriptions: The feeds.
      web: How to ask, and what is remembered.
      rejects: Where feeds go that gave none.
    """

    subscriptions: tuple[Subscription, ...]
    web: Web
    rejects: ErrorHandler

    def expand(
        self, root: beam.pvalue.PBegin
    ) -> tuple[beam.PCollection[Listed], beam.PCollection[Fetch]]:
        """Return the entries and the fetches."""
        entries, fetches = (
            root
            | "Subscriptions" >> beam.Create(self.subscriptions)
            | "Ask feeds"
            >> Work(
                Stage.FEEDS,
                partial(FeedAsker, self.web),
                _feed_origin,
                self.rejects,
                _feed_lane,
                self.web.options.threads,
            )
        )
        return entries, fetches


def _page_fetcher(web: Web, open_known: Callable[[], KnownEntries]) -> PageFetcher:
    return PageFetcher(web, open_known())


@dataclasses.dataclass(eq=False)
class FetchPages(beam.PTransform):
    """Entries to documents: the page, or what the feed carries.

    Attributes:
      web: How to ask, and what is remembered.
      open_known: Opens what was followed before; called in the worker.
      rejects: Where entries go whose page cannot be had.
    """

    web: Web
    open_known: Callable[[], KnownEntries]
    rejects: ErrorHandler

    def expand(
        self, entries: beam.PCollection[Listed]
    ) -> tuple[beam.PCollection[Document], beam.PCollection[Fetch]]:
        """Return the documents and the fetches."""
        documents, fetches = entries | "Fetch pages" >> Work(
            Stage.PAGES,
            partial(_page_fetcher, self.web, self.open_known),
            _entry_origin,
            self.rejects,
            _entry_lane,
            self.web.options.threads,
        )
        return documents, fetches
