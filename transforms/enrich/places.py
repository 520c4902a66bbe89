"""Places known for sure, for articles in languages without an entity model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from transforms.records import (
    Country,
    Entity,
    EntityType,
    Field,
    Kind,
    Mention,
)

_CERTAIN = {Kind.NAME, Kind.CAPITAL}


def known_places(countries: Iterable[Country]) -> tuple[Entity, ...]:
    """Return countries and capitals as LOC entities, most mentioned first.

    Args:
      countries: What the country tagger found, without false matches.

    Returns:
      An entity for each country and each capital, under the form that names it most
      often, the first of those that do so equally.
    """
    found: defaultdict[tuple[str, Kind], list[Mention]] = defaultdict(list)
    for country in countries:
        for mention in country.mentions:
            if mention.kind in _CERTAIN:
                found[country.code, mention.kind].append(
                    Mention(mention.text, mention.start, mention.end, mention.field)
                )
    entities = [
        Entity(
            Counter(mention.text for mention in mentions).most_common(1)[0][0],
            EntityType.LOC,
            len(mentions),
            tuple(mentions),
        )
        for mentions in found.values()
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
