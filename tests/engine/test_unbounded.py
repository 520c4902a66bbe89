"""The unbounded pipeline on a real engine, against a newsroom that goes on publishing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from engines import ENGINES, Newsbeam, toml
from kit import Dataset
from news_site import Publisher, Site
from newsroom import Newsroom
from pytest_httpserver import HTTPServer

from pipeline.configuration.config import load
from pipeline.dataset.home import LocalHome
from pipeline.run import run

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

STORIES = 300
PER_SECOND = 10
PATIENCE = 180


def settings(newsroom: Newsroom | str, dataset: Path) -> dict[str, dict[str, object]]:
    feeds = [newsroom] if isinstance(newsroom, str) else newsroom.feeds
    return {
        "source": {"feeds": feeds},
        "fetch": {
            "contact": "https://example.org/me",
            "allowed_networks": ["127.0.0.0/8"],
            "feed_pause_seconds": 0,
            "page_pause_seconds": 0,
            "interval_minutes": 0.02,
        },
        "stream": {"shortest_poll_seconds": 1},
        "enrich.entities.models": {"en": ""},
        "windows": {"minutes": 60, "flush_seconds": 3, "shards": 2, "hold_minutes": 0},
        "output": {"path": str(dataset)},
    }


def publish(newsroom: Newsroom, count: int) -> None:
    for _ in range(count):
        newsroom.publish()
        time.sleep(1 / PER_SECOND)


def versions(dataset: Path) -> list[tuple[str, int]]:
    return [(row["id"], row["revision"]) for row in Dataset(dataset).rows()]


def latest(dataset: Path) -> dict[str, str]:
    rows = sorted(Dataset(dataset).rows(), key=lambda row: row["revision"])
    return {row["id"]: row["content_hash"] for row in rows}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_stream_resumes_and_every_version_is_there_once(
    engine: Callable[[], list[str]], tmp_path: Path
) -> None:
    options = engine()
    stream, bounded = tmp_path / "stream", tmp_path / "bounded"
    with Newsroom() as newsroom:
        configured = settings(newsroom, stream)
        config = toml(tmp_path / "stream.toml", configured)
        command = ("unbounded", str(config), *options)

        first = Newsbeam(tmp_path / "first.log", *command)
        publish(newsroom, STORIES // 2)
        first.wait_for(stream, "articles/*/*.parquet", PATIENCE)
        # The texts that were read must be older than those that replace them.
        seen = Counter(versions(stream))
        publish(newsroom, STORIES // 10)
        first.kill()
        assert 0 < len(seen) < STORIES

        second = Newsbeam(tmp_path / "second.log", *command)
        publish(newsroom, STORIES - len(newsroom.stories))
        wait_until_read(newsroom, second, stream)
        assert newsroom.rewrite() > 20
        wait_until_read(newsroom, second, stream)
        assert second.stop(PATIENCE) == 0, second.log.read_text()[-3_000:]

        found = Counter(versions(stream))
        assert set(found) == newsroom.versions()
        assert set(found.values()) == {1}

        config = toml(tmp_path / "bounded.toml", configured)
        run(load(config, (f"output.path={bounded}",)))
        assert latest(stream) == latest(bounded)
        print(second.log.read_text()[-800:])


def wait_until_read(newsroom: Newsroom, process: Newsbeam, dataset: Path) -> None:
    """Wait until every version that is out is published."""
    until = time.monotonic() + PATIENCE
    while missing := newsroom.versions() - set(versions(dataset)):
        assert process.is_alive(), process.log.read_text()[-3_000:]
        assert time.monotonic() < until, (
            len(missing),
            process.log.read_text()[-3_000:],
        )
        time.sleep(1)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_page_whose_host_was_down_comes_when_it_is_up(
    engine: Callable[[], list[str]], tmp_path: Path, httpserver: HTTPServer
) -> None:
    options = engine()
    site, publisher = Site(httpserver), Publisher()
    site.list("Lima", link=publisher.url("Lima"))
    configured = settings(site.url, tmp_path / "dataset")
    config = toml(tmp_path / "my.toml", configured)
    process = Newsbeam(tmp_path / "log", "unbounded", config, *options)
    dataset = Dataset(tmp_path / "dataset")
    try:
        process.wait_for(dataset.path, "waiting/*/*.parquet", PATIENCE)
        publisher.open("Lima")
        process.wait_for(dataset.path, "articles/*/*.parquet", PATIENCE)
        assert process.stop(PATIENCE) == 0, process.log.read_text()[-3_000:]
    finally:
        publisher.close()
    (article,) = dataset.rows()
    assert article["text_source"] == "page"
    assert dataset.rows("rejects") == []
    with LocalHome(dataset.path).opened() as (state, _):
        assert state.waiting.counts() == {}
