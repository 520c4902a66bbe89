"""A stream over a wire that publishes while it is read."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import signal
import time
import urllib.error
from pathlib import Path

import pytest
from kit import DIRECT, Dataset
from news_site import Publisher, Site
from pytest_httpserver import HTTPServer
from streaming import Streaming, config, keys, stop, titles, wait_for
from wire import SETTINGS, Wire

from pipeline.configuration.config import Config, load
from pipeline.reports.board import Board
from pipeline.run import run
from pipeline.stream.health import HealthFile, health_port
from transforms.errors import ConfigError, LockedError

pytestmark = pytest.mark.usefixtures("dead_proxy_for_others")

"""Seconds after which a test has failed."""


def test_what_is_published_meanwhile_becomes_rows_and_one_run_finds_the_same(
    wire: Wire, dataset: Dataset, tmp_path: Path
) -> None:
    wire.publish(20)

    def meanwhile(board: Board) -> None:
        for _ in range(3):
            seen = board.total.new
            wait_for(lambda seen=seen: board.total.new > seen)  # type: ignore[misc]
            wire.publish(40)
        versions = wire.versions()
        wait_for(lambda: board.total.new >= len(versions))
        stop()

    board = Streaming().go(lambda: config(dataset, *wire.feeds), meanwhile)
    assert titles(dataset) == sorted(wire.versions())
    assert board.batches > 3
    assert any(one.revision for one in wire.published)
    assert any(len(one.feeds) > 1 for one in wire.published)
    assert len({row["date"] for row in dataset.rows()}) > 1
    once = Dataset(tmp_path / "once")
    run(config(once, *wire.archives))
    assert keys(once) == keys(dataset)


@pytest.mark.slow
def test_hup_takes_over_a_new_configuration_and_refuses_a_broken_one(
    wire: Wire, dataset: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    wire.publish(30)
    file = tmp_path / "stream.toml"
    elsewhere = f'[output]\npath = "{tmp_path / "elsewhere"}"\n'

    def write(feeds: tuple[str, ...], more: str = "") -> None:
        file.write_text(f"{more}[source]\nfeeds = {json.dumps(feeds)}\n")

    def read_config() -> Config:
        return load(
            file,
            (*SETTINGS, "stream.stop_seconds=240"),
            {}
            if "[output]" in file.read_text()
            else {"output": {"path": dataset.path}},
        )

    def hup(line: str) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        wait_for(lambda: line in caplog.text)

    write(wire.feeds[:1])

    def meanwhile(board: Board) -> None:
        wait_for(lambda: board.batches > 0)
        file.write_text("nonsense = [")
        hup("the old one stays")
        assert board.counts.feeds == 1
        write(wire.feeds, "[fetch]\nthread = 3\n")
        hup("fetch.thread: unknown key; did you mean threads?")
        write(wire.feeds, elsewhere)
        hup("cannot move to another")
        write(wire.feeds)
        hup("the configuration was read again")
        wait_for(lambda: board.counts.feeds == len(wire.feeds))
        wait_for(lambda: board.total.new >= len(wire.versions()))
        stop()

    Streaming().go(read_config, meanwhile)
    assert titles(dataset) == sorted(wire.versions())
    refusals = [r for r in caplog.records if "the old one stays" in r.getMessage()]
    assert len(refusals) == 3
    assert not any("\n" in record.getMessage() for record in refusals)


@pytest.mark.slow
def test_a_broken_feed_and_one_that_wants_rest_stop_no_other(
    wire: Wire, dataset: Dataset
) -> None:
    wire.publish(30)
    wire.broken["/feed/1"] = (500, {})
    with Wire(feeds=1, seed=7) as other:
        other.publish(5)
        other.broken["/feed/0"] = (429, {"Retry-After": "3600"})

        def meanwhile(board: Board) -> None:
            healthy = {one.title for one in wire.published if set(one.feeds) - {1}}
            wait_for(lambda: board.total.new >= len(healthy))
            wire.publish(30)
            more = {one.title for one in wire.published if set(one.feeds) - {1}}
            wait_for(lambda: board.total.new >= len(more))
            wait_for(lambda: wire.requests.count("/feed/1") >= 4)
            assert board.counts.failing == 2
            stop()

        feeds = (*wire.feeds, *other.feeds)
        Streaming().go(lambda: config(dataset, *feeds), meanwhile)
        # It said an hour.
        assert other.requests == ["/feed/0"]


@pytest.mark.slow
def test_files_are_picked_up_when_they_come_and_when_they_change(
    dataset: Dataset, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()

    def put(name: str, text: str) -> None:
        fresh = tmp_path / name
        fresh.write_text(f"The council of Lima voted for a bridge. {text}")
        past = time.time() - 10
        os.utime(fresh, (past, past))
        fresh.replace(inbox / name)

    put("one.txt", "It is the first.")
    flags = {"source": {"files": (str(inbox),)}, "output": {"path": dataset.path}}
    settings = (*SETTINGS, "stream.files_seconds=0.2")

    def meanwhile(board: Board) -> None:
        wait_for(lambda: board.total.new == 1)
        put("two.txt", "It is the second.")
        wait_for(lambda: board.total.new == 2)
        put("one.txt", "It is the first, corrected.")
        wait_for(lambda: board.total.new == 3)
        # One that may still be in writing waits until it has settled.
        (inbox / "three.txt").write_text("The council of Oslo voted for a ferry.")
        wait_for(lambda: board.total.new == 4)
        time.sleep(1)
        stop()

    board = Streaming().go(lambda: load(None, settings, flags), meanwhile)
    assert board.total.files == 4
    assert sorted(row["revision"] for row in dataset.rows()) == [0, 0, 0, 1]


@pytest.mark.slow
def test_health_is_reported_by_file_and_port(
    wire: Wire, dataset: Dataset, tmp_path: Path
) -> None:
    wire.publish(10)
    file = tmp_path / "health.json"
    seen = Streaming()
    stalled = dt.timedelta(seconds=1)

    def ask(port: int, path: str) -> tuple[int, str]:
        try:
            with DIRECT.open(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    with health_port(0, seen.board, stalled) as port:

        def meanwhile(board: Board) -> None:
            wait_for(lambda: board.batches > 0 and board.working_since is None)
            status, body = ask(port, "/healthz")
            assert status == 200, body
            assert json.loads(body)["articles"] == board.total.new > 0
            _, metrics = ask(port, "/metrics")
            assert f"newsbeam_stream_articles_total {board.total.new}" in metrics
            assert ask(port, "/secret")[0] == 404
            taken = pytest.raises(ConfigError, match="choose another")
            with taken, health_port(port, board, stalled):
                pass
            wire.publish()
            wire.delay = 2
            wait_for(lambda: ask(port, "/healthz")[0] == 503)
            assert json.loads(ask(port, "/healthz")[1])["status"] == "stalled"
            wire.delay = 0
            wait_for(lambda: ask(port, "/healthz")[0] == 200)
            stop()

        seen.go(
            lambda: config(dataset, *wire.feeds),
            meanwhile,
            watch=HealthFile(file, stalled),
        )
        told = json.loads(file.read_bytes())
        assert told["status"] == "stopping"
        assert told["batches"] == seen.board.batches > 1
        assert told["last_success"] is not None
        assert ask(port, "/healthz")[0] == 503


@pytest.mark.slow
def test_small_files_of_the_day_are_merged_and_the_report_knows_all(
    wire: Wire, dataset: Dataset
) -> None:
    settings = ("stream.compact_minutes=0.02", "stream.compact_files=3")

    def merged() -> bool:
        folders = dataset.path.glob("*/date=*")
        return all(len(list(folder.glob("*.parquet"))) <= 4 for folder in folders)

    def meanwhile(board: Board) -> None:
        for _ in range(8):
            seen = board.total.new
            wire.publish(3)
            wait_for(lambda seen=seen: board.total.new > seen)  # type: ignore[misc]
        wait_for(lambda: board.total.new >= len(wire.versions()))
        wait_for(merged)
        stop()

    board = Streaming().go(
        lambda: config(dataset, *wire.feeds, settings=settings), meanwhile
    )
    assert titles(dataset) == sorted(wire.versions())
    # More than are merged at once; a slow machine may take two publications together.
    assert board.batches > 3
    assert merged()
    (report,) = dataset.path.glob("_runs/*/report.json")
    figures = json.loads(report.read_bytes())
    assert figures["new"] == figures["languages"]["en"] == len(wire.versions())


def test_another_run_or_runner_is_refused(wire: Wire, dataset: Dataset) -> None:
    def meanwhile(board: Board) -> None:
        wait_for(lambda: board.batches > 0)
        with pytest.raises(LockedError):
            run(config(dataset, *wire.feeds))
        stop()

    Streaming().go(lambda: config(dataset, *wire.feeds), meanwhile)
    with pytest.raises(ConfigError, match=r"run\.runner"):
        Streaming().go(
            lambda: config(dataset, *wire.feeds, settings=("run.runner=FlinkRunner",))
        )


def test_a_page_whose_host_was_down_comes_when_it_is_up(
    dataset: Dataset, httpserver: HTTPServer
) -> None:
    site, publisher = Site(httpserver), Publisher()
    site.list("Lima", link=publisher.url("Lima"))

    def meanwhile(_: Board) -> None:
        wait_for(lambda: len(dataset.rows("waiting")) > 0)
        publisher.open("Lima")
        wait_for(lambda: len(dataset.rows()) > 0)
        stop()

    try:
        Streaming().go(lambda: config(dataset, site.url), meanwhile)
    finally:
        publisher.close()
    (article,) = dataset.rows()
    assert article["text_source"] == "page"
    # What the feed listed was read once; from then on it was unchanged.
    news = [row for row in dataset.rows("fetches") if row["outcome"] == "news"]
    assert len(news) == 1
