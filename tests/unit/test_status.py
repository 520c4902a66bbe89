from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import re
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console
from rows import articles, write

from pipeline.dataset.home import LocalHome
from pipeline.dataset.index import opened_index
from pipeline.reports.status import ledger, status_view, warning
from pipeline.state.database import State
from transforms.listings import Fetch
from transforms.records import Stamp
from transforms.tables import TABLES
from transforms.vocabulary import FetchKind, FetchOutcome
from transforms.web.access import write_state
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


def test_only_what_was_written_lately_is_read(tmp_path: Path) -> None:
    (tmp_path / "_runs").mkdir()
    known = FeedState(FEED.url, asked_at=NOW, succeeded_at=NOW)
    asked = Fetch(
        FetchKind.FEED, FEED.url, FEED.url, FetchOutcome.NEWS, state=write_state(known)
    )
    row = fetch_row(asked, Stamp("run", "0", NOW))
    write(tmp_path, "fetches", pa.Table.from_pylist([row], TABLES["fetches"]))
    names = {"2026-11-23": "The Paper", "2016-01-01": "Its old name"}
    for day, name in names.items():
        listed = {"feeds": [FEED.url], "source_name": name, "content_hash": "0" * 32}
        moment = {"id": day.replace("-", "").zfill(32), "ingested_at": NOW}
        write(tmp_path, "articles", articles({**listed, **moment}), day=day)
    with opened_index(tmp_path):
        pass
    [old] = tmp_path.glob("articles/date=2016-01-01/*")
    old.write_bytes(b"damaged")
    written = (NOW - dt.timedelta(days=40)).timestamp()
    os.utime(old, (written, written))
    [status] = ledger(LocalHome(tmp_path), NOW)
    assert (status.name, status.per_day) == ("The Paper", 1 / 7)
    assert many_rows(tmp_path) == 2


def many_rows(dataset: Path) -> int:
    """Return how many articles status counts, by the index alone."""
    printed = io.StringIO()
    Console(file=printed, width=80).print(status_view(LocalHome(dataset), NOW))
    found = re.search(r"articles: (\d+) rows in 2 files", printed.getvalue())
    assert found
    return int(found[1])
