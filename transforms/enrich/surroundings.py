"""Reads the words around a match: do they say place, person, or street?

Without an entity tagger these words are all there is to tell Paris from Paris Hilton.
Which words say so in a language is data, kept with the gazetteer.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from transforms.enrich.folding import fold
from transforms.enrich.gazetteer import Gazetteer, Match
from transforms.records import EntityType, Field, Kind

_REACH = 30
"""Code points on each side in which the neighbouring word is looked for."""
_SPACES = " \u00a0"
_CAPITAL_NOUNS = frozenset(("de", "lb"))
"""Languages in which a capital says nothing of names."""
_QUOTES = "\"'“”«»()[]‘’"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A match where it stands.

    Attributes:
      match: What was found.
      field: Where it was found.
      before: The word right before it, if nothing but a space is between.
      after: The word right after it, if nothing but a space or hyphen is between.
      entity: The type of the entity that covers it, if one does.
      is_entity: Whether that entity is the match and no more.
      is_after_comma: Whether a comma is before it.
    """

    match: Match
    field: Field
    before: str
    after: str
    entity: EntityType | None
    is_entity: bool
    is_after_comma: bool

    @property
    def is_abbreviation(self) -> bool:
        """Tell whether it is a state as addresses write it: Ala., TX."""
        surface = self.match.surface
        return self.match.kind is Kind.REGION and (
            surface.find(".") == len(surface) - 1
            or (surface.isupper() and len(surface) == len("TX"))
        )

    def follows(self, other: Sighting) -> bool:
        """Tell whether the match is the state or country after a place and a comma."""
        gap = self.match.start - other.match.end
        return (
            self.field is other.field
            and self.is_after_comma
            and len(",") <= gap <= len(",  ")
        )


def look(
    match: Match, field: Field, text: str, spans: list[tuple[int, int, EntityType]]
) -> Sighting:
    """Return ``match``, found in ``text``, with its surroundings.

    Args:
      match: What was found.
      field: Where.
      text: The content of ``field``.
      spans: Start, end and type of the entities in ``field``, in order, none
        overlapping.
    """
    entity = None
    is_entity = False
    place = bisect.bisect_right(spans, match.start, key=lambda span: span[1])
    if place < len(spans) and spans[place][0] < match.end:
        start, end, entity = spans[place]
        is_entity = match.start <= start and end <= match.end
    head = text[max(0, match.start - _REACH) : match.start]
    tail = text[match.end : match.end + _REACH]
    return Sighting(
        match,
        field,
        _last_word(head),
        _first_word(tail),
        entity,
        is_entity,
        head.rstrip(_SPACES).endswith(","),
    )


def _last_word(head: str) -> str:
    if head.endswith(("'", "’")):
        # An elided article or preposition: l', d', qu'.
        head = head[:-1]
    elif not head.endswith((*_SPACES, "-")):
        return ""
    else:
        head = head[:-1]
    return (
        head.replace("\n", " \n ").replace("\u00a0", " ").split(" ")[-1].lstrip(_QUOTES)
    )


def _first_word(tail: str) -> str:
    if not tail.startswith((*_SPACES, "-")):
        return ""
    return tail[1:].replace("\u00a0", " ").split(" ")[0].rstrip(".,;:!?" + _QUOTES)


class Reader:
    """Tells what surroundings say in one language."""

    def __init__(self, gazetteer: Gazetteer, language: str | None) -> None:
        self._nouns_have_capitals = (language or "").partition("-")[0] in _CAPITAL_NOUNS
        self._place = gazetteer.words("place", language)
        self._title = gazetteer.words("title", language)
        self._thing = gazetteer.words("thing", language)
        self._office = gazetteer.words("office", language)
        self._person = gazetteer.words("person", language)
        self._part = gazetteer.words("part", language)
        self._vague = gazetteer.words("vague", language)
        self._given = gazetteer.words("given", language)

    def is_place(self, item: Sighting) -> bool:
        """Tell whether the tagger or a preposition makes the match a place."""
        return item.entity is EntityType.LOC or fold(item.before) in self._place

    def is_vague(self, surface: str) -> bool:
        """Tell whether a city's name is a word that says nothing of a city."""
        return fold(surface) in self._vague

    def is_thing(self, item: Sighting) -> bool:
        """Tell whether the match only names a street, a dish or a language."""
        return fold(item.after) in self._thing

    def is_person(self, item: Sighting) -> bool:
        """Tell whether the match is a person's name, or part of one."""
        kind, surface = item.match.kind, item.match.surface
        if item.entity is EntityType.LOC or surface[0].islower():
            return False
        if item.entity is EntityType.PER and (
            not item.is_entity or kind is Kind.CITY or self.is_given(surface)
        ):
            return True
        is_given = self.is_given(surface)
        is_name = kind is Kind.CITY or is_given
        if is_name and self._introduces_person(item.before):
            return True
        return (
            is_given and _is_name(item.after) and fold(item.after) not in self._office
        )

    def is_part_of_name(self, item: Sighting) -> bool:
        """Tell whether a capitalised word before makes the match part of a name."""
        if self._nouns_have_capitals:
            return self._introduces_person(item.before)
        return _is_name(item.before) and fold(item.before) not in self._part

    def is_given(self, surface: str) -> bool:
        """Tell whether the match could be the name of a person as it is."""
        folded = fold(surface)
        return folded in self._person or folded in self._given

    def _introduces_person(self, word: str) -> bool:
        if not word:
            return False
        if word[0].isupper() and word.rstrip(".").casefold() in self._title:
            return True
        is_initial = len(word) == len("J.") and word[0].isupper() and word[1] == "."
        return is_initial or (
            _is_name(word)
            and fold(word) in self._given
            and fold(word) not in self._part
        )


def _is_name(word: str) -> bool:
    """Tell whether a word starts like a name does, and is not all in capitals."""
    return word[:1].isupper() and word.isalpha() and not word.isupper()
