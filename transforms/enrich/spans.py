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

from transforms.agencies import agency_of
from transforms.enrich.edges import first_line, narrowed, widened
from transforms.enrich.folding import fold
from transforms.enrich.matches import Match
from transforms.records import EntityType, Field, Kind

# Titles stand outside a name (CoNLL-2003, WikiNER).
_CIVILITY = re.compile(
    r"(?:MM?|Mmes?|Mlles?|Mrs?|Ms|Dr|Prof|Sr|Sra|Herr|Frau|Mme|Mr|Messrs|Monsieur|Madame"
    r"|Mister|Miss|Señora?|Signora?|Senhora?)\b\.?[ ]?",
)
# ``M. R. Štefánik`` has no title.
_INITIALS = re.compile(r"[^\W\d_]\. ?[^\W\d_]\.")
_ENDS = ".!?…:\n"
_EDGE = " \t\n'’\"“”«»‹›„()[]{}.,;:!?…–—-/|*"
_OPENING = "'’\"“”«»‹›„()[]{},;:!?…–—-/|* \t\n."
# What an elision leaves behind a name: ``Moscou n'``, ``qu'``.
_ELIDED = re.compile(r"\s?(?<!\w)(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)$", re.IGNORECASE)
_INITIAL = re.compile(r"(?:[^\W\d_]|[IVX]+)\.")
_APOSTROPHES = {"'", "’"}
_PAIRS = {")": "(", "]": "[", "»": "«", "”": "“", '"': '"'}
# Code points in which the end of the sentence before is looked for.
_REACH = 8
# Less sure names are more often wrong: without those below .5, F1 on the development sets
# rises from .730 to .735, precision from .738 to .758 (.55: .776).
_LEAST, _LEAST_LOOSE = 0.55, 0.5
_LONGEST_PARTICLE = 4
# What makes of a country's name that of its people, army or kind, in Chinese.
_PEOPLES = frozenset("人军軍队隊籍裔式")
_TYPE_OF_KIND = {
    Kind.NAME: EntityType.LOC,
    Kind.CAPITAL: EntityType.LOC,
    Kind.GOVERNMENT: EntityType.ORG,
    Kind.DEMONYM: EntityType.MISC,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of a language that show how to read a model's spans; all of them folded.

    Attributes:
      people: Names of countries that people have as well: Jordan, Chad.
      times: Days, parts of a day and months.
      peoples_are_lower: Whether a people's name has no capital.
      offices_are_people: Whether people may be named by what they are, as Romanian
        annotators have it: ``căpitanul``.
    """

    people: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    peoples_are_lower: bool = False
    offices_are_people: bool = False


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
    starts = {start for start, _ in known}
    least = _LEAST_LOOSE if vocabulary.offices_are_people else _LEAST
    corrected: list[Span] = []
    for span in spans:
        if span.score < least and span.start not in starts:
            continue
        start = first_line(text, span.start, span.end)
        start, end = _trimmed(text, start, span.end)
        start, end = narrowed(text, start, end, known)
        start, end = widened(text, start, end, span.type, known)
        if span.type is EntityType.PER and not vocabulary.offices_are_people:
            start, end = _capitalised(text, start, end)
        if start < end and not _is_time(text, start, end, vocabulary.times):
            kind = _type(text, start, end, span, known, vocabulary)
            corrected.append(Span(start, end, kind, field))
    corrected = _apart(corrected)
    taken = Taken((span.start, span.end) for span in corrected)
    corrected.extend(
        Span(match.start, match.end, EntityType.LOC, field)
        for match in matches
        if match.kind in {Kind.NAME, Kind.CAPITAL}
        and len(match.codes) == 1
        and text[match.end : match.end + 1] not in _PEOPLES
        and not taken.overlaps(match.start, match.end)
    )
    return sorted(corrected, key=lambda span: span.start)


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Return the spans without those that a longer one has taken in."""
    apart: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not apart or apart[-1].end <= span.start:
            apart.append(span)
        elif span.end - span.start > apart[-1].end - apart[-1].start:
            apart[-1] = span
    return apart


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    before = None
    while before != (start, end) and start < end:
        before = (start, end)
        while start < end and text[start] in _OPENING:
            start += 1
        while (
            start < end
            and text[end - 1] in _EDGE
            and not _keeps_dot(text, start, end)
            and not _closes(text, start, end)
        ):
            end -= 1
        civility = _CIVILITY.match(text, start, end)
        if civility and not _INITIALS.match(text, start, end):
            start = civility.end()
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


def _closes(text: str, start: int, end: int) -> bool:
    """Return whether the span ends in what it opens itself: a bracket, a quotation."""
    opening = _PAIRS.get(text[end - 1])
    return opening is not None and opening in text[start : end - 1]


def _keeps_dot(text: str, start: int, end: int) -> bool:
    """Return whether the dot at the end is the name's own.

    That of ``U.S.`` and ``Martin Luther King Jr.`` is, and that of an initial or of a
    number behind a name: ``Dolton P.``, ``Selim III.``.
    """
    if text[end - 1] != ".":
        return False
    first, _, last = text[start:end].rpartition(" ")
    return (
        "." in last[:-1]
        or last in {"Jr.", "Sr.", "Inc.", "Corp.", "Ltd.", "Co."}
        or (bool(first) and _INITIAL.fullmatch(last) is not None)
    )


def _is_time(text: str, start: int, end: int, times: frozenset[str]) -> bool:
    """Return whether a sentence starts here, and goes on with when: ``Parti dimanche``."""
    head = text[max(0, start - _REACH) : start].rstrip(" ")
    words = text[start:end].split()[1:]
    return (
        bool(words)
        and (not head or head[-1] in _ENDS)
        and all(word.islower() and fold(word) in times for word in words)
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
    agency = agency_of(surface)
    if agency and surface.casefold().startswith(agency.casefold()):
        return EntityType.ORG
    kind = known.get((start, end))
    if span.type is EntityType.ORG and kind is Kind.DEMONYM:
        return span.type
    if span.type is EntityType.PER and (
        (kind is Kind.NAME and fold(surface) in vocabulary.people)
        or (kind is Kind.DEMONYM and vocabulary.peoples_are_lower)
    ):
        return span.type
    return _TYPE_OF_KIND.get(kind, span.type) if kind else span.type


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
