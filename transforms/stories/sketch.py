"""Sketch: a sample of the runs of words in a text, by which a copy of it is found.

Every run of five words has a hash, and the sketch is the lowest of them.  Two texts have
been sampled alike as far as both sketches reach, so the share of one that is in the other
can be estimated, however much longer one of them is.

Source: Broder, "On the resemblance and containment of documents", 1997.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

RUN = 5
"""Words of a run: fewer are common to unrelated texts, more do not outlive an edit."""
SIZE = 40
"""Hashes of a sketch; a longer text has more runs."""
_BITS = 32
_FEWEST = 2
"""Runs that two texts must have in common: one may be chance."""

_Wide = np.uint64
_MULTIPLIER = _Wide(0x9E3779B97F4A7C15)


def sketch(words: Sequence[str]) -> tuple[int, ...]:
    """Return the sketch of a text, lowest hash first; empty if it has no run.

    Args:
      words: Its words in order, each as it is to be compared.
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
    lowest = np.unique(_mixed(runs) >> _Wide(_BITS))[:SIZE]
    return tuple(lowest.tolist())


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return numbers that depend on every bit of the given ones.

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    numbers = (numbers ^ (numbers >> _Wide(30))) * _Wide(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> _Wide(27))) * _Wide(0x94D049BB133111EB)
    return numbers ^ (numbers >> _Wide(31))


def containment(one: Sequence[int], other: Sequence[int]) -> float:
    """Return the estimated share of the shorter text's runs that are in the other."""
    # What both have, both reach.
    shared = len(frozenset(one).intersection(other))
    if shared < _FEWEST:
        return 0.0
    reach = min(_reach(one), _reach(other))
    return shared / min(bisect_right(one, reach), bisect_right(other, reach))


def _reach(hashes: Sequence[int]) -> int:
    """Return up to which hash a sketch names all runs of its text."""
    return hashes[-1] if len(hashes) == SIZE else (1 << _BITS) - 1
