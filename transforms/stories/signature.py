"""Signature: what an article is compared by, in at most 400 bytes.

It holds the sketches of the text and of its first words, the heaviest terms and the
heaviest features, each as a hash with its weight, and the language.  The text itself is not
needed again.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import struct
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from transforms.stories.sketch import Sketch

VERSION = 2
MOST_BYTES = 400
HASH_BITS = 24
"""Bits of the hash of a term or feature."""
_HEADER = struct.Struct("<B3sBBBB")
_HASH = (1 << HASH_BITS) - 1
_LEVELS = 255


Packed: TypeAlias = npt.NDArray[np.uint32]
"""Hashes, each with its weight above."""


@dataclasses.dataclass(frozen=True, eq=False)
class Signature:
    """What an article is compared by.

    Attributes:
      language: The first three letters of its tag; empty where it is unknown.
      sketch: A sample of its runs of words.
      lead: A sample of the runs of its first words.
      packed_terms: Its heaviest terms.
      packed_features: Its heaviest features.
    """

    language: str
    sketch: Sketch
    lead: Sketch
    packed_terms: Packed
    packed_features: Packed

    # Of most articles that one is compared with, the sketches tell enough.
    @functools.cached_property
    def terms(self) -> Mapping[int, float]:
        """The heaviest terms by their hashes, heaviest first; their squares sum to 1."""
        return _vector(self.packed_terms)

    @functools.cached_property
    def features(self) -> Mapping[int, float]:
        """The heaviest features, likewise."""
        return _vector(self.packed_features)

    def packed(self) -> bytes:
        """Return it as bytes."""
        parts = (self.sketch, self.lead, self.packed_terms, self.packed_features)
        language = self.language.encode("ascii", "replace")
        header = _HEADER.pack(VERSION, language, *map(len, parts))
        return b"".join((header, *(part.astype("<u4").tobytes() for part in parts)))


def unpacked(data: bytes) -> Signature | None:
    """Return the signature in bytes; None for one of another version, or a damaged one."""
    if len(data) < _HEADER.size:
        return None
    version, language, *lengths = _HEADER.unpack_from(data)
    if version != VERSION or len(data) != _HEADER.size + 4 * sum(lengths):
        return None
    numbers = np.frombuffer(data, "<u4", offset=_HEADER.size).astype(
        np.uint32, copy=False
    )
    # Some fifty are unpacked for each article.
    runs = lengths[0]
    lead = runs + lengths[1]
    terms = lead + lengths[2]
    return Signature(
        language.rstrip(b"\0").decode("ascii", "replace"),
        *(numbers[:runs], numbers[runs:lead], numbers[lead:terms], numbers[terms:]),
    )


def unit(vector: Mapping[int, float]) -> dict[int, float]:
    """Return a vector with its length made 1."""
    length = math.hypot(*vector.values()) or 1.0
    return {number: weight / length for number, weight in vector.items()}


def packed(vector: Mapping[int, float]) -> Packed:
    """Return a vector of length 1, each hash with its weight above, in four bytes."""
    levels = (
        max(1, round(_LEVELS * weight)) << HASH_BITS for weight in vector.values()
    )
    pairs = zip(vector, levels, strict=True)
    return np.array([number | level for number, level in pairs], np.uint32)


def _vector(pairs: Packed) -> dict[int, float]:
    return unit({pair & _HASH: float(pair >> HASH_BITS) for pair in pairs.tolist()})
