"""From the spans of an entity model to entities: corrected, completed, gathered.

Models err in ways that a text betrays: a title kept inside a name, an elided article at
its end, ``Washington`` taken for a person in one sentence and for a place in the next, a
surname seen here and overlooked there.  What the gazetteer knows for sure (names of
countries, capitals, seats of power) and what the article says elsewhere mend them.  Then
the mentions of one person gather under the fullest name.

Every function is pure; offsets are code points of the field that they are given for.
"""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Iterable, Sequence

from transforms.byline import agency_of
from transforms.enrich.folding import fold
from transforms.enrich.gazetteer import Match
from transforms.records import Entity, EntityType, Field, Kind, Mention

# Titles stand outside a name (CoNLL-2003, WikiNER).
_CIVILITY = re.compile(
    r"(?:MM?|Mmes?|Mlles?|Mrs?|Ms|Dr|Prof|Sr|Sra|Herr|Frau|Mme|Mr|Messrs|Monsieur|Madame"
    r"|Mister|Miss|Señora?|Signora?|Senhora?)\b\.?[ ]?",
)
_ENDS = ".!?…:\n"
_EDGE = " \t\n'’\"“”«»‹›„()[]{}.,;:!?…–—-/|*"
_OPENING = "'’\"“”«»‹›„()[]{},;:!?…–—-/|* \t\n."
# What an elision leaves behind a name: ``Moscou n'``, ``qu'``.
_ELIDED = re.compile(r"\s?(?<!\w)(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)$", re.IGNORECASE)
_APOSTROPHES = {"'", "’"}
_ARTICLE = re.compile(
    r"^(?:the|le|la|les|l['’]|el|los|las|il|lo|gli|i|die|der|das|den|o|os|a|as|de|het)"
    r"(?:(?<=['’])|\s+)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"['’]s?$")
_PAIRS = {")": "(", "]": "[", "»": "«", "”": "“", '"': '"'}
_ABBREVIATION = re.compile(r"\s*\(\s*([^\W\d_]{2,8})\s*\)")
# Code points in which the end of the sentence before is looked for.
_REACH = 8
_MAX_INITIALS = 8
# Shorter surnames are too often words: Un, Li, Xi, Bo.
_MIN_SURNAME = 4
_TYPE_OF_KIND = {
    Kind.NAME: EntityType.LOC,
    Kind.CAPITAL: EntityType.LOC,
    Kind.GOVERNMENT: EntityType.ORG,
    Kind.DEMONYM: EntityType.MISC,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of a language that tell how to read a model's spans; all of them folded.

    Attributes:
      people: Names of countries that people have as well: Jordan, Chad.
      times: Days, parts of a day and months.
      peoples_are_lower: Whether a people's name has no capital.
    """

    people: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    peoples_are_lower: bool = False


_NO_WORDS = Vocabulary()


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A name in one field of an article."""

    start: int
    end: int
    type: EntityType
    field: Field = Field.TEXT


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
    corrected: list[Span] = []
    for span in spans:
        start, end = _trimmed(text, _last_line(text, span), span.end)
        if start < end and not _is_time(text, start, end, vocabulary.times):
            kind = _type(text, start, end, span, known, vocabulary)
            corrected.append(Span(start, end, kind, field))
    taken = [(span.start, span.end) for span in corrected]
    corrected.extend(
        Span(match.start, match.end, EntityType.LOC, field)
        for match in matches
        if match.kind in {Kind.NAME, Kind.CAPITAL}
        and len(match.codes) == 1
        and not _overlaps(match.start, match.end, taken)
    )
    return sorted(corrected, key=lambda span: span.start)


def _last_line(text: str, span: Span) -> int:
    """Return where a span's last line starts: a heading above it is no name."""
    return max(text.rfind("\n", span.start, span.end) + 1, span.start)


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
        if civility:
            start = civility.end()
        elided = _ELIDED.search(text, start, end)
        if elided and text[end : end + 1] in _APOSTROPHES:
            end = elided.start()
    if not any(character.isalpha() for character in text[start:end]):
        return end, end
    return start, end


def _closes(text: str, start: int, end: int) -> bool:
    """Tell whether the span ends in what it opens itself: a bracket, a quotation."""
    opening = _PAIRS.get(text[end - 1])
    return opening is not None and opening in text[start : end - 1]


def _keeps_dot(text: str, start: int, end: int) -> bool:
    """An abbreviation such as ``U.S.`` or ``Martin Luther King Jr.`` ends in its dot."""
    if text[end - 1] != ".":
        return False
    last = text[start:end].rsplit(" ", 1)[-1]
    return "." in last[:-1] or last in {"Jr.", "Sr.", "Inc.", "Corp.", "Ltd.", "Co."}


def _is_time(text: str, start: int, end: int, times: frozenset[str]) -> bool:
    """Tell whether a sentence starts here, and goes on with when: ``Parti dimanche``."""
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
    if span.type is EntityType.PER and (
        (kind is Kind.NAME and fold(surface) in vocabulary.people)
        or (kind is Kind.DEMONYM and vocabulary.peoples_are_lower)
    ):
        return span.type
    return _TYPE_OF_KIND.get(kind, span.type) if kind else span.type


def _overlaps(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start < other_end and other < end for other, other_end in taken)


def gather(fields: dict[Field, str], spans: Sequence[Span]) -> tuple[Entity, ...]:
    """Return the entities of an article, most mentioned first.

    Args:
      fields: The text of each field.
      spans: The corrected spans of all fields.
    """
    spans = _agreed(fields, spans)
    groups = [
        *_persons(fields, [s for s in spans if s.type is EntityType.PER]),
        *_others(fields, [s for s in spans if s.type is not EntityType.PER]),
    ]
    groups = _completed(fields, groups)
    entities = [_entity(fields, name, kind, found) for name, kind, found in groups]
    return tuple(
        sorted(
            entities,
            key=lambda e: (
                -e.count,
                e.mentions[0].field != Field.TITLE,
                e.mentions[0].start,
            ),
        )
    )


_Group = tuple[str, EntityType, list[Span]]


def _agreed(fields: dict[Field, str], spans: Sequence[Span]) -> list[Span]:
    """Give every mention of one surface the type that most of them have."""
    votes: dict[str, collections.Counter[EntityType]] = collections.defaultdict(
        collections.Counter
    )
    keys = [_key(_surface(fields, span)) for span in spans]
    for key, span in zip(keys, spans, strict=True):
        votes[key][span.type] += 1
    types = {key: counted.most_common(1)[0][0] for key, counted in votes.items()}
    return [
        dataclasses.replace(span, type=types[key])
        for key, span in zip(keys, spans, strict=True)
    ]


def _persons(fields: dict[Field, str], spans: Sequence[Span]) -> list[_Group]:
    by_name: dict[tuple[str, ...], list[Span]] = {}
    for span in spans:
        by_name.setdefault(_tokens(_surface(fields, span)), []).append(span)
    fullest: dict[tuple[str, ...], list[Span]] = {}
    for tokens in sorted(by_name, key=len, reverse=True):
        whose = _whose(tokens, fullest) or tokens
        fullest.setdefault(whose, []).extend(by_name[tokens])
    groups = []
    for tokens, found in fullest.items():
        name = next(
            surface
            for surface in (_surface(fields, span) for span in found)
            if _tokens(surface) == tokens
        )
        groups.append((_POSSESSIVE.sub("", name), EntityType.PER, found))
    return groups


def _whose(
    tokens: tuple[str, ...], fullest: Iterable[tuple[str, ...]]
) -> tuple[str, ...] | None:
    """Return the one fuller name that ``tokens`` stands for, None if not sure."""
    by_surname = [full for full in fullest if _is_tail(tokens, full)]
    if len(by_surname) == 1:
        return by_surname[0]
    if by_surname:
        return None
    # A given name, or a family name that stands first, as in Korean and Hungarian.
    by_head = [full for full in fullest if full[: len(tokens)] == tokens]
    return by_head[0] if len(by_head) == 1 else None


def _is_tail(tokens: tuple[str, ...], full: tuple[str, ...]) -> bool:
    if len(tokens) >= len(full):
        # V. Poutine and Vladimir Poutine: as many words, one of them an initial.
        return (
            len(tokens) == len(full) > 1
            and tokens[1:] == full[1:]
            and len(tokens[0]) == 1
            and full[0].startswith(tokens[0])
        )
    if full[-len(tokens) :] == tokens:
        return True
    # A middle name or an initial left out: same first, same last word.
    return len(tokens) > 1 and (
        tokens[-1] == full[-1]
        and (tokens[0] == full[0] or (len(tokens[0]) == 1 and full[0][0] == tokens[0]))
    )


def _others(fields: dict[Field, str], spans: Sequence[Span]) -> list[_Group]:
    groups: dict[tuple[EntityType, str], list[Span]] = {}
    for span in spans:
        groups.setdefault((span.type, _key(_surface(fields, span))), []).append(span)
    # ``Organisation des Nations unies (ONU)`` says what its initials stand for.
    for (kind, key), found in list(groups.items()):
        for span in found:
            bracket = _ABBREVIATION.match(fields[span.field], span.end)
            short = (kind, bracket[1].casefold()) if bracket else None
            if short and short in groups and short != (kind, key):
                found.extend(groups.pop(short))
                break
    return [(_name(fields, found), kind, found) for (kind, _), found in groups.items()]


def _name(fields: dict[Field, str], found: Sequence[Span]) -> str:
    """Return the surface most often used, the first of them, without its article."""
    surfaces = collections.Counter(_surface(fields, span) for span in found)
    common = surfaces.most_common(1)[0][0]
    # Initials give way to what they stand for.
    is_short = common.isupper() and len(common) <= _MAX_INITIALS
    name = max(surfaces, key=len) if is_short else common
    return _POSSESSIVE.sub("", _ARTICLE.sub("", name)) or name


def _completed(fields: dict[Field, str], groups: list[_Group]) -> list[_Group]:
    """Add the mentions of known people by surname that the model overlooked."""
    taken: dict[Field, list[tuple[int, int]]] = {field: [] for field in fields}
    for _, _, found in groups:
        for span in found:
            taken[span.field].append((span.start, span.end))
    surnames: dict[str, list[int]] = collections.defaultdict(list)
    for number, (name, kind, _) in enumerate(groups):
        if kind is EntityType.PER and " " in name:
            surnames[name.rsplit(" ", 1)[-1]].append(number)
    for surname, numbers in surnames.items():
        if len(numbers) > 1 or len(surname) < _MIN_SURNAME or not surname[0].isupper():
            continue
        found = groups[numbers[0]][2]
        pattern = re.compile(rf"(?<!\w){re.escape(surname)}(?!\w)")
        for field, text in fields.items():
            for hit in pattern.finditer(text):
                if not _overlaps(hit.start(), hit.end(), taken[field]):
                    found.append(Span(hit.start(), hit.end(), EntityType.PER, field))
    return groups


def _entity(
    fields: dict[Field, str], name: str, kind: EntityType, found: list[Span]
) -> Entity:
    found.sort(key=lambda span: (span.field is not Field.TITLE, span.start))
    mentions = tuple(
        Mention(_surface(fields, span), span.start, span.end, span.field)
        for span in found
    )
    return Entity(name, kind, len(mentions), mentions)


def _surface(fields: dict[Field, str], span: Span) -> str:
    return fields[span.field][span.start : span.end]


def _key(surface: str) -> str:
    return _POSSESSIVE.sub("", _ARTICLE.sub("", surface)).casefold()


def _tokens(name: str) -> tuple[str, ...]:
    words = _POSSESSIVE.sub("", name).replace(".", " ").split()
    return tuple(word.casefold() for word in words) or (name.casefold(),)
