"""Keyed dedup: what :mod:`transforms.dedup` decides, decided in the engine's own state.

Each article goes to the worker that has its id, whose state holds the revisions that
passed.  Unlike in a bounded run the text passes through a shuffle on the way, once and
before the annotations are made: with several workers nothing else brings two copies of an
article together.  The state of an article expires when the article was not seen for a set
time.  Where there is no state, as after that or after a restart, the dataset's index is
asked, and it does not expire.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import BooleanCoder, FastPrimitivesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import (
    ReadModifyWriteStateSpec,
    TimerSpec,
    on_timer,
)
from apache_beam.utils.timestamp import Duration, Timestamp

from transforms.dedup import KnownArticles, mark_of, recognised
from transforms.records import Article, Sighting, Stage
from transforms.sightings import article_sightings
from transforms.stage import Tally

Versions = tuple[int, tuple[str, ...]]
"""The latest revision of an article, and the content hashes that passed."""


class _Nothing:
    """What passed elsewhere: the state of another article cannot be read here."""

    def has(self, article_id: str) -> bool:
        del article_id
        return False

    def has_version(self, article_id: str, content_hash: str) -> bool:
        del article_id, content_hash
        return False

    def with_text(self, mark: str) -> str | None:
        del mark
        return None


def identity(article: Article, known: KnownArticles) -> str:
    """Return the id that an article is known by; see :mod:`transforms.dedup`."""
    return recognised(article, known, _Nothing())


def decide(
    article: Article, versions: Versions | None, known: KnownArticles
) -> tuple[str, Article, Versions]:
    """Decide whether an article is new, given what passed under its id.

    Args:
      article: The article.
      versions: What the state holds; None where it holds nothing.
      known: What the dataset holds.

    Returns:
      The verdict (``out``, ``duplicate`` or ``unchanged``), the article with its
      revision, and what the state holds from now on.
    """
    if versions is None:
        latest = known.latest(article.id)
        versions = (-1 if latest is None else latest), ()
    last, hashes = versions
    if article.content_hash in hashes:
        return "duplicate", article, versions
    if known.revision(article.id, article.content_hash) is not None:
        return "unchanged", article, (last, (*hashes, article.content_hash))
    article = dataclasses.replace(article, revision=last + 1)
    return "out", article, (last + 1, (*hashes, article.content_hash))


class _KeyFn(beam.DoFn):
    """Puts before each article the id that it is known by."""

    def __init__(self, open_known: Callable[[], KnownArticles]) -> None:
        self._open_known = open_known

    def setup(self) -> None:
        self._known = self._open_known()

    def process(self, article: Article) -> Iterator[tuple[str, Article]]:
        name = identity(article, self._known)
        yield name, dataclasses.replace(article, id=name)


class _DropTextFn(beam.DoFn):
    """Remembers, by :func:`~transforms.dedup.text_mark`, that a text passed."""

    PASSED = ReadModifyWriteStateSpec("passed", BooleanCoder())
    EXPIRY = TimerSpec("expiry", TimeDomain.WATERMARK)

    def __init__(self, remember: dt.timedelta | None) -> None:
        self._remember = remember

    def setup(self) -> None:
        self._tally = Tally(Stage.DEDUP)

    def process(
        self,
        keyed: tuple[str, Article],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        passed: Any = beam.DoFn.StateParam(PASSED),
        expiry: Any = beam.DoFn.TimerParam(EXPIRY),
    ) -> Iterator[Article]:
        if self._remember is not None:
            expiry.set(timestamp + Duration.of(self._remember.total_seconds()))
        if passed.read():
            # What goes on is counted by the next step; this does not.
            self._tally.add("in")
            self._tally.add("duplicate")
            return
        passed.write(True)  # noqa: FBT003 - Beam's own
        yield keyed[1]

    @on_timer(EXPIRY)
    def expire(self, passed: Any = beam.DoFn.StateParam(PASSED)) -> None:
        passed.clear()


def _with_mark(article: Article) -> Iterator[tuple[str, Article]]:
    mark = mark_of(article)
    if mark is not None:
        yield mark, article


def _without_mark(article: Article) -> bool:
    return mark_of(article) is None


class _DropSeenFn(beam.DoFn):
    """Remembers, by id, which versions of an article passed."""

    VERSIONS = ReadModifyWriteStateSpec("versions", FastPrimitivesCoder())
    EXPIRY = TimerSpec("expiry", TimeDomain.WATERMARK)

    def __init__(
        self,
        open_known: Callable[[], KnownArticles],
        remember: dt.timedelta | None,
    ) -> None:
        self._open_known = open_known
        self._remember = remember

    def setup(self) -> None:
        self._tally = Tally(Stage.DEDUP)
        self._known = self._open_known()

    def process(
        self,
        keyed: tuple[str, Article],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        versions: Any = beam.DoFn.StateParam(VERSIONS),
        expiry: Any = beam.DoFn.TimerParam(EXPIRY),
    ) -> Iterator[Article]:
        _, article = keyed
        self._tally.add("in")
        verdict, article, after = decide(article, versions.read(), self._known)
        versions.write(after)
        if self._remember is not None:
            expiry.set(timestamp + Duration.of(self._remember.total_seconds()))
        self._tally.add(verdict)
        if verdict == "out":
            yield article

    @on_timer(EXPIRY)
    def expire(self, versions: Any = beam.DoFn.StateParam(VERSIONS)) -> None:
        versions.clear()


@dataclasses.dataclass(eq=False)
class DropSeen(beam.PTransform):
    """Articles to those that are new, with who lists them all; on any engine.

    Attributes:
      open_known: Opens what the dataset holds; called in the worker.
      remember: How long, in event time, the state of an article is kept after it was
        heard of last; None for as long as the pipeline runs.
    """

    open_known: Callable[[], KnownArticles]
    remember: dt.timedelta | None = None

    def expand(
        self, articles: beam.PCollection[Article]
    ) -> tuple[beam.PCollection[Article], beam.PCollection[Sighting]]:
        """Return the new articles, and the sightings of all."""
        # The same text under another query: its id leads to another worker.
        firsts = (
            articles
            | "By text"
            >> beam.FlatMap(_with_mark).with_output_types(tuple[str, Article])
            | "Drop texts" >> beam.ParDo(_DropTextFn(self.remember))
        )
        others = articles | "Without text" >> beam.Filter(_without_mark)
        named = (
            (firsts, others)
            | "All texts" >> beam.Flatten()
            | "By id"
            >> beam.ParDo(_KeyFn(self.open_known)).with_output_types(
                tuple[str, Article]
            )
        )
        sightings = named | "Sightings" >> beam.FlatMap(_sightings).with_output_types(
            Sighting
        )
        new = named | "Drop seen" >> beam.ParDo(
            _DropSeenFn(self.open_known, self.remember)
        )
        return new, sightings


def _sightings(keyed: tuple[str, Article]) -> Iterator[Sighting]:
    return article_sightings(keyed[1])
