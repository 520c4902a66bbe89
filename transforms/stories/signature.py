"""Signature: what an article is compared by, in at most 400 bytes.

It holds the sketches of the text and of its first words, the heaviest terms and the
heaviest features, each as a hash with its weight, and the language.  The text itself is not
needed again.
"""

from __future__ import annotations

import dataclasses
import math
import struct
from collections.abc import Mapping

import numpy as np

from transforms.stories.sketch import Sketch

VERSION = 2
MOST_BYTES = 400
HASH_BITS = 24
"""Bits of the hash of a term or feature."""
_HEADER = struct.Struct("<B3sBBBB")
_HASH = (1 << HASH_BITS) - 1
_LEVELS = 255


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """What an article is compared by.

    Attributes:
      language: The first three letters of its tag; empty where it is unknown.
      sketch: A sample of its runs of words.
      lead: A sample of the runs of its first words.
      terms: Its heaviest terms by their hashes, heaviest first; their squares sum to 1.
      features: Its heaviest features, likewise.
    """

    language: str
    sketch: Sketch
    lead: Sketch
    terms: Mapping[int, float]
    features: Mapping[int, float]

    def packed(self) -> bytes:
        """Return it as bytes."""
        header = _HEADER.pack(
            VERSION,
            self.language.encode("ascii", "replace"),
            len(self.sketch),
            len(self.lead),
            len(self.terms),
            len(self.features),
        )
        return b"".join(
            (
                header,
                self.sketch.astype("<u4").tobytes(),
                self.lead.astype("<u4").tobytes(),
                _packed(self.terms),
                _packed(self.features),
            )
        )


def unpacked(data: bytes) -> Signature | None:
    """Return the signature in bytes; None for one of another version, or a damaged one."""
    if len(data) < _HEADER.size:
        return None
    version, language, runs, first, words, others = _HEADER.unpack_from(data)
    size = _HEADER.size + 4 * (runs + first + words + others)
    if version != VERSION or len(data) != size:
        return None
    place = _HEADER.size
    sample = np.frombuffer(data, "<u4", runs + first, place).astype(np.uint32)
    place += sample.nbytes
    return Signature(
        language.rstrip(b"\0").decode("ascii", "replace"),
        sample[:runs],
        sample[runs:],
        _vector(data, place, words),
        _vector(data, place + 4 * words, others),
    )


def unit(vector: Mapping[int, float]) -> dict[int, float]:
    """Return a vector with its length made 1."""
    length = math.hypot(*vector.values()) or 1.0
    return {number: weight / length for number, weight in vector.items()}


def _packed(vector: Mapping[int, float]) -> bytes:
    """Return each hash with its weight above, in four bytes."""
    levels = (
        max(1, round(_LEVELS * weight)) << HASH_BITS for weight in vector.values()
    )
    pairs = zip(vector, levels, strict=True)
    return np.array([number | level for number, level in pairs], "<u4").tobytes()


def _vector(data: bytes, place: int, count: int) -> dict[int, float]:
    found = np.frombuffer(data, "<u4", count, place).tolist()
    return unit({pair & _HASH: float(pair >> HASH_BITS) for pair in found})
