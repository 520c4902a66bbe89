"""What hosts ask for: robots.txt, pauses, rest; and one host beside another."""

from __future__ import annotations

import itertools
import re
import threading
import time

import pytest
from news_site import Reader, Site
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from transforms.vocabulary import Stage

pytestmark = pytest.mark.usefixtures("dead_proxy")


def test_robots_txt_is_obeyed(site: Site, reader: Reader) -> None:
    site.robots = "User-agent: newsbeam\nDisallow: /"
    site.list("Lima", summary="The council of Lima voted to rebuild the bridge.")
    site.list("Oslo")
    reader.read(site.url)
    assert {request.path for request in site.requests} == {"/feed", "/robots.txt"}
    assert len(site.asked("/robots.txt")) == 1
    (article,) = reader.dataset.rows()
    assert (article["text_source"], article["is_truncated"]) == ("feed", True)
    (reject,) = reader.dataset.rows("rejects")
    assert reject["reason"] == "robots"


@pytest.mark.slow
def test_robots_txt_is_kept_for_a_day(site: Site, reader: Reader) -> None:
    site.honours_validators = False
    reader.hours = 5.75
    asked = []
    for number in range(6):
        site.list(f"Lima{number}")
        reader.read(site.url)
        asked.append(len(site.asked("/robots.txt")))
    # It is asked for again after 28 hours and 45 minutes, and not after 23 hours.
    assert asked == [1, 1, 1, 1, 1, 2]
    assert len(reader.dataset.rows()) == 6


def test_a_host_that_asks_for_a_pause_gets_it_across_runs(
    site: Site, reader: Reader
) -> None:
    site.feed_status = 429
    site.headers = {"Retry-After": str(5 * 3_600)}
    others = [site.server.url_for(f"/feed?{number}") for number in range(3)]
    reader.read(site.url, *others)
    assert len(site.requests) == 1
    reader.read(site.url, *others)
    assert len(site.requests) == 1
    site.feed_status, site.headers = 200, {}
    site.list("Lima")
    reader.read(site.url)
    reader.read(site.url)
    assert len(reader.dataset.rows()) == 1


def test_one_slow_host_holds_up_no_other(site: Site, reader: Reader) -> None:
    site.list("Lima")
    # Neither host answers before the other was asked.
    both = threading.Barrier(2, timeout=60)

    def answer(request: Request) -> Response:
        both.wait()
        return site.answer(request)

    site.server.clear()
    site.server.expect_request("/feed").respond_with_handler(answer)
    site.server.expect_request(re.compile(".*")).respond_with_handler(site.answer)
    with HTTPServer() as other:
        other.expect_request("/feed").respond_with_handler(answer)
        report = reader.read(other.url_for("/feed"), site.url, read_seconds=100)
    assert report.as_json()["new"] == 1
    assert reader.outcomes("feed") == ["news", "news"]


def test_a_host_that_says_nothing_is_given_up(site: Site, reader: Reader) -> None:
    site.list("Lima")
    over = threading.Event()

    def hold(_: Request) -> Response:
        over.wait(60)
        return Response()

    with HTTPServer() as silent:
        silent.expect_request("/feed").respond_with_handler(hold)
        reader.read(silent.url_for("/feed"), read_seconds=0.5, total_seconds=1)
        over.set()
    assert reader.outcomes("feed") == ["timeout"]
    assert [row["reason"] for row in reader.dataset.rows("rejects")] == ["http_error"]


@pytest.mark.slow
def test_a_host_has_its_pauses_and_its_peace_from_batch_to_batch(
    site: Site, reader: Reader
) -> None:
    reader.settings = ("run.batch_feeds=1",)
    moments: list[float] = []
    answer = site.answer

    def timed(request: Request) -> Response:
        moments.append(time.monotonic())
        return answer(request)

    site.server.clear()
    site.server.expect_request(re.compile(".*")).respond_with_handler(timed)
    feeds = [f"{site.url}?{number}" for number in range(3)]
    reader.read(*feeds, feed_pause_seconds=1.5)
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert len(gaps) == 2
    assert min(gaps) >= 1.5
    # A host that does not answer is left alone for the run, not for a batch of it.
    nobody = [f"http://127.0.0.1:9/{number}" for number in range(5)]
    report = reader.read(*nobody)
    assert report.counters.count(Stage.FEEDS, "fetch-connect") == 3
    assert report.counters.count(Stage.FEEDS, "not-due") == 2
