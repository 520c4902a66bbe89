"""Reads names from what the network says of each word."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.vocabulary import EntityType

LABELS = ("O", *(f"{place}-{kind}" for kind in EntityType for place in "BI"))
"""The labels in the network's order: no name, then begin and go on for each type."""

_SURE = -1e-3
"""Logarithm of a probability from which a word is surely part of no name."""
_NEVER = -1e9
_KINDS = tuple(EntityType)


class Tagged(NamedTuple):
    """A name among the words of a passage.

    Attributes:
      first: Its first word.
      last: Its last word.
      type: What it names.
      score: The geometric mean of its labels' probabilities.
    """

    first: int
    last: int
    type: EntityType
    score: float


def log_probabilities(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the logarithm of each label's probability, from the network's answer."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    total = np.exp(shifted).sum(axis=-1, keepdims=True)
    result: npt.NDArray[np.float32] = shifted - np.log(total)
    return result


def names(
    words: npt.NDArray[np.float32], breaks: Sequence[int] = ()
) -> Iterator[Tagged]:
    """Yield the names of a passage in order.

    The labels are those of greatest total probability of which none goes on with a name
    that none began (Viterbi's algorithm).  Words that surely name nothing divide a
    passage: what is between two of them is decided by itself.

    Args:
      words: The logarithm of each label's probability, for each word.
      breaks: Words that follow upon something else than the word before, in order: no
        name goes on there.
    """
    open_ = words[:, 0] < _SURE
    edges = np.flatnonzero(np.diff(open_, prepend=False, append=False))
    for start, end in edges.reshape(-1, 2).tolist():
        within = [place for place in breaks if start < place < end]
        for first, last in itertools.pairwise([start, *within, end]):
            stretch = words[first:last].tolist()
            yield from _spans(first, stretch, _best(stretch))


def _best(words: Sequence[Sequence[float]]) -> list[int]:
    """Return the best label of each word."""
    totals = list(words[0])
    for inner in range(2, len(LABELS), 2):
        totals[inner] = _NEVER
    ways: list[list[int]] = []
    for word in words[1:]:
        best = max(range(len(totals)), key=totals.__getitem__)
        way = [best] * len(totals)
        for inner in range(2, len(LABELS), 2):
            way[inner] = inner if totals[inner] >= totals[inner - 1] else inner - 1
        totals = [totals[way[label]] + score for label, score in enumerate(word)]
        ways.append(way)
    label = max(range(len(totals)), key=totals.__getitem__)
    path = [label]
    for way in reversed(ways):
        label = way[label]
        path.append(label)
    return path[::-1]


def _spans(
    offset: int, words: Sequence[Sequence[float]], path: Sequence[int]
) -> Iterator[Tagged]:
    start = 0
    for place in range(1, len(path) + 1):
        # The labels of one name: an odd one that begins it, then even ones.
        if place < len(path) and path[place] and path[place] % 2 == 0:
            continue
        if path[start]:
            chosen = [words[at][path[at]] for at in range(start, place)]
            score = math.exp(sum(chosen) / len(chosen))
            kind = _KINDS[(path[start] - 1) // 2]
            yield Tagged(offset + start, offset + place - 1, kind, score)
        start = place
