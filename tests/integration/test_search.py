"""Articles found by their words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rows import NOON, articles, write

from pipeline.desk.filters import Filters
from pipeline.desk.search import search

Command = Callable[..., Any]
LONG = f"{'word ' * 60}The Élysée said\n\nnothing.\x1b[31m {'word ' * 60}"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    for day in range(1, 13):
        moment = NOON - dt.timedelta(days=day)
        row = {
            "id": f"{day:032x}",
            "title": f"Day {day}: elections" if day % 2 else None,
            "text": LONG if day != 3 else "习近平在北京",
            "persons": ["Ada Élan"] if day == 12 else None,
            "published_at": moment,
            "language": "en",
            "domain": "paper.example",
        }
        write(tmp_path, "articles", articles(row), day=str(moment.date()))
    return tmp_path


def days(dataset: Path, *words: str, most: int = 20, **more: Any) -> list[int]:
    options: dict[str, Any] = {"titles": False, "progress": lambda *_: None} | more
    filters = options.pop("filters", Filters())
    found = search(dataset, words, filters, most=most, **options)
    return [int(one.row["id"], 16) for one in found]


def test_all_words_are_there_and_the_newest_comes_first(dataset: Path) -> None:
    assert days(dataset, "election") == [1, 3, 5, 7, 9, 11]
    assert days(dataset, "ELECTION", "elysee") == [1, 5, 7, 9, 11]
    assert days(dataset, "elysee said nothing", most=3) == [1, 2, 4]
    assert days(dataset, "北京") == [3]
    assert days(dataset, "lection") == []
    assert days(dataset, "ada elan", titles=True) == [12]
    assert days(dataset, "elysee", titles=True) == []


def test_no_more_is_read_than_is_asked_for(dataset: Path) -> None:
    read: list[tuple[int, int, int]] = []
    days(dataset, "elysee", most=2, progress=lambda *done: read.append(done))
    assert read == [(4, 12, 2)]
    since = Filters(since=NOON - dt.timedelta(days=2), until=NOON)
    read.clear()
    found = days(
        dataset, "elysee", filters=since, progress=lambda *done: read.append(done)
    )
    assert found == [1, 2]
    # Partitions may be months: of the first, all days are looked at.
    assert read[-1] == (12, 12, 2)
    later = Filters(since=NOON + dt.timedelta(days=10))
    assert days(dataset, "elysee", filters=later) == []


def test_words_stand_in_their_context(newsbeam: Command, dataset: Path) -> None:
    done = newsbeam(
        "search", dataset, "elysee", "election", "--format", "json", "-n", "1"
    )
    [one] = json.loads(done.stdout)
    assert one["published_at"] == "2026-11-23T12:00:00Z"
    title, text = one["passages"]
    assert title == {"field": "title", "text": "Day 1: elections", "matches": [[7, 15]]}
    [[first, last]] = text["matches"]
    assert text["text"][first:last] == "Élysée"
    assert text["text"].startswith("…")
    assert text["text"].endswith("…")
    assert "\x1b" not in done.stdout
    assert len(text["text"]) < 200


def test_a_pipe_gets_plain_text(newsbeam: Command, dataset: Path) -> None:
    done = newsbeam("search", dataset, "elysee", "-n", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert lines[0] == "2026-11-23 12:00  en  paper.example  00000000"
    assert lines[1] == "Day 1: elections"
    assert newsbeam("search", dataset, "nowhere").stdout == (
        "no article has these words\n"
    )


def test_only_the_latest_revision_is_looked_through(dataset: Path) -> None:
    moment = NOON - dt.timedelta(days=1)
    row = {
        "id": f"{1:032x}",
        "revision": 1,
        "published_at": moment,
        "text": "A new one",
    }
    later = articles(row | {"title": "Day 1: results", "language": "en"})
    write(dataset, "articles", later, day=str(NOON.date()))
    assert days(dataset, "election") == [3, 5, 7, 9, 11]
    assert days(dataset, "results") == [1]
    assert days(dataset, "day 1", titles=True) == [1, 11]


def test_articles_that_were_revised_hide_none_that_were_not(tmp_path: Path) -> None:
    moment = NOON - dt.timedelta(days=1)
    row = {"published_at": moment, "language": "en"}
    # More than are looked for in the place of those that were revised.
    firsts = [row | {"id": f"{n:032x}", "title": "Votes"} for n in range(1, 12)]
    kept = row | {"id": f"{12:032x}", "title": "Votes"}
    write(tmp_path, "articles", articles(*firsts, kept), day=str(moment.date()))
    assert days(tmp_path, "votes", most=2) == [1, 2]
    later = [first | {"revision": 1, "title": "Results"} for first in firsts]
    write(tmp_path, "articles", articles(*later), day=str(NOON.date()))
    assert days(tmp_path, "votes", most=2) == [12]
    assert days(tmp_path, "votes", most=20, titles=True) == [12]
    assert days(tmp_path, "results", most=2) == [1, 2]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        # A text that is ASCII is looked through as such, which finds the same.
        *((word, [1, 2, 3]) for word in ("lodz", "Łódź", "Lódz")),
        ("o’brien", [1, 2]),
        ("o'brien", [1, 2]),
        ("\u017fenator", [1]),
        ("москва", [2]),
        ("senator ada", []),
        ("ada; bob", [1]),
        ("bob acme", []),
    ],
)
def test_titles_and_names_are_found_in_any_letters(
    tmp_path: Path, word: str, found: list[int]
) -> None:
    day = str(NOON.date())
    same: dict[str, Any] = {"published_at": NOON, "language": "en"}
    rows: list[dict[str, Any]] = [
        {"title": "O'Brien, Lodz senator", "persons": ["Ada", "Bob"]}
        | {"organizations": ["Acme"]},
        {"title": "O’Brien, Lódź, Москва"},
        {"title": None, "locations": ["Łódź"]},
    ]
    numbered = [row | same | {"id": f"{n:032x}"} for n, row in enumerate(rows, 1)]
    write(tmp_path, "articles", articles(*numbered), day=day)
    assert days(tmp_path, word, titles=True) == found


def test_a_source_is_that_of_the_article(dataset: Path) -> None:
    paper = Filters(source="paper.example")
    assert days(dataset, "election", filters=paper, most=2) == [1, 3]
    assert days(dataset, "election", filters=Filters(source="other.example")) == []
