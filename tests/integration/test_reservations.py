"""Reservations of publishers are recorded, and obeyed where the configuration says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from news_site import Reader, Site, page
from werkzeug import Request, Response

from pipeline.replay import Selection, replay
from pipeline.reprocess import reprocess

pytestmark = pytest.mark.usefixtures("dead_proxy_for_others")
WELL_KNOWN = "/.well-known/tdmrep.json"


class Publisher(Site):
    """A site that may reserve its rights in three places."""

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        if request.path == "/Header":
            response.headers["TDM-Reservation"] = "1"
        if request.path == "/Free":
            response.headers["TDM-Reservation"] = "0"
        return response


@pytest.fixture
def site(httpserver: Any) -> Publisher:
    site = Publisher(httpserver)
    for name in ("Header", "Meta", "File", "Free", "Silent"):
        site.list(name, summary="The council voted for a bridge and a summary of it.")
    meta = '<head><meta name="TDM-reservation" content="1">'
    site.pages["/Meta"] = (200, page("Meta").replace("<head>", meta))
    rules = [{"location": "/File*", "tdm-reservation": 1}]
    site.pages[WELL_KNOWN] = (200, json.dumps(rules))
    return site


def recorded(reader: Reader) -> dict[str, bool | None]:
    return {row["title"]: row["tdm_reserved"] for row in reader.dataset.rows()}


def test_header_and_page_are_recorded_without_a_request(
    site: Publisher, reader: Reader
) -> None:
    reader.settings = ("output.raw=true",)
    assert reader.read(site.url).imbalances == []
    expected = {
        "Header": True,
        "Meta": True,
        "File": None,
        "Free": False,
        "Silent": None,
    }
    assert recorded(reader) == expected
    assert site.asked(WELL_KNOWN) == []
    # It is kept with the pages.
    reprocess(reader.config(site.url), everything=True)
    assert recorded(reader) == expected
    assert {row["revision"] for row in reader.dataset.rows()} == {0, 1}


@pytest.mark.slow
def test_the_site_is_asked_once_a_day(site: Publisher, reader: Reader) -> None:
    report = reader.read(site.url, ask_reservations=True)
    assert report.imbalances == []
    assert report.as_json()["pages_asked"] == 5
    assert recorded(reader)["File"] is True
    site.headers = {"ETag": '"more"'}
    site.list("Later")
    reader.read(site.url, ask_reservations=True)
    assert len(site.asked(WELL_KNOWN)) == 1
    (row,) = (r for r in reader.dataset.rows("fetches") if r["kind"] == "reservations")
    assert row["outcome"] == "tdmrep"
    reader.hours = 30
    site.headers = {"ETag": '"last"'}
    site.list("Last")
    reader.read(site.url, ask_reservations=True)
    assert len(site.asked(WELL_KNOWN)) == 2


@pytest.mark.slow
def test_they_are_obeyed_where_wanted(site: Publisher, reader: Reader) -> None:
    report = reader.read(site.url, respect_reservations=True)
    assert report.imbalances == []
    assert report.as_json()["rejected"] == {"rights_reserved": 3}
    assert recorded(reader) == {"Free": False, "Silent": None}
    assert site.asked("/File") == []
    # Another run does not ask again; a replay without the setting does.
    site.headers = {"ETag": '"again"'}
    assert reader.read(site.url, respect_reservations=True).as_json()["new"] == 0
    again = replay(reader.config(site.url), Selection())
    assert again.imbalances == []
    assert recorded(reader) == {
        "Header": True,
        "Meta": True,
        "File": None,
        "Free": False,
        "Silent": None,
    }
    assert reader.dataset.rows("rejects") == []


@pytest.mark.parametrize("status", [404, 500])
def test_a_site_without_the_file_reserves_nothing(
    site: Publisher, reader: Reader, status: int
) -> None:
    site.pages[WELL_KNOWN] = (status, "")
    report = reader.read(site.url, respect_reservations=True)
    assert report.imbalances == []
    assert recorded(reader) == {"File": None, "Free": False, "Silent": None}
