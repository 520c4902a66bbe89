"""Reads the words around a match: do they say place, person, or street?

Without an entity tagger only these words distinguish Paris from Paris Hilton.  The words
that do so in each language are data, kept with the gazetteer.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass

from transforms.enrich.geography.folding import fold
from transforms.enrich.geography.gazetteer import Gazetteer
from transforms.enrich.geography.matches import Match
from transforms.enrich.geography.towns import Cues
from transforms.enrich.geography.wordforms import INITIALS
from transforms.vocabulary import EntityType, Field, Kind

_REACH = 30
"""Code points on each side in which the neighbouring word is looked for."""
_SPACES = " \u00a0"
_NOUNS_FIRST = frozenset("ca es fr it pt ro".split())
"""Languages in which an adjective comes after its noun."""
_CAPITAL_NOUNS = frozenset(("de", "lb"))
"""Languages in which a capital says nothing of names."""
LOWER_PEOPLES = frozenset("be bg ca es it mk pt ro ru sr uk".split())
"""Languages in which a people has no capital: a Ливанов is no Lebanese."""
_QUOTES = "\"'“”«»()[]‘’"
_OPENING = _SPACES + _QUOTES + "„‹¿¡"
_DATELINE = re.compile(r"(?:, [\w.]+(?: [\w.]+)?)? ?(?:[—–]|\((?!\d)|-(?= )|-- )")
_STOPS = frozenset(".!?…:;\n•–—|*")
"""What the first word of a sentence or of a clause comes after."""
_BETTER_KNOWN = 200_000
"""Inhabitants from which a city is better known than the people named like it."""


@dataclass(frozen=True, slots=True)
class PlacedMatch:
    """A match where it stands.

    Attributes:
      match: What was found.
      field: Where it was found.
      before: The word right before it, if nothing but a space is between.
      after: The word right after it, if nothing but a space or hyphen is between.
      entity: The type of the entity that covers it, if one does.
      is_entity: Whether that entity is the match and no more.
      is_inside: Whether it is in the middle of some other name.
      is_after_comma: Whether a comma is before it.
      is_loud: Whether its capital means nothing: it starts a sentence, or all of it is
        in capitals.
      is_word: Whether it is loud, and elsewhere the article has it in lower case, as a
        word that names nothing.
      is_dateline: Whether it stands in front of the story and says where it was written.
      is_hyphenated: Whether a hyphen joins it to the word after it.
    """

    match: Match
    field: Field
    before: str
    after: str
    entity: EntityType | None
    is_entity: bool
    is_inside: bool
    is_after_comma: bool
    is_loud: bool
    is_word: bool
    is_dateline: bool = False
    is_hyphenated: bool = False

    @property
    def is_abbreviation(self) -> bool:
        """Return whether it is a state as addresses write it: Ala., TX."""
        surface = self.match.surface
        return self.match.kind is Kind.REGION and (
            surface.find(".") == len(surface) - 1
            or (surface.isupper() and len(surface) == len("TX"))
        )

    def follows(self, other: PlacedMatch) -> bool:
        """Return whether the match is the state or country after a place and a comma."""
        gap = self.match.start - other.match.end
        return (
            self.field is other.field
            and self.is_after_comma
            and len(",") <= gap <= len(",  ")
        )


class Usage:
    """How an article writes the words that are also names.

    Args:
      contents: Each field's text, with what the gazetteer found in it.
    """

    def __init__(self, contents: Sequence[tuple[str, Sequence[Match]]]) -> None:
        self._contents = contents
        self._known: dict[str, bool] = {}

    def is_word(self, surface: str) -> bool:
        """Return whether the article has ``surface`` in lower case, and not as a name."""
        lower = surface.lower()
        if lower == surface:
            return False
        if lower not in self._known:
            self._known[lower] = any(
                _has_word(lower, text, matches) for text, matches in self._contents
            )
        return self._known[lower]


def _has_word(word: str, text: str, matches: Sequence[Match]) -> bool:
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        is_whole = not (
            text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()
        )
        if is_whole and all(match.start != start for match in matches):
            return True
        start = text.find(word, end)
    return False


def look(
    match: Match,
    field: Field,
    text: str,
    spans: list[tuple[int, int, EntityType]],
    usage: Usage,
) -> PlacedMatch:
    """Return ``match``, found in ``text``, with its surroundings.

    Args:
      match: What was found.
      field: Where.
      text: The content of ``field``.
      spans: Start, end and type of the entities in ``field``, in order, none
        overlapping.
      usage: How the article writes words.
    """
    entity = None
    is_entity = False
    place = bisect.bisect_right(spans, match.start, key=lambda span: span[1])
    if place < len(spans) and spans[place][0] < match.end:
        start, end, entity = spans[place]
        is_entity = match.start <= start and end <= match.end
    head = text[max(0, match.start - _REACH) : match.start]
    tail = text[match.end : match.end + _REACH]
    opening = head.rstrip(_OPENING)
    is_shouted = match.surface.isupper() and len(match.surface) > INITIALS
    is_loud = is_shouted or not opening or opening[-1] in _STOPS
    is_initials = match.surface.isupper() and not is_shouted
    return PlacedMatch(
        match,
        field,
        "" if match.is_paired else _last_word(head),
        "" if match.is_paired and not tail.startswith(" ") else _first_word(tail),
        entity,
        is_entity,
        entity is not None and not is_entity and entity is not EntityType.LOC,
        head.rstrip(_SPACES).endswith(","),
        is_loud,
        (is_loud or (match.kind is Kind.CITY and match.populations[0] < _BETTER_KNOWN))
        and not is_initials
        and usage.is_word(match.surface),
        is_loud and _DATELINE.match(tail) is not None,
        tail.startswith("-"),
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


class SurroundingsReader:
    """Reads what surroundings say in one language.

    Attributes:
      cues: What shows that a name is a town's; None where that is not known.
      spoken: Codes of the countries in which the language is official.
    """

    def __init__(self, gazetteer: Gazetteer, language: str | None) -> None:
        primary = (language or "").partition("-")[0]
        self._nouns_have_capitals = primary in _CAPITAL_NOUNS
        self._peoples_are_lower = primary in LOWER_PEOPLES
        self._nouns_come_first = primary in _NOUNS_FIRST
        self._place = gazetteer.words("place", language)
        self._title = gazetteer.words("title", language)
        self._thing = gazetteer.words("thing", language)
        self._office = gazetteer.words("office", language)
        self._person = gazetteer.words("person", language)
        self._part = gazetteer.words("part", language)
        self._vague = gazetteer.words("vague", language)
        self._common = gazetteer.words("common", language)
        self._given = gazetteer.words("given", language)
        self._surname = gazetteer.words("surname", language)
        self._time = gazetteer.words("time", language)
        where = gazetteer.words("where", language)
        self._civic = gazetteer.words("civic", language)
        self.cues = Cues(where, self._civic, self._time) if where and language else None
        self.spoken = frozenset(map(str.upper, gazetteer.words("spoken", language)))
        # Short words, which mean something else in other languages.
        is_known = gazetteer.knows(language)
        self._address, self._tongue, self._tongue_alone, self._tongue_after = (
            gazetteer.words(role, language) if is_known else frozenset()
            for role in ("address", "tongue", "tongue-alone", "tongue-after")
        )

    def is_place(self, item: PlacedMatch) -> bool:
        """Return whether the tagger or a word beside it makes the match a place."""
        return (
            item.entity is EntityType.LOC
            or fold(item.before) in self._place
            or (
                item.match.kind is Kind.CITY
                and (item.is_dateline or fold(item.after) in self._civic)
            )
        )

    def is_noun(self, surface: str) -> bool:
        """Return whether a city's name is a word that needs a capital anyway."""
        return self._nouns_have_capitals and fold(surface) in self._common

    def is_vague(self, item: PlacedMatch) -> bool:
        """Return whether a city's name says nothing of a city where it stands."""
        folded = fold(item.match.surface)
        if folded in self._vague or folded in self._time or item.is_word:
            return True
        is_surname = (
            folded in self._surname and item.match.populations[0] < _BETTER_KNOWN
        )
        return (folded in self._common or is_surname) and not self.is_place(item)

    def is_doubtful(self, item: PlacedMatch) -> bool:
        """Return whether the match may be a word, and needs its country to be known.

        That is a common word whose capital means nothing (``Irán a la playa``: they will
        go), or a name in capitals that the article otherwise writes as a word.
        """
        if item.is_word:
            return True
        surface = item.match.surface
        is_loud = item.is_loud or self._nouns_have_capitals or not surface[0].isupper()
        return is_loud and fold(surface) in self._common and not self.is_place(item)

    def is_thing(self, item: PlacedMatch) -> bool:
        """Return whether the match only names a street, a dish or a language."""
        if fold(item.after) in self._thing:
            return True
        is_adjective = item.match.kind in {Kind.DEMONYM, Kind.GOVERNMENT}
        return is_adjective and (
            (self._nouns_come_first and fold(item.before) in self._thing)
            or (item.match.kind is Kind.DEMONYM and self._is_tongue(item))
        )

    def _is_tongue(self, item: PlacedMatch) -> bool:
        """Return whether an adjective stands for a language."""
        before, after = fold(item.before), item.after
        if before in self._tongue or fold(after) in self._tongue_after:
            return True
        if self._nouns_have_capitals:
            # Deutsch; im Deutschen, but not im Deutschen Bundestag.
            surface = item.match.surface
            is_alone = surface[0].isupper() and not after[:1].isupper()
            return is_alone and (
                surface.endswith("sch") or before in self._tongue_alone
            )
        return not after and before in self._tongue_alone

    def is_person(self, item: PlacedMatch) -> bool:
        """Return whether the match is a person's name, or part of one."""
        kind, surface = item.match.kind, item.match.surface
        is_place = item.entity is EntityType.LOC or item.match.is_paired
        if is_place or surface[0].islower():
            return False
        if item.entity is EntityType.PER and (
            not item.is_entity
            or kind is Kind.CITY
            or self.is_given(surface)
            or (kind is Kind.DEMONYM and self._peoples_are_lower)
        ):
            return True
        if kind is Kind.DEMONYM and self._peoples_are_lower and not item.is_loud:
            # Il cugino Giordano Palmieri; but la Repubblica Italiana.
            return _is_name(item.after) and not item.before[:1].isupper()
        is_given = self.is_given(surface)
        if kind is Kind.CAPITAL and fold(surface) in self._surname:
            # Fredy Santiago; but Gran Santiago.
            before = item.before
            return _is_name(before) and fold(before) not in self._part
        is_name = kind is Kind.CITY or is_given
        if is_name and self._introduces_person(item.before):
            return True
        return (
            is_given
            and kind is not Kind.DEMONYM
            and _is_name(item.after)
            and fold(item.after) not in self._office
        )

    def is_part_of_name(self, item: PlacedMatch) -> bool:
        """Return whether a capitalised word before makes the match part of a name."""
        if self._nouns_have_capitals:
            return self._introduces_person(item.before)
        return _is_name(item.before) and fold(item.before) not in self._part

    def is_in_name(self, item: PlacedMatch) -> bool:
        """Return whether the match is inside a name that contains it: China Mobile.

        In headlines every word may have a capital.
        """
        is_plain = item.field is Field.TITLE or item.is_hyphenated
        if self._nouns_have_capitals or is_plain or item.match.is_paired:
            return item.is_inside
        after = fold(item.after)
        return item.is_inside or (
            _is_name(item.after)
            and after not in self._office
            and after not in self._civic
            and after not in self._time
        )

    def is_name(self, surface: str) -> bool:
        """Return whether a town's name could be that of a person."""
        return fold(surface) in self._surname or self.is_given(surface)

    def is_given(self, surface: str) -> bool:
        """Return whether the match could be the name of a person as it is."""
        folded = fold(surface)
        return folded in self._person or folded in self._given

    def _introduces_person(self, word: str) -> bool:
        if not word:
            return False
        if word[0].isupper() and word.rstrip(".").casefold() in self._title:
            return True
        if fold(word) in self._address:
            return True
        is_initial = len(word) == len("J.") and word[0].isupper() and word[1] == "."
        return is_initial or (
            _is_name(word)
            and fold(word) in self._given
            and fold(word) not in self._part
        )


def _is_name(word: str) -> bool:
    """Return whether a word starts like a name does, and is not all in capitals."""
    return word[:1].isupper() and word.isalpha() and not word.isupper()
