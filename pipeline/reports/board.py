"""The board of a stream: its progress, for the screen, the health check and the metrics.

The stream writes, other threads read: each value is replaced whole, never changed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.text.dates import LONG_AGO
from transforms.text.strings import one_line

_SHOWN = 50
_RATE_OVER = dt.timedelta(minutes=10)
_COLUMNS = [
    *("title", "source_name", "domain", "path", "language"),
    *("focus_countries", "country_codes", "published_at"),
]


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """How the feeds are doing.

    Attributes:
      feeds: All of them.
      due: Those that may be asked now.
      failing: Those that brought no feed when they were last asked.
      retired: Those that are gone for good.
      overdue: For how long the first of those that are due has been.
    """

    feeds: int = 0
    due: int = 0
    failing: int = 0
    retired: int = 0
    overdue: dt.timedelta = dt.timedelta()


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """An article for the screen."""

    title: str
    source: str
    language: str | None
    countries: tuple[str, ...]
    published_at: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """What one batch did, or several.

    Attributes:
      new: New articles.
      feeds: Feeds that were asked.
      files: Files that were read.
      rejected: Rejects by reason.
      seconds: How long it took.
    """

    new: int = 0
    feeds: int = 0
    files: int = 0
    rejected: Mapping[str, int] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.new + other.new,
            self.feeds + other.feeds,
            self.files + other.files,
            dict(Counter(self.rejected) + Counter(other.rejected)),
            self.seconds + other.seconds,
        )


@dataclasses.dataclass
class Board:
    """What a stream is at.

    Attributes:
      dataset: Where it writes.
      started: When it began.
      seen_at: When it last said that it is alive.
      working_since: When the batch in progress began; None between batches.
      is_stopping: It was asked to stop.
      counts: How the feeds are doing.
      waiting: Pages that are retried later, by reason.
      next_at: When there is something to do again; None for never.
      batches: Batches that were committed.
      failures: Batches that failed since.
      problem: Why the last one did.
      succeeded_at: When a batch was last committed.
      last: What that one did.
      total: What all of them did.
      articles: The latest, newest first.
    """

    dataset: Path | str
    started: dt.datetime
    seen_at: dt.datetime
    working_since: dt.datetime | None = None
    is_stopping: bool = False
    counts: Counts = Counts()
    next_at: dt.datetime | None = None
    waiting: Mapping[str, int] = dataclasses.field(default_factory=dict)
    batches: int = 0
    failures: int = 0
    problem: str | None = None
    succeeded_at: dt.datetime | None = None
    last: Figures = Figures()
    total: Figures = Figures()
    articles: tuple[Seen, ...] = ()
    _recent: tuple[tuple[dt.datetime, int], ...] = ()

    def stop(self) -> None:
        """Take note that a stop was asked for."""
        self.is_stopping = True

    def committed(
        self, now: dt.datetime, figures: Figures, articles: Iterable[Seen]
    ) -> None:
        """Take note of a batch that was committed."""
        self.batches += 1
        self.failures, self.problem = 0, None
        self.succeeded_at = now
        self.last = figures
        self.total += figures
        self.articles = (*articles, *self.articles)[:_SHOWN]
        since = now - _RATE_OVER
        recent = (*self._recent, (now, figures.new))
        self._recent = tuple((at, new) for at, new in recent if at > since)

    def failed(self, problem: str) -> None:
        """Take note of a batch that failed."""
        self.failures += 1
        self.problem = problem

    def per_minute(self, now: dt.datetime) -> float:
        """Return the new articles a minute, over the last ten."""
        since = max(now - _RATE_OVER, self.started)
        minutes = max((now - since).total_seconds() / 60, 1 / 60)
        return sum(new for at, new in self._recent if at > since) / minutes


def last_articles(files: Iterable[Path | pa.BufferReader]) -> list[Seen]:
    """Return the latest articles of files, newest first, as many as a screen holds."""
    rows = [
        row
        for file in files
        for row in pq.ParquetFile(file).read(columns=_COLUMNS).to_pylist()
    ]
    rows.sort(key=lambda row: row["published_at"] or LONG_AGO)
    return [
        Seen(
            one_line(row["title"]) or "untitled",
            one_line(row["source_name"] or row["domain"] or row["path"]) or "",
            row["language"],
            tuple(row["focus_countries"] or row["country_codes"] or ()),
            row["published_at"],
        )
        for row in reversed(rows[-_SHOWN:])
    ]
