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
from collections.abc import Callable, Collection, Iterable, Sequence

from transforms.enrich.geography.folding import fold, is_unspaced
from transforms.enrich.geography.matches import Match
from transforms.enrich.naming import korean
from transforms.enrich.naming.edges import (
    closes,
    first_line,
    keeps_dot,
    narrowed,
    parts,
    prefixes,
    widened,
    without_noun,
)
from transforms.enrich.naming.organisations import is_organisation
from transforms.enrich.naming.results import is_club
from transforms.vocabulary import EntityType, Field, Kind

# Titles stand outside a name (CoNLL-2003, WikiNER).
_CIVILITY = re.compile(
    r"(?:MM?|Mmes?|Mlles?|Mrs?|Ms|Dr|Prof|Sr|Sra|Herr|Frau|Mme|Mr|Messrs|Monsieur|Madame"
    r"|Mister|Miss|Señora?|Signora?|Senhora?|Sayın|Bapak|Nabi|Mevrouw|Meneer|пан[аіу]?)\b"
    r"\.?[ ]?|ดร\. ?|นางสาว|นาง|นาย(?!ก)"
    r"|श्री(?:मती)? |डॉ\.? |(?:κ|κα|г-н|г-жа|д-р)\.? ",
)
_OFFICE = re.compile(
    r"(?:(?:Gen|Sen|Rep|Gov|Lt|Col|Capt|Sgt|Rev|Adm|Maj)\.|Judge|President|Senator|Governor"
    r"|General|Captain|Minister|Chancellor|Sheriff|Mayor|Coach|Detective|Officer|Professor"
    r"|Prime Minister|Bay|Bayan|Imam|Syaikh|Sayyidina) "
)
# ``M. R. Štefánik`` has no title.
_INITIALS = re.compile(r"[^\W\d_]\. ?[^\W\d_]\.")
_ENDS = ".!?…:\n"
_OPENS = " \u00a0'’\"“”«»„(-–—¿¡"
_EDGE = " \t\n'’\"“”«»‹›„()[]{}.,;:!?…–—-/|*"
_OPENING = "'’\"“”«»‹›„()[]{},;:!?…–—-/|* \t\n."
# What an elision leaves behind a name: ``Moscou n'``, ``qu'``.
_ELIDED = re.compile(r"\s?(?<!\w)(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)$", re.IGNORECASE)
_APOSTROPHES = {"'", "’"}
# Code points in which the end of the sentence before is looked for.
_REACH = 8
# Less sure names are more often wrong.  Of those between .55 and .7, on the development
# sets, 46 % of people are right, 48 % of organisations and 52 % of places, but 75 % of
# people whose first word is a given name.
_LEAST, _LEAST_PLACE, _LEAST_GIVEN, _LEAST_LOOSE = 0.7, 0.62, 0.55, 0.5
_SURE_PERSON = 0.95
"""From here on a name counts that is spelt like a city or a day of the week."""
_SURE = 0.9
"""From here on a name counts that is spelt like a common word."""
_LONGEST_PARTICLE = 4
_KOREAN = "ko"
# What makes of a country's name that of its people, army or kind, in Chinese.
_PEOPLES = frozenset("人军軍队隊籍裔式")
_NOUN_AFTER = {
    EntityType.MISC: frozenset(("en", "pcm")),
    EntityType.LOC: frozenset(("az", "tr")),
}
"""Languages in which nouns in small letters behind a name are no part of it."""
# Elsewhere annotators have names in small letters too, of peoples or as of offices.
_ALWAYS_CAPITAL = frozenset("be bs en hr nb pcm pl ru sr uk".split())
_PEOPLE = re.compile(r"[وفبك]?(?:ال|لل)\w{2,}ي(?:ين|ون)")
"""How Arabic makes the plural of who is from a place, or of a kind: ``السودانيين``."""
_TYPE_OF_KIND = {
    Kind.NAME: EntityType.LOC,
    Kind.CAPITAL: EntityType.LOC,
    Kind.GOVERNMENT: EntityType.ORG,
    Kind.DEMONYM: EntityType.MISC,
}


def _never(_word: str) -> bool:
    return False


@dataclasses.dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of a language that show how to read a model's spans; all of them folded.

    Attributes:
      people: Names of countries that people have as well: Jordan, Chad.
      times: Days, parts of a day and months.
      days: Days of the week.
      peoples_are_lower: Whether a people's name has no capital.
      offices_are_people: Whether people may be named by what they are, as Romanian
        annotators have it: ``căpitanul``.
      names: Given names and surnames that are cities' too.
      is_word: Whether a word in small letters is a common one.
      language: BCP 47 tag of the language.
    """

    people: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    peoples_are_lower: bool = False
    offices_are_people: bool = False
    days: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    is_word: Callable[[str], bool] = _never
    language: str | None = None


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
        for (start, _), kind in known.items()
        if kind is not Kind.DEMONYM or is_loose
    }
    corrected: list[Span] = []
    for span in spans:
        if span.score < _least(text, span, places, vocabulary):
            continue
        start = first_line(text, span.start, span.end)
        start, end = _trimmed(text, start, span.end, span.type)
        start, end = narrowed(text, start, end, known, vocabulary.language)
        start, end = widened(text, start, end, span.type, known)
        if vocabulary.language == _KOREAN and start < end:
            start, end = korean.whole(text, start, end, span.type)
        if span.type is EntityType.PER and not is_loose:
            start, end = _capitalised(text, start, end)
            start, end = _trimmed(text, start, end, span.type)
        if vocabulary.language in _NOUN_AFTER.get(span.type, ()):
            end = without_noun(text, start, end)
        if vocabulary.language in _ALWAYS_CAPITAL and text[start:end].islower():
            continue
        if (
            start < end
            and not _is_time(text, start, end, vocabulary.times)
            and (
                (start, end) in known
                or not _is_common(text, start, end, span, vocabulary)
            )
        ):
            for first, last in parts(text, start, end, span.type):
                kind = _type(text, first, last, span, known, vocabulary)
                score = 1.0 if (first, last) in known else span.score
                corrected.append(Span(first, last, kind, field, score))
    corrected = _without_prefixes(text, _apart(corrected))
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
        while start < end and text[start] in _OPENING:
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
    while (space := text.find(" ", start, end)) > 0 and _is_office(text[start:space]):
        start = space + 1
    return start, end


def _is_office(word: str) -> bool:
    return word.islower() and len(word) > _LONGEST_PARTICLE and "-" not in word


def _is_time(text: str, start: int, end: int, times: frozenset[str]) -> bool:
    """Return whether a sentence starts here, and goes on with when: ``Parti dimanche``."""
    head = text[max(0, start - _REACH) : start].rstrip(" ")
    words = text[start:end].split()[1:]
    return (
        bool(words)
        and (not head or head[-1] in _ENDS)
        and all(word.islower() and fold(word) in times for word in words)
    )


def is_first(text: str, start: int) -> bool:
    """Return whether a sentence, a heading or a quotation starts here."""
    head = text[max(0, start - _REACH) : start].rstrip(_OPENS)
    return not head or head[-1] in _ENDS


def _least(
    text: str, span: Span, places: Collection[int], vocabulary: Vocabulary
) -> float:
    """Return how sure the model must be of a name."""
    if span.start in places:
        return 0.0
    if vocabulary.offices_are_people:
        return _LEAST_LOOSE
    first = text[span.start : span.end].partition(" ")[0]
    if span.type is EntityType.PER and fold(first) in vocabulary.names:
        return _LEAST_GIVEN
    return _LEAST_PLACE if span.type is EntityType.LOC else _LEAST


def _is_common(
    text: str, start: int, end: int, span: Span, vocabulary: Vocabulary
) -> bool:
    """Return whether a name that the model is less sure of is a word like others.

    That is a day of the week, a common word that starts a sentence, or an Arabic people.
    """
    word = text[start:end]
    if span.type is EntityType.PER and _PEOPLE.fullmatch(word):
        return True
    if span.score < _SURE_PERSON and word.casefold() in vocabulary.days:
        return True
    return (
        span.score < _SURE
        and word[0].isupper()
        and not word.isupper()
        and is_first(text, start)
        and vocabulary.is_word(word.lower())
        and not is_organisation(word, vocabulary.language)
    )


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
