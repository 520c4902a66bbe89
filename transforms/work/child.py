"""A child process that works for its parent and that the kernel ends when it must.

The kernel is its watchdog.  Two timers end it at its deadline, even in the middle of a
regular expression and even when its parent is gone, and a limit bounds its memory.  One
timer counts the processor time of the child, so that no document is lost because the
machine is busy with other work.  The other timer is a clock with a limit many times as
long, for work that only waits.  Children are forked from a server that has loaded what all
of them need, so that one is replaced within milliseconds.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import logging
import multiprocessing
import os
import pickle
import resource
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeAlias

import pydantic

from transforms.vocabulary import Reason
from transforms.work.memory import give_back
from transforms.work.options import Options

Worker = Callable[[Any], Iterable[Any]]

# The clock's limit where the configuration names none, in deadlines.  On two cores that
# ten processes want, a page gets a tenth of the time of one that has a core to itself.
_WALL_DEADLINES = 20
# Seconds without work, after which a child gives back the memory that it does not use.
_IDLE = 1.0


class PoolOptions(Options):
    """The child processes that parse feeds, extract and tag (section ``[pool]``)."""

    processes: int | None = pydantic.Field(default=None, ge=0)
    """How many extract, and as many tag; by default one a core.  0: none, unguarded."""
    deadline_seconds: float = pydantic.Field(default=30.0, gt=0)
    """Processor time that a document may take; then its child is ended."""
    wall_seconds: float | None = pydantic.Field(default=None, gt=0)
    """Time by the clock that a document may take; by default 20 times the deadline."""
    max_megabytes: int = pydantic.Field(default=2_000, ge=100)
    """Memory that a child may take for its work; a document that needs more is rejected."""

    @property
    def size(self) -> int:
        """How many children there are."""
        if self.processes is None:
            return len(os.sched_getaffinity(0))
        return self.processes

    @property
    def clock_seconds(self) -> float:
        """The limit by the clock, whether the configuration names one or not."""
        return self.wall_seconds or _WALL_DEADLINES * self.deadline_seconds


@dataclasses.dataclass(frozen=True, slots=True)
class Died:
    """The report on an element whose child did not survive it.

    Attributes:
      reason: ``timeout`` or ``crashed``.
      detail: One line for a person.
    """

    reason: Reason
    detail: str


Outcome: TypeAlias = list[Any] | Died
"""All results of an element, or why there are none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """An element that a child is to work on.

    Attributes:
      pickled: The element.
      future: Where its outcome goes.
      is_alone: Whether it wants a new child, and nothing beside it.
    """

    pickled: bytes
    future: Future[Outcome]
    is_alone: bool = False


_MEGABYTE = 1_000_000
# A child that has grown by this many bytes is replaced, or by this share of its limit if
# that is less: libraries leak, and the heap becomes fragmented.  A new child costs a second
# at most, for its models, and a child processes about a thousand articles before that.
_OUTGROWN = 50 * _MEGABYTE
_OUTGROWN_SHARE = 0.5
# During this many elements it loads models and the like: growth counts from then on.
_WARM_AFTER = 200


_SERVER_LOCK = threading.Lock()


def start_server() -> None:
    """Start the server that children are forked from, where it is not running.

    It loads :mod:`transforms.work.preload` on a core of its own: a command that will need
    children calls this before it loads what itself needs.
    """
    with _SERVER_LOCK:
        forkserver.set_forkserver_preload(["transforms.work.preload"])
        # One child a core is all the parallelism there is: linear algebra that starts
        # threads of its own in each only makes them wait for each other.
        with (
            _environment(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1"),
            _place_for_a_socket(),
            _deaf_to_ctrl_c(),
        ):
            forkserver.ensure_running()


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Start processes that Ctrl-C, which goes to all of a terminal's, leaves alone.

    They would print where they were while they load modules; their parent ends them.
    """
    # It would take the block away, if it were started within.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


# The kernel's timers, each with the signal that it ends a child by: the processor time of
# all its threads, and the clock.
_PROCESSOR, _CLOCK = signal.ITIMER_PROF, signal.ITIMER_REAL


@contextlib.contextmanager
def off_the_clock() -> Iterator[None]:
    """Stop the deadline meanwhile: a child loads something that serves all documents.

    Otherwise a deadline shorter than a model takes to load would end every child at its
    first document of that language, and all of them would be lost.
    """
    left = {timer: signal.setitimer(timer, 0) for timer in (_PROCESSOR, _CLOCK)}
    try:
        yield
    finally:
        for timer, (seconds, interval) in left.items():
            signal.setitimer(timer, seconds, interval)


class Child:
    """One child, seen from its parent.

    Args:
      make: The pickled function that builds what it works with.
      options: Its limits.

    Raises:
      Exception: Whatever building raises in the child.
      RuntimeError: The child ended before it could work at all.
    """

    def __init__(self, make: bytes, options: PoolOptions) -> None:
        self._options = options
        self.has_ended = False
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

    def work(self, tasks: collections.deque[Task]) -> Died | None:
        """Do the tasks and take them off ``tasks``, up to one that ends the child.

        Returns:
          Why the child did not survive the first of the tasks that are left; None if it
          did all of them.  Either way it may have ended.
        """
        try:
            self._pipe.send_bytes(pickle.dumps([task.pickled for task in tasks]))
            while tasks:
                results, records, is_outgrown = self._pipe.recv()
                for record in records:
                    logger = logging.getLogger(record.name)
                    if logger.isEnabledFor(record.levelno):
                        logger.handle(record)
                tasks.popleft().future.set_result(results)
        except (EOFError, OSError):
            return self._post_mortem()
        if is_outgrown:
            self.end()
        return None

    def kill(self) -> None:
        """End the child, whatever it is doing; any thread may."""
        # It may have ended, or be ended by its own thread, in this very moment.
        with contextlib.suppress(ValueError, OSError):
            self._process.kill()

    def _post_mortem(self) -> Died:
        code = self.end()
        if code == -signal.SIGPROF:
            return Died(
                Reason.TIMEOUT,
                f"took more than {self._options.deadline_seconds:g} s of processor time"
                " (pool.deadline_seconds)",
            )
        if code == -signal.SIGALRM:
            return Died(
                Reason.TIMEOUT,
                f"not done after {self._options.clock_seconds:g} s by the clock"
                " (pool.wall_seconds)",
            )
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Died(Reason.CRASHED, f"the process that worked on it ended by {how}")

    def end(self) -> int:
        """Let the child end when its current work is done; return its exit code."""
        self.has_ended = True
        self._pipe.close()
        # Whoever starts a child asks how all others ended.  Of two threads that read the
        # code of one child at once, the second gets 255.
        wait([self._process.sentinel])
        with _SERVER_LOCK:
            self._process.join()
            code = self._process.exitcode
        self._process.close()
        return code or 0


def _serve(pipe: Connection, make: bytes, options: PoolOptions, log_level: int) -> None:
    """Work in a child: batches of pickled elements in, their results out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Their default is to end the process, wherever it is: no Python code has to run.
    for ending in (signal.SIGPROF, signal.SIGALRM, signal.SIGTERM):
        signal.signal(ending, signal.SIG_DFL)
    records = _collect_records(log_level)
    try:
        work = pickle.loads(make)()  # noqa: S301 - our own parent's
    except Exception as error:  # noqa: BLE001 - reported to the parent, which fails the run
        pipe.send(error)
        return
    pipe.send(None)
    first = _data_bytes()
    limit = options.max_megabytes * _MEGABYTE
    if first is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (first + limit, first + limit))
    done, warm = 0, None
    most_growth = min(_OUTGROWN, _OUTGROWN_SHARE * limit)
    # The pipe breaks when the parent is gone.
    with contextlib.suppress(EOFError, OSError):
        while True:
            if not pipe.poll(_IDLE):
                # Others need it now: at the end of a run the parent writes all files.
                give_back()
            batch = pickle.loads(pipe.recv_bytes())  # noqa: S301 - our own parent's
            done += len(batch)
            _look_ahead(work, batch, options)
            for number, pickled in enumerate(batch, 1):
                with _deadline(options):
                    results = list(work(pickle.loads(pickled)))  # noqa: S301 - the same
                is_outgrown = False
                if number == len(batch) and done > _WARM_AFTER:
                    data = _data_bytes() or 0
                    warm = warm or data
                    is_outgrown = (
                        data - warm > most_growth
                        or data - (first or 0) > _OUTGROWN_SHARE * limit
                    )
                pipe.send((results, records, is_outgrown))
                records.clear()


def _look_ahead(work: Any, batch: list[bytes], options: PoolOptions) -> None:
    """Show work that benefits from it all elements of a batch before it gets each one.

    If the child is ended here, the first of them is blamed.  A single element is not shown
    ahead.
    """
    if len(batch) > 1 and getattr(work, "looks_ahead", False):
        with _deadline(options, len(batch)):
            work.look_ahead([pickle.loads(each) for each in batch])  # noqa: S301 - our own parent's


@contextlib.contextmanager
def _deadline(options: PoolOptions, documents: int = 1) -> Iterator[None]:
    """Have the kernel end this process if it is not done in time."""
    signal.setitimer(_PROCESSOR, documents * options.deadline_seconds)
    signal.setitimer(_CLOCK, documents * options.clock_seconds)
    try:
        yield
    finally:
        signal.setitimer(_PROCESSOR, 0)
        signal.setitimer(_CLOCK, 0)


def _collect_records(level: int) -> list[logging.LogRecord]:
    """Keep what is logged, for the parent to report."""
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
    """Return what counts against the limit, None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
        return int(pages) * resource.getpagesize()
    return None
