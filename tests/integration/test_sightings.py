"""Which feed lists which article: noted once for each, whenever it is."""

from __future__ import annotations

import datetime as dt

import apache_beam as beam
import pytest
from apache_beam.testing.test_stream import TestStream as ScriptedStream
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import TimestampedValue
from news_site import Reader
from press import Press, item, news, told
from pytest_httpserver import HTTPServer
from streams import NOON, seconds, stream_pipeline

from transforms.dedup.sightings import NoteSightings
from transforms.listings import Sighting
from transforms.text.strings import digest


@pytest.fixture
def press(httpserver: HTTPServer) -> Press:
    return Press(httpserver)


def listed(reader: Reader) -> list[tuple[str, str, str]]:
    """Return who lists what, and in which run that was seen first."""
    names = {row["id"]: row["title"] for row in reader.dataset.rows()}
    runs = sorted({row["run_id"] for row in reader.dataset.rows("fetches")})
    return sorted(
        (
            names[row["article_id"]].partition(" ")[0],
            row["feed"].rpartition("/")[2],
            str(runs.index(row["run_id"])),
        )
        for row in reader.dataset.rows("sightings")
    )


@pytest.mark.slow
def test_every_feed_that_lists_an_article_is_noted_once(
    press: Press, reader: Reader
) -> None:
    link = press.page("/Lima", "Lima")
    other = press.page("/Oslo", "Oslo")

    def one(number: int) -> str:
        return item(title="Lima", link=link, guid=str(number))

    # In the same run, in the next, by another link, and by what is no link.
    feeds = [press.feed("/a", one(1)), press.feed("/b", one(1), told("Riga", 2))]
    assert news(reader, *feeds) == 2
    feeds = [
        *(press.feed("/a", one(1)), press.feed("/b", one(1), told("Riga", 2))),
        press.feed("/c", one(1), item(title="Oslo", link=other)),
        press.feed("/d", item(title="Lima", link=f"{link}/?v=1"), told("Riga", 2)),
    ]
    press.answers["/Lima/?v=1"] = press.answers["/Lima"]
    assert news(reader, *feeds) == 1
    expected = [
        *(("Lima", "a", "0"), ("Lima", "b", "0"), ("Lima", "c", "1")),
        *(("Lima", "d", "1"), ("Oslo", "c", "1"), ("Riga", "b", "0")),
        ("Riga", "d", "1"),
    ]
    assert listed(reader) == expected
    # The index is made anew from the tables, and nothing is noted twice.
    (reader.dataset.path / "state.sqlite").unlink()
    feeds = [press.feed(f"/{name}", one(1), told("Riga", 2)) for name in "abd"]
    assert news(reader, *feeds) == 0
    assert listed(reader) == sorted([*expected, ("Riga", "a", "2")])


@pytest.mark.slow
def test_what_is_gone_of_them_is_noted_again(press: Press, reader: Reader) -> None:
    link = press.page("/Lima", "Lima")
    one = item(title="Lima", link=link, guid="1")
    assert news(reader, press.feed("/a", one)) == 1
    assert news(reader, press.feed("/b", one)) == 0
    assert listed(reader) == [("Lima", "a", "0"), ("Lima", "b", "1")]
    files = sorted((reader.dataset.path / "sightings").rglob("*.parquet"))
    files[-1].unlink()
    feeds = [press.feed("/a", one), press.feed("/b", one)]
    assert news(reader, *feeds) == 0
    assert listed(reader) == [("Lima", "a", "0"), ("Lima", "b", "2")]
    assert len(press.asked("/Lima")) == 1


def test_a_page_that_is_waited_for_is_noted_for_who_lists_it_meanwhile(
    press: Press, reader: Reader
) -> None:
    link = press.url("/Lima")
    press.fail("/Lima", 503)
    assert news(reader, press.feed("/a", item(title="x", link=link))) == 0
    assert news(reader, press.feed("/b", item(title="x", link=link))) == 0
    (row,) = reader.dataset.rows("sightings")
    assert row["article_id"] is None
    assert row["feed"] == press.url("/b")


class Nothing:
    """A dataset that knows nobody."""

    def article_of(self, entry: str) -> None:
        del entry

    def has_article(self, article_id: str) -> bool:
        del article_id
        return False

    def is_waiting(self, entry: str) -> bool:
        del entry
        return False

    def has(self, article: str, key: str) -> bool:
        del article, key
        return False


def test_in_a_pipeline_without_end_each_waits_for_the_other() -> None:
    entry, article = digest("entry"), digest("article")

    def at(hours: int, *sightings: Sighting) -> list[TimestampedValue]:
        moment = seconds(NOON + dt.timedelta(hours=hours))
        return [TimestampedValue(sighting, moment) for sighting in sightings]

    first = Sighting(entry, "a", "a", article=article)
    others = [Sighting(entry, name, name) for name in "bcb"]
    made = (
        ScriptedStream()
        .add_elements(at(0, others[0]))
        .add_elements(at(1, first))
        .add_elements(at(2, *others[1:]))
        .add_elements(at(2, Sighting(digest("other"), "d", "d")))
        .advance_watermark_to_infinity()
    )
    with stream_pipeline() as root:
        found = root | made
        parts = (
            found | "Told" >> beam.Filter(lambda one: one.article is not None),
            found | "Seen" >> beam.Filter(lambda one: one.article is None),
        )
        noted = parts | NoteSightings(Nothing, dt.timedelta(days=2))
        names = noted | beam.Map(lambda one: (one.key, one.article))
        assert_that(names, equal_to([(name, article) for name in "abc"]))
