"""Chooses the parts of a text that the name model is given, and splits them into passages.

The network is given passages of a few sentences: the words around a name show what it
names.  Sentences that cannot hold a name are left out.  In scripts with capitals these are
sentences that begin with a common word and have no other capital; they hold every seventh
word of news.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from transforms.enrich.names.pieces import Piece, Pieces

_ENOUGH = 64
"""Pieces from which a passage ends with the sentence."""
_MOST = 130
"""Pieces that a passage has at most; the network takes 258."""
_WRAPPED = 40
"""Code points from which a line without a stop at its end goes on in the next."""
_ABBREVIATED = 4
"""Letters that an abbreviation has at most: Sen., Prof."""

# A full stop ends a sentence where no lower-case letter follows.
_BREAK = re.compile(
    r"(?P<stop>[.!?…؟۔।])[\"'”’»)\]]*\s+(?=\S)|[。！？]|(?P<line>\n)|\n\s*\n\s*"
)
_WORD_BEFORE = re.compile(r"([^\W\d_]+)\.$")
# Letters without case: Hebrew to Georgian (but not its old capitals), the scripts of
# Asia, syllables.  A sentence that has one may hold a name anywhere.
_CASELESS = re.compile(
    r"[\u0590-\u109f\u10d0-\u1c7f\u2d80-\u2ddf\u2e80-\ua63f\ua800-\ua97f"
    r"\ua9e0-\uab2f\uabc0-\ufaff\ufb1d-\ufefc\uff66-\uffdc\U00010d00-\U0003ffff]"
)
_FIRST_WORD = re.compile(r"[\W\d_]*([^\W\d_]+)")
# The English pronoun is the one word that has a capital anywhere.
_PRONOUN = re.compile(r"\bI\b")
_WITHIN = re.compile(r"(?<=[\w,;:] )[^\W\d_]+|(?<=[dl]['’])[^\W\d_]+", re.IGNORECASE)


class Passage(NamedTuple):
    """Sentences that are read together.

    Attributes:
      text: The number of their text.
      pieces: Their pieces; where sentences were left out, not all neighbours.
    """

    text: int
    pieces: list[Piece]


class Repeat(NamedTuple):
    """A sentence that the text has had before.

    Attributes:
      first: Where the first one starts.
      end: Where that one ends.
      start: Where this one starts.
    """

    first: int
    end: int
    start: int


class Choice(NamedTuple):
    """What of a text the model is given.

    Attributes:
      passages: The passages that may hold names.
      repeats: Sentences whose names are those of an earlier one.
    """

    passages: list[Passage]
    repeats: list[Repeat]


def choose(
    number: int, text: str, pieces: Sequence[Piece], vocabulary: Pieces
) -> Choice:
    """Return what of a text the model is given.

    Args:
      number: The number of the text.
      text: The text.
      pieces: Its pieces.
      vocabulary: What knows common words.
    """
    ends = [piece.end for piece in pieces]
    words = _Words.of(text, vocabulary)
    seen: dict[str, int] = {}
    chosen: list[Sequence[Piece]] = []
    repeats: list[Repeat] = []
    first = 0
    for start, end in _sentences(text):
        last = bisect.bisect_right(ends, end, first)
        sentence, first = pieces[first:last], last
        surface = text[start:end].rstrip()
        if surface in seen:
            before = seen[surface]
            repeats.append(Repeat(before, before + len(surface), start))
        elif words.may_name(surface):
            seen[surface] = start
            chosen.append(sentence)
    return Choice([Passage(number, part) for part in _portions(chosen)], repeats)


def _portions(sentences: Iterable[Sequence[Piece]]) -> Iterator[list[Piece]]:
    """Yield sentences together, as many as make a passage."""
    portion: list[Piece] = []
    for sentence in sentences:
        if portion and len(portion) + len(sentence) > _MOST:
            yield portion
            portion = []
        portion.extend(sentence)
        while len(portion) > _MOST:
            cut = _cut(portion)
            yield portion[:cut]
            portion = portion[cut:]
        if len(portion) >= _ENOUGH:
            yield portion
            portion = []
    if portion:
        yield portion


def _cut(pieces: Sequence[Piece]) -> int:
    """Return where a sentence is cut that is too long: before a word."""
    for cut in range(_MOST, _MOST // 2, -1):
        if pieces[cut].unit_end:
            return cut
    return _MOST


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each sentence starts and ends."""
    start = 0
    for found in _BREAK.finditer(text):
        if _is_break(text, start, found):
            yield start, found.end()
            start = found.end()
    if start < len(text):
        yield start, len(text)


def _is_break(text: str, start: int, found: re.Match[str]) -> bool:
    if found["line"]:
        return found.start() - text.rfind("\n", 0, found.start()) <= _WRAPPED
    if found["stop"] is None or "\n\n" in found[0]:
        return True
    after = text[found.end()]
    if after.islower():
        return False
    if found["stop"] != ".":
        return True
    word = _WORD_BEFORE.search(text, max(start, found.start() - 12), found.start() + 1)
    if word is None or len(word[1]) > _ABBREVIATED:
        return True
    # Sen. Smith; nr. 8, no. 10.
    return not (word[1][0].isupper() or after.isdecimal())


class _Words(NamedTuple):
    """What a text says of its words.

    Attributes:
      named: Words that have a capital within a sentence.
      plain: Words that have none, anywhere.
      vocabulary: What knows common words.
    """

    named: frozenset[str]
    plain: frozenset[str]
    vocabulary: Pieces

    @classmethod
    def of(cls, text: str, vocabulary: Pieces) -> _Words:
        within = set(_WITHIN.findall(text))
        plain = frozenset(filter(str.islower, within))
        named = frozenset(word for word in within - plain if word.lower() not in plain)
        return cls(named, plain, vocabulary)

    def may_name(self, sentence: str) -> bool:
        """Return whether a sentence may hold a name."""
        if _CASELESS.search(sentence):
            return True
        first = _FIRST_WORD.match(sentence)
        if first is None:
            return False
        rest = _PRONOUN.sub("", sentence[first.start(1) + 1 :])
        if rest != rest.lower():
            return True
        word = first[1]
        if word.islower() or word.lower() in self.plain:
            return False
        return word in self.named or not self.vocabulary.is_word(word.lower())
