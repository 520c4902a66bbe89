"""The evidence of an article for each country that a place's name may mean.

Each country gathers what was seen of it: names, places, words that are at home there,
and towns that are neighbours in one of its regions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from transforms.enrich.geography.folding import fold
from transforms.enrich.geography.matches import Match
from transforms.enrich.geography.towns import Towns
from transforms.vocabulary import Kind

_CAPITAL = 2_000_000
"""Inhabitants from which a capital is known by its name, whatever else is in a story."""
_EVERYWHERE = frozenset(("US",))
"""Countries that most stories mention: only a place in them is evidence."""
_SPOKEN = 5
"""How many times likelier a city is where the article's language is spoken."""
_FIRST = 3
"""How many times likelier it is that the best known of them is meant."""
_HINTS = 2
"""Hints that weigh as much as a place."""
_NAMED = 2
"""Places that the name of a country weighs as much as."""


class Evidence:
    """The evidence for each country.

    Attributes:
      published_in: The country that the article is published in, if known.
      hints: How many expressions at home in a country were seen.
      local: How often a region or a city of a country was seen.
      support: How often a country was seen in any way.
      near: Which places of the story can be neighbours in one region of a country.
    """

    def __init__(
        self, towns: Towns, spoken: AbstractSet[str], published_in: str | None
    ) -> None:
        """Begin with nothing.

        Args:
          towns: Where the towns are.
          spoken: The countries in which the article's language is official.
          published_in: The country that it is published in, if known.
        """
        self.published_in = published_in
        self.hints: dict[str, float] = {}
        self.local: Counter[str] = Counter()
        self.support: Counter[str] = Counter()
        self.near: dict[str, frozenset[str]] = {}
        self._towns = towns
        self._spoken = spoken
        self._capitals: set[str] = set()

    def hint(self, hints: Mapping[str, float]) -> None:
        """Take in how many hints point to each country."""
        for code, number in hints.items():
            self.hints[code] = self.hints.get(code, 0) + number

    def keep(self, code: str, kind: Kind) -> None:
        """Take in that a country is meant by an expression of some kind."""
        self.support[code] += 1
        self.local[code] += kind in {Kind.REGION, Kind.CITY}

    def settle(self, cities: Iterable[Match], shared: Iterable[Match]) -> None:
        """Find what can be neighbours among cities and names that places share."""
        named: dict[Kind, set[str]] = {Kind.CAPITAL: set(), Kind.NAME: set()}
        for match in shared:
            if match.kind in named:
                named[match.kind].add(fold(match.surface))
        self._capitals = named[Kind.CAPITAL]
        places = {fold(match.surface) for match in cities} | self._capitals
        self.near = self._towns.neighbours(places, named[Kind.NAME])

    def weight(self, code: str, match: Match) -> float:
        """Return the evidence for places of a country, and for this one."""
        hinted = self.hints.get(code, 0) / _HINTS
        return self.local[code] + hinted + self.neighbours(code, match)

    def speaks_for(self, code: str, match: Match) -> float:
        """Return the same with the evidence for the country itself."""
        named = self.support[code] * (1 if code in _EVERYWHERE else _NAMED)
        return named + self.weight(code, match)

    def is_named(self, code: str) -> bool:
        """Return whether a country was seen that not every story mentions."""
        return self.support[code] > 0 and code not in _EVERYWHERE

    def neighbours(self, code: str, match: Match) -> int:
        """Return how many neighbours a place has in the story, were it in a country."""
        near = self.near.get(code, frozenset())
        name = fold(match.surface)
        # Several capitals together are meant as capitals, not as neighbours in Ohio.
        is_capital = match.kind is Kind.CAPITAL
        if name not in near or (is_capital and near & self._capitals != {name}):
            return 0
        return len(near) - 1

    def shares(self, match: Match) -> dict[str, float]:
        """Return how likely a city's name means each country, without other evidence."""
        sizes = {
            code: size * (_SPOKEN if code in self._spoken else 1)
            for code, size in zip(match.codes, match.populations, strict=True)
        }
        sizes[match.codes[0]] *= _FIRST
        total = sum(sizes.values())
        return {code: size / total for code, size in sizes.items()}

    def is_great(self, match: Match) -> bool:
        """Return whether a capital is known by its name alone."""
        places = self._towns.places(fold(match.surface))
        return bool(places) and places[0].population >= _CAPITAL

    def is_default(self, match: Match) -> bool:
        """Return whether a shared name means its first country by default.

        Korea is the South, but Georgia may as well be the state.
        """
        is_name = match.kind in {Kind.NAME, Kind.DEMONYM}
        return is_name and _EVERYWHERE.isdisjoint(match.codes)
