"""Dedup: drop what the dataset already holds, number what has changed.

An article is known by its id, and by its content hash under that id: the same text is
the same revision, whoever serves it again; another text is the next revision.  A file
without a URL is known by its text, and, should the text have changed, by its path.

One article may have several ids without anything that says so.  Then the text decides: a
link with the same path and another query is the same article if text and title are the
same.  The same holds for an entry of the same feed that has no link.

This stage comes before the expensive ones, so that a run over unchanged input costs the
extraction and nothing more.  :func:`judge` decides; what it is given of the articles that
passed before lives in one of two places:

* In process (:func:`drop_known`), in the process: texts do not pass through a shuffle
  only to be compared.
* On an engine (:class:`DropSeen`), in the engine's state, by id.  Each article goes to the
  worker that has its id, its text through one shuffle: with several workers nothing else
  brings two copies of an article together.  The state of an article expires when the
  article was not seen for a set time.  Where there is no state, as after that or after a
  restart, the dataset's index is asked, and it does not expire.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol, TypeAlias

import apache_beam as beam
from apache_beam.coders import FastPrimitivesCoder
from apache_beam.transforms import userstate
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.utils.shared import Shared
from apache_beam.utils.timestamp import Timestamp

from transforms.dedup.entries import article_sightings
from transforms.dedup.marks import mark_of, place_of, text_mark
from transforms.dedup.names import FORGOTTEN, article_names
from transforms.listings import Sighting
from transforms.origin import article_origin
from transforms.records import Article
from transforms.text.strings import digest
from transforms.vocabulary import Stage
from transforms.work.keyed import FirstFn, put_off
from transforms.work.stage import Tally, WorkWithNotes
from transforms.work.steps import Skip

Versions: TypeAlias = tuple[int | None, tuple[str, ...]]
"""The latest revision of an article that passed, and the content hashes that did."""


@dataclasses.dataclass(frozen=True, slots=True)
class PassedArticles:
    """What passed before, in this flow; empty on a worker that knows one article alone.

    Attributes:
      versions: What passed of each article, by id.
      texts: The ids of articles by their :func:`~transforms.dedup.marks.text_mark`.
    """

    versions: dict[str, Versions] = dataclasses.field(default_factory=dict)
    texts: dict[str, str] = dataclasses.field(default_factory=dict)


class ArticleIndex(Protocol):
    """What the dataset holds."""

    def revision(self, article_id: str, content_hash: str) -> int | None:
        """Return the revision with this very text, None if there is none."""

    def latest(self, article_id: str) -> int | None:
        """Return the latest revision of an article, None if it is unknown."""

    def at_path(self, path: str) -> str | None:
        """Return the id of the article without URL that was read from ``path``."""

    def with_text(self, mark: str) -> str | None:
        """Return the id of the article with this :func:`~transforms.dedup.marks.text_mark`."""

    def is_forgotten(self, names: Iterable[str]) -> bool:
        """Return whether an article that goes by one of these names was taken out."""


def recognised(article: Article, known: ArticleIndex, passed: PassedArticles) -> str:
    """Return the id that an article is known by.

    Args:
      article: The article.
      known: What the dataset holds.
      passed: What passed before, in this flow.
    """
    if article.id in passed.versions or known.latest(article.id) is not None:
        return article.id
    url, path = article.canonical_url, article.path
    text = article.content_hash
    if url is None and path is not None:
        found = known.at_path(path) if "!#" not in path else None
        return found or article.id
    if url is not None:
        place = place_of(url)
        bare = digest(place)
        _, hashes = passed.versions.get(bare, (None, ()))
        if text in hashes or known.revision(bare, text) is not None:
            return bare
    else:
        place = article.feeds[0] if article.feeds else ""
    mark = mark_of(place, article.title, text)
    return passed.texts.get(mark) or known.with_text(mark) or article.id


def article_mark(article: Article) -> str | None:
    """Return the :func:`~transforms.dedup.marks.text_mark` of an article."""
    return text_mark(
        article.canonical_url,
        article.path,
        article.feeds,
        article.title,
        article.content_hash,
    )


def judge(
    article: Article, versions: Versions | None, known: ArticleIndex
) -> tuple[Article | Skip, Versions]:
    """Decide whether an article is new, given what passed under its id.

    Args:
      article: The article.
      versions: What passed; None where nothing did.
      known: What the dataset holds.

    Returns:
      The article with its revision, or why it goes no further; and what is known from
      now on to have passed.
    """
    last, hashes = versions or (None, ())
    if article.content_hash in hashes:
        return Skip("duplicate"), (last, hashes)
    hashes = (*hashes, article.content_hash)
    latest = known.latest(article.id)
    is_known = latest is not None
    if is_known and known.revision(article.id, article.content_hash) is not None:
        return Skip("unchanged"), (last, hashes)
    if last is None:
        last = latest
    revision = 0 if last is None else last + 1
    return dataclasses.replace(article, revision=revision), (revision, hashes)


class Deduplicator:
    """Decides what is new, within a run and against the dataset.

    Args:
      known: What the dataset held when the run began.
    """

    def __init__(self, known: ArticleIndex) -> None:
        self._known = known
        self._lock = threading.Lock()
        self._passed = PassedArticles()

    def __call__(self, article: Article) -> Iterator[Article | Skip | Sighting]:
        """Yield the article with its id and revision, or why it goes no further.

        With both comes the sighting: which feed lists it.
        """
        with self._lock:
            article_id = recognised(article, self._known, self._passed)
            article = dataclasses.replace(article, id=article_id)
            if self._known.is_forgotten(article_names(article)):
                yield Skip(FORGOTTEN)
                return
            before = self._passed.versions.get(article_id)
            verdict, after = judge(article, before, self._known)
            # Of unchanged input nothing is kept: the dataset knows it.
            if isinstance(verdict, Article):
                self._passed.versions[article_id] = after
                mark = article_mark(article)
                if mark is not None:
                    self._passed.texts.setdefault(mark, article_id)
            yield verdict
        yield from article_sightings(article)


# One per process, kept apart by scope: Beam never forgets one that was made.
_DEDUPLICATOR = Shared()


def _shared(open_known: Callable[[], ArticleIndex], scope: str) -> Deduplicator:
    # One memory for all threads of the process, a new one for each batch.
    found: Deduplicator = _DEDUPLICATOR.acquire(
        lambda: Deduplicator(open_known()), tag=scope
    )
    return found


def drop_known(
    open_known: Callable[[], ArticleIndex], rejects: ErrorHandler
) -> WorkWithNotes[Article, Article]:
    """Return the stage from articles to the new ones, and to who lists them all.

    Args:
      open_known: Opens what the dataset holds; called in the worker.
      rejects: Where failures go.
    """
    # Articles are compared within this flow: a batch tried again begins afresh.
    make = partial(_shared, open_known, uuid.uuid4().hex)
    return WorkWithNotes(Stage.DEDUP, make, article_origin, rejects)


@dataclasses.dataclass(eq=False)
class _KeyFn(beam.DoFn):
    """Puts before each article the id that it is known by."""

    open_known: Callable[[], ArticleIndex]

    def setup(self) -> None:
        self._tally = Tally(Stage.DEDUP)
        self._known = self.open_known()

    def process(self, article: Article) -> Iterator[tuple[str, Article]]:
        # The state of another article cannot be read here.
        name = recognised(article, self._known, PassedArticles())
        article = dataclasses.replace(article, id=name)
        if self._known.is_forgotten(article_names(article)):
            # The next stage counts what goes in; this does not reach it.
            self._tally.add("in")
            self._tally.add(FORGOTTEN)
        else:
            yield name, article


def _with_mark(article: Article) -> Iterator[tuple[str, Article]]:
    mark = article_mark(article)
    if mark is not None:
        yield mark, article


@dataclasses.dataclass(eq=False)
class _DropSeenFn(beam.DoFn):
    """Remembers, by id, which versions of an article passed."""

    VERSIONS = userstate.ReadModifyWriteStateSpec("versions", FastPrimitivesCoder())
    EXPIRY = userstate.TimerSpec("expiry", TimeDomain.WATERMARK)

    open_known: Callable[[], ArticleIndex]
    remember: dt.timedelta | None

    def setup(self) -> None:
        self._tally = Tally(Stage.DEDUP)
        self._known = self.open_known()

    def process(
        self,
        keyed: tuple[str, Article],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        versions: Any = beam.DoFn.StateParam(VERSIONS),
        expiry: Any = beam.DoFn.TimerParam(EXPIRY),
    ) -> Iterator[Article]:
        _, article = keyed
        self._tally.add("in")
        verdict, after = judge(article, versions.read(), self._known)
        versions.write(after)
        put_off(expiry, timestamp, self.remember)
        if isinstance(verdict, Skip):
            self._tally.add(verdict.reason)
        else:
            self._tally.add("out")
            yield verdict

    @userstate.on_timer(EXPIRY)
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

    open_known: Callable[[], ArticleIndex]
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
            | "Drop texts" >> beam.ParDo(FirstFn(self.remember, Stage.DEDUP))
        )
        others = articles | "Without text" >> beam.Filter(
            lambda one: article_mark(one) is None
        )
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
