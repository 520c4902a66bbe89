"""Terms: the words of an article that say which event it is about, and how much each does.

A rare word weighs more than a frequent one, a name more than a word, what stands in the
headline or the lead more than what comes later.  How rare a word is, the vocabulary of
the name model knows for all languages: it holds how likely each piece of a word is.  So
no weight depends on other articles, nor on the order in which they came.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from transforms.enrich.names.model import vocabulary
from transforms.enrich.names.pieces import is_unspaced, word_pattern
from transforms.records import Article
from transforms.text.letters import JOINERS, word_of_letters
from transforms.vocabulary import EntityType, Kind

MOST = 30
"""Terms of an article: more were no better."""
_STEM = 6
"""Letters that make a term: inflection is behind them."""
_STEM_HANGUL = 3
_LEAD = 300
"""Code points of the text that count as its lead."""
_LEAD_WEIGHT = 2.0
_NAME_WEIGHT = 3.0
_COUNTRY_WEIGHT = 1.0
"""Of the name of a country: it is where, and not what."""
_NUMBER_WEIGHT = 3.0
_ROUND = 0.5
"""Part of that for a number of two digits or a year: many texts have them."""
_COMMON, _RARE = 9.0, 20.0
"""Rarity of a word that weighs nothing, and of one that weighs all."""
_NAME_LEAST = 0.5
_SHORTEST = 3
_REMEMBERED = 30_000
_NO_JOINERS = dict.fromkeys(map(ord, JOINERS))
_MARKS_OF_LETTERS = 10
"""Combining classes from here on are accents and points; lower ones are letters."""


_SPACED = re.compile(r"[^\W\d_]+|\d+")
_OTHER = re.compile("[\u0900-\u1dff\u2e80-\ufb4f\U00010000-\U0001ffff]")
"""Letters of scripts whose words are not what a regular expression takes for one."""
_MARKED = re.compile(
    f"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed{JOINERS}]"
)
"""What stands inside words of other scripts, and is no letter."""


@functools.cache
def _with_marks() -> re.Pattern[str]:
    return re.compile(rf"{word_of_letters().pattern}|\d+")


def words(text: str) -> list[str]:
    """Return the words and numbers of a text in order, as they are written.

    Of Chinese and Japanese signs each pair is one; of scripts without spaces, each piece
    that the vocabulary knows.
    """
    if text.isascii() or not _OTHER.search(text):
        pattern = _with_marks() if _MARKED.search(text) else _SPACED
        return pattern.findall(text)
    found: list[str] = []
    sign, place = "", -1
    for one in word_pattern().finditer(text):
        kind, surface = one.lastgroup, one.group()
        if kind == "han":
            if one.start() == place:
                found.append(sign + surface)
            sign, place = surface, one.end()
        elif kind == "letters" and is_unspaced(surface):
            read = vocabulary().read(surface)
            found += [surface[piece.start : piece.end] for piece in read]
        elif kind != "sign":
            found.append(surface)
    return found


@functools.lru_cache(maxsize=_REMEMBERED)
def plain(word: str) -> str:
    """Return a word without case and accents, its digits as ASCII."""
    word = word.casefold()
    if word.isascii():
        return word
    if word.isdecimal():
        return "".join(str(unicodedata.decimal(sign)) for sign in word)
    letters = unicodedata.normalize("NFD", word.translate(_NO_JOINERS))
    bare = (sign for sign in letters if unicodedata.combining(sign) < _MARKS_OF_LETTERS)
    return unicodedata.normalize("NFC", "".join(bare)) or word


def weights(article: Article, found: Sequence[str]) -> dict[str, float]:
    """Return how much each term of an article weighs.

    Args:
      article: The article.
      found: The words of its headline and text; see :func:`words`.
    """
    names, countries = _names(article)
    opening = (
        f"{article.title}\n{article.text[:_LEAD]}"
        if article.title
        else article.text[:_LEAD]
    )
    lead = {plain(word) for word in words(opening)}
    counts: dict[str, int] = {}
    most: dict[str, float] = {}
    for surface, count in Counter(found).items():
        text = plain(surface)
        counts[text] = counts.get(text, 0) + count
        weight = _weight(surface)
        most[text] = min(most.get(text, weight), weight)
    terms: dict[str, float] = {}
    for text, count in counts.items():
        weight = most[text]
        if text in names:
            least = max(weight, _NAME_LEAST)
            weight = least * (_COUNTRY_WEIGHT if text in countries else _NAME_WEIGHT)
        if weight:
            weight *= 1 + math.log(count) / 2
            if text in lead:
                weight *= _LEAD_WEIGHT
            term = _term(text)
            terms[term] = terms.get(term, 0.0) + weight
    return terms


def _term(text: str) -> str:
    if "\uac00" <= text[0] <= "\ud7af":
        return text[:_STEM_HANGUL]
    return text if text[0].isdigit() else text[:_STEM]


@functools.lru_cache(maxsize=_REMEMBERED)
def _weight(word: str) -> float:
    """Return what a word weighs by itself, from 0 to 1; a number up to 3."""
    if word[0].isdecimal():
        size = len(word)
        if size < 2:  # noqa: PLR2004 - one digit says nothing
            return 0.0
        is_year = size == 4 and plain(word)[:2] in {"19", "20"}  # noqa: PLR2004 - 1999, 2026
        return _NUMBER_WEIGHT * (_ROUND if size == 2 or is_year else 1.0)  # noqa: PLR2004
    if len(word) < _SHORTEST and not _OTHER.match(word):
        return 0.0
    rarity = vocabulary().rarity(word)
    if rarity is None:
        rarity = vocabulary().rarity(word.lower())
    if rarity is None:
        return 1.0
    return min(max((rarity - _COMMON) / (_RARE - _COMMON), 0.0), 1.0)


def _names(article: Article) -> tuple[set[str], set[str]]:
    """Return the words of an article's names, and those that name countries."""
    names = {
        plain(word)
        for entity in article.entities
        if entity.type is not EntityType.MISC
        for word in words(entity.name)
    }
    countries = {
        plain(word)
        for country in article.countries
        for mention in country.mentions
        if mention.kind in {Kind.NAME, Kind.DEMONYM}
        for word in words(mention.text)
    }
    return names, countries
