"""What is known of one address."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from kit import Dataset
from news_site import Reader, Site, page
from rich.console import Console
from rows import LISTED, NOON, articles, assignments, write

from pipeline.dataset.index import opened_index
from pipeline.desk.why import Known, known_view, why
from transforms.dedup.names import link_name
from transforms.errors import DatasetError
from transforms.tables import TABLES
from transforms.text.strings import digest
from transforms.urls import canonical

URL = "https://www.paper.example/news/1"
ID = digest(canonical(URL) or "")
COPY = "c" * 32
ENTRY = "e" * 32
FEED = "https://paper.example/feed"
HOUR = dt.timedelta(hours=1)
BASE: dict[str, Any] = {"run_id": "run", "at": NOON, "feed": FEED, "feed_key": FEED}


_AGENCY = {"name": "AFP", "kind": "agency", "evidence": "byline"}


def put(dataset: Path, table: str, *rows: Mapping[str, Any]) -> None:
    schema = TABLES[table]
    write(
        dataset, table, pa.Table.from_pylist([{**BASE, **row} for row in rows], schema)
    )


def fetch(kind: str, url: str, **more: Any) -> dict[str, Any]:
    row = {"kind": kind, "url": url, "outcome": "page", "status": 200, "bytes": 1}
    return {**row, "milliseconds": 5, "was_conditional": False, **more}


def robots(text: str) -> dict[str, Any]:
    file = {"origin": "https://www.paper.example", "at": NOON.isoformat(), "text": text}
    url = "https://www.paper.example/robots.txt"
    return fetch("robots", url, state=json.dumps(file))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "_runs").mkdir()
    return tmp_path


def known(dataset: Path, url: str = URL) -> Known:
    """What is known of an address, which is the same without the index and with it."""
    without = why(dataset, url, NOON + HOUR)
    with opened_index(dataset):
        pass
    found = why(dataset, url, NOON + HOUR)
    assert found == without
    return found


def shown(found: Known) -> str:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as printed:
        console.print(known_view(found))
    return printed.get()


def test_nothing_is_known(dataset: Path) -> None:
    found = known(dataset)
    nothing = (found.listed, found.requests, found.versions, found.robots)
    assert not any(nothing)
    assert found.then.startswith("it is followed if a feed lists it")
    assert "listed by\n  no feed\n" in shown(found)


@pytest.mark.parametrize("url", [URL, "http://paper.example/news/1/?utm_source=x"])
def test_an_article_with_all_that_led_to_it(dataset: Path, url: str) -> None:
    put(dataset, "sightings", {"article_id": ID, "url": URL, "entry": ENTRY})
    # By another address: a redirect.
    asked = fetch("page", "https://paper.example/r/1", entry=ENTRY)
    put(dataset, "fetches", asked, robots("User-agent: *\nDisallow: /private"))
    rows = ({"id": ID, "url": URL, "revision": n, "title": f"v{n}"} for n in (0, 1))
    write(
        dataset, "articles", articles(*rows, {"id": COPY, "url": "https://c.example"})
    )
    told = {"article_id": COPY, "story_id": ID, "duplicate_of": ID}
    write(dataset, "stories", assignments(told))
    found = known(dataset, url)
    assert found.listed == [{"at": NOON, "feed": FEED}]
    assert [row["status"] for row in found.requests] == [200]
    assert [row["title"] for row in found.versions] == ["v0", "v1"]
    assert [row["id"] for row in found.copies] == [COPY]
    if url == URL:
        assert found.robots
        assert found.robots["verdict"] == "permits"
    assert "the next revision" in found.then
    view = shown(found)
    assert f"listed by\n  2026-11-24 12:00:00  {FEED}\n" in view
    assert f"\n  {ID}  revision 1, read 2026-11-24 12:00:00, " in view
    assert f"copied by\n  {COPY}  https://c.example\n" in view
    if url == URL:
        assert "robots.txt\n  2026-11-24 12:00:00  permits\n" in view


def test_only_files_that_may_have_anything_of_it_are_looked_at(dataset: Path) -> None:
    told = {"story_id": ID, "duplicate_of": ID}
    fetched = fetch("page", "https://paper.example/r/1", entry=ENTRY)
    put(dataset, "sightings", {"article_id": ID, "url": URL, "entry": ENTRY})
    put(dataset, "fetches", fetched, robots("User-agent: *\nDisallow: /private"))
    write(dataset, "articles", articles({"id": ID, "url": URL}))
    copies = articles({"id": COPY, "url": "https://c.example", "duplicate_of": ID})
    write(dataset, "articles", copies, day="2020-02-02")
    write(dataset, "stories", assignments({"article_id": COPY, **told}))
    other, day = "https://other.example/news/1", "2025-01-01"
    some = {"run_id": "run", "at": NOON, "feed": FEED, "feed_key": FEED}
    rows = {
        "sightings": {"article_id": "d" * 32, "url": other, "entry": "f" * 32},
        "fetches": fetch("page", other, entry="f" * 32),
        "rejects": {"stage": "x", "reason": "x", "detail": "", "key": other},
    }
    rows["rejects"]["payload"] = "{}"
    for table, row in rows.items():
        found = pa.Table.from_pylist([{**some, **row}], TABLES[table])
        write(dataset, table, found, "far", day)
    write(dataset, "articles", articles({"id": "d" * 32, "url": other}), "far", day)
    alone = assignments({"article_id": "d" * 32, "story_id": "d" * 32})
    write(dataset, "stories", alone, "far", day)
    whole = known(dataset)
    far = list(dataset.glob(f"*/date={day}/*.parquet"))
    assert len(far) == 5
    for file in far:
        file.write_bytes(b"damaged")
    assert why(dataset, URL, NOON + HOUR) == whole
    assert [row["id"] for row in whole.copies] == [COPY]
    assert len(whole.requests) == len(whole.listed) == 1
    assert whole.robots is not None
    with pytest.raises(DatasetError, match=day):
        why(dataset, other, NOON + HOUR)
    assert why(dataset, "https://paper.example/unknown", NOON).versions == []


def test_an_article_of_another_id_than_its_address_has_today(dataset: Path) -> None:
    key = "b" * 32
    row = {"id": key, "url": URL, "canonical_url": URL}
    write(dataset, "articles", articles(row))
    link = "https://short.example/1"
    put(dataset, "sightings", {"article_id": key, "url": link, "entry": ENTRY})
    put(dataset, "fetches", fetch("page", link, entry=ENTRY))
    found = known(dataset)
    assert [one["id"] for one in found.versions] == [key]
    assert len(found.listed) == len(found.requests) == 1


def test_a_copy_names_its_original_and_its_story(dataset: Path) -> None:
    write(dataset, "articles", articles({"id": ID, "url": URL, "origin": _AGENCY}))
    told = {"article_id": ID, "story_id": COPY, "duplicate_of": COPY}
    write(dataset, "stories", assignments(told))
    view = shown(known(dataset))
    assert f"  its text is that of {COPY}\n" in view
    assert f"  it belongs to the story {COPY}\n" in view
    assert "  it is a report of AFP\n" in view


TRACKED = f"{URL}/?utm_source=rss"


@pytest.mark.parametrize("asked", [URL, TRACKED, f"{URL}?utm_source=twitter"])
def test_a_link_is_found_whatever_is_tracked_by_it(dataset: Path, asked: str) -> None:
    row = {"stage": "pages", "reason": "http_error", "detail": "404", "payload": "{}"}
    other = f"{URL}2?utm_source=rss"
    put(dataset, "rejects", {**row, "key": TRACKED}, {**row, "key": other})
    wait = {"entry": ENTRY, "reason": "http_error", "detail": "503", "tries": 1}
    times = {"since": NOON, "next_at": NOON + HOUR, "payload": LISTED}
    waiting = wait | times
    put(
        dataset,
        "waiting",
        {**waiting, "url": TRACKED},
        {**waiting, "url": other, "entry": "f" * 32},
    )
    found = known(dataset, asked)
    assert len(found.rejects) == len(found.waiting) == len(found.listed) == 1
    assert "asked once:" in shown(found)


def test_an_article_of_a_file_names_it(dataset: Path) -> None:
    row = {"id": ID, "url": URL, "path": "in/a.jsonl!#1", "feeds": None}
    write(dataset, "articles", articles(row))
    found = known(dataset)
    assert found.then.startswith("nothing, unless in/a.jsonl!#1 changes")
    assert "read from in/a.jsonl!#1" in shown(found)


def test_what_was_rejected(dataset: Path) -> None:
    row = {
        "stage": "extract",
        "reason": "no_text",
        "detail": "0 words",
        "payload": "{}",
    }
    put(dataset, "rejects", {**row, "key": URL})
    found = known(dataset)
    assert [one["reason"] for one in found.rejects] == ["no_text"]
    assert [one["feed"] for one in found.listed] == [FEED]
    assert "newsbeam replay" in found.then


@pytest.mark.parametrize(
    ("later", "then"),
    [
        (HOUR / 2, "its page is asked for again at once"),
        (5 * HOUR, "its page is asked for again from 2026-11-24 17:00:00 on"),
    ],
)
def test_what_is_waited_for(dataset: Path, later: dt.timedelta, then: str) -> None:
    row = {
        "url": URL,
        "entry": ENTRY,
        "reason": "http_error",
        "detail": "503",
        "tries": 2,
    }
    times = {"since": NOON, "next_at": NOON + later, "payload": LISTED}
    put(dataset, "waiting", {**row, **times})
    # By the table alone: the index waits for nothing that it could not ask for.
    found = why(dataset, URL, NOON + HOUR)
    assert found.then == then
    waits = "since 2026-11-24 12:00:00, asked 2 times: http_error: 503"
    assert f"waiting\n  {waits}\n" in shown(found)
    put(dataset, "fetches", fetch("page", URL, entry=ENTRY, at=NOON + HOUR / 4))
    assert why(dataset, URL, NOON + HOUR).waiting == []


@pytest.mark.slow
def test_what_is_waited_for_is_as_the_index_has_it(site: Site, tmp_path: Path) -> None:
    reader = Reader(Dataset(tmp_path / "out"))
    site.list("Lima")
    site.pages["/Lima"] = (503, "")
    reader.read(site.url)
    dataset, url = reader.dataset.path, site.server.url_for("/Lima")
    found = why(dataset, url, reader.now)
    [waited] = found.waiting
    assert waited["tries"] == 1
    assert waited["next_at"] > reader.now
    assert found.then == (
        f"its page is asked for again from {waited['next_at']:%Y-%m-%d %H:%M:%S} on"
    )
    # When it is an article nothing is waited for: the index says so.
    site.pages["/Lima"] = (200, page("Lima"))
    reader.now = waited["next_at"]
    assert reader.read(site.url).as_json()["new"] == 1
    found = why(dataset, url, reader.now)
    assert found.waiting == []
    assert len(found.versions) == 1


def test_what_robots_txt_forbids(dataset: Path) -> None:
    asked = fetch("page", URL, outcome="robots", status=None)
    put(dataset, "fetches", asked, robots("User-agent: *\nDisallow: /news"))
    found = known(dataset)
    assert found.robots
    assert found.robots["verdict"] == "forbids"
    assert found.then == "nothing: robots.txt of its site forbids it"


def test_what_was_taken_out(dataset: Path) -> None:
    put(dataset, "forgotten", {"name": link_name(URL), "article_id": ID})
    found = known(dataset)
    assert found.then == "nothing: it was taken out and is not read again"
    assert "taken out\n  2026-11-24 12:00:00\n" in shown(found)
