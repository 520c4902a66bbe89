"""Work in lanes: one job at a time in each, many lanes at once.

A lane is a host: requests to it go one by one, and a slow host holds up no other.  The
threads are daemons, so that a stopped run does not wait for a server that does not
answer.
"""

from __future__ import annotations

import collections
import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from transforms.work.turns import Budget

Done = TypeVar("Done")

_RESULTS_PER_THREAD = 4
# While jobs are at work a budget is looked at so often, however little is left of it.
_SHORTEST_SECONDS = 0.05


class Lanes(Generic[Done]):
    """A pool of threads, each driving one lane after the other to its end.

    Args:
      threads: How many lanes move at once.
      budget: Is spent while results are waited for; jobs see to what follows from that.
    """

    def __init__(self, threads: int, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()
        self._lock = threading.Lock()
        self._waiting: dict[str, collections.deque[Callable[[], Done]]] = {}
        self._ready: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        # Threads wait when results are not taken: pages must not pile up in memory.
        self._results: queue.Queue[Done] = queue.Queue(_RESULTS_PER_THREAD * threads)
        self._pending = 0
        self._threads = [
            threading.Thread(target=self._drive, daemon=True) for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pending(self) -> int:
        """Jobs whose results have not been taken yet."""
        return self._pending

    def submit(self, lane: str, job: Callable[[], Done]) -> None:
        """Queue a job, which must not raise, behind those of its lane."""
        self._pending += 1
        with self._lock:
            waiting = self._waiting.get(lane)
            if waiting is not None:
                waiting.append(job)
                return
            self._waiting[lane] = collections.deque([job])
        self._ready.put(lane)

    def take(self, *, wait: bool) -> Done | None:
        """Return one result; None if there is no result, or not yet.

        Args:
          wait: Wait for the next one to be ready.
        """
        if not self._pending:
            return None
        try:
            result = self._waited_for() if wait else self._results.get_nowait()
        except queue.Empty:
            return None
        self._pending -= 1
        return result

    def _waited_for(self) -> Done:
        """Return the next result, and spend the time until it is there."""
        budget = self._budget
        while budget.left and not math.isinf(budget.left):
            began, worked = time.monotonic(), budget.worked
            try:
                return self._results.get(timeout=max(budget.left, _SHORTEST_SECONDS))
            except queue.Empty:
                continue
            finally:
                idle = time.monotonic() - began - (budget.worked - worked)
                budget.spend(max(idle, 0.0))
        return self._results.get()

    def close(self) -> None:
        """Let each thread end when its current job is done."""
        with self._lock:
            for waiting in self._waiting.values():
                waiting.clear()
        with contextlib.suppress(queue.Empty):
            while True:
                self._results.get_nowait()
        for _ in self._threads:
            self._ready.put(None)

    def _drive(self) -> None:
        while (lane := self._ready.get()) is not None:
            while (job := self._next(lane)) is not None:
                self._results.put(job())

    def _next(self, lane: str) -> Callable[[], Done] | None:
        with self._lock:
            waiting = self._waiting[lane]
            if waiting:
                return waiting.popleft()
            del self._waiting[lane]
            return None
