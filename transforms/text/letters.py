r"""Letters: what goes on a word, in any script.

Python's ``\w`` leaves out combining marks.  Indic scripts write most vowels by marks, and
Hebrew and Arabic may; so do the joiners without width of Persian and of Indic scripts stand
inside words.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence

JOINERS = "\u200c\u200d"
"""Characters without width that stand between letters of one word."""
LAST = 0x1FFFF
"""The last code point that may be a letter or a mark of a script."""
_FIRST_MARK = 0x300
# They choose how a sign looks, of emoji above all, and belong to no word.
_SELECTORS = range(0xFE00, 0xFE10)


def is_mark(character: str) -> bool:
    """Return whether a character is a mark on a letter: an accent, a point, a vowel."""
    return unicodedata.category(character) in {"Mn", "Mc"} and (
        ord(character) not in _SELECTORS
    )


def goes_on(character: str) -> bool:
    """Return whether a character beside a letter belongs to the same word; "" does not."""
    return character.isalnum() or (character != "" and is_mark(character))


@functools.cache
def marks() -> str:
    """Return all marks, as they stand in a set of a regular expression."""
    points = range(_FIRST_MARK, LAST + 1)
    return as_set(ranges(point for point in points if is_mark(chr(point))))


@functools.cache
def any_word() -> re.Pattern[str]:
    """Return the pattern of a word: a letter or digit, and what goes on it."""
    return re.compile(rf"\w[\w{marks()}{JOINERS}]*+")


@functools.cache
def word_of_letters() -> re.Pattern[str]:
    """Return the pattern of a word without digits."""
    return re.compile(rf"[^\W\d_](?:[^\W\d_]|[{marks()}{JOINERS}])*+")


def ranges(points: Iterable[int]) -> list[tuple[int, int]]:
    """Return code points in ranges, each by its first and its last."""
    found: list[tuple[int, int]] = []
    for point in sorted(points):
        if found and found[-1][1] == point - 1:
            found[-1] = (found[-1][0], point)
        else:
            found.append((point, point))
    return found


def as_set(some: Sequence[tuple[int, int]]) -> str:
    """Return ranges as they stand in a set of a regular expression."""
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in some)
