"""Follow: an entry that a feed lists in, the document behind it out.

The entry is followed to its page, where robots.txt permits.  Where the feed itself carries
the whole article, or the page is not available, the feed's own content is the document.
Which entries are followed is decided by :mod:`transforms.feeds.pages`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Generator, Iterable, Iterator
from email.message import Message
from http import HTTPStatus
from typing import TypeAlias

from transforms.dedup.entries import entry_identity, entry_version, listing_of
from transforms.dedup.names import FORGOTTEN, entry_names, link_name
from transforms.errors import Unreadable
from transforms.feeds.request import request
from transforms.files.feed import entry_document
from transforms.listings import Fetch, Listed
from transforms.origin import entry_origin
from transforms.records import Document, Reject
from transforms.redaction import redact
from transforms.text.strings import word_count
from transforms.urls import with_route, without_route
from transforms.vocabulary import (
    FetchKind,
    FetchOutcome,
    Media,
    Reason,
    Stage,
    TextSource,
)
from transforms.web.access import Web, refusal, write_robots
from transforms.web.reservations import (
    HEADER,
    MAX_BYTES,
    Reservations,
    reserved_by,
    said,
    together,
)
from transforms.web.response import FetchError, Response
from transforms.web.robots import MAX_ROBOTS_BYTES, Robots, RobotsFile
from transforms.web.share import site_of
from transforms.web.waiting import (
    FIRST_PAUSE,
    Passing,
    is_busy,
    page_verdict,
    waits,
    waits_turn,
)
from transforms.work.steps import Skip, rejected
from transforms.work.turns import NotYet

# Content with at least this many words that does not break off is the article, not a teaser.
_COMPLETE_WORDS = 150
# A bounded run, whose time stands still, asks for a robots.txt once.
_AT_ONCE = dt.timedelta(seconds=1)


WAITED = json.dumps({"waited": True})
"""State of a fetch after which an entry no longer waits."""

_Visit: TypeAlias = tuple[Response | None, Unreadable, Fetch]
"""The page if it came, why it did not, and the request."""


class Follower:
    """Follows one entry, whether it was followed before or not.

    Args:
      web: How to ask, and what is remembered.
      kept: Finds the robots.txt that a site had when an earlier run asked for it.
      is_forgotten: Says whether an article that goes by one of some names was taken out
        of the dataset.
      kept_reservations: Finds the tdmrep.json that a site had, like ``kept``.
    """

    def __init__(
        self,
        web: Web,
        kept: Callable[[str], RobotsFile | None] = lambda _: None,
        is_forgotten: Callable[[Iterable[str]], bool] = lambda _: False,
        kept_reservations: Callable[[str], RobotsFile | None] = lambda _: None,
    ) -> None:
        self._is_forgotten = is_forgotten
        self._web = web
        self._options = web.options
        self._network = web.network()
        self._hosts = self._network.hosts
        # A retry must not find robots.txt missing only because it was missing last time.
        interval = (web.pace or web.options.pace()).interval
        retry = max(min(interval, FIRST_PAUSE), _AT_ONCE)
        self._robots = Robots(self._robots_file, lambda: web.now, kept, retry)
        self._reservations = Reservations(
            self._reservations_file, lambda: web.now, kept_reservations, retry
        )

    def __call__(self, listed: Listed) -> Iterator[Document | Fetch | Reject | Skip]:
        """Yield the document of an entry, and the result of requesting its page."""
        if self._is_forgotten(entry_names(listed)):
            yield Skip(FORGOTTEN)
            return
        identity_ = followed_identity(listed)
        own = _own_document(listed, self._web.now)
        url = listed.entry.url
        if url is None or not self._options.pages or _is_complete(own):
            if listed.waited is not None:
                yield self._fetch(listed, identity_, FetchOutcome.FEED)
            yield own
            return
        try:
            is_reserved = yield from self._site_reserves(listed, url)
            if is_reserved and self._options.respect_reservations:
                yield self._fetch(listed, identity_, FetchOutcome.RESERVED)
                yield _reserved(listed)
                return
            response, problem, fetch = yield from self._visit(listed, url)
        except NotYet as later:
            yield from self._put_off(listed, later)
            return
        if response is not None:
            yield from self._arrived(
                listed, response, own, fetch, is_reserved=is_reserved
            )
            return
        if isinstance(problem, Passing):
            pace = self._web.pace or self._options.pace()
            waiting = waits(listed, identity_, problem, self._web.now, pace)
            if waiting is not None:
                yield dataclasses.replace(fetch, entry=None, waiting=waiting)
                yield Skip(f"waiting-{problem.reason}")
                return
        yield dataclasses.replace(fetch, entry=identity_)
        if _has_text(own):
            yield own
        else:
            yield rejected(Stage.PAGES, entry_origin(listed), problem, listed.feed)

    def _put_off(self, listed: Listed, later: NotYet) -> Iterator[Fetch | Skip]:
        """Yield what is logged of an entry whose turn does not come in this batch."""
        entry, now = followed_identity(listed), self._web.now
        waiting = waits_turn(listed, entry, now, later.seconds)
        fetch = self._fetch(listed, entry, FetchOutcome.LATER)
        yield dataclasses.replace(fetch, entry=None, waiting=waiting)
        yield Skip(f"waiting-{waiting.reason}")

    def _arrived(
        self,
        listed: Listed,
        response: Response,
        own: Document,
        fetch: Fetch,
        *,
        is_reserved: bool | None,
    ) -> Iterator[Document | Fetch | Reject | Skip]:
        """Yield what becomes of a page that came."""
        fetch = dataclasses.replace(fetch, entry=followed_identity(listed))
        arrived = link_name(response.url)
        if arrived is not None and self._is_forgotten((arrived,)):
            # The link is another; what it leads to stays unnamed.
            yield dataclasses.replace(fetch, url=redact(listed.entry.url or ""))
            yield Skip(FORGOTTEN)
            return
        yield fetch
        is_reserved = together((is_reserved, said(response.header(HEADER))))
        if is_reserved and self._options.respect_reservations:
            yield _reserved(listed)
        else:
            yield _page_document(response, own, self._web.now, is_reserved=is_reserved)

    def _site_reserves(
        self, listed: Listed, url: str
    ) -> Generator[Fetch, None, bool | None]:
        """Return what the site's tdmrep.json says of a page, where it is to be asked.

        Yields the request for it, if there was one.
        """
        options = self._options
        if not (options.ask_reservations or options.respect_reservations):
            return None
        if self._rests_until(url) is not None:
            return None
        file, was_asked, response = self._reservations.file(without_route(url))
        if was_asked:
            yield _site_fetch(
                listed,
                file,
                response,
                FetchKind.RESERVATIONS,
                FetchOutcome.TDMREP,
                Reservations.path,
            )
        return reserved_by(file, url)

    def _visit(self, listed: Listed, url: str) -> Generator[Fetch, None, _Visit]:
        """Request a page, if that is permitted now; or say why it is not available.

        Yields the request for a robots.txt, if there was one.
        """
        identity_ = followed_identity(listed)
        rests_until = self._rests_until(url)
        if rests_until is not None:
            detail = "the host wants to be left alone"
            problem = Passing(Reason.HOST_RESTING, detail, rests_until)
            return None, problem, self._fetch(listed, identity_, FetchOutcome.LATER)
        pause = self._options.page_pause_seconds
        if self._options.robots:
            permission = self._robots.permission(without_route(url))
            if permission.was_asked:
                yield _site_fetch(
                    listed,
                    permission.file,
                    permission.response,
                    FetchKind.ROBOTS,
                    FetchOutcome.ROBOTS_TXT,
                    Robots.path,
                )
            if permission.file.text is None:
                unknown = self._without_robots(permission.file, url)
                fetch = self._fetch(listed, identity_, FetchOutcome.ROBOTS_UNREACHABLE)
                return None, unknown, fetch
            if not permission.is_given:
                forbidden = Unreadable(Reason.ROBOTS, "robots.txt does not permit it")
                fetch = self._fetch(listed, identity_, FetchOutcome.ROBOTS)
                return None, forbidden, fetch
            pause = max(pause, permission.delay or 0)
        return self._ask(listed, identity_, url, pause * self._askers(listed, url))

    def _rests_until(self, url: str) -> dt.datetime | None:
        """Return until when a page must not be asked for; None if it may, or was."""
        if self._network.turns.has(url):
            return None
        return self._hosts.rests_until(url)

    def _askers(self, listed: Listed, url: str) -> int:
        """Return how many runs side by side may ask the site of a page.

        Each site's feeds belong to one run; their links to other sites may come from all.
        """
        is_own = site_of(url) == site_of(listed.feed)
        return 1 if is_own else self._options.share.of

    def _without_robots(self, missing: RobotsFile, url: str) -> Unreadable:
        """Return the verdict on a page whose robots.txt was not available."""
        reason = missing.reason or Reason.ROBOTS_UNREACHABLE
        if reason is Reason.HTTP_ERROR:
            return Unreadable(reason, missing.detail)
        return Passing(reason, missing.detail, self._hosts.rests_until(url))

    def _ask(self, listed: Listed, entry: str, url: str, pause: float) -> _Visit:
        try:
            response, not_before = request(
                self._network,
                url,
                is_new=listed.waited is None,
                max_bytes=self._options.max_page_bytes,
                pause=pause,
            )
        except FetchError as error:
            fetch = self._fetch(listed, entry, error.outcome)
            return None, page_verdict(error), fetch
        is_good = response.status == HTTPStatus.OK
        outcome = FetchOutcome.PAGE if is_good else FetchOutcome.HTTP_ERROR
        fetch = dataclasses.replace(
            self._fetch(listed, entry, outcome),
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

    def _fetch(self, listed: Listed, entry: str, outcome: FetchOutcome) -> Fetch:
        return Fetch(
            kind=FetchKind.PAGE,
            url=redact(listed.entry.url or ""),
            feed=listed.feed,
            outcome=outcome,
            entry=entry,
            state=None if listed.waited is None else WAITED,
            key=listed.key,
            version=entry_version(listed),
        )

    def _robots_file(self, url: str) -> Response:
        return self._site_file(url, "text/plain", MAX_ROBOTS_BYTES, cut=True)

    def _reservations_file(self, url: str) -> Response:
        return self._site_file(url, "application/json", MAX_BYTES, cut=False)

    def _site_file(
        self, url: str, accept: str, max_bytes: int, *, cut: bool
    ) -> Response:
        response, _ = request(
            self._network,
            url,
            # Whoever needs it first asks for it, for all of the host's entries.
            is_new=False,
            accept=accept,
            max_bytes=max_bytes,
            # All may ask for it; for what listed page is not known here.
            pause=self._options.page_pause_seconds * self._options.share.of,
            cut=cut,
        )
        return response


def _reserved(listed: Listed) -> Reject:
    detail = "the publisher reserves the rights of text and data mining"
    problem = Unreadable(Reason.RIGHTS_RESERVED, detail)
    return rejected(Stage.PAGES, entry_origin(listed), problem, listed.feed)


def _site_fetch(
    listed: Listed,
    file: RobotsFile,
    response: Response | None,
    kind: FetchKind,
    outcome: FetchOutcome,
    path: str,
) -> Fetch:
    return Fetch(
        kind=kind,
        url=redact(f"{file.origin}{path}"),
        feed=listed.feed,
        outcome=outcome,
        key=listed.key,
        status=response.status if response else None,
        size=response.wire_bytes if response else 0,
        seconds=response.seconds if response else 0.0,
        state=write_robots(file),
    )


def followed_identity(listed: Listed) -> str:
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


def _page_document(
    response: Response, own: Document, now: dt.datetime, *, is_reserved: bool | None
) -> Document:
    message = Message()
    message["Content-Type"] = response.header("content-type") or "text/html"
    url = with_route(response.url, own.declared.url or "")
    return Document(
        content=response.body,
        media=Media.HTML,
        text_source=TextSource.PAGE,
        fetched_at=now,
        charset=message.get_content_charset(),
        declared=dataclasses.replace(
            own.declared, url=url, link=own.declared.url, tdm_reserved=is_reserved
        ),
        fallback=own if _has_text(own) else None,
    )


def _has_text(document: Document) -> bool:
    return bool(document.content.strip())


def _is_complete(document: Document) -> bool:
    return document.is_truncated is False and (
        word_count(str(document.content)) >= _COMPLETE_WORDS
    )
