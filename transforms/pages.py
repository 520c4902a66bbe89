"""Pages: entries that feeds list in, the documents behind them out.

An entry that was not followed before is followed to its page, where robots.txt permits.
Where the feed itself carries the whole article, or the page is not available, the feed's
own content is the document.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from functools import partial
from typing import Protocol

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.client import FetchError, Response
from transforms.entries import entry_identity, entry_version, listing_of
from transforms.errors import Unreadable
from transforms.formats.feed import entry_document
from transforms.origin import entry_origin
from transforms.records import (
    Document,
    Fetch,
    Listed,
    Media,
    Reason,
    Reject,
    Sighting,
    Stage,
    TextSource,
)
from transforms.redaction import redact
from transforms.robots import MAX_BYTES, Robots, RobotsFile
from transforms.sightings import only, sighting_of
from transforms.stage import Work
from transforms.steps import Skip
from transforms.text import word_count
from transforms.urls import with_route, without_route
from transforms.waiting import FIRST_PAUSE, Passing, is_busy, page_verdict, waits
from transforms.web import OK, Web, host_of, refusal, write_robots

# Content with at least this many words that does not break off is the article, not a teaser.
_COMPLETE_WORDS = 150
# A bounded run, whose time stands still, asks for a robots.txt once.
_AT_ONCE = dt.timedelta(seconds=1)


WAITED = json.dumps({"waited": True})
"""State of a fetch after which an entry no longer waits."""


class KnownEntries(Protocol):
    """What earlier runs learnt on the way to pages."""

    def has_entry(self, entry: str, version: str) -> bool:
        """Return whether an entry needs no request: it is done, or waits for a retry."""

    def robots(self, origin: str) -> RobotsFile | None:
        """Return the robots.txt that a site had when it was last asked for."""


class PageFetcher:
    """Follows one entry: the function of :class:`FetchPages`.

    Args:
      web: How to ask, and what is remembered.
      known: What earlier runs learnt.
    """

    def __init__(self, web: Web, known: KnownEntries) -> None:
        self._web = web
        self._options = web.options
        self._network = web.network()
        self._hosts = self._network.hosts
        self._known = known
        self._lock = threading.Lock()
        self._followed: set[str] = set()
        # A retry must not find robots.txt missing only because it was missing last time.
        interval = (web.pace or web.options.pace()).interval
        retry = max(min(interval, FIRST_PAUSE), _AT_ONCE)
        self._robots = Robots(
            self._robots_file, lambda: web.now, self._kept_robots, retry
        )
        # What this thread asked for on the way to a page.
        self._asked = threading.local()

    def __call__(
        self, listed: Listed
    ) -> Iterator[Document | Fetch | Reject | Skip | Sighting]:
        """Yield the document of a new entry, and the result of requesting its page.

        For one that was followed before, only the feed that lists it is reported.
        """
        identity_ = _identity(listed)
        with self._lock:
            if identity_ in self._followed:
                yield Skip("duplicate")
                yield sighting_of(listing_of(listed))
                return
            # A waiting entry comes by itself when it is due, and not from its feed.
            version = entry_version(listed)
            if listed.waited is None and self._known.has_entry(identity_, version):
                yield Skip("seen")
                yield sighting_of(listing_of(listed))
                return
            self._followed.add(identity_)
        yield from self.follow(listed)

    def follow(self, listed: Listed) -> Iterator[Document | Fetch | Reject | Skip]:
        """Yield the same of any entry, whether it was followed before or not."""
        identity_ = _identity(listed)
        own = _own_document(listed, self._web.now)
        url = listed.entry.url
        if url is None or not self._options.pages or _is_complete(own):
            if listed.waited is not None:
                yield self._fetch(listed, identity_, "feed")
            yield own
            return
        response, problem, fetch = self._visit(listed, url)
        yield from self._robots_fetches(listed)
        if response is None and isinstance(problem, Passing):
            pace = self._web.pace or self._options.pace()
            waiting = waits(listed, identity_, problem, self._web.now, pace)
            if waiting is not None:
                yield dataclasses.replace(fetch, entry=None, waiting=waiting)
                yield Skip(f"waiting-{problem.reason}")
                return
        yield dataclasses.replace(fetch, entry=identity_)
        if response is not None:
            yield _page_document(response, own, self._web.now)
        elif _has_text(own):
            yield own
        else:
            yield _page_reject(listed, problem)

    def _visit(
        self, listed: Listed, url: str
    ) -> tuple[Response | None, Unreadable, Fetch]:
        """Request a page, if that is permitted now; or say why it is not available."""
        self._asked.robots = []
        identity_ = _identity(listed)
        rests_until = self._hosts.rests_until(url)
        if rests_until is not None:
            detail = "the host wants to be left alone"
            problem = Passing(Reason.HOST_RESTING, detail, rests_until)
            return None, problem, self._fetch(listed, identity_, "later")
        if self._options.robots:
            address = without_route(url)
            missing = self._robots.missing(address)
            if missing is not None:
                return (
                    None,
                    self._without_robots(missing, url),
                    self._fetch(listed, identity_, "robots_unreachable"),
                )
            if not self._robots.allows(address):
                forbidden = Unreadable(Reason.ROBOTS, "robots.txt does not permit it")
                return None, forbidden, self._fetch(listed, identity_, "robots")
        return self._ask(listed, identity_, url)

    def _without_robots(self, missing: RobotsFile, url: str) -> Unreadable:
        """Return the verdict on a page whose robots.txt was not available."""
        reason = missing.reason or Reason.ROBOTS_UNREACHABLE
        if reason is Reason.HTTP_ERROR:
            return Unreadable(reason, missing.detail)
        return Passing(reason, missing.detail, self._hosts.rests_until(url))

    def _ask(
        self, listed: Listed, entry: str, url: str
    ) -> tuple[Response | None, Unreadable, Fetch]:
        pause = self._options.page_pause_seconds
        if self._options.robots:
            pause = max(pause, self._robots.delay(without_route(url)) or 0)
        try:
            response = self._network.client.fetch(
                url, max_bytes=self._options.max_page_bytes, pause=pause
            )
        except FetchError as error:
            self._hosts.failed(error)
            fetch = self._fetch(listed, entry, str(error.trouble))
            return None, page_verdict(error), fetch
        answer = response.answer()
        not_before = self._hosts.heard(answer)
        is_good = response.status == OK
        fetch = dataclasses.replace(
            self._fetch(listed, entry, "page" if is_good else "http_error"),
            url=redact(response.url),
            status=response.status,
            size=response.wire_bytes,
            seconds=response.seconds,
            not_before=not_before,
        )
        problem = refusal(response)
        if is_busy(response.status):
            problem = Passing(problem.reason, problem.detail, not_before)
        return (response if is_good else None), problem, fetch

    def _fetch(self, listed: Listed, entry: str, outcome: str) -> Fetch:
        return Fetch(
            kind="page",
            url=redact(listed.entry.url or ""),
            feed=listed.feed,
            outcome=outcome,
            entry=entry,
            state=None if listed.waited is None else WAITED,
            key=listed.key,
            version=entry_version(listed),
        )

    def _kept_robots(self, origin: str) -> RobotsFile | None:
        with self._lock:
            return self._known.robots(origin)

    def _robots_file(self, url: str) -> Response:
        self._asked.robots.append((url, None))
        try:
            response = self._network.client.fetch(
                url,
                accept="text/plain",
                max_bytes=MAX_BYTES,
                pause=self._options.page_pause_seconds,
                cut=True,
            )
        except FetchError as error:
            self._hosts.failed(error)
            raise
        self._hosts.heard(response.answer())
        self._asked.robots[-1] = (url, response)
        return response

    def _robots_fetches(self, listed: Listed) -> Iterator[Fetch]:
        """Yield what the last :meth:`_visit` of this thread requested."""
        for url, response in self._asked.robots:
            files = self._robots.files()
            yield Fetch(
                kind="robots",
                url=redact(url),
                feed=listed.feed,
                outcome="robots_txt",
                key=listed.key,
                status=response.status if response else None,
                size=response.wire_bytes if response else 0,
                seconds=response.seconds if response else 0.0,
                state=next(
                    write_robots(file)
                    for file in files
                    if url == f"{file.origin}/robots.txt"
                ),
            )


def _identity(listed: Listed) -> str:
    """Return an entry's identity; of one that waits, the one that it had then."""
    waited = listed.waited
    return (waited.entry if waited else "") or entry_identity(listed)


def _own_document(listed: Listed, now: dt.datetime) -> Document:
    """Return what the feed itself carries of the article."""
    document = entry_document(
        listed.entry, fetched_at=now, source_name=listed.source_name
    )
    declared = dataclasses.replace(
        document.declared,
        source_country=listed.source_country,
        feeds=(listed.feed,),
        listing=listing_of(listed),
    )
    return dataclasses.replace(document, declared=declared)


def _page_document(response: Response, own: Document, now: dt.datetime) -> Document:
    message = Message()
    message["Content-Type"] = response.header("content-type") or "text/html"
    url = with_route(response.url, own.declared.url or "")
    return Document(
        content=response.body,
        media=Media.HTML,
        text_source=TextSource.PAGE,
        fetched_at=now,
        charset=message.get_content_charset(),
        declared=dataclasses.replace(own.declared, url=url, link=own.declared.url),
        fallback=own if _has_text(own) else None,
    )


def _has_text(document: Document) -> bool:
    return bool(document.content.strip())


def _is_complete(document: Document) -> bool:
    return document.is_truncated is False and (
        word_count(str(document.content)) >= _COMPLETE_WORDS
    )


def _page_reject(listed: Listed, problem: Unreadable) -> Reject:
    key, payload = entry_origin(listed)
    return Reject(
        Stage.PAGES,
        problem.reason,
        key,
        problem.detail,
        json.dumps(payload),
        listed.feed,
    )


def entry_lane(listed: Listed) -> str:
    """Return the host that an entry's page is asked of."""
    return host_of(listed.entry.url or listed.feed)


def _page_fetcher(web: Web, open_known: Callable[[], KnownEntries]) -> PageFetcher:
    return PageFetcher(web, open_known())


@dataclasses.dataclass(eq=False)
class FetchPages(beam.PTransform):
    """Entries to documents: the page, or what the feed carries.

    Attributes:
      web: How to ask, and what is remembered.
      open_known: Opens what earlier runs learnt; called in the worker.
      rejects: Where entries go whose page is not available.
    """

    web: Web
    open_known: Callable[[], KnownEntries]
    rejects: ErrorHandler

    def expand(
        self, entries: beam.PCollection[Listed]
    ) -> tuple[
        beam.PCollection[Document],
        beam.PCollection[Fetch],
        beam.PCollection[Sighting],
    ]:
        """Return the documents, the fetches, and what was followed before."""
        documents, notes = entries | "Fetch pages" >> Work(
            Stage.PAGES,
            partial(_page_fetcher, self.web, self.open_known),
            entry_origin,
            self.rejects,
            entry_lane,
            self.web.options.threads,
        )
        fetches = notes | "Fetches" >> beam.Filter(only(Fetch)).with_output_types(Fetch)
        seen = notes | "Seen" >> beam.Filter(only(Sighting)).with_output_types(Sighting)
        return documents, fetches, seen
