"""A pool of child processes that can be killed, for work that may hang, crash or bloat.

Beam 2.77 offers no such thing: its ``multi_processing`` mode hangs for ever when a worker
dies, and a stage's ``timeout=`` leaves a thread behind that keeps the process from
ending.  Pebble, the library for this, has all children read from one pipe under one lock:
one that is killed while it holds the lock takes the pool with it, and what a child that
holds the interpreter's lock costs is three seconds of grace.

Here each child (:mod:`transforms.work.child`) has a pipe of its own.  An element whose child
was ended is retried once, alone in a new child: the cause may have been an earlier
element, another process, or a temporary problem.
"""

from __future__ import annotations

import atexit
import collections
import dataclasses
import math
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from transforms.work.child import Child, Died, Outcome, PoolOptions, Task, Worker

# A child is given several elements at once, so that it need not wait for its parent
# between them; but few, so that all children end at the same time.
_MOST_AT_ONCE = 8
# Bytes; texts and pages that wait for a child are held in memory.
_MOST_WAITING = 64_000_000
# Elements that may wait for each child, at most.
_WAITING_EACH = 32
# Time for a killed child to be gone.
_LAST_SECONDS = 10.0


class Pool:
    """Children that all do the same work.

    Args:
      make: Builds the function that does it, in each child; pickled.
      options: How many children, and their limits.
    """

    def __init__(self, make: Callable[[], Worker], options: PoolOptions) -> None:
        self._make = pickle.dumps(make)
        self._options = options
        # Whoever reads it from the options asks the system.
        self._size = options.size
        self._tasks: collections.deque[Task] = collections.deque()
        self._changed = threading.Condition()
        self._waiting_bytes = 0
        self._children: set[Child] = set()
        self._is_closed = False
        self._drivers = [
            threading.Thread(target=self._drive, name=f"pool-{number}", daemon=True)
            for number in range(self._size)
        ]
        for driver in self._drivers:
            driver.start()

    def close(self) -> None:
        """End all children, whatever they are doing; nothing more can be submitted."""
        with self._changed:
            self._is_closed = True
            while self._tasks:
                self._tasks.popleft().future.cancel()
            for child in list(self._children):
                child.kill()
            self._changed.notify_all()
        for driver in self._drivers:
            driver.join(_LAST_SECONDS)

    @property
    def is_full(self) -> bool:
        """Whether too much waits for a child to submit more."""
        return (
            self._waiting_bytes > _MOST_WAITING
            or len(self._tasks) > _WAITING_EACH * self._size
        )

    def submit(self, element: Any, *, alone: bool = False) -> Future[Outcome]:
        """Let a child work on ``element``.

        Args:
          element: What the work is done on; pickled.
          alone: Whether it gets a new child, with nothing beside it.

        Returns:
          What will hold the outcome, or the exception that keeps any child from
          working at all.
        """
        pickled = pickle.dumps(element, pickle.HIGHEST_PROTOCOL)
        task = Task(pickled, Future(), alone)
        with self._changed:
            self._tasks.append(task)
            self._waiting_bytes += len(task.pickled)
            self._changed.notify()
        return task.future

    def _take(self) -> collections.deque[Task]:
        """Return what a child is to do next; wait for it.  Nothing: the pool is closed."""
        batch: collections.deque[Task] = collections.deque()
        with self._changed:
            while not self._tasks and not self._is_closed:
                self._changed.wait()
            share = math.ceil(len(self._tasks) / (2 * self._size))
            for _ in range(min(share, _MOST_AT_ONCE)):
                task = self._tasks.popleft()
                self._waiting_bytes -= len(task.pickled)
                if task.future.set_running_or_notify_cancel():
                    batch.append(task)
        return batch

    def _drive(self) -> None:
        """Keep one child at work until the pool is closed."""
        child: Child | None = None
        while not self._is_closed:
            batch = self._take()
            while batch:
                child = self._do(batch, child)
        if child is not None:
            child.end()

    def _do(self, batch: collections.deque[Task], child: Child | None) -> Child | None:
        """Do the first tasks of ``batch`` and take them off it.

        Returns:
          The child that can go on, if there is one.
        """
        tasks = _first(batch)
        try:
            if child is not None and tasks[0].is_alone:
                self._children.discard(child)
                child.end()
                child = None
            child = child or self._new_child()
            died = child.work(tasks)
        except Exception as error:  # noqa: BLE001 - reported where it is waited for
            for task in tasks:
                task.future.set_exception(error)
            if child is not None:
                self._children.discard(child)
                child.kill()
                child.end()
            return None
        if died is not None:
            suspect = tasks.popleft()
            if suspect.is_alone:
                detail = f"{died.detail}; tried again alone"
                suspect.future.set_result(Died(died.reason, detail))
            else:
                tasks.appendleft(dataclasses.replace(suspect, is_alone=True))
        batch.extendleft(reversed(tasks))
        if child.has_ended:
            self._children.discard(child)
            return None
        return child

    def _new_child(self) -> Child:
        child = Child(self._make, self._options)
        with self._changed:
            if not self._is_closed:
                self._children.add(child)
                return child
        child.kill()
        child.end()
        raise RuntimeError("the pool is closed")


def _first(batch: collections.deque[Task]) -> collections.deque[Task]:
    """Take from ``batch`` what its next child may be given at once."""
    tasks = collections.deque([batch.popleft()])
    while batch and not tasks[0].is_alone and not batch[0].is_alone:
        tasks.append(batch.popleft())
    return tasks


_POOLS: dict[tuple[bytes, PoolOptions], Pool] = {}
_POOLS_LOCK = threading.Lock()


def pool_for(make: Callable[[], Worker], options: PoolOptions) -> Pool:
    """Return the process's pool for this work: one for all its batches and runs."""
    key = (pickle.dumps(make), options)
    with _POOLS_LOCK:
        if not _POOLS:
            # Before multiprocessing's own, which waits for children that it has sent a
            # signal to, and would wait for ever for one that has taken another's place.
            atexit.register(_close_pools)
        if key not in _POOLS:
            _POOLS[key] = Pool(make, options)
        return _POOLS[key]


def _close_pools() -> None:
    with _POOLS_LOCK:
        for pool in _POOLS.values():
            pool.close()
