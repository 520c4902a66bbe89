"""One wire, read three ways, brings the same versions.

``newsbeam stream`` and ``newsbeam unbounded`` read the wire's feeds while it publishes: in
two feeds at once, corrected, late and out of order.  When all is out, one bounded run reads
the wire's archives, where each version is still listed with its own text.

Compared are the versions, each of which must be there exactly once: ids with revisions, and
ids with content hashes.  Between the stream and the bounded run, which both work entry by
entry, also which text is which revision; a worker of an engine may meet two versions that
were listed by the same poll in either order.

Less than a minute by default; for longer::

    NEWSBEAM_ENTRIES=5000 NEWSBEAM_MINUTES=30 make test-engine
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from engines import ENGINES, Newsbeam, toml
from kit import Dataset
from wire import Wire

from pipeline.configuration.config import load
from pipeline.run import run

ENTRIES = int(os.environ.get("NEWSBEAM_ENTRIES", "100"))
MINUTES = float(os.environ.get("NEWSBEAM_MINUTES", "0.25"))
# Faster than a story is corrected, and than an entry leaves its feed.
POLL_SECONDS = 2
# For what is still on its way when the last version is out.
PATIENCE = 180 + 10 * MINUTES

pytestmark = [
    pytest.mark.engine,
    # With time for the bounded run, which has everything before it at once.
    pytest.mark.timeout(2 * 60 * MINUTES + 3 * PATIENCE),
]


def settings(feeds: Sequence[str], dataset: Path) -> dict[str, dict[str, Any]]:
    return {
        "source": {"feeds": list(feeds)},
        "fetch": {
            "contact": "https://example.org/me",
            "allowed_networks": ["127.0.0.0/8"],
            "feed_pause_seconds": 0,
            "page_pause_seconds": 0,
            "interval_minutes": POLL_SECONDS / 60,
        },
        "enrich.entities.models": {"en": ""},
        "output": {"path": str(dataset)},
        "stream": {
            "shortest_poll_seconds": POLL_SECONDS,
            "pause_seconds": 1,
            "rhythm": 0,
            "compact_minutes": 1,
        },
        "windows": {"minutes": 60, "flush_seconds": 5, "shards": 2, "hold_minutes": 0},
    }


Version = tuple[str, int, str]


def versions(dataset: Path) -> Counter[Version]:
    """Return how often each version is there: its id, revision and content hash."""
    rows = Dataset(dataset).rows()
    return Counter((row["id"], row["revision"], row["content_hash"]) for row in rows)


def titles(dataset: Path) -> set[str]:
    return {row["title"] for row in Dataset(dataset).rows()}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stream_an_engine_and_one_run_bring_the_same_versions(
    engine: Callable[[], list[str]], tmp_path: Path
) -> None:
    options = engine()
    streamed, unbounded, once = (
        tmp_path / name for name in ("stream", "engine", "run")
    )
    with Wire() as wire:
        config = toml(tmp_path / "stream.toml", settings(wire.feeds, streamed))
        stream = Newsbeam(tmp_path / "stream.log", "stream", config)
        config = toml(tmp_path / "engine.toml", settings(wire.feeds, unbounded))
        other = Newsbeam(tmp_path / "engine.log", "unbounded", config, *options)
        try:
            wire.publish_steadily(ENTRIES, MINUTES * 60).join()
            for process, dataset in ((stream, streamed), (other, unbounded)):
                wait_until_read(wire, process, dataset)
            for process in (stream, other):
                assert process.stop(PATIENCE) == 0, process.log.read_text()[-3_000:]
        finally:
            for process in (stream, other):
                if process.is_alive():
                    process.kill()
        config = toml(tmp_path / "run.toml", settings(wire.archives, once))
        run(load(config))
        published = wire.versions()

    expected = versions(once)
    assert titles(once) == published
    assert len(expected) == ENTRIES
    corrected = sum(revision > 0 for _, revision, _ in expected)
    shared = sum(len(version.feeds) > 1 for version in wire.published)
    print(f"\n{ENTRIES} versions, {corrected} corrections, {shared} in two feeds")
    assert corrected
    assert shared
    assert set(expected.values()) == {1}
    assert versions(streamed) == expected
    found = versions(unbounded)
    assert set(found.values()) == {1}
    assert {(name, revision) for name, revision, _ in found} == {
        (name, revision) for name, revision, _ in expected
    }
    assert {(name, text) for name, _, text in found} == {
        (name, text) for name, _, text in expected
    }


def wait_until_read(wire: Wire, process: Newsbeam, dataset: Path) -> None:
    """Wait until every version that is out is published."""
    until = time.monotonic() + PATIENCE
    missing = wire.versions()
    while missing:
        # A compaction may replace files between the look at a folder and the reading.
        with contextlib.suppress(FileNotFoundError):
            missing = wire.versions() - titles(dataset)
        log = process.log.read_text()[-3_000:]
        assert process.is_alive(), log
        assert time.monotonic() < until, (len(missing), sorted(missing)[:5], log)
        time.sleep(1)
