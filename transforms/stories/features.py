"""Features: what an article has in common with one about the same event in another language.

Words differ from language to language; numbers, countries and the sounds of names do not.
A name leaves its consonants, by class: ``Bristol``, ``Бристоль``, ``بريستول`` and
``ブリストル`` are all 1 5 3 4 5.  The sound of a letter is taken from its name in Unicode, so no
table of scripts is needed.  Chinese signs have no sound there: of a Chinese article only
numbers, countries and names in Latin letters count.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping

from transforms.records import Article
from transforms.text.letters import word_of_letters
from transforms.vocabulary import EntityType

COUNTRY = "@"
"""What the feature of a country begins with."""
MOST = 16
"""Features of an article."""
_CLASSES = {
    sound: number
    for number, sounds in enumerate(("bpfv", "kqg", "szxjc", "td", "lr", "mn"), 1)
    for sound in sounds
}
"""Consonants that languages confuse when they write each other's names."""
_MOST_CONSONANTS = 7
_FEWEST_CONSONANTS = 3
"""A name with fewer is no evidence: too many have the same."""
_COUNTRY_WEIGHT = 2.0
_NUMBER_WEIGHT = 2.0
_REMEMBERED = 20_000

# Letters whose names begin with another consonant than their sound, or that are vowels.
_SILENT = frozenset(
    "ALEF AIN AYIN WAW YEH VAV YOD HEH HE HET HAH HAMZA TATWEEL YU YA YE YO YI YERU "
    "HARD SOFT SHORT UPSILON EPSILON OMICRON OMEGA IOTA ETA ALPHA KEHEH".split()
) - {"KEHEH"}
_NAMED_OTHERWISE = {
    "TSE": "s",
    "THETA": "t",
    "CHI": "k",
    "PSI": "s",
    "XI": "s",
    "RHO": "r",
    "PHI": "f",
    "THAL": "z",
    "DZ": "s",
    "TSADI": "s",
    "NGO": "n",
}
_SCRIPT = re.compile(
    r"(?:CYRILLIC|GREEK|ARABIC|HEBREW|ARMENIAN|GEORGIAN|DEVANAGARI|BENGALI|TAMIL|THAI|"
    r"HIRAGANA|KATAKANA|TELUGU|GUJARATI|GURMUKHI|ORIYA|KANNADA|MALAYALAM|ETHIOPIC|LAO|"
    r"MYANMAR|KHMER)\b.*?"
    r"(?:LETTER|CHARACTER|SYLLABLE)(?: FINAL| SMALL)* (?P<name>[A-Z]+)"
)
# Decomposed, a syllable is one of the first consonants, a vowel, and perhaps one of the
# last; a silent letter or the h before a vowel is none.
_KOREAN = dict(
    zip(
        (chr(code) for code in (*range(0x1100, 0x1113), *range(0x11A8, 0x11C3))),
        "g g n d d r m b b s s . j j j k t p . "
        "g g gs n nj n d l lg lm lb ls lt lp l m b bs s s ng j j k t p .".split(),
        strict=True,
    )
)
_KOREAN = {sign: sounds.strip(".") for sign, sounds in _KOREAN.items()}
_LATIN = re.compile(r"sch|sh|ch|ph|th|kh|gh|ts|tz|ck|c(?=[eiy])|[b-df-hj-np-tv-z]")
_WRITTEN = {
    "ph": "f",
    "th": "t",
    "kh": "k",
    "gh": "g",
    "ck": "k",
    "ts": "s",
    "tz": "s",
}
# Marks of Indic scripts that are an n or m before the next consonant.
_NASALS = frozenset("\u0902\u0982\u0a02\u0a70\u0a82\u0b02\u0c02\u0c82\u0d02")
_VOICED = re.compile("[\u3041-\u30ff][\u3099\u309a]")


@functools.lru_cache(maxsize=_REMEMBERED)
def consonants(word: str) -> str:
    """Return the classes of the consonants of a name, a digit for each."""
    letters = unicodedata.normalize("NFD", word.casefold())
    # Of Japanese signs a mark makes another consonant.
    letters = _VOICED.sub(lambda sign: unicodedata.normalize("NFC", sign[0]), letters)
    found: list[str] = []
    latin: list[str] = []
    for sign in letters:
        if sign < "\u0300" and sign.isalpha():
            latin.append(sign)
            continue
        if sign not in _NASALS and (unicodedata.combining(sign) or not sign.isalpha()):
            continue
        found += _latin("".join(latin))
        latin.clear()
        found += _sounds(sign)
    found += _latin("".join(latin))
    kept = [
        one for place, one in enumerate(found) if not place or one != found[place - 1]
    ]
    return "".join(kept[:_MOST_CONSONANTS])


def _latin(letters: str) -> list[str]:
    sounds = []
    for part in _LATIN.findall(letters):
        sound = _WRITTEN.get(part, part)
        if part == "c":
            sound = "k"
        elif part[0] in "sc" and len(part) > 1:
            sound = "s"
        if sound[0] in _CLASSES:
            sounds.append(str(_CLASSES[sound[0]]))
    # "c" before e, i, y is one sign of the pattern as well, and is an s.
    return sounds


@functools.cache
def _sounds(sign: str) -> tuple[str, ...]:
    """Return the classes of the consonants that one letter of another script stands for."""
    if sign in _NASALS:
        return (str(_CLASSES["n"]),)
    if sign in _KOREAN:
        return tuple(str(_CLASSES[sound]) for sound in _KOREAN[sign])
    found = _SCRIPT.match(unicodedata.name(sign, ""))
    name = found["name"] if found else ""
    if not name or name in _SILENT:
        return ()
    sound = _NAMED_OTHERWISE.get(name) or next(
        (letter.lower() for letter in name if letter.lower() in _CLASSES), ""
    )
    return (str(_CLASSES[sound]),) if sound else ()


def features(
    article: Article, numbers: Mapping[str, int] | Iterable[str]
) -> dict[str, float]:
    """Return how much each feature of an article weighs.

    Args:
      article: The article, with entities and countries.
      numbers: The numbers in its headline and text, in ASCII digits.
    """
    found: dict[str, float] = {}
    for country in article.countries:
        found[f"{COUNTRY}{country.code}"] = _COUNTRY_WEIGHT * (0.5 + country.score)
    places = {
        mention.text for country in article.countries for mention in country.mentions
    }
    for entity in article.entities:
        if entity.name in places or entity.type is EntityType.MISC:
            continue
        often = 1 + math.log(entity.count) / 2
        for name in {entity.name, entity.canonical or entity.name}:
            for word in word_of_letters().findall(name):
                key = consonants(word)
                if len(key) >= _FEWEST_CONSONANTS:
                    weight = len(key) * often
                    found[f"~{key}"] = max(found.get(f"~{key}", 0.0), weight)
    for number in numbers:
        digits = number.lstrip("0")
        if len(digits) > 1:
            is_year = len(digits) == 4 and digits[:2] in {"19", "20"}  # noqa: PLR2004 - 1999, 2026
            weight = _NUMBER_WEIGHT * (len(digits) + 1) * (0.5 if is_year else 1.0)
            found[f"#{digits}"] = weight
    return found
