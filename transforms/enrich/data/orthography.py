"""Other ways to write a form: the spellings of a language beside its usual one.

Left-out accents are not listed here, since texts are compared without accents.  Here are
spellings that change the length of a word, or its letters.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from opencc import OpenCC

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_NORDIC = {"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"}
_TRANSCRIBED = {
    "de": _UMLAUTS,
    "lb": _UMLAUTS,
    "gsw": _UMLAUTS,
    "da": _NORDIC,
    "nb": _NORDIC,
    "nn": _NORDIC,
    "no": _NORDIC,
}
"""What stands for a letter that a keyboard or a news wire lacks."""
_SPEAKERS = {"DE": "de", "AT": "de", "CH": "de", "LI": "de", "DK": "da", "NO": "nb"}
"""Countries whose cities are written so in every language."""
_SHARP = frozenset(("de", "gsw", "lb"))
"""Languages that Switzerland writes without the letter ß."""
_TONES = ("oa", "oe", "uy")
"""Pairs of vowels in Vietnamese, whose tone old rules mark on the first letter."""
_TONED = {
    "a": "àáảãạ",
    "e": "èéẻẽẹ",
    "o": "òóỏõọ",
    "u": "ùúủũụ",
    "y": "ỳýỷỹỵ",
}
_SERBIAN = {
    "lj": "љ",
    "nj": "њ",
    "dž": "џ",
    "Lj": "Љ",
    "Nj": "Њ",
    "Dž": "Џ",
    **dict(
        zip(
            "abvgdđežzijklmnoprstćufhcčšABVGDĐEŽZIJKLMNOPRSTĆUFHCČŠ",
            "абвгдђежзијклмнопрстћуфхцчшАБВГДЂЕЖЗИЈКЛМНОПРСТЋУФХЦЧШ",
            strict=True,
        )
    ),
}
_HAN = re.compile("[\u3400-\u9fff]")
_CONVERTERS = (OpenCC("s2t"), OpenCC("t2s"), OpenCC("s2tw"))


def spellings(form: str, language: str) -> Iterator[str]:
    """Yield the other spellings of ``form`` in ``language``."""
    if language in _SHARP and "ß" in form:
        form = form.replace("ß", "ss")
        yield form
    if language in _TRANSCRIBED:
        yield from _transcribed(form, _TRANSCRIBED[language])
    elif language == "vi":
        yield from _toned(form)
    elif language == "sr":
        yield _cyrillic(form)
    elif language == "zh" and _HAN.search(form):
        yield from (converter.convert(form) for converter in _CONVERTERS)


def city_spellings(name: str, country: str) -> Iterator[str]:
    """Yield the other spellings of the name of a city in ``country``."""
    if country in _SPEAKERS:
        yield from spellings(name, _SPEAKERS[country])
    if _HAN.search(name):
        yield from spellings(name, "zh")


def _transcribed(form: str, letters: dict[str, str]) -> Iterator[str]:
    written = "".join(letters.get(letter, letter) for letter in form)
    if written != form:
        yield written


def _toned(form: str) -> Iterator[str]:
    """Yield a form with the tones of hoà for those of hòa, and the other way round."""
    for first, second in _TONES:
        for old, new in zip(_TONED[first], _TONED[second], strict=True):
            for pair, other in itertools.permutations((old + second, first + new)):
                if pair in form:
                    yield form.replace(pair, other)


def _cyrillic(form: str) -> str:
    letters = re.findall("lj|nj|dž|Lj|Nj|Dž|.", form)
    return "".join(_SERBIAN.get(letter, letter) for letter in letters)
