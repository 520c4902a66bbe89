"""Runs a command and measures it, with every process that it starts.

Linux only: memory is read from ``/proc``.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

_SAMPLE_SECONDS = 0.1
_SHARE = 0.02
"""Of a core, what looking at the memory may take from those that are measured."""
_PROC = Path("/proc")
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a command took.

    Attributes:
      seconds: Wall clock, from start to end.
      cpu_seconds: User and system time of the process and of all its descendants, as
        the kernel counts them.
      peak_bytes: The most memory that all its processes had together at one time;
        pages that they share count once (PSS, sampled ten times a second, less often
        where that would take more than a fiftieth of a core).
      processes: The most processes that there were at one time.
      output: What it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    processes: int
    output: str


class CommandFailedError(Exception):
    """A command that was to be measured ended in failure."""


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and greatest."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def measure(
    command: Sequence[str | Path],
    log: Path,
    cores: int | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Usage:
    """Run ``command`` and return what it took.

    Args:
      command: Program and arguments.
      log: File for all that it prints.
      cores: How many processor cores it may use; None for all.
      environment: Its environment variables; None for those of this process.
      folder: Where it is started; None for where this process is.

    Raises:
      CommandFailedError: When its exit code is not 0; the message ends with its output.
    """
    _adopt_orphans()
    others = set(_children(os.getpid()))
    with log.open("wb") as printed, _cores(cores):
        started = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=printed,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
        )
    watch = _Watch(process.pid)
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    watch.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu_seconds = usage.ru_utime + usage.ru_stime + _orphans_cpu_seconds(others)
    output = log.read_text(errors="replace")
    if process.returncode != 0:
        raise CommandFailedError(
            f"{' '.join(map(str, command))} ended with {process.returncode}:\n"
            + output[-2000:]
        )
    return Usage(
        seconds,
        cpu_seconds,
        watch.peak_bytes,
        watch.processes,
        output,
    )


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own has ended, so as to hear of their end.

    newsbeam's children are those of a server that outlives it by a moment: nobody else
    would wait for them.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _orphans_cpu_seconds(others: set[int]) -> float:
    """Wait for the descendants that are left, and return the time that they took.

    Args:
      others: Children of ours that were there before.
    """
    seconds = 0.0
    while orphans := set(_children(os.getpid())) - others:
        for pid in orphans:
            with contextlib.suppress(ChildProcessError):
                _, _, usage = os.wait4(pid, 0)
                seconds += usage.ru_utime + usage.ru_stime
    return seconds


@contextlib.contextmanager
def _cores(count: int | None) -> Iterator[None]:
    """Let processes that start meanwhile have only ``count`` cores."""
    available = os.sched_getaffinity(0)
    if count is not None:
        os.sched_setaffinity(0, sorted(available)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, available)


class _Watch(threading.Thread):
    """Adds up the memory of a process and its descendants, again and again."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self.processes = 0
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        pause = _SAMPLE_SECONDS
        while not self._over.wait(pause):
            before = time.thread_time()
            family = [self._pid, *_descendants(self._pid)]
            self.peak_bytes = max(self.peak_bytes, sum(map(_memory, family)))
            self.processes = max(self.processes, len(family))
            # The kernel walks through all of their memory: half a core for large ones.
            pause = max(_SAMPLE_SECONDS, (time.thread_time() - before) / _SHARE)

    def stop(self) -> None:
        self._over.set()
        self.join()


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _children(pid: int) -> Iterator[int]:
    # Whatever is asked of a process may find that it has just ended.
    with contextlib.suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            yield from map(int, (thread / "children").read_text().split())


def resident_bytes(pid: int) -> int:
    """Return the memory of a process and its descendants, shared pages counted once."""
    return sum(map(_memory, [pid, *_descendants(pid)]))


def _memory(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def require_linux() -> None:
    """Leave, saying why, where the figures cannot be had."""
    if not (_PROC / "self/smaps_rollup").exists():
        sys.exit("the benchmarks read memory from /proc/PID/smaps_rollup: Linux only")


def machine() -> str:
    """Return on what, and on what Python, the figures were measured."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in (_PROC / "cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({model}), Linux, Python {platform.python_version()}"
