from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.reports.status import warning
from pipeline.state.database import State
from transforms.listings import Fetch
from transforms.records import Stamp
from transforms.tables import TABLES
from transforms.vocabulary import FetchKind, FetchOutcome
from transforms.web.feed_state import FeedState
from transforms.write.parquet import write_table
from transforms.write.rows import fetch_row

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
FEED = FeedState("https://example.org/feed")


def news(gap: dt.timedelta, last: dt.timedelta) -> list[dt.datetime]:
    return [NOW - last - gap * number for number in range(9, -1, -1)]


@pytest.mark.parametrize(
    ("gap", "last", "expected"),
    [
        (HOUR, 2 * HOUR, None),
        (HOUR, 60 * HOUR, None),
        (HOUR, 100 * HOUR, "silent for 4 days; it used to bring news every 1 hours"),
        (168 * HOUR, 400 * HOUR, None),
        (
            168 * HOUR,
            700 * HOUR,
            "silent for 29 days; it used to bring news every 7 days",
        ),
    ],
)
def test_silence_is_measured_by_a_feeds_own_past(
    gap: dt.timedelta, last: dt.timedelta, expected: str | None
) -> None:
    assert warning(FEED, news(gap, last), NOW) == expected


def test_little_past_tells_nothing() -> None:
    assert warning(FEED, news(HOUR, 500 * HOUR)[:3], NOW) is None


def test_gone_and_failing_feeds() -> None:
    assert "410" in (warning(FeedState("x", retired=True), [], NOW) or "")
    assert "failed 3 times" in (warning(FeedState("x", failures=3), [], NOW) or "")


def test_the_state_keeps_the_last_news_of_each_feed(tmp_path: Path) -> None:
    folder = tmp_path / "fetches" / "date=2026-11-24"
    folder.mkdir(parents=True)
    moments = [NOW - HOUR * number for number in range(100, 0, -1)]
    fetch = Fetch(FetchKind.FEED, FEED.url, FEED.url, FetchOutcome.NEWS)
    quiet = Fetch(FetchKind.FEED, FEED.url, FEED.url, FetchOutcome.UNCHANGED)
    rows = [
        fetch_row(each, Stamp(f"{number:03}", "0", moment))
        for number, moment in enumerate(moments)
        for each in (fetch, quiet)
    ]
    # In two files, each with rows in no order: as after a compaction.
    files = [folder / "a.parquet", folder / "b.parquet"]
    for file, some in zip(files, (rows[99::-1], rows[:99:-1]), strict=True):
        write_table(pa.Table.from_pylist(some, schema=TABLES["fetches"]), file, 3)
    with contextlib.closing(State(tmp_path / "state.sqlite")) as state:
        state.record(tmp_path, files)
        assert state.requests.news() == {FEED.url: moments[-50:]}
