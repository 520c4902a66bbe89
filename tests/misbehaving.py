"""What children are given to do that hang, crash, bloat, or fall while they look ahead.

A child imports the module of what it is given: no test, and no Beam.
"""

from __future__ import annotations

import ctypes
import dataclasses
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from transforms.vocabulary import Stage
from transforms.work.child import off_the_clock
from transforms.work.steps import Series, Step


def _hang() -> None:
    while True:
        pass


def _sleep() -> None:
    time.sleep(3600)


def _sleep_in_c() -> None:
    # A call of this kind never gives the interpreter back either.
    ctypes.PyDLL(None).sleep(3600)


def _hang_in_c() -> None:
    # Nothing written in Python can end this: it never gives the interpreter back.
    re.match(r"(a+)+$", "a" * 60 + "b")


def _doze() -> None:
    time.sleep(1)


def _load() -> None:
    # Longer than the deadline, by the clock and by the processor's time.
    until = time.process_time() + 1
    with off_the_clock():
        time.sleep(1)
        while time.process_time() < until:
            pass


def _load_and_hang() -> None:
    _load()
    _hang()


def _load_and_sleep() -> None:
    _load()
    _sleep()


def _raise() -> None:
    raise ZeroDivisionError("nobody foresaw this")


def _log() -> None:
    logging.getLogger("newsbeam.test").warning("a word from %s", "the child")


def _log_a_failure() -> None:
    try:
        _raise()
    except ZeroDivisionError:
        logging.getLogger("newsbeam.test").exception("it failed")


def _read_here(pid: int) -> str:
    if pid != os.getpid():
        raise ValueError("only the child can read this")
    return ""


class ForNobody:
    """What is pickled in a child, and read by no parent."""

    def __reduce__(self) -> tuple[Callable[[int], str], tuple[int]]:
        return _read_here, (os.getpid(),)


def _hoard() -> None:
    # What stays lies among what is freed: glibc gives none of it back by itself.
    blocks = [bytes(1_000) for _ in range(80_000)]
    KEPT.extend(blocks[::64])


LEAKED: list[bytearray] = []
KEPT: list[bytes] = []
DEEDS: dict[str, Callable[[], object]] = {
    "hang": _hang,
    "hang in C": _hang_in_c,
    "sleep": _sleep,
    "sleep in C": _sleep_in_c,
    "doze": _doze,
    "load": _load,
    "load and hang": _load_and_hang,
    "load and sleep": _load_and_sleep,
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(7),
    "bloat": lambda: bytearray(10_000_000_000),
    "leak": lambda: LEAKED.append(bytearray(1_000_000)),
    "hoard": _hoard,
    "raise": _raise,
    "log": _log,
    "log a failure": _log_a_failure,
}


def misbehave(order: str) -> Iterator[Any]:
    deed, _, mark = order.partition(" once ")
    if not mark or not Path(mark).exists():
        if mark:
            Path(mark).touch()
        DEEDS.get(deed, lambda: None)()
    if order == "give what nobody can read":
        yield ForNobody()
    yield str(os.getpid()) if order == "pid" else order.upper()


def make() -> Callable[[str], Iterator[str]]:
    return misbehave


def cannot() -> Callable[[str], Iterator[str]]:
    raise OSError("the model is missing")


def dies() -> Callable[[str], Iterator[str]]:
    os._exit(3)


def origin(element: object) -> tuple[str, dict[str, object]]:
    return str(element), {}


@dataclasses.dataclass
class Echo:
    """Answers with what it saw ahead."""

    fails: bool = False
    seen: int = 0

    def __call__(self, element: int) -> Iterator[tuple[int, int]]:
        if element < 0 and not self.seen:
            raise SystemExit(3)
        yield element, self.seen

    def look_ahead(self, elements: Sequence[int]) -> None:
        if self.fails:
            raise ZeroDivisionError("nobody foresaw this")
        if min(elements) < 0:
            raise SystemExit(3)
        self.seen = len(elements)


def echo() -> Series:
    return Series((Step(Stage.ENTITIES, Echo),), origin)
