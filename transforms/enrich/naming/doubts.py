"""Which spans of an entity model are no names: the model is unsure, or the word is a word.

Every function is pure; offsets are code points of the text that they are given for.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from transforms.enrich.geography.folding import fold, is_unspaced
from transforms.enrich.naming.edges import is_addressed
from transforms.enrich.naming.organisations import is_organisation
from transforms.vocabulary import EntityType

_ENDS = ".!?…:\n"
_OPENS = " \u00a0'’\"“”«»„(-–—¿¡"
# Code points in which the end of the sentence before is looked for.
_REACH = 8
# Less sure names are more often wrong.  On the development sets half of the places below .8
# are right that the gazetteer does not know, and 62 % of people between .7 and .75, but
# 75 % of those between .55 and .7 whose first word is a given name.  On pages, which have
# tables and lists, it is every third one.
_LEAST_SURE, _LEAST_PERSON, _LEAST_OTHER = 0.8, 0.75, 0.7
_LEAST_PLACE, _LEAST_GIVEN, _LEAST_LOOSE = 0.62, 0.55, 0.5
_NAMED_OTHERWISE = frozenset(("tr", "vi"))
"""Languages of whose given names and towns few are known."""
_CASELESS = re.compile("[\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f]")
"""A letter of Hebrew, Arabic, Devanagari and Thai, where no capital shows what is a name."""
_DECIDED = re.compile("[A-Za-zÀ-\u024f\u0590-\u06ff\u1e00-\u1eff]")
"""A letter of the scripts in which less sure places are more often wrong than right."""
_SURE_DAY = 0.95
"""From here on a person counts who is called like a day of the week."""
_SURE = 0.9
"""From here on a name counts that is spelt like a common word."""
_ROMANIAN_NOUN = re.compile(
    r"[^\W\d_]{2,}(?:ul|ului|ții?|rii|nii|lii|ilor|ile|ele|elor|oarea)"
)
"""A noun with its article, who does something: ``Șoferul``, ``Reprezentanții``."""
_CHINESE_NOUN = re.compile("(?:乡村|农村|社会|城市|企业)$")
"""What ends no name: ``智慧乡村`` is a clever countryside."""
_LONGEST_PARTICLE = 3
_LONGEST_ENDING = 2
_SHORTEST_TOWN = 4
_PEOPLE = re.compile(r"[وفبك]?(?:ال|لل)\w{2,}ي(?:ين|ون)|\w{4,}يين")
"""How Arabic makes the plural of who is from a place, or of a kind: ``السودانيين``."""


def _never(_word: str) -> bool:
    return False


@dataclasses.dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of a language that show how to read a model's spans; all of them folded.

    Attributes:
      people: Names of countries that people have as well: Jordan, Chad.
      times: Days, parts of a day and months.
      peoples_are_lower: Whether a people's name has no capital.
      offices_are_people: Whether people may be named by what they are, as Romanian
        annotators have it: ``căpitanul``.
      days: Days of the week, their case folded.
      months: Months as the language writes them.
      joins: What stands between two names: and, or.
      common: Places whose names are words, too.
      names: Given names and surnames that are cities' too.
      is_town: Whether a town is called so.
      is_word: Whether a word in small letters is a common one.
      is_plain: Whether the article has a word in small letters.
      language: BCP 47 tag of the language.
    """

    people: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    peoples_are_lower: bool = False
    offices_are_people: bool = False
    days: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()
    joins: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    is_town: Callable[[str], bool] = _never
    is_word: Callable[[str], bool] = _never
    is_plain: Callable[[str], bool] = _never
    language: str | None = None


def is_first(text: str, start: int) -> bool:
    """Return whether a sentence, a heading or a quotation starts here."""
    head = text[max(0, start - _REACH) : start].rstrip(_OPENS)
    return not head or head[-1] in _ENDS


def least(name: str, kind: EntityType, vocabulary: Vocabulary, *, known: bool) -> float:
    """Return how sure the model must be of a name.

    Args:
      name: The name.
      kind: What it names.
      vocabulary: What is known of the words of its language.
      known: Whether it starts with a place that the gazetteer knows.
    """
    if vocabulary.offices_are_people:
        return 0.0 if known else _LEAST_LOOSE
    if kind is EntityType.LOC:
        return 0.0 if known else _least_of_place(name, vocabulary)
    if kind is EntityType.PER:
        if fold(name.partition(" ")[0]) in vocabulary.names:
            return _LEAST_GIVEN
        if vocabulary.language in _NAMED_OTHERWISE:
            return _LEAST_OTHER
    if _CASELESS.match(name):
        return _LEAST_SURE
    return _LEAST_PERSON if kind is EntityType.PER else _LEAST_OTHER


def _least_of_place(name: str, vocabulary: Vocabulary) -> float:
    is_likely = (
        fold(name) in vocabulary.common
        or vocabulary.language in _NAMED_OTHERWISE
        or not _DECIDED.match(name)
        or _is_town(name, vocabulary)
    )
    return _LEAST_PLACE if is_likely else _LEAST_SURE


def _is_town(name: str, vocabulary: Vocabulary) -> bool:
    """Return whether a town is called so, perhaps without a case ending: ``Matadin``."""
    longest = min(_LONGEST_ENDING, max(0, len(name) - _SHORTEST_TOWN))
    return any(
        vocabulary.is_town(name[: len(name) - ending]) for ending in range(longest + 1)
    )


def is_common(
    text: str,
    span: tuple[int, int],
    kind: EntityType,
    score: float,
    vocabulary: Vocabulary,
) -> bool:
    """Return whether a name that the model is less sure of is a word like others.

    That is a day of the week, a month, a common word that starts a sentence, an Arabic
    people, or a single Chinese character as a person.
    """
    start, end = span
    word = text[start:end]
    is_person = kind is EntityType.PER
    if is_person and (
        _PEOPLE.fullmatch(word)
        or (len(word) == 1 and is_unspaced(word) and not is_addressed(text, end))
    ):
        return True
    if not is_person and _CHINESE_NOUN.search(word):
        return True
    if is_person and vocabulary.language == "ro" and not vocabulary.offices_are_people:
        is_noun = _ROMANIAN_NOUN.fullmatch(word) and is_first(text, start)
        if is_noun and fold(word) not in vocabulary.names:
            return True
    if word.casefold() in vocabulary.days and (score < _SURE_DAY or not is_person):
        return True
    if word in vocabulary.months and not is_person:
        return True
    return (
        word[0].isupper()
        and not word.isupper()
        and is_first(text, start)
        and not is_organisation(word, vocabulary.language)
        and (
            (score < _SURE and vocabulary.is_word(word.lower()))
            or _is_plain(word, vocabulary)
        )
    )


def without_first(text: str, start: int, end: int, vocabulary: Vocabulary) -> int:
    """Return where a person's name starts without a word that only starts a sentence.

    The article has that word in small letters elsewhere: ``Senatoarea Elizabeth Warren``.
    """
    first, _, rest = text[start:end].partition(" ")
    is_one = rest[:1].isupper() and len(first) > _LONGEST_PARTICLE
    if is_one and is_first(text, start) and _is_plain(first, vocabulary):
        return end - len(rest)
    return start


def _is_plain(word: str, vocabulary: Vocabulary) -> bool:
    return vocabulary.is_plain(word) and fold(word) not in vocabulary.names


def is_time(text: str, start: int, end: int, times: frozenset[str]) -> bool:
    """Return whether a sentence starts here, and goes on with when: ``Parti dimanche``."""
    head = text[max(0, start - _REACH) : start].rstrip(" ")
    words = text[start:end].split()[1:]
    return (
        bool(words)
        and (not head or head[-1] in _ENDS)
        and all(word.islower() and fold(word) in times for word in words)
    )
