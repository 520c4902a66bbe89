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
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Sketch: TypeAlias = npt.NDArray[np.uint32]
"""Some of the lowest hashes of a text's runs, lowest first."""
Counts: TypeAlias = npt.NDArray[np.int64]
Shares: TypeAlias = npt.NDArray[np.float64]

RUN = 5
"""Words of a run: fewer are common to unrelated texts, more do not outlive an edit."""
SIZE = 40
"""Hashes of a sketch; a longer text has more runs."""
LEAD = 100
"""Words that have a sketch of their own."""
LEAD_SIZE = 11
"""Hashes of it."""
_BITS = 32
_HIGHEST = np.uint32((1 << _BITS) - 1)
_FEWEST = 2
"""Runs that two texts must have in common: one may be chance."""

_Wide = np.uint64
_MULTIPLIER = _Wide(0x9E3779B97F4A7C15)


def sketch(words: Sequence[str], size: int = SIZE) -> Sketch:
    """Return the sketch of a text, lowest hash first; empty if it has no run.

    Args:
      words: Its words in order, each as it is to be compared.
      size: Hashes, at most.
    """
    count = len(words) - RUN + 1
    if count < 1:
        return np.array([], np.uint32)
    known: dict[str, int] = {}
    for word in words:
        if word not in known:
            known[word] = zlib.crc32(word.encode())
    hashes = np.array([known[word] for word in words], dtype=_Wide)
    runs = np.zeros(count, dtype=_Wide)
    for start in range(RUN):
        runs = runs * _MULTIPLIER + hashes[start : start + count]
    return np.unique(_mixed(runs) >> _Wide(_BITS))[:size].astype(np.uint32)


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return numbers that depend on every bit of the given ones.

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    numbers = (numbers ^ (numbers >> _Wide(30))) * _Wide(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> _Wide(27))) * _Wide(0x94D049BB133111EB)
    return numbers ^ (numbers >> _Wide(31))


class Shared(NamedTuple):
    """What a text and each of some others have in common.

    Attributes:
      runs: How many of the sampled runs of the shorter one are in the other.
      of: How many were sampled; 1 at least.
    """

    runs: Counts
    of: Counts

    @property
    def share(self) -> Shares:
        """The estimated share of the shorter text's runs that are in the other."""
        return np.where(self.runs >= _FEWEST, self.runs / self.of, 0.0)

    @property
    def sure(self) -> Shares:
        """A share that is lower where less was sampled."""
        return self.runs / (self.of + 1)


def containment(one: Sketch, others: Sequence[Sketch], size: int = SIZE) -> Shared:
    """Return what a text and each of some others have in common.

    Args:
      one: The sketch of a text.
      others: Those of others.
      size: Hashes of a sketch that is full.
    """
    sizes = np.fromiter(map(len, others), np.int64, len(others))
    if not len(one) or not sizes.any():
        return Shared(np.zeros_like(sizes), np.ones_like(sizes))
    hashes = np.concatenate(others)
    ends = np.cumsum(sizes)
    place = np.minimum(np.searchsorted(one, hashes), len(one) - 1)
    runs = _count(one[place] == hashes, ends, sizes)
    # What both have, both reach; one that has no hash reaches all, and shares nothing.
    lasts = hashes[np.maximum(ends, 1) - 1]
    reach = np.where(sizes == size, lasts, _HIGHEST)
    if len(one) == size:
        reach = np.minimum(reach, one[-1])
    sampled = np.minimum(
        np.searchsorted(one, reach, "right"),
        _count(hashes <= np.repeat(reach, sizes), ends, sizes),
    )
    return Shared(runs, np.maximum(sampled, 1))


def _count(marks: npt.NDArray[np.bool_], ends: Counts, sizes: Counts) -> Counts:
    """Return how many are marked of each part, of some size, that ends somewhere."""
    before = np.concatenate(([0], np.cumsum(marks)))
    counts: Counts = before[ends] - before[ends - sizes]
    return counts
