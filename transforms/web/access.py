"""Access to the web, shared by feeds and pages: options, one client, pauses of hosts.

Each request and its result is a row of ``fetches``.  What is remembered of a feed is in
such a row too, as JSON without secrets, so that the state of the next run is derived from
the dataset like everything else.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import threading
import uuid
import weakref
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import pydantic

from transforms.errors import Unreadable
from transforms.listings import Subscription
from transforms.redaction import MASK, redact, redact_feed
from transforms.text.strings import digest
from transforms.urls import resolve
from transforms.vocabulary import Reason, Stage
from transforms.web import client, policy
from transforms.web.addresses import networks
from transforms.web.client import Client
from transforms.web.connection import Limits, ca_problem
from transforms.web.feed_state import Answer, FeedState
from transforms.web.policy import Pace
from transforms.web.response import FetchError, Response
from transforms.web.robots import RobotsFile
from transforms.web.share import Share, share, share_problem
from transforms.work.options import Options, checked
from transforms.work.turns import Budget, Turns

log = logging.getLogger(__name__)

# After this many failures in a row a host is left alone for ``_HOST_REST``; in a bounded
# run, whose time stands still, for the rest of the run.
_HOST_FAILURES = 3
_HOST_REST = dt.timedelta(minutes=10)


class FetchOptions(Options):
    """How the web is asked (section ``[fetch]``)."""

    contact: str = ""
    """URL or address where publishers reach you; sent with every request."""
    pages: bool = True
    """Follow entries to their pages; otherwise the feed's own content is the text."""
    robots: bool = True
    """Ask robots.txt before a page is fetched."""
    ask_reservations: bool = False
    """Ask each site once a day for /.well-known/tdmrep.json (TDMRep), to note whether the
    rights of text and data mining are reserved; headers and pages are read in any case."""
    respect_reservations: bool = False
    """Reject pages whose publisher reserves these rights; asks for tdmrep.json, too."""
    shard: Annotated[str, checked(share_problem)] = "1/1"
    """Which share of the feeds and files is this run's, of how many side by side."""
    threads: int = pydantic.Field(default=16, ge=1, le=200)
    """Hosts that are asked at the same time."""
    interval_minutes: float = pydantic.Field(default=60, ge=0)
    """Shortest time between two requests for a feed; what polls without end has a floor,
    ``stream.shortest_poll_seconds``."""
    longest_interval_hours: float = pydantic.Field(default=24, gt=0)
    """Longest that a publisher's hints or failures can make it."""
    feed_pause_seconds: float = pydantic.Field(default=client.FEED_PAUSE, ge=0)
    """Pause between two feeds of a host."""
    page_pause_seconds: float = pydantic.Field(default=client.PAGE_PAUSE, ge=0)
    """Pause between two pages of a host; robots.txt may ask for more."""
    connect_seconds: float = pydantic.Field(default=10, gt=0)
    read_seconds: float = pydantic.Field(default=20, gt=0)
    total_seconds: float = pydantic.Field(default=60, gt=0)
    """Deadlines: to connect, between two pieces of an answer, for a whole request."""
    max_feed_bytes: int = pydantic.Field(default=client.FEED_BYTES, gt=0)
    max_page_bytes: int = pydantic.Field(default=client.PAGE_BYTES, gt=0)
    """Limits of a body, decoded."""
    allowed_networks: tuple[str, ...] = ()
    """Networks that may be asked though they are private, such as "10.1.0.0/16"."""
    allow_downgrade: bool = False
    """Follow redirects from https to http."""
    ca_file: Annotated[str, checked(ca_problem)] | None = None
    """Certificates to trust besides the usual ones."""
    serve: dict[str, Path] = pydantic.Field(default_factory=dict)
    """Hosts that newsbeam itself serves from a folder, on 127.0.0.1: for samples."""

    @pydantic.field_validator("allowed_networks")
    @classmethod
    def _are_networks(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        networks(allowed)
        return allowed

    @property
    def share(self) -> Share:
        """Which share of the feeds and files is this run's."""
        return share(self.shard)

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
      feeds: By the key that a feed's state is kept under.
      hosts: Until when a host wishes to be left alone.
    """

    feeds: Mapping[str, FeedState] = dataclasses.field(default_factory=dict)
    hosts: Mapping[str, dt.datetime] = dataclasses.field(default_factory=dict)

    def believed(self, now: dt.datetime, pace: Pace) -> Memory:
        """Return the memory without moments that only a wrong clock can have noted.

        Args:
          now: The time.
          pace: How often feeds are asked.
        """
        feeds = {k: policy.trusted(s, now, pace) for k, s in self.feeds.items()}
        hosts = {h: u for h, u in self.hosts.items() if policy.believed(u, now)}
        return Memory(feeds, hosts)

    def state_of(self, subscription: Subscription) -> FeedState:
        """Return the state of a feed, a new one for a feed never asked.

        What is remembered has no secrets in it: they come from the subscription.
        """
        state = self.feeds.get(feed_key(subscription))
        if state is None:
            return FeedState(subscription.url)
        if not state.url:
            # Of the feed that has moved to this address, its origin is all that holds.
            return dataclasses.replace(state, url=subscription.url)
        validators = state.validators
        # A request goes without user and password in its address.
        asked = resolve(None, subscription.url) or subscription.url
        if validators is not None and validators.url in _shown(asked):
            validators = dataclasses.replace(validators, url=asked)
        is_own = state.url in _shown(subscription.url) or MASK in state.url
        url = subscription.url if is_own else state.url
        return dataclasses.replace(state, url=url, validators=validators)


def feed_key(subscription: Subscription) -> str:
    """Return what the state of a feed is kept under."""
    return subscription.key or redact_feed(subscription.url)


def feed_origin(subscription: Subscription, url: str) -> str:
    """Return what a feed is known by from its first reading on.

    Args:
      subscription: The feed.
      url: Where it was found, by permanent redirects alone.
    """
    return digest(url if redact_feed(url) == url else feed_key(subscription))


def _shown(url: str) -> set[str]:
    """Return how an address is written where no secret may be, now and in version 1."""
    return {redact_feed(url), redact(url)}


@dataclasses.dataclass(frozen=True, slots=True)
class Web:
    """What both stages need to ask the web.

    Attributes:
      options: How to ask.
      version: Of newsbeam, for the user agent.
      time: The time of the run; of a run without end, its clock.
      memory: What earlier runs remember.
      connect_to: Hosts that are served elsewhere, as ``address:port``: for the sample
        that newsbeam serves itself.
      scope: Names those that share one way to the web: the batches of a run.
      pace: How often a feed is requested, if not as the options say.
    """

    options: FetchOptions
    version: str
    time: dt.datetime | Callable[[], dt.datetime]
    memory: Memory = Memory()
    connect_to: Mapping[str, str] = dataclasses.field(default_factory=dict)
    scope: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex)
    pace: Pace | None = None

    @property
    def now(self) -> dt.datetime:
        """The time that requests go by."""
        return self.time() if callable(self.time) else self.time

    def network(self) -> Network:
        """Return the access to the web that all stages of a process share.

        It lasts as long as one of them holds it.  A caller that holds it from batch to batch
        keeps the pauses of hosts.
        """
        with _MAKING:
            found = _NETWORKS.get(self.scope)
            if found is None:
                found = _NETWORKS[self.scope] = self._make_network()
        found.hosts.go_by(self)
        return found

    def budget(self, stage: Stage) -> Budget:
        """Return how long a stage of the batch in progress may wait for hosts."""
        found = _NETWORKS.get(self.scope)
        return found.turns.budget(stage) if found else Budget()

    def _make_network(self) -> Network:
        for name in client.unused_proxies():
            log.warning(
                "%s is set and not used: newsbeam connects to publishers itself", name
            )
        return Network(self._client(), Hosts(self), Turns(self.options.threads))

    def _client(self) -> Client:
        options = self.options
        return Client(
            client.identity(self.version, options.contact),
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
    """One client, so that a host has one request in flight; pauses and turns of hosts.

    Attributes:
      client: Makes requests.
      hosts: The pauses of hosts.
      turns: Their turns.
      put_off: Feeds whose turn does not come in the batch in progress, by key; how many
        seconds after its beginning it is likely to come.
    """

    client: Client
    hosts: Hosts
    turns: Turns
    put_off: dict[str, float] = dataclasses.field(default_factory=dict)

    def begin(self, seconds: float, feeds: Iterable[FeedState] = ()) -> None:
        """Begin a batch.

        Args:
          seconds: How long each of its stages waits for hosts.
          feeds: What is known of its feeds, which go before the pages of their hosts.
        """
        self.turns.begin(seconds, (host_of(feed.url) for feed in feeds))
        self.put_off = {}


# Those of this process that somebody holds, by their scope.
_NETWORKS: weakref.WeakValueDictionary[str, Network] = weakref.WeakValueDictionary()
_MAKING = threading.Lock()


class Hosts:
    """Which hosts asked to be left alone, or should be; shared by threads."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._until = dict(web.memory.hosts)
        self._failures: dict[str, int] = {}
        self._failed_at: dict[str, dt.datetime] = {}
        self._lock = threading.Lock()

    def go_by(self, web: Web) -> None:
        """Use the time of ``web``, which may be a later batch, as the current time."""
        self._web = web

    def wants_rest(self, url: str) -> bool:
        """Return whether the host of ``url`` must not be asked now."""
        return self.rests_until(url) is not None

    def rests_until(self, url: str) -> dt.datetime | None:
        """Return until when the host of ``url`` must not be asked; None if it may."""
        host, now = host_of(url), self._web.now
        with self._lock:
            moments = [self._until[host]] if host in self._until else []
            if self._failures.get(host, 0) >= _HOST_FAILURES:
                moments.append(self._failed_at[host] + _HOST_REST)
        # The clock may have been set back since.
        moments = [moment for moment in moments if policy.believed(moment, now)]
        return max((moment for moment in moments if moment > now), default=None)

    def failed(self, error: FetchError) -> None:
        """Note a request that brought no complete answer.

        A host that answers, if only with something that cannot be read, is no reason to
        leave its other feeds unasked.
        """
        if error.is_away:
            self.heard(Answer(error.url, None))

    def heard(self, answer: Answer) -> dt.datetime | None:
        """Take note of an answer; return until when its host wants to be left alone."""
        host, now = host_of(answer.url), self._web.now
        until = policy.host_pause(answer, now)
        if until is not None:
            until = policy.staggered(until, now, host)
        with self._lock:
            if answer.status is None:
                self._failures[host] = self._failures.get(host, 0) + 1
                self._failed_at[host] = now
            else:
                self._failures.pop(host, None)
            if until is not None:
                self._until[host] = until
        return until


def host_of(url: str) -> str:
    """Return the host that a request for ``url`` goes to, with its port."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def refusal(response: Response) -> Unreadable:
    """Return the verdict on an answer that is not what was requested."""
    meaning = (
        "; it will not be asked again" if response.status == HTTPStatus.GONE else ""
    )
    return Unreadable(Reason.HTTP_ERROR, f"HTTP status {response.status}{meaning}")


_STATE = pydantic.TypeAdapter(FeedState)


def write_state(state: FeedState) -> str:
    """Return the state as JSON without secrets, for a row of ``fetches``."""
    data = json.loads(_STATE.dump_json(state))
    data["url"] = redact_feed(state.url)
    if state.validators:
        data["validators"]["url"] = redact_feed(state.validators.url)
    if state.moved_to:
        data["moved_to"] = redact_feed(state.moved_to)
    return json.dumps(data)


def read_state(text: str) -> FeedState:
    """Return the state that a row of ``fetches`` holds."""
    return _STATE.validate_json(text)


def forgetting(text: str) -> str:
    """Return the state that ``text`` holds without what would answer "unchanged"."""
    return json.dumps(json.loads(text) | {"validators": None, "body_hash": None})


_ROBOTS = pydantic.TypeAdapter(RobotsFile)


def write_robots(file: RobotsFile) -> str:
    """Return a robots.txt as JSON, for a row of ``fetches``."""
    return _ROBOTS.dump_json(file).decode()


def read_robots(text: str) -> RobotsFile:
    """Return the robots.txt that a row of ``fetches`` holds."""
    return _ROBOTS.validate_json(text)
