"""Cuts a text into the pieces that the name model was trained on.

A text is first cut into words by script, then each word into the pieces of a vocabulary
whose scores sum to most (a unigram language model, found by Viterbi's algorithm).  No
piece reaches over the edge of a word, so that a word is cut once and remembered.

Source: Kudo, "Subword Regularization: Improving Neural Network Translation Models with
Multiple Subword Candidates", ACL 2018.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from transforms.text.letters import JOINERS, LAST, as_set, ranges

_PAD, UNKNOWN, START, END = range(4)
"""Ids of what is no piece of a text."""

_SPACE = "\u2581"
"""Stands in the vocabulary for the space before a word."""
_UNLIKELY = 10.0
"""How much less an unknown character scores than the rarest piece."""
_REMEMBERED = 30_000
"""Words whose pieces are kept; some 12 MB."""

# First and last code points.
_HAN = (
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2FA1F),
)
_HIRAGANA = ((0x3041, 0x309F),)
_KATAKANA = ((0x30A0, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F))
_HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF))
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))
"""Thai, Lao, Burmese, Khmer: letters like others, but a word of theirs is a sentence."""
_SIGNS = {
    sign: plain
    for plain, signs in {"'": "’ʼ‘´", '"': "“”„«»", "-": "–—‑−", ".": "…"}.items()
    for sign in signs
}
"""What typographic signs are read as."""


class Piece(NamedTuple):
    """A piece of a text.

    Attributes:
      id: Its number in the vocabulary.
      start: Where it starts, in code points of the text.
      end: Where it ends.
      unit_end: Where the unit ends that the piece stands for: the whole word for its
        first piece, the piece itself in scripts without spaces, 0 if it stands for none.
    """

    id: int
    start: int
    end: int
    unit_end: int


_Cut = tuple[int, int, int]
"""A piece of a word: id, start and end in the word."""


class Pieces:
    """The pieces that there are, and how a text is cut into them.

    Args:
      pieces: All pieces; the place of one is its id.
      scores: The logarithm of how likely each is.
    """

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        first = END + 1
        known = zip(pieces[first:], scores[first:], strict=True)
        self._known: Mapping[str, tuple[float, int]] = {
            piece: (score, number) for number, (piece, score) in enumerate(known, first)
        }
        self._unknown = min(scores[first:]) - _UNLIKELY
        self._longest = max(map(len, pieces[first:]))
        self._cut = functools.lru_cache(maxsize=_REMEMBERED)(self._find_cut)

    def is_word(self, word: str) -> bool:
        """Return whether ``word`` is so common that it is a piece of its own."""
        return _SPACE + word in self._known

    def rarity(self, word: str) -> float | None:
        """Return how unlikely a word is: minus the logarithm of its probability.

        None for one that is no piece of its own: it is rarer than those that are.
        """
        known = self._known.get(_SPACE + word)
        return -known[0] if known else None

    def read(self, text: str) -> list[Piece]:
        """Return the pieces of a text, in order."""
        pieces: list[Piece] = []
        before = -1
        for word in word_pattern().finditer(text):
            start, end = word.span()
            kind = word.lastgroup
            is_apart = start != before and kind not in {"han", "kana"}
            before = end
            surface = word.group()
            every = kind in {"han", "kana", "hangul"} or (
                kind == "letters" and is_unspaced(surface)
            )
            is_first = True
            for number, first, last in self._cut(surface, is_apart):
                whole = end if is_first else 0
                unit_end = start + last if every else whole
                is_first = False
                pieces.append(Piece(number, start + first, start + last, unit_end))
        return pieces

    def _find_cut(self, word: str, is_apart: bool) -> tuple[_Cut, ...]:  # noqa: FBT001 - a key
        plain, places = _plain(_SIGNS.get(word, word))
        shift = 1 if is_apart else 0
        spelt = _SPACE * shift + plain
        cut: list[_Cut] = []
        for start, end, number in self._best(spelt):
            first, last = max(start - shift, 0), end - shift
            if last <= first:
                continue  # the sign of the space alone
            if places is not None:
                first, last = places[first][0], places[last - 1][1]
            if cut and number == cut[-1][0] == UNKNOWN:
                cut[-1] = (UNKNOWN, cut[-1][1], last)
            else:
                cut.append((number, first, last))
        return tuple(cut)

    def _best(self, spelt: str) -> list[tuple[int, int, int]]:
        """Return start, end and id of the pieces whose scores sum to most."""
        size = len(spelt)
        totals = [0.0] + [-sys.float_info.max] * size
        ways: list[tuple[int, int]] = [(0, UNKNOWN)] * (size + 1)
        for start in range(size):
            so_far = totals[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                known = self._known.get(spelt[start:end])
                if known is not None and so_far + known[0] > totals[end]:
                    totals[end] = so_far + known[0]
                    ways[end] = (start, known[1])
            if so_far + self._unknown > totals[start + 1]:
                totals[start + 1] = so_far + self._unknown
                ways[start + 1] = (start, UNKNOWN)
        found = []
        end = size
        while end:
            start, number = ways[end]
            found.append((start, end, number))
            end = start
        return found[::-1]


def _plain(word: str) -> tuple[str, list[tuple[int, int]] | None]:
    """Return ``word`` in NFKC, and where each of its characters comes from.

    None for places that are the same in both.
    """
    if word.isascii():
        return word, None
    plain = unicodedata.normalize("NFKC", word)
    if len(plain) == len(word):
        return plain, None
    characters: list[str] = []
    places: list[tuple[int, int]] = []
    for start, end in _clusters(word):
        for character in unicodedata.normalize("NFKC", word[start:end]):
            if not character.isspace():
                characters.append(character)
                places.append((start, end))
    return "".join(characters), places


def _clusters(word: str) -> Iterator[tuple[int, int]]:
    """Yield where each character lies together with the marks that combine with it."""
    start = 0
    for end in range(1, len(word) + 1):
        if end == len(word) or not unicodedata.combining(word[end]):
            yield start, end
            start = end


def is_unspaced(word: str) -> bool:
    """Return whether letters are of a script that puts no space between words."""
    point = ord(word[0])
    return point >= _UNSPACED[0][0] and any(
        first <= point <= last for first, last in _UNSPACED
    )


@functools.cache
def word_pattern() -> re.Pattern[str]:
    """Return the pattern of a word: by script, the first match wins.

    Its groups are ``han``, ``kana``, ``hangul``, ``letters``, ``digits`` and ``sign``.
    """
    own = {
        point
        for some in (_HAN, _HIRAGANA, _KATAKANA, _HANGUL)
        for first, last in some
        for point in range(first, last + 1)
    }
    letters, digits = set(map(ord, JOINERS)), set()
    for point in range(ord("!"), LAST + 1):
        if point not in own:
            category = unicodedata.category(chr(point))[0]
            if category in "LM":
                letters.add(point)
            elif category == "N":
                digits.add(point)
    return re.compile(
        f"(?P<han>[{as_set(_HAN)}])"
        f"|(?P<kana>[{as_set(_HIRAGANA)}]+|[{as_set(_KATAKANA)}]+)"
        f"|(?P<hangul>[{as_set(_HANGUL)}]+)"
        f"|(?P<letters>[{as_set(ranges(letters))}]+)"
        f"|(?P<digits>[{as_set(ranges(digits))}]+)"
        r"|(?P<sign>\S)"
    )
