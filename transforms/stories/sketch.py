"""Sketch: a sample of the runs of words in a text, by which a copy of it is found.

Every run of five words has a hash, and the sketch is the lowest of them.  Two texts have
been sampled alike as far as both sketches reach, so the share of one that is in the other
can be estimated, however much longer one of them is.

Of a long text few of the lowest are in a short one.  But papers cut a report at its end: so
the first words of each text have a sketch of their own.

Source: Broder, "On the resemblance and containment of documents", 1997.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RUN = 5
"""Words of a run: fewer are common to unrelated texts, more do not outlive an edit."""
SIZE = 40
"""Hashes of a sketch; a longer text has more runs."""
LEAD = 100
"""Words that have a sketch of their own."""
LEAD_SIZE = 11
"""Hashes of it."""
_BITS = 32
_FEWEST = 2
"""Runs that two texts must have in common: one may be chance."""

_Wide = np.uint64
_MULTIPLIER = _Wide(0x9E3779B97F4A7C15)


def sketch(words: Sequence[str], size: int = SIZE) -> tuple[int, ...]:
    """Return the sketch of a text, lowest hash first; empty if it has no run.

    Args:
      words: Its words in order, each as it is to be compared.
      size: Hashes, at most.
    """
    count = len(words) - RUN + 1
    if count < 1:
        return ()
    known: dict[str, int] = {}
    for word in words:
        if word not in known:
            known[word] = zlib.crc32(word.encode())
    hashes = np.array([known[word] for word in words], dtype=_Wide)
    runs = np.zeros(count, dtype=_Wide)
    for start in range(RUN):
        runs = runs * _MULTIPLIER + hashes[start : start + count]
    lowest = np.unique(_mixed(runs) >> _Wide(_BITS))[:size]
    return tuple(lowest.tolist())


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return numbers that depend on every bit of the given ones.

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    numbers = (numbers ^ (numbers >> _Wide(30))) * _Wide(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> _Wide(27))) * _Wide(0x94D049BB133111EB)
    return numbers ^ (numbers >> _Wide(31))


class Shared(NamedTuple):
    """What a text has of another.

    Attributes:
      runs: How many of the sampled runs of the shorter one are in the other.
      of: How many were sampled.
    """

    runs: int
    of: int

    @property
    def share(self) -> float:
        """The estimated share of the shorter text's runs that are in the other."""
        return self.runs / self.of if self.runs >= _FEWEST else 0.0

    @property
    def sure(self) -> float:
        """A share that is lower where less was sampled."""
        return self.runs / (self.of + 1)


NOTHING = Shared(0, 1)
"""Nothing in common."""


def containment(one: Sequence[int], other: Sequence[int], size: int = SIZE) -> Shared:
    """Return what the shorter text has of the other.

    Args:
      one: The sketch of a text.
      other: That of another.
      size: Hashes of a sketch that is full.
    """
    # What both have, both reach.
    runs = len(frozenset(one).intersection(other))
    if not runs:
        return NOTHING
    reach = min(_reach(one, size), _reach(other, size))
    return Shared(runs, min(bisect_right(one, reach), bisect_right(other, reach)))


def _reach(hashes: Sequence[int], size: int) -> int:
    """Return up to which hash a sketch names all runs of its text."""
    return hashes[-1] if len(hashes) == size else (1 << _BITS) - 1
