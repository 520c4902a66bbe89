"""A news wire on this machine that publishes while it is read, the same for one seed.

Entries come with all that feeds do to their readers: the same story in two feeds, under an
address with tracking parameters; stories that are corrected; stories that come late, or
not in the order of their dates.  A feed lists its last entries; its archive lists all, so
that whoever reads once, at the end, can have what another read while it happened.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self

CITIES = "Lima Oslo Bonn Bern Rome Kyiv Doha Riga Baku Suva Lomé Cairo Quito".split()
_SENTENCES = (
    "The council of {city} voted on Tuesday to rebuild pillar {n} of the old bridge.",
    "Engineers had closed it after finding cracks, report {n} of the ministry says.",
    "Residents of quarter {n} asked for a ferry while the works are going on.",
    "The mayor of {city} promised {n} million for the approach roads and lights.",
    "A court in {city} will hear complaint {n} of the neighbours in the spring.",
)


@dataclasses.dataclass(frozen=True)
class Version:
    """One version of a story, as a feed lists it.

    Attributes:
      story: Which story.
      revision: Which version of it.
      feeds: The feeds that list it.
      dated: What it says of its publication.
      at: When it appeared, by the monotonic clock.
    """

    story: int
    revision: int
    feeds: tuple[int, ...]
    dated: dt.datetime
    at: float

    @property
    def title(self) -> str:
        """The title, which tells versions apart."""
        return f"Story {self.story} version {self.revision}"

    @property
    def body(self) -> str:
        """The text, another one for each version."""
        chance = random.Random(f"{self.story} {self.revision}")  # noqa: S311
        city = CITIES[self.story % len(CITIES)]
        return "".join(
            f"<p>{sentence.format(city=city, n=chance.randrange(10**6))}</p>"
            for sentence in _SENTENCES * 3
        )

    @property
    def has_page(self) -> bool:
        """The feed has a teaser alone: the story is on its page."""
        return self.story % 2 == 0


class _Server(ThreadingTCPServer):
    """A server whose address need have no name."""

    daemon_threads = True
    allow_reuse_address = True


class Wire:
    """Feeds on servers of their own; a context manager.

    Args:
      feeds: How many.
      window: Entries that a feed lists.
      seed: Tells what is published.
      hosts: Over how many hosts feeds and pages are spread.
      slow: How many of them, the last ones, answer slowly.
      slow_seconds: How long those take.
    """

    def __init__(
        self,
        feeds: int = 4,
        window: int = 100,
        seed: int = 1,
        *,
        hosts: int = 1,
        slow: int = 0,
        slow_seconds: float = 3.0,
    ) -> None:
        self.published: list[Version] = []
        self.requests: list[str] = []
        self.broken: dict[str, tuple[int, dict[str, str]]] = {}
        self.delay = 0.0
        self._count = feeds
        self._window = window
        self._chance = random.Random(seed)  # noqa: S311
        self._stories = 0
        others = (f"127.1.{n // 250}.{n % 250 + 1}" for n in range(1, hosts))
        self._servers = [
            _Server((address, 0), _handler(self, slow_seconds if is_slow else 0.0))
            for number, address in enumerate(("127.0.0.1", *others))
            for is_slow in (number >= hosts - slow,)
        ]
        self._roots = [
            "http://{}:{}".format(*server.server_address) for server in self._servers
        ]
        self._slow = slow

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def feeds(self) -> tuple[str, ...]:
        """The addresses of the feeds."""
        return tuple(f"{self._root(n)}/feed/{n}" for n in range(self._count))

    @property
    def archives(self) -> tuple[str, ...]:
        """The addresses under which each feed lists all its entries."""
        return tuple(f"{self._root(n)}/archive/{n}" for n in range(self._count))

    def is_slow(self, version: Version) -> bool:
        """Return whether the page of a story is on a slow host."""
        host = version.story // 2 % len(self._roots)
        return version.has_page and host >= len(self._roots) - self._slow

    def _root(self, number: int) -> str:
        return self._roots[number % len(self._roots)]

    def publish(self, count: int = 1) -> None:
        """Publish more versions of stories, new ones or corrected ones."""
        for _ in range(count):
            self.published.append(self._next())

    def publish_steadily(self, count: int, seconds: float) -> threading.Thread:
        """Publish in a thread, evenly over a time; return the thread."""
        began = time.monotonic()

        def work() -> None:
            for number in range(count):
                due = began + number * seconds / count
                time.sleep(max(due - time.monotonic(), 0))
                self.publish()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def _next(self) -> Version:
        chance = self._chance
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        feeds: tuple[int, ...] = (chance.randrange(self._count),)
        # One in twenty is a correction of a recent story that the feed carries whole.
        recent = [one for one in self.published[-40:] if not one.has_page]
        if recent and chance.random() < 0.05:
            old = chance.choice(recent)
            revision = 1 + max(
                one.revision for one in self.published if one.story == old.story
            )
            # Feeds tell whole seconds: two versions of one second would be one.
            now += dt.timedelta(seconds=revision)
            return Version(old.story, revision, old.feeds, now, time.monotonic())
        if chance.random() < 0.1:
            feeds = (*feeds, (feeds[0] + 1) % self._count)
        late = chance.random()
        if late < 0.05:
            now -= dt.timedelta(days=chance.randrange(1, 4))
        elif late < 0.25:
            now -= dt.timedelta(minutes=chance.randrange(1, 90))
        self._stories += 1
        return Version(self._stories, 0, feeds, now, time.monotonic())

    def versions(self) -> set[str]:
        """Return the titles of all versions that were published."""
        return {version.title for version in self.published}

    def answer(
        self, path: str, etag: str | None, delay: float = 0.0
    ) -> tuple[int, dict[str, str], str]:
        """Return status, headers and body for a request, after ``delay`` seconds."""
        self.requests.append(path)
        time.sleep(self.delay + delay)
        if path in self.broken:
            status, headers = self.broken[path]
            return status, headers, ""
        kind, _, rest = path.partition("?")[0].strip("/").partition("/")
        if kind == "robots.txt":
            return 200, {}, "User-agent: *\nDisallow:"
        if kind in {"feed", "archive"} and rest.isdigit():
            return self._feed(int(rest), kind, etag)
        if kind == "story":
            return self._page(int(rest))
        return 404, {}, ""

    def _feed(
        self, number: int, kind: str, etag: str | None
    ) -> tuple[int, dict[str, str], str]:
        listed = [one for one in tuple(self.published) if number in one.feeds]
        tag = f'"{len(listed)}"'
        if etag == tag:
            return 304, {"ETag": tag}, ""
        if kind == "feed":
            listed = listed[-self._window :]
        # Oldest first, so that who reads once meets the versions in their order.
        entries = "".join(self._entry(one, number) for one in listed)
        headers = {"ETag": tag, "Content-Type": "application/atom+xml"}
        return (
            200,
            headers,
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>Wire</title>"
            f"<id>urn:wire:{number}</id>{entries}</feed>",
        )

    def _entry(self, one: Version, number: int) -> str:
        tracking = "" if number == one.feeds[0] else f"?utm_source=feed{number}"
        dated = one.dated.isoformat()
        whole = "" if one.has_page else one.body.replace("<", "&lt;")
        return (
            f"<entry><id>urn:story:{one.story}</id><title>{one.title}</title>"
            # Every other story has a page: each host has some of both.
            f"<link href='{self._root(one.story // 2)}/story/{one.story}{tracking}'/>"
            f"<published>{dated}</published><updated>{dated}</updated>"
            f"<content type='html'>{whole}</content></entry>"
        )

    def _page(self, story: int) -> tuple[int, dict[str, str], str]:
        found = [one for one in tuple(self.published) if one.story == story]
        if not found:
            return 404, {}, ""
        one = found[-1]
        kind = {"Content-Type": "text/html; charset=utf-8"}
        return (
            200,
            kind,
            f"<!DOCTYPE html><html lang='en'><head><title>{one.title}</title></head>"
            f"<body><article><h1>{one.title}</h1>{one.body}</article></body></html>",
        )


def _handler(wire: Wire, delay: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tag = self.headers.get("If-None-Match")
            status, headers, body = wire.answer(self.path, tag, delay)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            data = body.encode()
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


SETTINGS = (
    "fetch.contact=https://example.org/me",
    'fetch.allowed_networks=["127.0.0.0/8"]',
    "fetch.interval_minutes=0",
    "fetch.feed_pause_seconds=0",
    "fetch.page_pause_seconds=0",
    "stream.shortest_poll_seconds=0.5",
    "stream.pause_seconds=0.1",
    "stream.rhythm=0",
    # A busy machine needs its time for a batch.
    "stream.stop_seconds=250",
    "stream.batch_seconds=60",
    'enrich.entities.models={en=""}',
)
"""What lets this machine be asked every half second, as ``--set`` takes it."""
