"""Lately: what the articles and requests of the last weeks say of each feed."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipeline.dataset.read import open_table
from transforms.errors import ConfigError
from transforms.vocabulary import FetchKind, FetchOutcome
from transforms.web.policy import LONGEST_PAUSE

_RECENT_DAYS = 7
# Articles and requests that are older say nothing of what a feed is now.
_NAMED_BY = dt.timedelta(days=30)
# What clocks of machines that share a disk may differ by.
_SKEW = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Brought:
    """What the articles of the last weeks say of a feed.

    Attributes:
      count: Articles of the last days that it listed.
      name: The publication, as its latest article names it.
      country: Its country.
    """

    count: int = 0
    name: str | None = None
    country: str | None = None

    @property
    def per_day(self) -> float:
        """Return how many of them a day has."""
        return self.count / _RECENT_DAYS


def brought(dataset: Path | str, now: dt.datetime) -> dict[str, Brought]:
    """Return what the articles of the last weeks say, by feed.

    Args:
      dataset: Its folder, or its URL in a store.
      now: The time.
    """
    at = pc.field("ingested_at")
    table = _table(dataset, "articles", now)
    if table is None:
        return {}
    rows = table.to_table(
        ["feeds", "source_name", "source_country", "ingested_at", "revision"],
        filter=(at >= _instant(now - _NAMED_BY)) & (at < _instant(now + LONGEST_PAUSE)),
    ).combine_chunks()
    since = _instant(now - dt.timedelta(days=_RECENT_DAYS))
    # What a release makes again of known articles is no news.
    is_new = pc.and_(
        pc.equal(rows["revision"], 0), pc.greater_equal(rows["ingested_at"], since)
    )
    listed = rows.append_column("is_new", is_new).take(
        pc.list_parent_indices(rows["feeds"])
    )
    by_feed = listed.append_column("feed", pc.list_flatten(rows["feeds"]))
    # In order, for the latest that names it.
    found = by_feed.group_by("feed", use_threads=False).aggregate(
        [("is_new", "sum"), ("source_name", "last"), ("source_country", "last")]
    )
    return {
        row["feed"]: Brought(
            row["is_new_sum"], row["source_name_last"], row["source_country_last"]
        )
        for row in found.to_pylist()
    }


def last_errors(dataset: Path | str, now: dt.datetime) -> dict[str, str]:
    """Return what last went wrong, by the key of the feed.

    Args:
      dataset: Its folder, or its URL in a store.
      now: The time.
    """
    table = _table(dataset, "fetches", now)
    if table is None:
        return {}
    rows = table.to_table(
        ["feed", "feed_key", "outcome", "status", "at"],
        filter=(pc.field("kind") == FetchKind.FEED)
        & ~pc.field("outcome").isin([FetchOutcome.NEWS, FetchOutcome.UNCHANGED])
        & (pc.field("at") >= _instant(now - _NAMED_BY)),
    )
    return {
        row["feed_key"] or row["feed"]: " ".join(
            str(part) for part in (row["outcome"], row["status"]) if part is not None
        )
        for row in rows.sort_by("at").to_pylist()
    }


def _table(dataset: Path | str, name: str, now: dt.datetime) -> ds.Dataset | None:
    """Return what a table has of the last weeks, None where it is not there."""
    try:
        return open_table(dataset, name, since=now - _NAMED_BY - _SKEW)
    except ConfigError:
        return None


def _instant(moment: dt.datetime) -> pa.Scalar:
    return pa.scalar(moment, pa.timestamp("us", "UTC"))
