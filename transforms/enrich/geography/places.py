"""Places known for sure, for articles in languages without an entity model."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from babel import Locale, UnknownLocaleError

from transforms.records import Country, Entity, Mention
from transforms.vocabulary import EntityType, Field, Kind

# Numbers of UN M.49 for continents and their parts, as CLDR names them.
_PARTS = (
    "002 003 005 009 011 013 014 015 017 018 019 021 029 030 034 035 039 053 054 057 061"
    " 142 143 145 150 151 154 155 202 419"
).split()
_CERTAIN = {Kind.NAME, Kind.CAPITAL}


def known_places(
    countries: Iterable[Country], fields: Mapping[Field, str]
) -> tuple[Entity, ...]:
    """Return countries and capitals as LOC entities, most mentioned first.

    Args:
      countries: What the country tagger found, without false matches.
      fields: The text of each field.

    Returns:
      An entity for each country and each capital, under the form that names it most
      often, the first of those that do so equally.
    """
    found: defaultdict[tuple[str, Kind], list[Mention]] = defaultdict(list)
    names: defaultdict[tuple[str, Kind], Counter[str]] = defaultdict(Counter)
    for country in countries:
        for mention in country.mentions:
            if mention.kind in _CERTAIN:
                names[country.code, mention.kind][mention.text] += 1
                text = fields[mention.field]
                start = _word_start(text, mention.start)
                found[country.code, mention.kind].append(
                    Mention(
                        text[start : mention.end], start, mention.end, mention.field
                    )
                )
    entities = [
        Entity(
            names[place].most_common(1)[0][0],
            EntityType.LOC,
            len(mentions),
            tuple(mentions),
        )
        for place, mentions in found.items()
    ]
    return tuple(
        sorted(
            entities,
            key=lambda entity: (
                -entity.count,
                entity.mentions[0].field is not Field.TITLE,
                entity.mentions[0].start,
            ),
        )
    )


@functools.cache
def parts_of_the_world(language: str | None) -> frozenset[str]:
    """Return the names of continents and their parts in a language, their case folded.

    Args:
      language: BCP 47 tag; None for English.
    """
    try:
        names = Locale.parse(language or "en", sep="-").territories
    except (UnknownLocaleError, ValueError):
        return frozenset()
    return frozenset(str(names[part]).casefold() for part in _PARTS if part in names)


def _word_start(text: str, start: int) -> int:
    """Return where the word starts that Amharic prepositions are written as one with.

    Annotators leave them with the name (MasakhaNER).
    """
    while start and "\u1200" <= text[start - 1] < "\u1360":
        start -= 1
    return start
