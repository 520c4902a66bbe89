"""From spans to entities: completes spans, makes types agree, groups mentions.

The rest of an article shows what the model missed in one place: it takes ``Washington``
for a person in one sentence and for a place in the next, or finds a surname only once.
Then the mentions of one person are gathered under the fullest name.

Every function is pure; offsets are code points of the field that they are given for.
"""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Sequence

from transforms.enrich.naming.doubts import is_first
from transforms.enrich.naming.occurrences import occurrences
from transforms.enrich.naming.people import FullNames
from transforms.enrich.naming.spans import Span, Taken
from transforms.enrich.naming.spread import spread
from transforms.records import Entity, Mention
from transforms.text.letters import goes_on
from transforms.vocabulary import EntityType, Field

_ARTICLE = re.compile(
    r"^(?:the|le|la|les|l['’]|el|los|las|il|lo|gli|i|die|der|das|den|o|os|a|as|de|het)"
    r"(?:(?<=['’])|\s+)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"['’]s?$")
_ABBREVIATION = re.compile(r"\s*\(\s*([^\W\d_]{2,8})\s*\)")
_MAX_INITIALS = 8
_NO_PEOPLE = frozenset((EntityType.LOC, EntityType.ORG))
_SURE = 0.95
"""From here on a name keeps its type although the article has a person called so."""
# Shorter surnames are too often words: Un, Li, Xi, Bo.
_MIN_SURNAME = 4


def gather(fields: dict[Field, str], spans: Sequence[Span]) -> tuple[Entity, ...]:
    """Return the entities of an article, most mentioned first.

    Args:
      fields: The text of each field.
      spans: The corrected spans of all fields.
    """
    spans = _agreed(fields, _as_family(fields, spread(fields, spans)))
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


def _as_family(fields: dict[Field, str], spans: Sequence[Span]) -> list[Span]:
    """Return surnames as people where the article has the full name of one.

    ``Benalla`` is a place to the model where it is an affair, and ``Chambers`` a court.
    """
    words = {
        span: _tokens(_surface(fields, span))
        for span in spans
        if span.type is EntityType.PER
    }
    surnames = {name[-1] for name in words.values() if len(name) > 1}
    return [
        dataclasses.replace(span, type=EntityType.PER)
        if span.score < _SURE
        and span.type in _NO_PEOPLE
        and _key(_surface(fields, span)) in surnames
        else span
        for span in spans
    ]


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
    names = FullNames()
    for tokens in sorted(by_name, key=len, reverse=True):
        whose = names.find(tokens)
        if whose is None:
            whose = tokens
            names.add(tokens)
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
    # The full name is preferred to its initials.
    is_short = common.isupper() and len(common) <= _MAX_INITIALS
    name = max(surfaces, key=len) if is_short else common
    bare = _POSSESSIVE.sub("", name)
    return bare if _keeps_article(fields, found, bare) else _ARTICLE.sub("", bare)


def _keeps_article(fields: dict[Field, str], found: Sequence[Span], name: str) -> bool:
    """Return whether an article is part of the name: it has a capital in a sentence.

    So it is in ``El País``, ``La Cámpora`` and ``L'Oréal``.
    """
    article = _ARTICLE.match(name)
    if article is None or not name[0].isupper():
        return article is not None and article.end() == len(name)
    return any(
        fields[span.field].startswith(name, span.start)
        and not is_first(fields[span.field], span.start)
        for span in found
    )


def _completed(fields: dict[Field, str], groups: list[_Group]) -> list[_Group]:
    """Add the mentions of known people by surname that the model overlooked."""
    spans = [span for _, _, found in groups for span in found]
    taken = {
        field: Taken((s.start, s.end) for s in spans if s.field is field)
        for field in fields
    }
    surnames: dict[str, list[int]] = collections.defaultdict(list)
    for number, (name, kind, _) in enumerate(groups):
        if kind is EntityType.PER and " " in name:
            surnames[name.rsplit(" ", 1)[-1]].append(number)
    sure = {
        surname: groups[numbers[0]][2]
        for surname, numbers in surnames.items()
        if len(numbers) == 1 and len(surname) >= _MIN_SURNAME and surname[0].isupper()
    }
    for field, text in fields.items():
        for surname, places in occurrences(list(sure), text).items():
            for start in places:
                end = start + len(surname)
                if _is_word(text, start, end) and not taken[field].overlaps(start, end):
                    sure[surname].append(Span(start, end, EntityType.PER, field))
    return groups


def _is_word(text: str, start: int, end: int) -> bool:
    """Return whether a part of a text is not part of a word."""
    around = (text[start - 1] if start else " ", text[end : end + 1])
    return not any(goes_on(character) or character == "_" for character in around)


def _entity(
    fields: dict[Field, str], name: str, kind: EntityType, found: list[Span]
) -> Entity:
    found.sort(key=lambda span: (span.field is not Field.TITLE, span.start))
    mentions = tuple(
        Mention(_surface(fields, span), span.start, span.end, span.field)
        for span in found
    )
    return Entity(" ".join(name.split()), kind, len(mentions), mentions)


def _surface(fields: dict[Field, str], span: Span) -> str:
    return fields[span.field][span.start : span.end]


def _key(surface: str) -> str:
    plain = " ".join(surface.split())
    return _POSSESSIVE.sub("", _ARTICLE.sub("", plain)).casefold()


def _tokens(name: str) -> tuple[str, ...]:
    words = _POSSESSIVE.sub("", name).replace(".", " ").split()
    return tuple(word.casefold() for word in words) or (name.casefold(),)
