"""What the report and the statistics say in words."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from invented import article, write_rows
from rich.console import Console

from pipeline.charts import stats, upkeep
from pipeline.charts.markup import Figure
from pipeline.charts.questions import Questions
from pipeline.charts.wording import days
from pipeline.desk.views import connect

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("first", "closes", "said"),
    [
        ("2025-10-07", "2025-10-08", "7 October 2025"),
        ("2025-10-03", "2025-10-10", "3 to 9 October 2025"),
        ("2025-09-28", "2025-10-05", "28 September to 4 October 2025"),
        ("2025-12-28", "2026-01-04", "28 December 2025 to 3 January 2026"),
    ],
)
def test_days(first: str, closes: str, said: str) -> None:
    one, other = map(dt.datetime.fromisoformat, (first, closes))
    assert days(one, other) == said


def test_a_feed_of_which_no_request_is_known_has_an_unknown_answer(
    tmp_path: Path,
) -> None:
    feed = "https://a.example/feed"
    write_rows(tmp_path, "articles", [article(1, feeds=[feed])])
    with connect(tmp_path) as connection:
        section = upkeep.upkeep(Questions(connection, None))
    [found] = [
        part
        for part in section.parts
        if isinstance(part, Figure) and part.key == "feeds"
    ]
    assert [row[:2] for row in found.rows] == [(feed, "unknown")]


def test_statistics_without_an_article_show_why(tmp_path: Path) -> None:
    reject = {
        "run_id": "run",
        "at": NOON,
        "stage": "read",
        "reason": "empty",
        "key": "a.txt",
        "detail": "nothing in it",
        "payload": "{}",
    }
    write_rows(tmp_path, "rejects", [reject, reject | {"key": "b.txt"}])
    console = Console(width=80, file=io.StringIO())
    with connect(tmp_path) as connection, console.capture() as captured:
        console.print(stats.stats_view(Questions(connection, None), 80))
    lines = captured.get().splitlines()
    assert lines[0] == "no article"
    assert lines[2] == "rejects"
    assert lines[3].split()[:3] == ["read:", "empty", "2"]
