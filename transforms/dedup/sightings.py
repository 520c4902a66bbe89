"""Sightings: which feed lists which article, and when it was first seen to.

An article comes from the first feed that lists it.  For every other feed its entry has
been followed already.  Here both are joined: the entries that led to an article, and the
entries that were skipped.  Each feed is noted once for each article.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.coders import FastPrimitivesCoder
from apache_beam.transforms import userstate
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.utils.timestamp import Timestamp

from transforms.listings import Sighting
from transforms.text.strings import digest
from transforms.urls import canonical
from transforms.work.keyed import FirstFn, put_off


class SightingIndex(Protocol):
    """What the dataset knows of who lists what."""

    def article_of(self, entry: str) -> str | None:
        """Return the id of the article that an entry came to."""

    def has_article(self, article_id: str) -> bool:
        """Return whether there is an article with this id."""

    def is_waiting(self, entry: str) -> bool:
        """Return whether the page of an entry is waited for."""

    def has(self, article: str, key: str) -> bool:
        """Return whether a feed was noted for an article, or for an entry without one."""


def _noted(
    sighting: Sighting, article: str | None, known: SightingIndex
) -> Iterator[Sighting]:
    """Yield a sighting with its article, unless it was noted before or says nothing."""
    article = article or known.article_of(sighting.entry)
    if article is None and sighting.url is not None:
        # Of a dataset whose earlier version noted no entries.
        guess = digest(canonical(sighting.url) or "")
        article = guess if known.has_article(guess) else None
    if article is None and not known.is_waiting(sighting.entry):
        # Its entry came to no article.
        return
    if not known.has(article or sighting.entry, sighting.key):
        yield dataclasses.replace(sighting, article=article)


@dataclasses.dataclass(eq=False)
class _JoinFn(beam.DoFn):
    """Joins, by entry, what led to articles and what was skipped."""

    open_known: Callable[[], SightingIndex]

    def setup(self) -> None:
        self._known = self.open_known()

    def process(
        self, joined: tuple[str, dict[str, Iterable[Sighting]]]
    ) -> Iterator[Sighting]:
        _, parts = joined
        articles = list(parts["articles"])
        article = articles[0].article if articles else None
        for sighting in (*articles, *parts["seen"]):
            yield from _noted(sighting, sighting.article or article, self._known)


@dataclasses.dataclass(eq=False)
class _JoinLateFn(beam.DoFn):
    """The same without an end: a skipped entry waits for its article to come."""

    ARTICLE = userstate.ReadModifyWriteStateSpec("article", FastPrimitivesCoder())
    PENDING = userstate.BagStateSpec("pending", FastPrimitivesCoder())
    EXPIRY = userstate.TimerSpec("expiry", TimeDomain.WATERMARK)

    open_known: Callable[[], SightingIndex]
    remember: dt.timedelta

    def setup(self) -> None:
        self._known = self.open_known()

    def process(
        self,
        keyed: tuple[str, Sighting],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        article: Any = beam.DoFn.StateParam(ARTICLE),
        pending: Any = beam.DoFn.StateParam(PENDING),
        expiry: Any = beam.DoFn.TimerParam(EXPIRY),
    ) -> Iterator[Sighting]:
        _, sighting = keyed
        put_off(expiry, timestamp, self.remember)
        found = sighting.article or article.read()
        if found is None:
            found = self._known.article_of(sighting.entry)
        if found is None:
            pending.add(sighting)
            return
        article.write(found)
        for one in (*pending.read(), sighting):
            yield from _noted(one, found, self._known)
        pending.clear()

    @userstate.on_timer(EXPIRY)
    def expire(
        self,
        article: Any = beam.DoFn.StateParam(ARTICLE),
        pending: Any = beam.DoFn.StateParam(PENDING),
    ) -> None:
        article.clear()
        pending.clear()


@dataclasses.dataclass(eq=False)
class NoteSightings(beam.PTransform):
    """Two collections, sightings with articles and without, to the new ones among them.

    Attributes:
      open_known: Opens what the dataset knows; called in the worker.
      remember: How long, in event time, one waits for the other in a pipeline without
        end; None in one that ends.
    """

    open_known: Callable[[], SightingIndex]
    remember: dt.timedelta | None = None

    def expand(
        self, parts: tuple[beam.PCollection[Sighting], beam.PCollection[Sighting]]
    ) -> beam.PCollection[Sighting]:
        """Return the sightings to be written."""
        articles, seen = parts
        if self.remember is None:
            # Grouped, and not in state: Beam's local runner measures the size of each
            # state, which takes milliseconds.
            keyed = {
                "articles": articles | "Of articles by entry" >> _keyed(_by_entry),
                "seen": seen | "Seen by entry" >> _keyed(_by_entry),
            }
            return (
                keyed
                | "Join" >> beam.CoGroupByKey()
                | "Find articles" >> beam.ParDo(_JoinFn(self.open_known))
                | "By article and feed" >> _keyed(_by_article)
                | "Together" >> beam.GroupByKey()
                | "First" >> beam.Map(_first).with_output_types(Sighting)
            )
        return (
            (articles, seen)
            | "Of articles and entries" >> beam.Flatten()
            | "By entry" >> _keyed(_by_entry)
            | "Join" >> beam.ParDo(_JoinLateFn(self.open_known, self.remember))
            | "By article and feed" >> _keyed(_by_article)
            | "First" >> beam.ParDo(FirstFn(self.remember)).with_output_types(Sighting)
        )


def _keyed(name: Callable[[Sighting], tuple[str, Sighting]]) -> Any:
    return beam.Map(name).with_output_types(tuple[str, Sighting])


def _first(keyed: tuple[str, Iterable[Sighting]]) -> Sighting:
    """Return one of the sightings of an article by a feed, always the same."""
    return min(keyed[1], key=lambda sighting: (sighting.entry, sighting.url or ""))


def _by_entry(sighting: Sighting) -> tuple[str, Sighting]:
    return sighting.entry, sighting


def _by_article(sighting: Sighting) -> tuple[str, Sighting]:
    return f"{sighting.article or sighting.entry}\n{sighting.key}", sighting
