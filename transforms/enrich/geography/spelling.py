"""Reads a country's name in a spelling that no list has.

Every language and script transcribes the names of countries in its own way, and most
variants differ only in vowels and in similar consonants.  So names are compared without
these, and the nearest written form decides.  This is for texts that are a name and nothing
else, such as a field of a record: in running text it would find countries everywhere.

Source of the idea: the Soundex family of phonetic codes (Odell & Russell, US patent
1,261,167, 1918); similarity is Ratcliff & Obershelp's, as :mod:`difflib` has it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

_KINDRED = (
    *(("ph", "f"), ("ts", "s"), ("tz", "s"), ("ch", "s"), ("sh", "s"), ("kh", "k")),
    *(("gh", "g"), ("th", "t"), ("dh", "d"), ("bh", "b"), ("q", "k"), ("x", "ks")),
    *(("w", "v"), ("z", "s"), ("j", "s"), ("y", ""), ("c", "k"), ("h", "")),
)
"""Letters that stand for each other from language to language, applied in order."""
_SHORTEST = 3
"""Names with fewer letters than this are not compared."""
_NEAR_SOUND = 0.75
"""Least likeness, from 0 to 1, of the sounds of two names worth comparing."""
_CANDIDATES = 8


class Spellings:
    """The names of all countries, ready to be compared with a misspelt one."""

    def __init__(
        self, names: Iterable[tuple[str, str]], letters: Mapping[str, str]
    ) -> None:
        """Index ``names``, pairs of a name and its country's code.

        Args:
          names: The names, in any script.
          letters: How each letter beyond a to z is written in those.
        """
        self._letters = letters
        self._by_sound: dict[str, dict[str, set[str]]] = defaultdict(dict)
        for name, code in names:
            written = self._romanise(name)
            if len(written) >= _SHORTEST:
                self._by_sound[_sound(written)].setdefault(written, set()).add(code)
        self._by_initial: dict[str, list[str]] = defaultdict(list)
        for sound in self._by_sound:
            self._by_initial[sound[:1]].append(sound)

    def nearest(self, name: str, least: float) -> str | None:
        """Return the code of the country whose name is most like ``name``.

        Args:
          name: A name, in any script.
          least: How like it must be, from 0 to 1; None is returned otherwise.
        """
        written = self._romanise(name)
        if len(written) < _SHORTEST:
            return None
        sound = _sound(written)
        sounds = [sound]
        if sound not in self._by_sound:
            sounds = difflib.get_close_matches(
                sound, self._by_initial.get(sound[:1], ()), _CANDIDATES, _NEAR_SOUND
            )
        matcher = difflib.SequenceMatcher(b=written, autojunk=False)
        best, nearest = least, None
        for near in sounds:
            for other, codes in self._by_sound[near].items():
                matcher.set_seq1(other)
                if (ratio := matcher.ratio()) >= best:
                    best, nearest = ratio, min(codes)
        return nearest

    def _romanise(self, name: str) -> str:
        lower = unicodedata.normalize("NFC", name).lower()
        return re.sub(
            "[^a-z]", "", "".join(self._letters.get(char, char) for char in lower)
        )


def _sound(written: str) -> str:
    """Return the consonants of a name in letters from a to z, kindred ones as one."""
    for letters, letter in _KINDRED:
        written = written.replace(letters, letter)
    return re.sub(r"(.)\1+", r"\1", re.sub("[aeiou]", "", written))
