"""Signature: what an article is compared by, in at most 400 bytes.

It holds the sketch of the text, the heaviest terms and the heaviest marks, each as a hash
with its weight, and the language.  The text itself is not needed again.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import struct
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
import pydantic

from transforms.records import Article
from transforms.stories import marks, terms
from transforms.stories.sketch import sketch
from transforms.vocabulary import Stage
from transforms.work.options import Options
from transforms.work.steps import Function, Step

VERSION = 1
MOST_BYTES = 400
_HEADER = struct.Struct("<B3sBBB")
_MOST = 0.4
"""Of the length of the vector, what a single term may weigh: one name is no event."""
_LEVELS = 255
_FEWEST_WORDS = 8
"""A text with fewer is compared with none."""
_REMEMBERED = 4_000
"""Signatures that are kept unpacked, some 6 kB each."""


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """What an article is compared by.

    Attributes:
      language: The first three letters of its tag; empty where it is unknown.
      sketch: A sample of its runs of words.
      terms: Its heaviest terms by their hashes, heaviest first; their squares sum to 1.
      marks: Its heaviest marks, likewise.
    """

    language: str
    sketch: tuple[int, ...]
    terms: Mapping[int, float]
    marks: Mapping[int, float]

    def packed(self) -> bytes:
        """Return it as bytes."""
        header = _HEADER.pack(
            VERSION,
            self.language.encode("ascii", "replace"),
            len(self.sketch),
            len(self.terms),
            len(self.marks),
        )
        return b"".join(
            (
                header,
                np.array(self.sketch, "<u4").tobytes(),
                _packed(self.terms),
                _packed(self.marks),
            )
        )


@functools.lru_cache(maxsize=_REMEMBERED)
def unpacked(data: bytes) -> Signature | None:
    """Return the signature in bytes; None for one of another version, or a damaged one."""
    if len(data) < _HEADER.size:
        return None
    version, language, runs, words, others = _HEADER.unpack_from(data)
    size = _HEADER.size + 4 * runs + 5 * (words + others)
    if version != VERSION or len(data) != size:
        return None
    place = _HEADER.size
    sample = tuple(np.frombuffer(data, "<u4", runs, place).tolist())
    place += 4 * runs
    return Signature(
        language.rstrip(b"\0").decode("ascii", "replace"),
        sample,
        _vector(data, place, words),
        _vector(data, place + 5 * words, others),
    )


def sign(article: Article) -> bytes | None:
    """Return the signature of an article, packed; None where there is too little text."""
    text = terms.words(article.text)
    found = [*terms.words(article.title), *text] if article.title else text
    if len(found) < _FEWEST_WORDS:
        return None
    numbers = {terms.plain(word) for word in set(found) if word[0].isdecimal()}
    language = (article.language or "").partition("-")[0][:3]
    own = terms.weights(article, found)
    return Signature(
        language if language.isascii() else "",
        sketch([terms.plain(word) for word in text]),
        _heaviest({f"{language}:{term}": own[term] for term in own}, terms.MOST),
        _heaviest(marks.marks(article, numbers), marks.MOST),
    ).packed()


class StoriesOptions(Options):
    """How articles are brought together (section ``[stories]``)."""

    days: int = pydantic.Field(default=7, ge=0, le=366)
    """Days between two articles of one story, or a text and its copy; 0 looks for none."""


def _signed(article: Article) -> Iterator[Article]:
    yield dataclasses.replace(article, signature=sign(article))


def _unsigned(article: Article) -> Iterator[Article]:
    yield article


def sign_articles(options: StoriesOptions) -> Step:
    """Return the stage that signs articles, behind those that tag them."""
    return Step(Stage.SIGNATURES, functools.partial(_signer, is_on=options.days > 0))


def _signer(*, is_on: bool) -> Function[Article, Article]:
    return _signed if is_on else _unsigned


def _heaviest(weights: Mapping[str, float], most: int) -> dict[int, float]:
    """Return the heaviest of what is weighed, by hash, as a vector of length 1."""
    chosen = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:most]
    length = math.hypot(*(weight for _, weight in chosen)) or 1.0
    hashed: dict[int, float] = {}
    for key, weight in chosen:
        # The lowest bit of a mark says whether it is a country.
        number = zlib.crc32(key.encode()) & ~1 | key.startswith(marks.COUNTRY)
        hashed.setdefault(number, min(weight / length, _MOST))
    return _unit(hashed)


def _unit(vector: Mapping[int, float]) -> dict[int, float]:
    length = math.hypot(*vector.values()) or 1.0
    return {number: weight / length for number, weight in vector.items()}


def _packed(vector: Mapping[int, float]) -> bytes:
    levels = (max(1, round(_LEVELS * weight)) for weight in vector.values())
    return np.array(list(vector), "<u4").tobytes() + bytes(levels)


def _vector(data: bytes, place: int, count: int) -> dict[int, float]:
    numbers = np.frombuffer(data, "<u4", count, place).tolist()
    levels = data[place + 4 * count : place + 5 * count]
    return _unit(dict(zip(numbers, map(float, levels), strict=True)))
