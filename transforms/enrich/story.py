"""Decides, for all that was sighted in an article, which country each sighting means.

Names, adjectives, capitals, governments and regions count wherever they are not part of a
person's name, nor a common word.  A city counts where the text says that it is a place:
the entity tagger found one there, a state or country follows the comma, or it is large or
its country is in the story anyhow and the words around it are not those of a name.  An
expression that several countries share goes to the one that the rest of the article
speaks of.
"""

from __future__ import annotations

from collections import Counter

from transforms.enrich.gazetteer import Match
from transforms.enrich.surroundings import Reader, Sighting
from transforms.records import Kind

_METROPOLIS = 1_000_000
"""Inhabitants from which a city is known by its name alone."""
_CITY = 300_000
"""The same for a city whose name is in one country only."""
_TOWN = 100_000
"""Inhabitants from which a city counts after a preposition."""
_SHORTEST_CITY = 4
_EVERYWHERE = frozenset(("US",))
"""Countries that most stories mention: only a place in them tells anything."""
_DWARF = 5
"""How many times smaller a city may be for hints alone to prefer it."""
_HINTS = 2
"""Hints that weigh as much as a place."""
_LOCAL = 2
"""Weight that makes Paris a place of that name in another country."""


class Story:
    """What has been seen of one article, on the way to a decision.

    Attributes:
      hints: How often an expression at home in a country was seen.
      local: How often a region or a city of a country was seen.
      support: How often a country was seen in any way.
    """

    def __init__(self, reader: Reader) -> None:
        self.hints: Counter[str] = Counter()
        self.local: Counter[str] = Counter()
        self.support: Counter[str] = Counter()
        self._reader = reader
        self._kept: list[tuple[str, Sighting]] = []
        self._shared: list[Sighting] = []
        self._cities: list[Sighting] = []
        self._doubtful: list[Sighting] = []
        self._times: Counter[str] = Counter()
        self._persons: set[str] = set()
        self._last: Sighting | None = None

    def see(self, item: Sighting) -> None:
        """Take in the next sighting, in the order of the text."""
        match = item.match
        last, self._last = self._last, item
        if item.is_abbreviation and not item.is_after_comma:
            return
        if last is not None and item.follows(last):
            self._settle(last, match)
        if self._reader.is_person(item):
            self._persons.add(match.surface)
        elif not (self._reader.is_thing(item) or self._is_known_person(item)):
            self._times[match.surface] += 1
            if match.kind is Kind.CITY:
                self._cities.append(item)
            elif self._reader.is_doubtful(item):
                self._doubtful.append(item)
            elif len(match.codes) > 1 or match.namesakes:
                self._shared.append(item)
            else:
                self._keep(match.codes[0], item)

    def _is_known_person(self, item: Sighting) -> bool:
        """Tell whether the article had a person of this name before."""
        return (
            item.match.surface in self._persons
            and self._reader.is_given(item.match.surface)
            and not self._reader.is_place(item)
        )

    def _settle(self, item: Sighting, after: Match) -> None:
        """Let the state or country after the comma tell which place was meant."""
        waiting = self._cities if item.match.kind is Kind.CITY else self._shared
        if not waiting or waiting[-1] is not item:
            return
        codes = item.match.codes
        if after.kind is Kind.REGION:
            codes += item.match.namesakes
        elif after.kind is not Kind.NAME or item.match.kind is Kind.NAME:
            return
        shared = [code for code in codes if code in after.codes]
        if shared:
            waiting.pop()
            self._keep(shared[0], item)

    def _keep(self, code: str, item: Sighting) -> None:
        self._kept.append((code, item))
        self.support[code] += 1
        if item.match.kind in (Kind.REGION, Kind.CITY):
            self.local[code] += 1

    def decide(self) -> list[tuple[str, Sighting]]:
        """Return the sightings that count, each with its country."""
        self._keep_known(self._doubtful)
        towns = []
        for item in filter(self._may_be_city, self._cities):
            codes, sizes = item.match.codes, item.match.populations
            is_unique = len(codes) == 1 and sizes[0] >= _CITY
            is_famous = sizes[0] >= _METROPOLIS and not self._has_rival(item.match)
            # Without capitals to tell names from words, only a known country does.
            if (is_unique or is_famous) and item.match.surface[0].isupper():
                self._keep(codes[0], item)
            else:
                towns.append(item)
        for is_ambiguous in (False, True):
            weights = {code: self._weight(code) for code in self.support | self.hints}
            support = self.support.copy()
            for item in self._shared:
                if (len(item.match.codes) > 1) is is_ambiguous:
                    code = _choose(item.match, support, weights, bool(self.hints))
                    self._keep(code, item)
        home = self._home(towns)
        for item in towns:
            home_code = self._town(item, home)
            if home_code is not None:
                self._keep(home_code, item)
        return self._kept

    def _has_rival(self, match: Match) -> bool:
        """Tell whether the article is in another country that has such a city.

        A city of about the size is one where only its country is in the story.
        """
        first, *others = zip(match.codes, match.populations, strict=True)
        return any(
            self.local[code]
            or (
                self.support[code]
                and not self.support[first[0]]
                and size * _DWARF >= first[1]
            )
            for code, size in others
        )

    def _keep_known(self, doubtful: list[Sighting]) -> None:
        """Keep those whose country has been seen without doubt."""
        sure = frozenset(self.support)
        for item in doubtful:
            for code in item.match.codes:
                if code in sure:
                    self._keep(code, item)
                    break

    def _weight(self, code: str) -> float:
        """Return how much speaks for places of a country."""
        return self.local[code] + self.hints[code] / _HINTS

    def _may_be_city(self, item: Sighting) -> bool:
        surface = item.match.surface
        return (
            (len(surface) >= _SHORTEST_CITY or not surface.isascii())
            and surface not in self._persons
            and not self._reader.is_vague(item)
            and not (
                self._reader.is_part_of_name(item)
                and item.match.populations[0] < _METROPOLIS
            )
        )

    def _home(self, towns: list[Sighting]) -> str | None:
        """Return the country that most towns can be in, for a story that names none."""
        if self.support:
            return None
        votes: Counter[str] = Counter(self.hints)
        for item in {item.match.surface: item for item in towns}.values():
            votes.update(item.match.codes)
        return max(sorted(votes), key=lambda code: votes[code], default=None)

    def _town(self, item: Sighting, home: str | None) -> str | None:
        match = item.match
        sizes = dict(zip(match.codes, match.populations, strict=True))
        is_place = self._reader.is_place(item) or (
            self._times[match.surface] > 1 and not self._reader.is_noun(match.surface)
        )
        possible = [
            code
            for code, size in sizes.items()
            if self.local[code] or size * _DWARF >= match.populations[0]
        ]
        known = max(possible, key=lambda code: self.support[code] + self._weight(code))
        if (self.support[known] or self._weight(known) >= 1) and (
            is_place or sizes[known] >= _TOWN
        ):
            return known
        if not is_place or not match.surface[0].isupper():
            return None
        if home in sizes:
            return home
        return match.codes[0] if match.populations[0] >= _TOWN else None


def _choose(
    match: Match,
    support: Counter[str],
    weights: dict[str, float],
    is_hinted: bool,  # noqa: FBT001 - one of the pieces of evidence
) -> str:
    """Choose among the countries that a name or capital may stand for.

    Args:
      match: The name.
      support: How often each country was seen otherwise.
      weights: How much speaks for places of each country.
      is_hinted: Whether there were hints at all.
    """
    first = match.codes[0]
    if len(match.codes) > 1:
        for code in match.codes:
            if weights.get(code, 0) >= 1 or (support[code] and code not in _EVERYWHERE):
                return code
        return first
    best = max(match.namesakes, key=lambda code: weights.get(code, 0))
    weight = weights.get(best, 0)
    if support[first] or weight < 1:
        return first
    is_alone = is_hinted and not support.keys() - {best}
    if is_alone or (match.kind is not Kind.NAME and weight >= _LOCAL):
        return best
    return first
