"""An engine that writes to an S3 server brings the rows of a local run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engines import ENGINES, Newsbeam, toml
from kit import ROOT, SEED, Dataset
from newsroom import Newsroom
from objects import Server, Stored, use

pytestmark = [pytest.mark.engine, pytest.mark.timeout(420)]

PATIENCE = 120


@pytest.fixture
def stored(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stored:
    use(s3, monkeypatch)
    return Stored(f"s3://news/{tmp_path.name}", tmp_path / "state")


def brief(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("id", "revision", "title", "text", "language", "country_codes", "path")
    return sorted((tuple(row[name] for name in names) for row in rows), key=repr)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_bounded_run(
    engine: Callable[[], list[str]],
    stored: Stored,
    dataset: Dataset,
    tmp_path: Path,
    newsbeam: Callable[..., Any],
) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    text = (ROOT / SEED).read_text()
    for number in range(20):
        (inbox / f"{number}.txt").write_text(f"{text}\n\nNuméro {number}.")
    source = ("run", "--files", inbox, "--set", 'enrich.entities.models.fr=""')
    assert newsbeam(*source, "--output", dataset.path).returncode == 0

    there = (*source, "--output", stored.url, "--set", f"output.state={stored.state}")
    done = newsbeam(*there, *engine())
    assert done.returncode == 0, done.stderr[-3_000:]
    assert brief(stored.rows()) == brief(dataset.rows())
    assert set(stored.named()) <= set(stored.data())

    again = newsbeam(*there, *engine())
    assert again.returncode == 0, again.stderr[-3_000:]
    assert brief(stored.rows()) == brief(dataset.rows())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_stream_resumes_and_every_version_is_there_once(
    engine: Callable[[], list[str]], stored: Stored, tmp_path: Path
) -> None:
    options = engine()
    with Newsroom() as newsroom:
        config = toml(
            tmp_path / "stream.toml",
            {
                "source": {"feeds": newsroom.feeds},
                "fetch": {
                    "contact": "https://example.org/me",
                    "allowed_networks": ["127.0.0.0/8"],
                    "feed_pause_seconds": 0,
                    "page_pause_seconds": 0,
                    "interval_minutes": 0.02,
                },
                "stream": {"shortest_poll_seconds": 1},
                "enrich.entities.models": {"en": ""},
                "windows": {
                    "minutes": 60,
                    "flush_seconds": 3,
                    "shards": 2,
                    "hold_minutes": 0,
                },
                "output": {"path": stored.url, "state": str(stored.state)},
            },
        )
        command = ("unbounded", str(config), *options)
        first = Newsbeam(tmp_path / "first.log", *command)
        for _ in range(40):
            newsroom.publish()
            time.sleep(0.1)
        wait(lambda: is_read(stored, 10), first)
        newsroom.publish()
        first.kill()

        second = Newsbeam(tmp_path / "second.log", *command)
        for _ in range(20):
            newsroom.publish()
            time.sleep(0.1)
        wait(lambda: set(versions(stored)) == newsroom.versions(), second)
        assert second.stop(PATIENCE) == 0, second.log.read_text()[-3_000:]
        assert "repaired" in second.log.read_text()

        found = Counter(versions(stored))
        assert set(found) == newsroom.versions()
        assert set(found.values()) == {1}
        assert set(stored.named()) <= set(stored.data())
        assert not [n for n in stored.store.names("_runs") if "staged" in n]


def versions(stored: Stored) -> list[tuple[str, int]]:
    return [(row["id"], row["revision"]) for row in stored.rows()]


def is_read(stored: Stored, count: int) -> bool:
    return stored.tables.is_there() and len(versions(stored)) >= count


def wait(is_over: Callable[[], bool], process: Newsbeam) -> None:
    until = time.monotonic() + PATIENCE
    while not is_over():
        assert process.is_alive(), process.log.read_text()[-3_000:]
        assert time.monotonic() < until, process.log.read_text()[-3_000:]
        time.sleep(1)
