"""The spans of an entity model, corrected.

Models make errors that the text shows: a title inside a name, an elided article at its
end, the name of a country taken for a person.  They are corrected by what the gazetteer
knows for sure (names of countries, capitals, seats of power).

Every function is pure; offsets are code points of the field that they are given for.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import re
from collections.abc import Iterable, Sequence

from transforms.enrich.geography.folding import fold, is_unspaced
from transforms.enrich.geography.matches import Match
from transforms.enrich.geography.places import parts_of_the_world
from transforms.enrich.naming import korean
from transforms.enrich.naming.doubts import (
    Vocabulary,
    is_common,
    is_first,
    is_time,
    least,
    without_first,
)
from transforms.enrich.naming.edges import (
    closes,
    first_line,
    keeps_dot,
    narrowed,
    opens,
    parts,
    prefixes,
    widened,
    with_quote,
    without_address,
    without_noun,
    without_tail,
)
from transforms.enrich.naming.organisations import is_organisation
from transforms.enrich.naming.results import is_club
from transforms.vocabulary import EntityType, Field, Kind

# Titles stand outside a name (CoNLL-2003, WikiNER).
_CIVILITY = re.compile(
    r"(?:MM?|Mmes?|Mlles?|Mrs?|Ms|Dr|Prof|Sr|Sra|Herr|Frau|Mme|Mr|Messrs|Monsieur|Madame"
    r"|Mister|Miss|Señora?|Signora?|Senhora?|Sayın|Bapak|Nabi|Mevrouw|Meneer|пан[аіу]?)\b"
    r"\.?[ ]?|ดร\. ?|ศาสตราจารย์ ?|นางสาว|นาง|นาย(?!ก)"
    r"|मि(?:स्टर|\.)? |מר |גב['’‘] |ד[\"״]ר |श्री(?:मती)? |डॉ\.? |(?:κ|κα|г-н|г-жа|д-р)\.? ",
)
_OFFICE = re.compile(
    r"(?:(?:Gen|Sen|Rep|Gov|Lt|Col|Capt|Sgt|Rev|Adm|Maj)\.|Judge|President|Senator|Governor"
    r"|General|Captain|Minister|Chancellor|Sheriff|Mayor|Coach|Detective|Officer|Professor"
    r"|Prime Minister|Bay|Bayan|Imam|Syaikh|Sayyidina|Khalifah) "
)
# ``M. R. Štefánik`` has no title.
_INITIALS = re.compile(r"[^\W\d_]\. ?[^\W\d_]\.")
_EDGE = " \t\n'’\"“”«»‹›„()[]{}.,;:!?…–—-/|*"
_OPENING = "'’\"“”«»‹›„()[]{},;:!?…–—-/|* \t\n."
# What an elision leaves behind a name: ``Moscou n'``, ``qu'``.
_ELIDED = re.compile(r"\s?(?<!\w)(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)$", re.IGNORECASE)
_APOSTROPHES = {"'", "’"}
_SURE_PERSON = 0.95
"""From here on a person counts who is called like a city."""
_LONGEST_PARTICLE = 4
_KOREAN = "ko"
_RUSSIAN = "ru"
"""Its annotators leave the quotation mark at the end out (factRuEval-2016)."""
# What makes of a country's name that of its people, army or kind, in Chinese.
_PEOPLES = frozenset("人军軍队隊籍裔式")
_NOUN_AFTER = {
    EntityType.MISC: frozenset(("en", "pcm")),
    EntityType.LOC: frozenset(("az", "tr")),
}
"""Languages in which nouns in small letters behind a name are no part of it."""
# Elsewhere annotators have names in small letters too, of peoples or as of offices.
_ALWAYS_CAPITAL = frozenset("be bs en hr nb pcm pl ru sr uk".split())
_TYPE_OF_KIND = {
    Kind.NAME: EntityType.LOC,
    Kind.CAPITAL: EntityType.LOC,
    Kind.GOVERNMENT: EntityType.ORG,
    Kind.DEMONYM: EntityType.MISC,
}


_NO_WORDS = Vocabulary()


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A name in one field of an article.

    Attributes:
      start: Where it starts, in code points of the field.
      end: Where it ends.
      type: What it names.
      field: Which field it is in.
      score: How sure the model is, 0 to 1.
    """

    start: int
    end: int
    type: EntityType
    field: Field = Field.TEXT
    score: float = dataclasses.field(default=1.0, compare=False)


def correct(
    text: str,
    field: Field,
    spans: Iterable[Span],
    matches: Sequence[Match],
    vocabulary: Vocabulary = _NO_WORDS,
) -> list[Span]:
    """Return the spans with clean edges, and the places that the model overlooked.

    Args:
      text: The field's text.
      field: Which field it is.
      spans: What the model found in it.
      matches: What the gazetteer found in it.
      vocabulary: What is known of the words of its language.
    """
    known = {(match.start, match.end): match.kind for match in matches}
    is_loose = vocabulary.offices_are_people
    places = {
        start
        for (start, end), kind in known.items()
        if is_loose or not (kind is Kind.DEMONYM or _goes_on(text, end, kind))
    }
    named = {
        (match.start, match.end): match
        for match in matches
        if match.kind is not Kind.DEMONYM
    }
    parts_of_world = parts_of_the_world(vocabulary.language)
    corrected: list[Span] = []
    for span in spans:
        name = text[span.start : span.end]
        is_known = span.start in places or name.casefold() in parts_of_world
        if span.score < least(name, span.type, vocabulary, known=is_known):
            continue
        start, end = _bounded(text, span, known, vocabulary)
        if vocabulary.language in _ALWAYS_CAPITAL and text[start:end].islower():
            continue
        if (
            start < end
            and not is_time(text, start, end, vocabulary.times)
            and (
                (start, end) in known
                or not is_common(text, (start, end), span.type, span.score, vocabulary)
            )
        ):
            for first, last in parts(
                text, start, end, span.type, named, vocabulary.joins
            ):
                kind = _type(text, first, last, span, known, vocabulary)
                score = 1.0 if (first, last) in known else span.score
                corrected.append(Span(first, last, kind, field, score))
    corrected = _without_nouns(text, _without_prefixes(text, _apart(corrected)))
    taken = Taken((span.start, span.end) for span in corrected)
    corrected.extend(
        Span(match.start, _end_of_place(match, vocabulary), EntityType.LOC, field)
        for match in matches
        if match.kind in {Kind.NAME, Kind.CAPITAL}
        and len(match.codes) == 1
        and text[match.end : match.end + 1] not in _PEOPLES
        and not taken.overlaps(match.start, match.end)
    )
    if vocabulary.language == _KOREAN:
        taken = Taken((span.start, span.end) for span in corrected)
        corrected.extend(
            Span(start, end, EntityType.PER, field)
            for start, end in korean.people(text)
            if not taken.overlaps(start, end)
        )
    return sorted(corrected, key=lambda span: span.start)


def _bounded(
    text: str,
    span: Span,
    known: dict[tuple[int, int], Kind],
    vocabulary: Vocabulary,
) -> tuple[int, int]:
    """Return where a span's name begins and ends."""
    is_person = span.type is EntityType.PER
    start = first_line(text, span.start, span.end)
    start, end = _trimmed(text, start, span.end, span.type)
    start, end = narrowed(text, start, end, known, vocabulary.language)
    start, end = widened(text, start, end, span.type, known)
    end = without_tail(text, start, end, span.type)
    if vocabulary.language != _RUSSIAN:
        end = with_quote(text, start, end)
    if is_person:
        end = without_address(text, start, end)
    if vocabulary.language == _KOREAN and start < end:
        start, end = korean.whole(text, start, end, span.type)
    if is_person and not vocabulary.offices_are_people:
        start, end = _capitalised(text, start, end)
        start, end = _trimmed(text, start, end, span.type)
        start = without_first(text, start, end, vocabulary)
    if vocabulary.language in _NOUN_AFTER.get(span.type, ()):
        end = without_noun(text, start, end)
    return start, end


def _goes_on(text: str, end: int, kind: Kind) -> bool:
    """Return whether a city is before a capital: ``Washington Examiner``."""
    return kind in {Kind.CITY, Kind.CAPITAL} and (
        text[end : end + 1] == " " and text[end + 1 : end + 2].isupper()
    )


def _end_of_place(match: Match, vocabulary: Vocabulary) -> int:
    return match.bare if vocabulary.language == _KOREAN else match.end


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Return the spans without those that a longer one has taken in."""
    apart: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not apart or apart[-1].end <= span.start:
            apart.append(span)
        elif span.end - span.start > apart[-1].end - apart[-1].start:
            apart[-1] = span
    return apart


def _without_nouns(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans without nouns that start a sentence before a person.

    ``Socjaldemokrata Jan Hamáček`` begins with no organisation.
    """
    people = {span.start for span in spans if span.type is EntityType.PER}
    return [
        span
        for span in spans
        if not (
            span.type is EntityType.ORG
            and span.end + 1 in people
            and text[span.end] == " "
            and " " not in text[span.start : span.end]
            and text[span.start : span.end].istitle()
            and is_first(text, span.start)
        )
    ]


def _without_prefixes(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans without the letters joined to names that stand alone elsewhere."""
    alone = {text[span.start : span.end] for span in spans}
    return [
        dataclasses.replace(
            span,
            start=span.start
            + next(
                (
                    length
                    for length in prefixes(text[span.start : span.end])
                    if text[span.start + length : span.end] in alone
                ),
                0,
            ),
        )
        for span in spans
    ]


def _trimmed(text: str, start: int, end: int, kind: EntityType) -> tuple[int, int]:
    before = None
    while before != (start, end) and start < end:
        before = (start, end)
        while start < end and text[start] in _OPENING and not opens(text, start, end):
            start += 1
        while (
            start < end
            and text[end - 1] in _EDGE
            and not keeps_dot(text, start, end)
            and not closes(text, start, end)
        ):
            end -= 1
        civility = _CIVILITY.match(text, start, end)
        if civility and not _INITIALS.match(text, start, end):
            start = civility.end()
        office = _OFFICE.match(text, start, end)
        if office and kind is EntityType.PER:
            start = office.end()
        elif kind is EntityType.PER and _OFFICE.fullmatch(f"{text[start:end]} "):
            start = end
        elided = _ELIDED.search(text, start, end)
        if elided and text[end : end + 1] in _APOSTROPHES:
            end = elided.start()
    if not any(character.isalpha() for character in text[start:end]):
        return end, end
    return start, end


def _capitalised(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a person's name without the verb after it, and the office before it.

    In scripts with capitals a name begins and ends with one, but for the particles of
    ``de Gaulle`` and ``al-Assad``; a text that has none is left as it is.
    """
    if text[start:end].islower():
        return (start, end) if text.islower() else (end, end)
    while (space := text.rfind(" ", start, end)) > 0 and text[
        space + 1 : end
    ].islower():
        end = space
    # ``Fostul președinte Eduardo Rodríguez``: an office has its own capital at a start.
    words = text[start:end].split(" ")
    offices = [place for place, word in enumerate(words) if _is_office(word)]
    if offices:
        start = end - len(" ".join(words[offices[-1] + 1 :]))
    return start, end


def _is_office(word: str) -> bool:
    return word.islower() and len(word) > _LONGEST_PARTICLE and "-" not in word


def _type(
    text: str,
    start: int,
    end: int,
    span: Span,
    known: dict[tuple[int, int], Kind],
    vocabulary: Vocabulary,
) -> EntityType:
    surface = text[start:end]
    kind = known.get((start, end))
    if is_organisation(surface, vocabulary.language) or (
        kind is not Kind.NAME and is_club(text, start, end)
    ):
        return EntityType.ORG
    if surface.casefold() in parts_of_the_world(vocabulary.language):
        return EntityType.LOC
    if kind is Kind.CITY:
        return _type_of_city(surface, span, vocabulary)
    if span.type is EntityType.ORG and kind is Kind.DEMONYM and is_unspaced(surface[0]):
        return span.type
    if span.type is EntityType.PER and (
        (kind is Kind.NAME and fold(surface) in vocabulary.people)
        or (kind is Kind.DEMONYM and vocabulary.peoples_are_lower)
    ):
        return span.type
    return _TYPE_OF_KIND.get(kind, span.type) if kind else span.type


def _type_of_city(surface: str, span: Span, vocabulary: Vocabulary) -> EntityType:
    """Return the type of a name that is a city's: no person, if nobody is called so."""
    is_place = (
        span.type is EntityType.PER
        and span.score < _SURE_PERSON
        and fold(surface) not in vocabulary.names
    )
    return EntityType.LOC if is_place else span.type


class Taken:
    """Parts of a text that are taken.

    Args:
      spans: Start and end of each.
    """

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        # How far those up to each one reach.
        self._reach = list(itertools.accumulate((end for _, end in ordered), max))

    def overlaps(self, start: int, end: int) -> bool:
        """Return whether a span has a character in common with any of them."""
        before = bisect.bisect_left(self._starts, end)
        return before > 0 and self._reach[before - 1] > start
