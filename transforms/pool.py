"""A pool of child processes that can be killed, for work that may hang, crash or bloat.

Beam 2.77 offers no such thing: its ``multi_processing`` mode hangs for ever when a worker
dies, and a stage's ``timeout=`` leaves a thread behind that keeps the process from
ending.  Pebble, the library for this, has all children read from one pipe under one lock:
one that is killed while it holds the lock takes the pool with it, and what a child that
holds the interpreter's lock costs is three seconds of grace.

Here each child has a pipe of its own, and the kernel is its watchdog: a timer that ends it
at its deadline even in the middle of a regular expression, even when its parent is gone,
and a limit on its memory.  Children are forked from a server that has loaded what all of
them need, so that one is replaced within milliseconds.
"""

from __future__ import annotations

import atexit
import collections
import contextlib
import dataclasses
import logging
import math
import multiprocessing
import os
import pickle
import resource
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeAlias

import pydantic

from transforms.options import Options
from transforms.records import Reason

Worker = Callable[[Any], Iterable[Any]]


class PoolOptions(Options):
    """The child processes that extract and tag (section ``[pool]``)."""

    processes: int | None = pydantic.Field(default=None, ge=0)
    """How many for each; by default one a core.  0: all in one process, unguarded."""
    deadline_seconds: float = pydantic.Field(default=30.0, gt=0)
    """Time that a document may take; then its child is killed, it is rejected."""
    max_megabytes: int = pydantic.Field(default=2_000, ge=100)
    """Memory that a child may take for its work; a document that needs more is rejected."""

    @property
    def size(self) -> int:
        """How many children there are."""
        if self.processes is None:
            return len(os.sched_getaffinity(0))
        return self.processes


@dataclasses.dataclass(frozen=True, slots=True)
class Died:
    """What is said of an element whose child did not survive it.

    Attributes:
      reason: ``timeout`` or ``crashed``.
      detail: One line for a person.
    """

    reason: Reason
    detail: str


Outcome: TypeAlias = list[Any] | Died
"""All results of an element, or why there are none."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Task:
    pickled: bytes
    future: Future[Outcome]


# A child is given several elements at once, so that it need not wait for its parent
# between them; but few, so that all children end at the same time.
_MOST_AT_ONCE = 8
# Bytes; texts and pages that wait for a child are held in memory.
_MOST_WAITING = 64_000_000
# As many elements may wait for each child.
_WAITING_EACH = 32
_MEGABYTE = 1_000_000
# A child that has grown by so many bytes is replaced, or by this share of what it may take
# if that is less: libraries leak, and the heap stays in pieces.  A new one costs a second
# at most, for its models, and a child does some thousand articles before.
_WORN_OUT = 50 * _MEGABYTE
_WORN_OUT_SHARE = 0.5
# What it grew by while it did its first so many are the models it loaded, and the like.
_WORN_IN = 200
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
        self._tasks: collections.deque[_Task] = collections.deque()
        self._changed = threading.Condition()
        self._waiting_bytes = 0
        self._children: set[_Child] = set()
        self._is_closed = False
        self._drivers = [
            threading.Thread(target=self._drive, name=f"pool-{number}", daemon=True)
            for number in range(options.size)
        ]
        for driver in self._drivers:
            driver.start()

    def close(self) -> None:
        """End all children, whatever they are at; nothing more can be submitted."""
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
        """Whether so much waits for a child that no more should be submitted."""
        return (
            self._waiting_bytes > _MOST_WAITING
            or len(self._tasks) > _WAITING_EACH * self._options.size
        )

    def submit(self, element: Any) -> Future[Outcome]:
        """Let a child work on ``element``.

        Returns:
          What will hold the outcome, or the exception that keeps any child from
          working at all.
        """
        task = _Task(pickle.dumps(element, pickle.HIGHEST_PROTOCOL), Future())
        with self._changed:
            self._tasks.append(task)
            self._waiting_bytes += len(task.pickled)
            self._changed.notify()
        return task.future

    def _take(self) -> collections.deque[_Task]:
        """Return what a child is to do next; wait for it.  Nothing: the pool is closed."""
        batch: collections.deque[_Task] = collections.deque()
        with self._changed:
            while not self._tasks and not self._is_closed:
                self._changed.wait()
            share = math.ceil(len(self._tasks) / (2 * self._options.size))
            for _ in range(min(share, _MOST_AT_ONCE)):
                task = self._tasks.popleft()
                self._waiting_bytes -= len(task.pickled)
                if task.future.set_running_or_notify_cancel():
                    batch.append(task)
        return batch

    def _drive(self) -> None:
        """Keep one child at work until the pool is closed."""
        child: _Child | None = None
        while not self._is_closed:
            batch = self._take()
            while batch:
                try:
                    child = child or self._new_child()
                    if not child.work(batch):
                        self._children.discard(child)
                        child = None
                except Exception as error:  # noqa: BLE001 - told where it is waited for
                    for task in batch:
                        task.future.set_exception(error)
                    batch.clear()
                    if child is not None:
                        self._children.discard(child)
                        child.kill()
                        child.end()
                        child = None
        if child is not None:
            child.end()

    def _new_child(self) -> _Child:
        child = _Child(self._make, self._options)
        with self._changed:
            if not self._is_closed:
                self._children.add(child)
                return child
        child.kill()
        child.end()
        raise RuntimeError("the pool is closed")


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


_SERVER_LOCK = threading.Lock()


def start_server() -> None:
    """Start the server that children are forked from, where it is not running.

    It loads :mod:`transforms.preload` on a core of its own: a command that will need
    children calls this before it loads what itself needs.
    """
    with _SERVER_LOCK:
        forkserver.set_forkserver_preload(["transforms.preload"])
        # One child a core is all the parallelism there is to have: linear algebra that
        # starts threads of its own in each only makes them wait for each other.
        with (
            _environment(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1"),
            _place_for_a_socket(),
        ):
            forkserver.ensure_running()


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    for name, value in values.items():
        os.environ.setdefault(name, value)
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                os.environ.pop(name, None)


# Bytes that the path of a socket may have, on Linux and (fewer) on macOS, less what
# multiprocessing appends to the temporary folder.
_LONGEST_FOLDER = 103 - len("/pymp-12345678/listener-12345678")


@contextlib.contextmanager
def _place_for_a_socket() -> Iterator[None]:
    """Use ``/tmp`` for temporary files where the usual folder has too long a path.

    As Python does itself from 3.14 on.
    """
    before = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        tempfile.tempdir = "/tmp"  # noqa: S108 - mkdtemp makes a folder of ours there
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def off_the_clock() -> Iterator[None]:
    """Stop the deadline meanwhile: a child loads something that serves all documents.

    Otherwise a deadline shorter than a model takes to load would end every child at its
    first document of that language, and all of them would be lost.
    """
    left, again = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, again)


class _Child:
    """One child, seen from its parent."""

    def __init__(self, make: bytes, options: PoolOptions) -> None:
        self._options = options
        start_server()
        context = multiprocessing.get_context("forkserver")
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_serve,
            args=(theirs, make, options, logging.getLogger().level),
            daemon=True,
        )
        with _SERVER_LOCK:
            self._process.start()
        theirs.close()
        try:
            failure = self._pipe.recv()
        except EOFError:
            raise RuntimeError(
                f"a child process ended before it began: {self._post_mortem().detail}"
            ) from None
        if failure is not None:
            self.end()
            raise failure

    def work(self, batch: collections.deque[_Task]) -> bool:
        """Do the tasks and take them off ``batch``, up to one that kills the child.

        Returns:
          Whether the child can go on.
        """
        try:
            self._pipe.send_bytes(pickle.dumps([task.pickled for task in batch]))
            while batch:
                results, records, is_worn_out = self._pipe.recv()
                for record in records:
                    logger = logging.getLogger(record.name)
                    if logger.isEnabledFor(record.levelno):
                        logger.handle(record)
                batch.popleft().future.set_result(results)
        except (EOFError, OSError):
            died = self._post_mortem()
            batch.popleft().future.set_result(died)
            return False
        if is_worn_out:
            self.end()
        return not is_worn_out

    def kill(self) -> None:
        """End the child, whatever it is at; any thread may."""
        # It may have ended, or be ended by its own thread, in this very moment.
        with contextlib.suppress(ValueError, OSError):
            self._process.kill()

    def _post_mortem(self) -> Died:
        code = self.end()
        if code == -signal.SIGALRM:
            limit = self._options.deadline_seconds
            return Died(Reason.TIMEOUT, f"not done after {limit:g} s, and given up")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Died(Reason.CRASHED, f"the process that worked on it ended by {how}")

    def end(self) -> int:
        """Let the child go when it has done what it is at; return its exit code."""
        self._pipe.close()
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        return code or 0


def _serve(pipe: Connection, make: bytes, options: PoolOptions, log_level: int) -> None:
    """Work in a child: batches of pickled elements in, their results out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Its default is to end the process, wherever it is: no Python code has to run.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    records = _collect_records(log_level)
    try:
        work = pickle.loads(make)()  # noqa: S301 - our own parent's
    except Exception as error:  # noqa: BLE001 - told to the parent, which fails the run
        pipe.send(error)
        return
    pipe.send(None)
    first = _data_bytes()
    limit = options.max_megabytes * _MEGABYTE
    if first is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (first + limit, first + limit))
    done, worn_in = 0, None
    worn_out = min(_WORN_OUT, _WORN_OUT_SHARE * limit)
    # The pipe breaks when the parent is gone.
    with contextlib.suppress(EOFError, OSError):
        while True:
            batch = pickle.loads(pipe.recv_bytes())  # noqa: S301 - our own parent's
            done += len(batch)
            for number, pickled in enumerate(batch, 1):
                signal.setitimer(signal.ITIMER_REAL, options.deadline_seconds)
                results = list(work(pickle.loads(pickled)))  # noqa: S301 - the same
                signal.setitimer(signal.ITIMER_REAL, 0)
                is_worn_out = False
                if number == len(batch) and done > _WORN_IN:
                    data = _data_bytes() or 0
                    worn_in = worn_in or data
                    is_worn_out = (
                        data - worn_in > worn_out
                        or data - (first or 0) > _WORN_OUT_SHARE * limit
                    )
                pipe.send((results, records, is_worn_out))
                records.clear()


def _collect_records(level: int) -> list[logging.LogRecord]:
    """Have what is logged kept, for the parent to say."""
    records: list[logging.LogRecord] = []
    handler = _Keep(records)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    return records


class _Keep(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        # A traceback cannot be pickled, its text can.
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.msg, record.args = record.getMessage(), None
        self._records.append(record)


def _data_bytes() -> int | None:
    """Return what counts against the limit, None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
        return int(pages) * resource.getpagesize()
    return None
