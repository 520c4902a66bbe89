"""Files of requests that are gone, or merged unseen: nothing is asked that need not be."""

from __future__ import annotations

import datetime as dt

import pytest
from kit import Dataset
from news_site import Reader
from press import Press, item, news
from pytest_httpserver import HTTPServer

from pipeline.dataset.compact import compact

pytestmark = pytest.mark.slow

CITIES = ("Lima", "Oslo")


@pytest.fixture
def press(httpserver: HTTPServer) -> Press:
    return Press(httpserver)


@pytest.fixture
def reader(press: Press, dataset: Dataset) -> Reader:
    """Two runs; in each the feed lists a page more."""
    found = Reader(dataset)
    items = [
        item(title=city, link=press.page(f"/{city}", city), guid=city)
        for city in CITIES
    ]
    for number in (1, 2):
        url = press.feed("/feed", *items[:number])
        press.answers["/feed"].headers["ETag"] = f'"v{number}"'
        assert news(found, url) == 1
    return found


def asked_with(press: Press) -> list[str | None]:
    """Return the validator that each request for the feed was sent with."""
    return [request.headers.get("If-None-Match") for request in press.asked("/feed")]


def test_what_is_gone_is_no_longer_believed(press: Press, reader: Reader) -> None:
    files = sorted((reader.dataset.path / "fetches").rglob("*.parquet"))
    files[-1].unlink()
    report = reader.read(press.url("/feed"))
    (line,) = report.recovered
    assert f"{files[-1].name} is gone" in line
    # What the run before knew holds: no second version of the page comes of it.
    assert asked_with(press) == [None, '"v1"', '"v1"']
    assert [len(press.asked(f"/{city}")) for city in CITIES] == [1, 2]
    assert sorted(row["title"] for row in reader.dataset.rows()) == list(CITIES)


def test_a_merge_that_was_killed_before_it_was_noted_loses_nothing(
    press: Press, reader: Reader
) -> None:
    compact(reader.dataset.path, target_bytes=10**8, closed_before=dt.date(2027, 1, 1))
    assert len(list((reader.dataset.path / "fetches").rglob("*.parquet"))) == 1
    report = reader.read(press.url("/feed"))
    assert report.recovered == ()
    assert asked_with(press) == [None, '"v1"', '"v2"']
    assert [len(press.asked(f"/{city}")) for city in CITIES] == [1, 1]
    assert sorted(row["title"] for row in reader.dataset.rows()) == list(CITIES)
