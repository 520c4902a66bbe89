"""Dedup: drop what the dataset already holds, number what has changed.

An article is known by its id, and by its content hash under that id: the same text is
the same revision, whoever serves it again; another text is the next revision.  A file
without a URL is known by its text, and, should the text have changed, by its path.

This stage comes before the expensive ones, so that a run over unchanged input costs the
extraction and nothing more.  What it remembers of a run lives in the worker's process:
text never passes through a shuffle only to be compared.
"""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.utils.shared import Shared

from transforms.origin import article_origin
from transforms.records import Article, Stage
from transforms.stage import Work
from transforms.steps import Skip


class KnownArticles(Protocol):
    """What the dataset holds."""

    def revision(self, article_id: str, content_hash: str) -> int | None:
        """Return the revision with this very text, None if there is none."""

    def latest(self, article_id: str) -> int | None:
        """Return the latest revision of an article, None if it is unknown."""

    def at_path(self, path: str) -> str | None:
        """Return the id of the article without URL that was read from ``path``."""


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

    def __call__(self, article: Article) -> Iterator[Article | Skip]:
        """Yield the article with its id and revision, or why it goes no further."""
        with self._lock:
            yield self._decide(article)

    def _decide(self, article: Article) -> Article | Skip:
        article_id = self._identity(article)
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
        return dataclasses.replace(article, id=article_id, revision=revision)

    def _identity(self, article: Article) -> str:
        if article.canonical_url or article.path is None or "!#" in article.path:
            return article.id
        if article.id in self._latest or self._known.latest(article.id) is not None:
            return article.id
        return self._known.at_path(article.path) or article.id


# One for the process, told apart by scope: Beam never forgets one that was made.
_DEDUPLICATOR = Shared()


def _shared(open_known: Callable[[], KnownArticles], scope: str) -> Deduplicator:
    # One memory for all threads of the process, a new one for each batch.
    found: Deduplicator = _DEDUPLICATOR.acquire(
        lambda: Deduplicator(open_known()), tag=scope
    )
    return found


@dataclasses.dataclass(eq=False)
class DropKnown(beam.PTransform):
    """Articles to those that are new, each with its revision.

    Attributes:
      open_known: Opens what the dataset holds; called in the worker.
      rejects: Where failures go.
    """

    open_known: Callable[[], KnownArticles]
    rejects: ErrorHandler

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return the new articles."""
        return articles | Work(
            Stage.DEDUP,
            # Articles are compared within this flow: a batch tried again begins afresh.
            partial(_shared, self.open_known, uuid.uuid4().hex),
            article_origin,
            self.rejects,
        )
