"""Many batches of a stream in one process: nothing grows but the dataset."""

from __future__ import annotations

import datetime as dt
import os
import threading
from pathlib import Path

import pyarrow as pa
import pytest
from kit import Dataset
from wire import SETTINGS, Wire

from pipeline.configuration.config import load
from pipeline.process.signals import Signals
from pipeline.reports.board import Board
from pipeline.stream.loop import Until, stream
from transforms.work.memory import give_back

# A day of them: NEWSBEAM_STREAM_BATCHES=1440 make test-slow
BATCHES = int(os.environ.get("NEWSBEAM_STREAM_BATCHES", "60"))
WARM = BATCHES // 4


def held() -> tuple[float, int, int]:
    """Return what this process holds: MB, threads, open files."""
    # This process is not newsbeam's: Arrow has its own allocator in it.
    pa.default_memory_pool().release_unused()
    give_back()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    megabytes = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return megabytes, threading.active_count(), len(os.listdir("/proc/self/fd"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_grows(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    now = dt.datetime.now(dt.UTC)
    board = Board(dataset.path, now, now)
    figures: dict[int, tuple[float, int, int]] = {}
    with Wire(feeds=2, window=20) as wire, Signals(30) as signals:
        wire.publish(10)
        flags = {"source": {"feeds": wire.feeds}, "output": {"path": dataset.path}}
        settings = ("stream.shortest_poll_seconds=0.1", "stream.compact_minutes=0.2")
        config = load(None, (*SETTINGS, *settings), flags)

        def watch(board: Board) -> None:
            if board.working_since is None and board.batches not in figures:
                figures[board.batches] = held()
                wire.publish()
                if board.batches == BATCHES:
                    signals.is_stopping = True

        until = Until(now + dt.timedelta(hours=1))
        stream(lambda: config, signals=signals, board=board, until=until, watch=watch)
    warm, last = figures[WARM], figures[BATCHES]
    per_batch = (last[0] - warm[0]) / (BATCHES - WARM)
    print(
        f"\nmemory {warm[0]:.0f} → {last[0]:.0f} MB, {per_batch * 1000:.0f} kB a batch"
    )
    print(f"threads {warm[1]} → {last[1]}, open files {warm[2]} → {last[2]}")
    assert per_batch < 0.2
    assert last[1] <= warm[1] + 1
    assert last[2] <= warm[2] + 3
    # The last version may have come when the stream was about to stop.
    rows = {row["title"] for row in dataset.rows()}
    assert len(wire.versions() - rows) <= 1
