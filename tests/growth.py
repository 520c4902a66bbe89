"""How the work of a function grows with its input.

Regular expressions and string methods work where nothing in Python can count their steps;
the kernel counts the processor time that they take.  What is looked at is the ratio of two
sizes, never a time: four times the input may take four times as long, on any machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

SIZES = tuple(2**power for power in (12, 14, 16, 18, 20))
"""Code points, each size four times the one before; the last is a megabyte."""
_NOTICEABLE = 0.1
"""Seconds below which a time says nothing, and hurts nobody."""
_QUADRATIC = 9.0
"""Linear work grows fourfold, that by the square sixteenfold."""
_TRIES = 3
_QUADRATIC_OF_TWO = 3.0
"""Twice the input: linear work takes twice as long, that by the square four times."""
_HARMFUL = 2.0
"""Seconds of a jump that is a fault, whatever comes behind it."""


def grows_too_fast(
    function: Callable[[str], object],
    make: Callable[[int], str],
    sizes: Sequence[int] = SIZES,
) -> str:
    """Return how the work grows if it is more than in proportion, else "".

    Stops at the first size that says so: by the square, a megabyte would take hours.

    Args:
      function: What is called.
      make: Makes an input of a size.
      sizes: The sizes, each four times the one before.
    """
    before = 0.0
    for size in sizes:
        now = _seconds(function, make(size))
        tries = 0
        while now >= max(_NOTICEABLE, _QUADRATIC * max(before, _NOTICEABLE / 100)):
            if tries == _TRIES:
                # Where a cache ends there is one jump: work by the square goes on growing.
                twice = _seconds(function, make(2 * size))
                if now < _HARMFUL and twice < _QUADRATIC_OF_TWO * now:
                    break
                return (
                    f"{size:,} take {now / before:.1f} times as long as {size // 4:,}"
                )
            tries += 1
            # Others may have had the caches in between: the least of several tries.
            before = max(before, _seconds(function, make(size // 4)))
            now = min(now, _seconds(function, make(size)))
        before = now
    return ""


def _seconds(function: Callable[[str], object], text: str) -> float:
    # That of this thread: what others of the process do meanwhile is not counted.
    began = time.thread_time()
    function(text)
    return time.thread_time() - began


def repeated(unit: str, start: str = "", end: str = "") -> Callable[[int], str]:
    """Return what makes ``start``, ``unit`` over and over up to a size, and ``end``."""

    def make(size: int) -> str:
        return start + (unit * (size // len(unit) + 1))[:size] + end

    return make
