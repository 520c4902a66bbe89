"""Pages that cannot be had for the moment: they wait, and nothing is lost of them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from news_site import START, Publisher, Reader, Site, page
from rich.console import Console

from pipeline.dataset.compact import compact
from pipeline.dataset.home import LocalHome
from pipeline.dataset.index import opened_index
from pipeline.dataset.publish import RunFolder
from pipeline.replay import Selection, replay
from pipeline.reports.report import Report
from pipeline.reports.status import status_view
from pipeline.run import run
from pipeline.state import indexed
from pipeline.state.feed_keys import KEY_FILE
from pipeline.state.inventory import FILE_NAME
from pipeline.unbounded import without_memory
from transforms.feeds.follow import Follower
from transforms.listings import Entry, Fetch, Listed
from transforms.records import Document, Stamp
from transforms.tables import TABLES
from transforms.vocabulary import Stage
from transforms.web.access import Web
from transforms.web.waiting import waiting_of, waiting_row
from transforms.work.steps import Skip
from transforms.write.parquet import write_table
from transforms.write.rows import fetch_row

SUMMARY = "The council of Lima voted to rebuild the bridge."


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    found = Publisher()
    yield found
    found.close()


def read_until_it_ends(reader: Reader, url: str) -> list[Report]:
    reader.hours = 12
    reports = []
    for _ in range(8):
        reports.append(reader.read(url))
        if not reports[-1].still_waiting:
            return reports
    raise AssertionError("it waits for ever")


@pytest.mark.slow
def test_a_host_that_was_down_loses_no_article(
    site: Site, reader: Reader, publisher: Publisher
) -> None:
    site.list("Lima", link=publisher.url("Lima"))
    first = reader.read(site.url)
    assert reader.dataset.rows("rejects") == []
    assert first.counters.waiting == first.still_waiting == {"host_unreachable": 1}
    assert first.imbalances == []
    (row,) = reader.dataset.rows("waiting")
    assert (row["reason"], row["tries"]) == ("host_unreachable", 1)
    assert "no connection" in row["detail"]
    publisher.open("Lima")
    second = reader.read(site.url)
    assert site.asked("/feed")[1].headers["If-None-Match"] == '"v1"'
    # The feed answered "not modified": the article came all the same.
    assert reader.outcomes("feed") == ["news", "unchanged"]
    assert second.imbalances == []
    assert second.still_waiting == {}
    (article,) = reader.dataset.rows()
    assert (article["text_source"], article["feeds"]) == ("page", [site.url])
    assert article["source_name"] == "City News"
    third = reader.read(site.url)
    assert (third.counters.waiting, third.rows) == ({}, {"fetches": 1})


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda site: site.pages.update({"/Lima": (429, "")}), "http_error"),
        (lambda site: setattr(site, "robots_status", 500), "robots_unreachable"),
    ],
)
def test_what_passes_is_waited_for(
    site: Site, reader: Reader, break_it: Callable[[Site], None], reason: str
) -> None:
    site.list("Lima")
    break_it(site)
    report = reader.read(site.url)
    assert report.counters.waiting == {reason: 1}
    assert reader.dataset.rows("rejects") == reader.dataset.rows() == []
    site.pages = {"/Lima": (200, page("Lima"))}
    site.robots_status = 200
    read_until_it_ends(reader, site.url)
    (article,) = reader.dataset.rows()
    assert article["title"] == "Lima"


def test_a_name_or_certificate_that_fails_is_waited_for(
    site: Site, reader: Reader
) -> None:
    site.list("Lima", link="http://nowhere.invalid/Lima")
    # No certificate is served there: it is a plain server.
    site.list("Oslo", link=f"https://127.0.0.1:{site.server.port}/Oslo")
    report = reader.read(site.url)
    assert report.counters.waiting == {"host_unreachable": 2}


def test_what_lasts_is_rejected_at_once(site: Site, reader: Reader) -> None:
    lasting = (400, 401, 403, 404, 410, 451)
    for status in lasting:
        site.list(f"Lima{status}")
        site.pages[f"/Lima{status}"] = (status, "")
    report = reader.read(site.url)
    assert report.counters.rejected == {"http_error": len(lasting)}
    assert report.still_waiting == {}


@pytest.mark.slow
def test_the_feeds_content_is_kept_for_the_end(
    site: Site, reader: Reader, publisher: Publisher
) -> None:
    site.list("Lima", link=publisher.url("Lima"), summary=SUMMARY)
    reports = read_until_it_ends(reader, site.url)
    (article,) = reader.dataset.rows()
    assert article["text"] == SUMMARY
    assert (article["text_source"], article["is_truncated"]) == ("feed", True)
    assert reader.dataset.rows("rejects") == []
    assert all(report.imbalances == [] for report in reports)


@pytest.mark.slow
def test_it_is_rejected_after_two_days_and_replayed(site: Site, reader: Reader) -> None:
    site.list("Lima")
    site.pages["/Lima"] = (503, "")
    read_until_it_ends(reader, site.url)
    tries = [row for row in reader.dataset.rows("fetches") if row["kind"] == "page"]
    moments = sorted(row["at"] for row in tries)
    assert moments[-1] - moments[0] == dt.timedelta(days=2)
    (reject,) = reader.dataset.rows("rejects")
    assert reject["reason"] == "http_error"
    assert "503" in reject["detail"]
    # It is over: the feed lists it still, and nobody asks.
    before = len(site.asked("/Lima"))
    reader.read(site.url)
    assert len(site.asked("/Lima")) == before
    # But a replay does, and has it or rejects it: it does not wait anew.
    config = reader.config(site.url)
    assert replay(config, Selection()).counters.rejected == {"http_error": 1}
    site.pages["/Lima"] = (200, page("Lima"))
    replay(config, Selection())
    assert reader.dataset.rows("rejects") == []
    assert len(reader.dataset.rows()) == 1


@pytest.mark.slow
def test_what_waits_survives_the_index_and_a_compaction(
    site: Site, reader: Reader, publisher: Publisher
) -> None:
    site.list("Lima", link=publisher.url("Lima"), summary=SUMMARY)
    site.list("Oslo", link=publisher.url("Oslo"))
    for _ in range(2):
        reader.read(site.url)
    # What is waited for is kept for a month more than the rest.
    compact(
        reader.dataset.path,
        target_bytes=1_000_000,
        closed_before=dt.date(2027, 1, 1),
        delete_before=dt.date(2026, 12, 1),
    )
    assert reader.dataset.rows("fetches") == []
    (reader.dataset.path / FILE_NAME).unlink()
    report = reader.read(site.url)
    assert report.still_waiting == {"host_unreachable": 2}
    publisher.open("Lima", "Oslo")
    read_until_it_ends(reader, site.url)
    assert sorted(row["title"] for row in reader.dataset.rows()) == ["Lima", "Oslo"]
    compact(
        reader.dataset.path, target_bytes=1_000_000, closed_before=dt.date(2027, 1, 1)
    )
    (reader.dataset.path / FILE_NAME).unlink()
    report = reader.read(site.url)
    # What was waited for and came is not waited for again.
    assert report.still_waiting == report.counters.waiting == {}
    assert reader.outcomes("page").count("page") == 2


@pytest.mark.slow
def test_a_run_without_feeds_asks_for_what_waits(
    site: Site, reader: Reader, publisher: Publisher, tmp_path: Path
) -> None:
    site.list("Lima", link=publisher.url("Lima"))
    reader.read(site.url)
    publisher.open("Lima")
    empty = tmp_path / "empty.txt"
    empty.touch()
    config = reader.config(site.url)
    only_files = config.source.model_copy(update={"feeds": (), "files": (str(empty),)})
    config = config.model_copy(update={"source": only_files})
    report = run(config, now=START + dt.timedelta(hours=4))
    assert report.imbalances == []
    assert len(reader.dataset.rows()) == 1


def test_an_entry_that_waits_and_is_listed_again_is_asked_for_once(
    site: Site, reader: Reader, publisher: Publisher
) -> None:
    site.honours_validators = False
    site.list("Lima", link=publisher.url("Lima"))
    reader.read(site.url)
    server = publisher.open("Lima")
    site.list("Oslo")
    report = reader.read(site.url)
    assert report.imbalances == []
    assert (
        report.counters.count(Stage.PAGES, "seen")
        + report.counters.count(Stage.PAGES, "duplicate")
        == 1
    )
    assert len([r for r, _ in server.log if r.path == "/Lima"]) == 1
    assert len(reader.dataset.rows()) == 2


def test_links_keep_their_secrets_while_they_wait_and_show_them_nowhere(
    site: Site, reader: Reader, publisher: Publisher
) -> None:
    site.list("Lima", link=f"{publisher.url('Lima')}?token=s3cr3t")
    reader.read(site.url)
    tables = ("waiting", "rejects", "fetches")
    assert "s3cr3t" not in str([reader.dataset.rows(table) for table in tables])
    assert b"s3cr3t" not in (reader.dataset.path / FILE_NAME).read_bytes()
    server = publisher.open("Lima")
    read_until_it_ends(reader, site.url)
    (asked,) = [request for request, _ in server.log if request.path == "/Lima"]
    assert asked.args["token"] == "s3cr3t"  # noqa: S105
    assert "s3cr3t" not in str([reader.dataset.rows(table) for table in tables])


def test_a_link_whose_key_is_lost_is_taken_from_its_feed_again(
    site: Site, reader: Reader, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    site.list("Lima", link=f"{publisher.url('Lima')}?token=s3cr3t")
    reader.read(site.url)
    (reader.dataset.path / KEY_FILE).unlink()
    publisher.open("Lima")
    reader.read(site.url)
    assert "a key that is lost: 1" in caplog.text
    assert len(reader.dataset.rows()) == 1


@pytest.mark.parametrize(
    "payload",
    [
        "{",
        "null",
        '{"feed": "x"}',
        '{"entry": {}}',
        '{"feed": "sealed"',
        '{"sealed": 1',
    ],
)
def test_an_entry_that_cannot_be_read_is_taken_from_its_feed_again(
    site: Site,
    reader: Reader,
    publisher: Publisher,
    caplog: pytest.LogCaptureFixture,
    payload: str,
) -> None:
    site.list("Lima", link=publisher.url("Lima"))
    reader.read(site.url)
    (file,) = (reader.dataset.path / "waiting").glob("*/*.parquet")
    rows = pq.ParquetFile(file).read()
    place = rows.schema.get_field_index("payload")
    damaged = pa.array([payload], rows.schema.field(place).type)
    pq.write_table(rows.set_column(place, rows.schema.field(place), damaged), file)
    (reader.dataset.path / FILE_NAME).unlink()
    publisher.open("Lima")
    report = reader.read(site.url)
    assert (report.imbalances, report.still_waiting) == ([], {})
    assert "a key that is lost: 1" in caplog.text
    assert len(reader.dataset.rows()) == 1


def test_a_long_robots_txt_counts_by_its_beginning(site: Site, reader: Reader) -> None:
    filler = "# nothing\n" * 1_000_000
    site.robots = "User-agent: *\nDisallow: /Oslo\n" + filler + "Disallow: /Lima\n"
    site.list("Lima")
    site.list("Oslo")
    report = reader.read(site.url)
    assert [row["title"] for row in reader.dataset.rows()] == ["Lima"]
    assert report.counters.rejected == {"robots": 1}
    sizes = [
        r["bytes"] for r in reader.dataset.rows("fetches") if r["kind"] == "robots"
    ]
    assert max(sizes) < 1_000_000


def test_status_and_summary_tell_what_waits(
    site: Site, reader: Reader, publisher: Publisher
) -> None:
    site.list("Lima", link=publisher.url("Lima"))
    report = reader.read(site.url)
    assert report.as_json()["waiting"] == {"host_unreachable": 1}
    console = Console(width=200)
    with console.capture() as said:
        console.print(report)
        console.print(status_view(LocalHome(reader.dataset.path), START))
    text = said.get()
    assert "1 page will be retried: host_unreachable 1" in text
    assert "1 page is waiting: host_unreachable 1; the next at 2026-11-24 08:05" in text


class Engine:
    """What the unbounded pipeline does with an entry, and commits of it."""

    def __init__(self, reader: Reader, run_id: str) -> None:
        self.run = RunFolder(reader.dataset.path, run_id)
        self.run.begin(START)
        # A firing of a window was committed.
        self.run.batch(1).path.mkdir()
        self.web = Web(reader.config("http://a.invalid/").fetch, "0", lambda: self.now)
        self.now = START
        self.files = 0

    def follow(self, listed: Listed) -> list[object]:
        """Follow an entry and commit what is logged of it; return the rest."""
        results = list(Follower(self.web)(listed))
        fetches = [one for one in results if isinstance(one, Fetch)]
        waits = [waiting for fetch in fetches for waiting in waiting_of(fetch)]
        stamp = Stamp(self.run.run_id, "0", self.now)
        rows = {
            "fetches": [fetch_row(without_memory(one), stamp) for one in fetches],
            "waiting": [waiting_row(one, stamp) for one in waits],
        }
        with opened_index(self.run.dataset) as (state, _):
            for table, of_table in rows.items():
                if not of_table:
                    continue
                self.files += 1
                made = pa.Table.from_pylist(of_table, schema=TABLES[table])
                folder = self.run.dataset / table / "date=2026-11-24"
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{self.run.run_id}-{self.files:05d}.0-{0:012x}.parquet"
                write_table(made, path, 3)
                state.record(self.run.dataset, [path])
        return [one for one in results if not isinstance(one, Fetch)]

    def due(self) -> list[Listed]:
        known = indexed.in_index(indexed.Entries, lambda: self.run.dataset / FILE_NAME)
        with contextlib.closing(known) as waits:
            return waits.due(self.now)


def test_an_unbounded_run_is_done_with_a_page_when_it_has_ended(
    reader: Reader, publisher: Publisher
) -> None:
    engine = Engine(reader, "first")
    assert engine.follow(Listed(Entry(url=publisher.url("Lima")), "feed")) == [
        Skip("waiting-host_unreachable")
    ]
    assert engine.due() == []
    engine.now += dt.timedelta(minutes=5)
    (due,) = engine.due()
    publisher.open("Lima")
    (document,) = engine.follow(due)
    assert isinstance(document, Document)
    # The article is on its way: nobody asks again, unless the run is killed.
    assert engine.due() == []
    with LocalHome(reader.dataset.path).opened() as (state, _):
        (again,) = state.waiting.due(engine.now)
        assert again == due
    engine.follow(again)
    engine.run.end(b"{}")
    with LocalHome(reader.dataset.path).opened() as (state, _):
        assert state.waiting.counts() == {}
    # The same from the files alone.
    (reader.dataset.path / FILE_NAME).unlink()
    with LocalHome(reader.dataset.path).opened() as (state, _):
        assert state.waiting.counts() == {}
