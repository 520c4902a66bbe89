"""Pages: entries that feeds list in, the documents behind them out.

An entry that was not followed before is followed (:mod:`transforms.feeds.follow`).  What was
followed before is remembered in one of two places:

* In process, in the process and by the dataset's index (:class:`FetchPages`).
* On an engine, in the engine's state (:class:`DropFollowed`, before :class:`FetchPages`
  that follows all: a bundle that the engine retries must find its entries not yet
  followed).  Entries go to the worker that has the host of their page.  So only one worker
  requests the pages of a host, and only what feeds carry passes through the shuffle, not
  the pages.  The state has two halves: after a set time the older one is dropped and the
  newer one takes its place.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.coders import BooleanCoder, StrUtf8Coder
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms import userstate
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.utils.timestamp import Duration, Timestamp

from transforms.dedup.entries import (
    FEED_DIGITS,
    entry_identity,
    entry_version,
    listing_of,
    sighting_of,
)
from transforms.feeds.follow import Follower, followed_identity
from transforms.listings import Fetch, Listed, Sighting
from transforms.origin import entry_origin
from transforms.records import Document, Reject
from transforms.vocabulary import Stage
from transforms.web.access import Web, host_of
from transforms.web.robots import RobotsFile
from transforms.work.stage import Tally, WorkWithNotes
from transforms.work.steps import Skip

_SEEN = "seen"


class EntryIndex(Protocol):
    """What earlier runs learnt on the way to pages."""

    def has_entry(self, entry: str, version: str) -> bool:
        """Return whether an entry needs no request: it is done, or waits for a retry."""

    def robots(self, origin: str) -> RobotsFile | None:
        """Return the robots.txt that a site had when it was last asked for."""

    def reservations(self, origin: str) -> RobotsFile | None:
        """Return the tdmrep.json that a site had when it was last asked for."""

    def is_forgotten(self, names: Iterable[str]) -> bool:
        """Return whether an article that goes by one of these names was taken out."""


class PageFetcher:
    """Follows the entries that were not followed before.

    Args:
      web: How to ask, and what is remembered.
      open_known: Opens what earlier runs learnt.
      follows_all: Follow every entry, however often it comes.
    """

    def __init__(
        self, web: Web, open_known: Callable[[], EntryIndex], *, follows_all: bool
    ) -> None:
        self._known = open_known()
        self._follows_all = follows_all
        self._lock = threading.Lock()
        self._followed: set[str] = set()
        self._follow = Follower(
            web, self._kept_robots, self._is_forgotten, self._kept_reservations
        )

    def __call__(
        self, listed: Listed
    ) -> Iterator[Document | Fetch | Reject | Skip | Sighting]:
        """Yield the document of a new entry, and the result of requesting its page.

        For one that was followed before, only the feed that lists it is reported.
        """
        with self._lock:
            before = self._before(listed)
        if before is None:
            yield from self._follow(listed)
        else:
            yield Skip(before)
            yield sighting_of(listing_of(listed))

    def _before(self, listed: Listed) -> str | None:
        """Return how an entry was dealt with before; note one that was not."""
        if self._follows_all:
            return None
        name = followed_identity(listed)
        if name in self._followed:
            return "duplicate"
        # A waiting entry comes by itself when it is due, and not from its feed.
        if listed.waited is None and self._known.has_entry(name, entry_version(listed)):
            return "seen"
        self._followed.add(name)
        return None

    def _kept_robots(self, origin: str) -> RobotsFile | None:
        with self._lock:
            return self._known.robots(origin)

    def _kept_reservations(self, origin: str) -> RobotsFile | None:
        with self._lock:
            return self._known.reservations(origin)

    def _is_forgotten(self, names: Iterable[str]) -> bool:
        with self._lock:
            return self._known.is_forgotten(names)


def entry_lane(listed: Listed) -> str:
    """Return the host that an entry's page is asked of."""
    return host_of(listed.entry.url or listed.feed)


@dataclasses.dataclass(eq=False)
class FetchPages(beam.PTransform):
    """Entries to documents: the page, or what the feed carries.

    Attributes:
      web: How to ask, and what is remembered.
      open_known: Opens what earlier runs learnt; called in the worker.
      rejects: Where entries go whose page is not available.
      follows_all: Follow every entry, however often it comes.
    """

    web: Web
    open_known: Callable[[], EntryIndex]
    rejects: ErrorHandler
    follows_all: bool = False

    def expand(
        self, entries: beam.PCollection[Listed]
    ) -> tuple[
        beam.PCollection[Document],
        beam.PCollection[Fetch],
        beam.PCollection[Sighting],
    ]:
        """Return the documents, the fetches, and what was followed before."""
        make = partial(
            PageFetcher, self.web, self.open_known, follows_all=self.follows_all
        )
        documents, notes = entries | "Fetch pages" >> WorkWithNotes(
            Stage.PAGES,
            make,
            entry_origin,
            self.rejects,
            entry_lane,
            self.web.options.threads,
            self.web.budget,
        )
        fetches, seen = (
            notes | name >> beam.Filter(isinstance, kind).with_output_types(kind)
            for name, kind in (("Fetches", Fetch), ("Seen", Sighting))
        )
        return documents, fetches, seen


@dataclasses.dataclass(eq=False)
class _DropFollowedFn(beam.DoFn):
    """Remembers, by host, which entries went before."""

    YOUNG = userstate.SetStateSpec("young", StrUtf8Coder())
    OLD = userstate.SetStateSpec("old", StrUtf8Coder())
    IS_TURNING = userstate.ReadModifyWriteStateSpec("is_turning", BooleanCoder())
    TURN = userstate.TimerSpec("turn", TimeDomain.WATERMARK)

    remember: dt.timedelta

    def setup(self) -> None:
        self._tally = Tally(Stage.PAGES)

    def process(
        self,
        keyed: tuple[str, Listed],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        young: Any = beam.DoFn.StateParam(YOUNG),
        old: Any = beam.DoFn.StateParam(OLD),
        is_turning: Any = beam.DoFn.StateParam(IS_TURNING),
        turn: Any = beam.DoFn.TimerParam(TURN),
    ) -> Iterator[Any]:
        _, listed = keyed
        names = _names(listed)
        known = {*young.read(), *old.read()}
        if names[0] in known and (names[-1] in known or names[1] not in known):
            # The next stage counts what goes in; this is one of its reasons not to.
            self._tally.add("in")
            self._tally.add("duplicate")
            yield TaggedOutput(_SEEN, sighting_of(listing_of(listed)))
            return
        for name in names:
            young.add(name)
        if not is_turning.read():
            is_turning.write(True)  # noqa: FBT003 - Beam's own
            turn.set(timestamp + self._period())
        yield listed

    @userstate.on_timer(TURN)
    def grow_old(
        self,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        young: Any = beam.DoFn.StateParam(YOUNG),
        old: Any = beam.DoFn.StateParam(OLD),
        is_turning: Any = beam.DoFn.StateParam(IS_TURNING),
        turn: Any = beam.DoFn.TimerParam(TURN),
    ) -> None:
        old.clear()
        names = list(young.read())
        for name in names:
            old.add(name)
        young.clear()
        if names:
            turn.set(timestamp + self._period())
        else:
            is_turning.clear()

    def _period(self) -> Duration:
        return Duration.of(self.remember.total_seconds())


def _names(listed: Listed) -> tuple[str, ...]:
    """Return what an entry is remembered by: itself, by its feed, and as it is now.

    A change is only seen by the feed that brought the entry first.
    """
    waited = listed.waited
    if waited is not None:
        # Each try of one that waits is a step of its own.
        name = f"{waited.entry}#{waited.tries}"
        return name, name
    name, version = entry_identity(listed), entry_version(listed)
    return name, name + version[:FEED_DIGITS], name + version


@dataclasses.dataclass(eq=False)
class DropFollowed(beam.PTransform):
    """Entries to those that did not go before.

    Attributes:
      remember: How long an entry is remembered at least, in event time.
    """

    remember: dt.timedelta

    def expand(
        self, entries: beam.PCollection[Listed]
    ) -> tuple[beam.PCollection[Listed], beam.PCollection[Sighting]]:
        """Return the entries that are new, and what went before."""
        results = (
            entries
            | "By host" >> beam.Map(_by_host).with_output_types(tuple[str, Listed])
            | "Drop followed"
            >> beam.ParDo(_DropFollowedFn(self.remember)).with_outputs(
                _SEEN, main="new"
            )
        )
        return results.new, results[_SEEN]


def _by_host(listed: Listed) -> tuple[str, Listed]:
    return entry_lane(listed), listed
