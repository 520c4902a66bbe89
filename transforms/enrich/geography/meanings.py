"""Decides which country each occurrence in an article means.

Names, adjectives, capitals, governments and regions count wherever they are not part of a
person's name, nor a common word.  A city counts where the text says that it is a place:
the entity tagger found one there, a state or country follows the comma, or it is large, or
its country is in the story anyway and the words around it are not those of a name.  An
expression that several countries share goes to the one that the rest of the article
speaks of.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from transforms.enrich.geography.evidence import Evidence
from transforms.enrich.geography.matches import Match
from transforms.enrich.geography.surroundings import PlacedMatch, SurroundingsReader
from transforms.enrich.geography.towns import Towns
from transforms.vocabulary import Kind

_METROPOLIS = 1_000_000
"""Inhabitants from which a city is known by its name alone."""
_CITY = 300_000
"""The same for a city whose name is in one country only."""
_TOWN = 100_000
"""Inhabitants from which a city counts after a preposition."""
_SMALL = 15_000
"""Inhabitants below which a town counts only where its region is in the story."""
_SHORTEST_CITY = 4
_SURE = 0.99
_EVEN = 0.5
"""Likelihood of what a name means unless the story says otherwise."""
_DWARF = 5
"""How many times smaller a city may be for hints alone to prefer it."""
_HOMELY = 25
"""How many times smaller a city may be for readers in its country to think of it."""
_SOME_HINTS = 2
_MANY_HINTS = 3
"""Hints that leave no doubt where a story is at home."""
_LOCAL = 2
"""Weight that makes Athens a place of that name in another country."""
_GREAT = 4
"""The same for a capital that is known everywhere: Paris."""


class Reading(NamedTuple):
    """An occurrence that counts.

    Attributes:
      code: The country that it means.
      occurrence: What was seen.
      share: How likely it means this country and not another, from 0 to 1.
      is_in_name: Whether it is in the middle of some other name.
    """

    code: str
    occurrence: PlacedMatch
    share: float = 1.0
    is_in_name: bool = False


class Meanings:
    """What has been seen of one article, on the way to a decision.

    Attributes:
      evidence: The evidence for each country.
    """

    def __init__(
        self, reader: SurroundingsReader, towns: Towns, home: str | None = None
    ) -> None:
        """Begin with nothing seen.

        Args:
          reader: What reads the words around an occurrence.
          towns: Where the towns are.
          home: The country that the article is published in, if known.
        """
        self.evidence = Evidence(towns, reader.spoken, home)
        self._reader = reader
        self._kept: list[Reading] = []
        self._shared: list[PlacedMatch] = []
        self._cities: list[PlacedMatch] = []
        self._doubtful: list[PlacedMatch] = []
        self._times: Counter[str] = Counter()
        self._persons: set[str] = set()
        self._told: dict[str, str] = {}
        self._last: PlacedMatch | None = None

    def see(self, item: PlacedMatch) -> None:
        """Take in the next occurrence, in the order of the text."""
        match = item.match
        last, self._last = self._last, item
        if item.is_abbreviation and not item.is_after_comma:
            return
        if last is not None and item.follows(last):
            self._settle(last, match)
        if self._reader.is_person(item):
            self._persons.add(match.surface)
        elif not (self._reader.is_thing(item) or self._is_known_person(item)):
            if match.kind is Kind.CITY:
                self._times[match.surface] += not self._reader.is_in_name(item)
                self._cities.append(item)
            elif self._reader.is_doubtful(item):
                self._doubtful.append(item)
            elif len(match.codes) > 1 or match.namesakes:
                self._shared.append(item)
            else:
                self._keep(match.codes[0], item)

    def _is_known_person(self, item: PlacedMatch) -> bool:
        """Return whether the article had a person of this name before."""
        return (
            item.match.surface in self._persons
            and self._reader.is_given(item.match.surface)
            and not self._reader.is_place(item)
        )

    def _settle(self, item: PlacedMatch, after: Match) -> None:
        """Let the state or country after the comma decide which place was meant."""
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
            self._told[item.match.surface] = shared[0]
            self._keep(shared[0], item)

    def _keep(self, code: str, item: PlacedMatch, share: float = 1.0) -> None:
        is_in_name = self._reader.is_in_name(item)
        self._kept.append(Reading(code, item, share, is_in_name))
        self.evidence.keep(code, item.match.kind)

    def decide(self) -> list[Reading]:
        """Return the occurrences that count, each with its country."""
        self._keep_known(self._doubtful)
        cities = [item for item in self._cities if self._may_be_city(item)]
        if cities or self._shared:
            self.evidence.settle(
                [item.match for item in cities], [item.match for item in self._shared]
            )
        towns = []
        for item in cities:
            if self._is_known(item):
                first = item.match.codes[0]
                self._keep(first, item, self.evidence.shares(item.match)[first])
            else:
                towns.append(item)
        later = self._keep_shared(self._shared)
        home = self._home(towns, later)
        readings = [self._town(item, home) for item in towns]
        for reading in filter(None, readings):
            self._keep(*reading[:3])
        for item in later:
            self._keep(*self._choose(item, self.evidence.support)[:3])
        return self._kept

    def _may_change(self, reading: Reading) -> bool:
        """Return whether towns of the story may make a capital a place of its name."""
        match = reading.occurrence.match
        return (
            match.kind in {Kind.CAPITAL, Kind.NAME}
            and reading.code == match.codes[0]
            and any(self.evidence.neighbours(code, match) for code in match.namesakes)
        )

    def _known_code(self, match: Match) -> str | None:
        """Return the country that the article gave a place of this name elsewhere."""
        code = self._told.get(match.surface)
        return code if code in (*match.codes, *match.namesakes) else None

    def _keep_shared(self, shared: list[PlacedMatch]) -> list[PlacedMatch]:
        """Keep the names that several countries share; return what nothing decides."""
        later = []
        for is_ambiguous in (False, True):
            support = self.evidence.support.copy()
            for item in shared:
                if (len(item.match.codes) > 1) is is_ambiguous:
                    reading = self._choose(item, support)
                    if reading.share < 1 or self._may_change(reading):
                        later.append(item)
                    else:
                        self._keep(*reading[:3])
        return later

    def _is_known(self, item: PlacedMatch) -> bool:
        """Return whether a city is known by its name, whatever else is in the story."""
        codes, sizes = item.match.codes, item.match.populations
        is_unique = len(codes) == 1 and sizes[0] >= _CITY
        is_famous = sizes[0] >= _METROPOLIS and not self._has_rival(item.match)
        # Without capitals to distinguish names from words, only a known country does.
        return (is_unique or is_famous) and item.match.surface[0].isupper()

    def _has_rival(self, match: Match) -> bool:
        """Return whether the article is in another country that has such a city.

        A city of about the size is one where only its country is in the story.
        """
        first, *others = zip(match.codes, match.populations, strict=True)
        return any(
            self.evidence.local[code]
            or self.evidence.neighbours(code, match)
            > self.evidence.neighbours(first[0], match)
            or (code == self.evidence.published_in and size * _HOMELY >= first[1])
            or (
                self.evidence.hints.get(code, 0) >= _MANY_HINTS
                and not self.evidence.support[first[0]]
            )
            or (
                self.evidence.support[code]
                and not self.evidence.support[first[0]]
                and size * _DWARF >= first[1]
            )
            for code, size in others
        )

    def _keep_known(self, doubtful: list[PlacedMatch]) -> None:
        """Keep those whose country has been seen without doubt."""
        sure = frozenset(self.evidence.support)
        for item in doubtful:
            for code in item.match.codes:
                if code in sure:
                    self._keep(code, item)
                    break

    def _may_be_city(self, item: PlacedMatch) -> bool:
        surface = item.match.surface
        return (
            (len(surface) >= _SHORTEST_CITY or not surface.isascii())
            and surface not in self._persons
            and not self._reader.is_vague(item)
            and (
                item.match.populations[0] >= _SMALL
                or not self._reader.is_name(surface)
                or self._is_local(item.match)
            )
            and not (
                self._reader.is_part_of_name(item)
                and item.match.populations[0] < _METROPOLIS
            )
        )

    def _is_local(self, match: Match) -> bool:
        """Return whether the words are those of local news where there is such a place."""
        hints = self.evidence.hints
        return any(hints.get(code, 0) >= _MANY_HINTS for code in match.codes)

    def _home(self, towns: list[PlacedMatch], later: list[PlacedMatch]) -> str | None:
        """Return the country that most towns can be in, for a story that names none."""
        if self.evidence.support or any(
            self.evidence.is_default(item.match) for item in later
        ):
            return None
        votes: defaultdict[str, float] = defaultdict(float)
        for item in {item.match.surface: item for item in towns}.values():
            for code, share in self.evidence.shares(item.match).items():
                votes[code] += share
        for code in votes:
            votes[code] += self.evidence.hints.get(code, 0) + len(
                self.evidence.near.get(code, ())
            )
            votes[code] += _LOCAL * (code == self.evidence.published_in)
        return max(votes, key=lambda code: votes[code], default=None)

    def _town(self, item: PlacedMatch, home: str | None) -> Reading | None:
        match = item.match
        told = self._known_code(match)
        if told is not None:
            return Reading(told, item)
        sizes = dict(zip(match.codes, match.populations, strict=True))
        is_place = self._reader.is_place(item) or (
            self._times[match.surface] > 1 and not self._reader.is_noun(match.surface)
        )
        possible = [
            code
            for code, size in sizes.items()
            if self.evidence.local[code]
            or self.evidence.neighbours(code, match)
            or self.evidence.hints.get(code, 0) >= _MANY_HINTS
            or size * _DWARF >= match.populations[0]
        ]
        known = max(possible, key=lambda code: self.evidence.speaks_for(code, match))
        is_local = self.evidence.hints.get(known, 0) >= _SOME_HINTS
        if (
            self.evidence.support[known] or self.evidence.weight(known, match) >= 1
        ) and (is_place or sizes[known] >= (_SMALL if is_local else _TOWN)):
            return Reading(known, item)
        if not is_place or not match.surface[0].isupper():
            return None
        return self._alone(item, home, sizes)

    def _alone(
        self, item: PlacedMatch, home: str | None, sizes: dict[str, int]
    ) -> Reading | None:
        """Return what a place means whose country the story does not name."""
        shares = self.evidence.shares(item.match)
        if self.evidence.published_in in sizes:
            return Reading(self.evidence.published_in, item)
        if home in sizes:
            if self.evidence.weight(home, item.match) >= 1:
                return Reading(home, item)
            if sizes[home] >= _SMALL and shares[home] >= _EVEN:
                return Reading(home, item, shares[home])
        if item.match.populations[0] < _TOWN:
            return None
        likeliest = max(shares, key=lambda code: shares[code])
        return Reading(likeliest, item, shares[likeliest])

    def _choose(self, item: PlacedMatch, support: Counter[str]) -> Reading:
        """Choose among the countries that a name or capital may stand for.

        Args:
          item: Where the name was seen.
          support: How often each country was seen otherwise.
        """
        match = item.match
        told = self._known_code(match)
        if told is not None:
            return Reading(told, item)
        first = match.codes[0]
        if len(match.codes) > 1:
            for code in match.codes:
                if self.evidence.weight(code, match) >= 1 or (
                    support[code] and self.evidence.is_named(code)
                ):
                    return Reading(code, item)
            if self.evidence.published_in in match.codes:
                return Reading(self.evidence.published_in, item)
            is_sure = self.evidence.is_default(match)
            return Reading(first, item, _SURE if is_sure else _EVEN)
        best = max(match.namesakes, key=lambda code: self.evidence.weight(code, match))
        weight = self.evidence.weight(best, match)
        if support[first] or weight < 1:
            return Reading(first, item)
        is_alone = bool(self.evidence.hints) and not support.keys() - {best}
        near = self.evidence.neighbours(best, match)
        if match.kind is Kind.NAME:
            is_meant = near >= _LOCAL
        elif self.evidence.is_great(match):
            is_meant = near > 0 and weight >= _GREAT
        else:
            has_home = near > 0 or self.evidence.hints.get(best, 0) >= _SOME_HINTS
            is_meant = has_home and weight >= _LOCAL
        return Reading(best if is_alone or is_meant else first, item)
