"""How texts in many scripts are compared: case and diacritics folded, offsets kept."""

from __future__ import annotations

import unicodedata


class _Fold(dict[int, int]):
    """Maps a code point to the one it is compared as; the length never changes.

    Case and diacritics go (but not the marks that distinguish letters in the scripts of
    India and in kana and Hangul), and whatever is not part of a word becomes a space.
    """

    def __missing__(self, point: int) -> int:
        folded = self[point] = self._fold(chr(point))
        return folded

    @staticmethod
    def _fold(char: str) -> int:
        if char in _ALIKE:
            return ord(_ALIKE[char])
        category = unicodedata.category(char)
        if category[0] not in "LNM":
            return ord(" ")
        if ord(char) < 0x0700 or 0x1E00 <= ord(char) < 0x2000:
            parts = unicodedata.normalize("NFD", char)
            if all(unicodedata.combining(mark) for mark in parts[1:]):
                char = parts[0]
        # Folded, some become two letters; in lower case none of what is left does.
        folded = char.casefold()
        return ord(folded if len(folded) == 1 else char.lower())


_ALIKE = {pair[0]: pair[1] for pair in "ıi łl Łl đd Đd øo Øo کك یي ىي ةه ۀه ςσ".split()}
_FOLD = _Fold()


def fold(text: str) -> str:
    """Return ``text`` as it is compared: same length, no case, no diacritics."""
    return text.translate(_FOLD)


def is_unspaced(char: str) -> bool:
    """Return whether the script of ``char`` is written without spaces."""
    point = ord(char)
    return (
        0x0E00 <= point < 0x0F00  # Thai, Lao
        or 0x1000 <= point < 0x10A0  # Burmese
        or 0x1780 <= point < 0x1800  # Khmer
        or 0x3040 <= point < 0x3100  # kana
        or 0x3400 <= point < 0xA000  # Han
        or 0x20000 <= point < 0x32000
    )


def is_katakana(char: str) -> bool:
    """Return whether ``char`` is katakana, in which Japanese writes foreign names."""
    return "\u30a1" <= char <= "\u30fc" and char != "・"


def is_prefixing(char: str) -> bool:
    """Return whether ``char`` is Hebrew, Arabic or Ethiopic: prefixes join the word."""
    return 0x0590 <= ord(char) < 0x0700 or 0x1200 <= ord(char) < 0x1380
