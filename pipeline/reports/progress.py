"""Progress of a run: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import threading
import time
from typing import Self

from rich import progress
from rich.console import Console

from pipeline.counters import Counters
from pipeline.reports.logs import PROGRESS_LOG
from transforms.vocabulary import Stage
from transforms.work.stage import LIVE

log = logging.getLogger(PROGRESS_LOG)

_TICK_SECONDS = 0.2
_LOG_SECONDS = 30.0


class Progress:
    """Shows how far a run is; a context manager around the work.

    Args:
      console: Where to print; if it is not a terminal, progress is logged instead.
      every: Seconds between two lines of the log.
    """

    def __init__(self, console: Console, every: float = _LOG_SECONDS) -> None:
        self._bar = progress.Progress(
            progress.TextColumn("reading"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn(
                "files, feeds, entries · {task.fields[articles]:,} new · {task.fields[rate]:,.1f}/s"
            ),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._live = console.is_terminal
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        if self._live:
            self._task = self._bar.add_task("", total=None, articles=0, rate=0.0)
            self._bar.start()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        if self._live:
            self._bar.stop()

    def _watch(self) -> None:
        tick = _TICK_SECONDS if self._live else self._every
        while not self._over.wait(tick):
            done, total = Counters.so_far(dict(LIVE)).progress
            articles = LIVE[Stage.WRITE.value, "in"]
            rate = articles / (time.monotonic() - self._started)
            if self._live:
                self._bar.update(
                    self._task,
                    total=total or None,
                    completed=done,
                    articles=articles,
                    rate=rate,
                )
            else:
                log.info(
                    "%d of %d files, feeds and entries done, %d new articles, %.1f/s",
                    done,
                    total,
                    articles,
                    rate,
                )
