"""Dedup: drop what the dataset already holds, number what has changed.

An article is known by its id, and by its content hash under that id: the same text is
the same revision, whoever serves it again; another text is the next revision.  A file
without a URL is known by its text, and, should the text have changed, by its path.

One article may have several ids without anything that says so.  Then the text decides: a
link with the same path and another query is the same article if text and title are the
same.  The same holds for an entry of the same feed that has no link.

This stage comes before the expensive ones, so that a run over unchanged input costs the
extraction and nothing more.  What it remembers of a run lives in the worker's process:
texts do not pass through a shuffle only to be compared.
"""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.utils.shared import Shared

from transforms.origin import article_origin
from transforms.records import Article, Sighting, Stage
from transforms.sightings import article_sightings
from transforms.stage import Work
from transforms.steps import Skip
from transforms.text import digest
from transforms.urls import canonical


class KnownArticles(Protocol):
    """What the dataset holds."""

    def revision(self, article_id: str, content_hash: str) -> int | None:
        """Return the revision with this very text, None if there is none."""

    def latest(self, article_id: str) -> int | None:
        """Return the latest revision of an article, None if it is unknown."""

    def at_path(self, path: str) -> str | None:
        """Return the id of the article without URL that was read from ``path``."""

    def with_text(self, mark: str) -> str | None:
        """Return the id of the article with this :func:`text_mark`."""


def text_mark(
    url: str | None,
    path: str | None,
    feeds: Sequence[str] | None,
    title: str | None,
    content_hash: str,
) -> str | None:
    """Return what an article can be recognised by when its id is unknown.

    Args:
      url: Its canonical URL.
      path: The file that it was read from.
      feeds: The feeds that listed it.
      title: Its title.
      content_hash: The hash of its text.

    Returns:
      A hash of where it stands, its title and its text, as 32 hex digits; None for an
      article whose id is as good: one whose URL has no query, or one from a file.
    """
    if url is not None:
        place = _place(url) if "?" in url else None
    else:
        place = feeds[0] if feeds and path is None else None
    return _mark(place, title, content_hash) if place else None


def recognised(article: Article, known: KnownArticles, passed: Passed) -> str:
    """Return the id that an article is known by.

    Args:
      article: The article.
      known: What the dataset holds.
      passed: What passed before, in this flow.
    """
    if passed.has(article.id) or known.latest(article.id) is not None:
        return article.id
    url, path = article.canonical_url, article.path
    text = article.content_hash
    if url is None and path is not None:
        found = known.at_path(path) if "!#" not in path else None
        return found or article.id
    if url is not None:
        place = _place(url)
        bare = digest(place)
        if passed.has_version(bare, text) or known.revision(bare, text) is not None:
            return bare
    else:
        place = article.feeds[0] if article.feeds else ""
    mark = _mark(place, article.title, text)
    return passed.with_text(mark) or known.with_text(mark) or article.id


def mark_of(article: Article) -> str | None:
    """Return the :func:`text_mark` of an article."""
    return text_mark(
        article.canonical_url,
        article.path,
        article.feeds,
        article.title,
        article.content_hash,
    )


def _place(url: str) -> str:
    """Return an article's URL without its query, as an identity to compare."""
    return (canonical(url) or url).partition("#")[0].partition("?")[0]


def _mark(place: str, title: str | None, content_hash: str) -> str:
    return digest(f"{place}\n{title or ''}\n{content_hash}")


class Passed(Protocol):
    """What passed before, in this flow."""

    def has(self, article_id: str) -> bool:
        """Return whether an article passed."""

    def has_version(self, article_id: str, content_hash: str) -> bool:
        """Return whether an article passed with this very text."""

    def with_text(self, mark: str) -> str | None:
        """Return the id of an article that passed with this :func:`text_mark`."""


class Deduplicator:
    """Decides what is new, within a run and against the dataset.

    Args:
      known: What the dataset held when the run began.
    """

    def __init__(self, known: KnownArticles) -> None:
        self._known = known
        self._lock = threading.Lock()
        self._versions: set[tuple[str, str]] = set()
        self._latest: dict[str, int] = {}
        self._texts: dict[str, str] = {}

    def __call__(self, article: Article) -> Iterator[Article | Skip | Sighting]:
        """Yield the article with its id and revision, or why it goes no further.

        With both comes the sighting: which feed lists it.
        """
        with self._lock:
            article_id = recognised(article, self._known, self)
            yield self._decide(article, article_id)
        yield from article_sightings(dataclasses.replace(article, id=article_id))

    def _decide(self, article: Article, article_id: str) -> Article | Skip:
        version = (article_id, article.content_hash)
        if version in self._versions:
            return Skip("duplicate")
        if self._known.revision(*version) is not None:
            return Skip("unchanged")
        latest = self._latest.get(article_id)
        if latest is None:
            latest = self._known.latest(article_id)
        revision = 0 if latest is None else latest + 1
        self._versions.add(version)
        self._latest[article_id] = revision
        mark = mark_of(article)
        if mark is not None:
            self._texts.setdefault(mark, article_id)
        return dataclasses.replace(article, id=article_id, revision=revision)

    def has(self, article_id: str) -> bool:
        """Return whether an article passed."""
        return article_id in self._latest

    def has_version(self, article_id: str, content_hash: str) -> bool:
        """Return whether an article passed with this very text."""
        return (article_id, content_hash) in self._versions

    def with_text(self, mark: str) -> str | None:
        """Return the id of an article that passed with this :func:`text_mark`."""
        return self._texts.get(mark)


# One per process, kept apart by scope: Beam never forgets one that was made.
_DEDUPLICATOR = Shared()


def _shared(open_known: Callable[[], KnownArticles], scope: str) -> Deduplicator:
    # One memory for all threads of the process, a new one for each batch.
    found: Deduplicator = _DEDUPLICATOR.acquire(
        lambda: Deduplicator(open_known()), tag=scope
    )
    return found


@dataclasses.dataclass(eq=False)
class DropKnown(beam.PTransform):
    """Articles to those that are new, each with its revision; and who lists them all.

    Attributes:
      open_known: Opens what the dataset holds; called in the worker.
      rejects: Where failures go.
    """

    open_known: Callable[[], KnownArticles]
    rejects: ErrorHandler

    def expand(
        self, articles: beam.PCollection[Article]
    ) -> tuple[beam.PCollection[Article], beam.PCollection[Sighting]]:
        """Return the new articles, and the sightings of all."""
        new, sightings = articles | Work(
            Stage.DEDUP,
            # Articles are compared within this flow: a batch tried again begins afresh.
            partial(_shared, self.open_known, uuid.uuid4().hex),
            article_origin,
            self.rejects,
            has_notes=True,
        )
        return new, sightings
