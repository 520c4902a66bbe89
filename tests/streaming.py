"""A stream in the process of a test, and what is done to it meanwhile."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kit import Dataset
from wire import SETTINGS

from pipeline.configuration.config import Config, load
from pipeline.process.signals import Signals
from pipeline.reports.board import Board
from pipeline.stream.loop import Until, Watcher, stream

LONG = 280.0


def config(dataset: Dataset, *feeds: str, settings: tuple[str, ...] = ()) -> Config:
    flags = {"source": {"feeds": feeds}, "output": {"path": dataset.path}}
    return load(None, (*SETTINGS, *settings), flags)


class Streaming:
    """A stream in this process, and what is done to it meanwhile by a thread."""

    def __init__(self) -> None:
        now = dt.datetime.now(dt.UTC)
        self.board = Board(Path(), now, now)
        self.errors: list[BaseException] = []

    def go(
        self,
        read_config: Callable[[], Config],
        meanwhile: Callable[[Board], None] = lambda _: None,
        *,
        until: Until | None = None,
        watch: Watcher | None = None,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> Board:
        signals = Signals(LONG, self.board.stop)
        limit = clock() + dt.timedelta(seconds=LONG)

        def work() -> None:
            try:
                meanwhile(self.board)
            except BaseException as error:  # noqa: BLE001 - raised again below
                self.errors.append(error)
                os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=work, daemon=True)
        with signals:
            thread.start()
            stream(
                read_config,
                signals=signals,
                board=self.board,
                until=until or Until(limit),
                watch=watch,
                clock=clock,
            )
        thread.join()
        if self.errors:
            raise self.errors[0]
        return self.board


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + LONG / 2
    while not holds():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.02)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def titles(dataset: Dataset) -> list[str]:
    return sorted(row["title"] for row in dataset.rows())


def keys(dataset: Dataset) -> list[tuple[str, int]]:
    return sorted((row["id"], row["revision"]) for row in dataset.rows())
