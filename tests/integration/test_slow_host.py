"""A host that answers slowly delays nobody in a stream, and loses nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

import pytest
from kit import ROOT, Dataset
from news_site import page
from pytest_httpserver import HTTPServer
from streaming import Streaming, config, stop, titles, wait_for
from werkzeug import Request, Response
from wire import SETTINGS

from pipeline.reports.board import Board
from pipeline.run import run
from pipeline.stream.loop import Until

SLOW = [f"Lima{number}" for number in range(6)]
QUICK = [f"Oslo{number}" for number in range(6)]
BATCH = "stream.batch_seconds=0.2"


class Host:
    """A publisher with an address of its own, whose pages come when its gate is open."""

    def __init__(self, address: str, cities: Sequence[str]) -> None:
        self.gate, self.page_wanted = threading.Event(), threading.Event()
        self.cities = [*cities]
        self.requests: list[str] = []
        self.robots = "User-agent: *\nDisallow:"
        self.server = HTTPServer(host=address, threaded=True)
        for path in ("/feed", "/robots.txt", *(f"/{city}" for city in cities)):
            answer = partial(self.answer, path)
            self.server.expect_request(path).respond_with_handler(answer)
        self.server.start()

    def url(self, path: str) -> str:
        return self.server.url_for(path)

    def answer(self, path: str, _: Request) -> Response:
        self.requests.append(path)
        if path == "/robots.txt":
            return Response(self.robots)
        if path != "/feed":
            self.page_wanted.set()
        self.gate.wait(240)
        if path == "/feed":
            return feed_of(self)
        return Response(page(path[1:]), content_type="text/html; charset=utf-8")

    def items(self) -> str:
        return "".join(
            f"<entry><id>urn:{city}</id><title>{city}</title>"
            f"<link href='{self.url('/' + city)}'/>"
            "<updated>2026-11-20T08:00:00Z</updated></entry>"
            for city in self.cities
        )


def feed_of(*hosts: Host) -> Response:
    text = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>World</title>"
        f"<id>urn:x</id>{''.join(host.items() for host in hosts)}</feed>"
    )
    return Response(text, content_type="application/atom+xml")


class World:
    """A slow host and a quick one, and the feed on a third that lists both."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.slow, self.quick = Host("127.0.0.2", SLOW), Host("127.0.0.3", QUICK)
        self.quick.gate.set()
        self.server = HTTPServer(host="127.0.0.4")
        self.server.expect_request("/feed").respond_with_handler(self.feed)
        self.server.start()
        for host in (self.slow, self.quick):
            # Before its server ends: that waits for those who wait.
            stack.callback(host.server.stop)
            stack.callback(host.gate.set)
        stack.callback(self.server.stop)

    def feed(self, _: Request) -> Response:
        return feed_of(self.slow, self.quick)

    @property
    def url(self) -> str:
        return self.server.url_for("/feed")


@pytest.fixture
def world() -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        yield World(stack)


def quick_are_there(board: Board) -> None:
    wait_for(lambda: board.total.new >= len(QUICK))


def rows_of_each(dataset: Dataset) -> Counter[str]:
    rows = dataset.rows("waiting")
    assert {row["reason"] for row in rows} == {"host_busy"}
    assert {row["tries"] for row in rows} == {0}
    return Counter(row["url"] for row in rows)


def test_the_pages_of_others_do_not_wait_for_it(world: World, dataset: Dataset) -> None:
    def meanwhile(board: Board) -> None:
        quick_are_there(board)
        assert titles(dataset) == QUICK
        # One is asked for, whichever had its turn; the others wait.
        wait_for(lambda: len(world.slow.requests) == 2)
        wait_for(lambda: board.waiting == {"host_busy": len(SLOW)})
        robots, first = world.slow.requests
        assert (robots, first.strip("/") in SLOW) == ("/robots.txt", True)
        world.slow.gate.set()
        wait_for(lambda: board.total.new == len(QUICK) + len(SLOW))
        wait_for(lambda: not board.waiting)
        stop()

    Streaming().go(lambda: config(dataset, world.url, settings=(BATCH,)), meanwhile)
    assert titles(dataset) == sorted([*QUICK, *SLOW])
    # None was broken off, none was asked for twice.
    assert sorted(world.slow.requests) == sorted(
        ["/robots.txt", *map("/{}".format, SLOW)]
    )
    assert dataset.rows("rejects") == []
    assert set(rows_of_each(dataset)) >= {world.slow.url(f"/{city}") for city in SLOW}


@pytest.mark.parametrize("command", ["run", "stream"])
def test_pages_are_asked_for_while_other_feeds_are(
    world: World, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("NEWSBEAM_PLAIN", raising=False)
    # This one comes when a page of the other has been asked for, and else not in time.
    world.slow.gate = world.quick.page_wanted
    feeds = (world.slow.url("/feed"), world.quick.url("/feed"))
    hourly = ("stream.batch_seconds=200", "fetch.interval_minutes=60")
    made = config(dataset, *feeds, settings=hourly)
    if command == "run":
        run(made)
    else:
        board = Streaming().go(lambda: made, until=Until(idle=True))
        assert board.batches == 1
    assert titles(dataset) == sorted([*QUICK, *SLOW])


@pytest.mark.slow
def test_a_feed_that_comes_slowly_holds_up_no_other_and_is_waited_for(
    world: World, dataset: Dataset
) -> None:
    def meanwhile(board: Board) -> None:
        quick_are_there(board)
        wait_for(lambda: world.slow.requests == ["/feed"])
        seen = board.batches
        wait_for(lambda: board.batches > seen + 2)
        # Batches came and went: it goes on, and is not asked for again.
        assert world.slow.requests == ["/feed"]
        world.slow.gate.set()

    feeds = (world.slow.url("/feed"), world.quick.url("/feed"))
    board = Streaming().go(
        lambda: config(dataset, *feeds, settings=(BATCH,)),
        meanwhile,
        until=Until(idle=True),
    )
    assert titles(dataset) == sorted([*QUICK, *SLOW])
    assert board.counts.failing == 0
    assert dataset.rows("rejects") == []


@pytest.mark.slow
def test_one_that_rests_between_pages_is_waited_for_until_all_is_quiet(
    world: World, dataset: Dataset
) -> None:
    world.slow.gate.set()
    world.slow.robots = "User-agent: *\nCrawl-delay: 1\nDisallow:"
    board = Streaming().go(
        lambda: config(dataset, world.url, settings=(BATCH,)), until=Until(idle=True)
    )
    assert titles(dataset) == sorted([*QUICK, *SLOW])
    assert board.waiting == {}
    assert Counter(world.slow.requests) == Counter(
        ["/robots.txt", *map("/{}".format, SLOW)]
    )
    # Each has a place in the queue: it does not wait in each batch.
    assert sum(rows_of_each(dataset).values()) <= 4 * (len(SLOW) + len(QUICK))


@pytest.mark.slow
@pytest.mark.parametrize("goes_on", ["stream", "run"])
def test_what_waits_for_its_turn_survives_a_kill(
    world: World, dataset: Dataset, goes_on: str
) -> None:
    command = [sys.executable, "-m", "pipeline", "stream", "--feed", world.url]
    command += ["--output", str(dataset.path)]
    for setting in (*SETTINGS, BATCH):
        command += ["--set", setting]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: titles(dataset) == QUICK)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    world.slow.gate.set()
    made = config(dataset, world.url, settings=(BATCH,))
    if goes_on == "run":
        # A run waits for each turn, also for one that was not to come yet.
        report = run(made, now=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))
        assert (report.imbalances, report.still_waiting) == ([], {})
    else:
        Streaming().go(lambda: made, until=Until(idle=True))
    assert titles(dataset) == sorted([*QUICK, *SLOW])


@pytest.mark.slow
def test_a_clock_that_is_set_back_does_not_make_it_wait(
    world: World, dataset: Dataset
) -> None:
    ahead = dt.timedelta(hours=30)
    offsets = [ahead]

    def meanwhile(board: Board) -> None:
        quick_are_there(board)
        wait_for(lambda: len(board.waiting) == 1)
        offsets.append(dt.timedelta())
        os.kill(os.getpid(), signal.SIGHUP)
        world.slow.gate.set()
        wait_for(lambda: board.total.new == len(QUICK) + len(SLOW))
        stop()

    Streaming().go(
        lambda: config(dataset, world.url, settings=(BATCH,)),
        meanwhile,
        until=Until(dt.datetime.now(dt.UTC) + 2 * ahead),
        clock=lambda: dt.datetime.now(dt.UTC) + offsets[-1],
    )
    assert titles(dataset) == sorted([*QUICK, *SLOW])
