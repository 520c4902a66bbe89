"""Decides which countries an article is about, and how much.

The gazetteer finds expressions; here they become countries.  Names, adjectives,
capitals, governments and regions count wherever they are not part of a person's name.
A city counts where the text says that it is a place: the entity tagger found one there,
a state or country follows the comma, or it is large or its country is in the story
anyhow and the words around it are not those of a name.  An expression that several
countries share goes to the one that the rest of the article speaks of.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable

from transforms.enrich.gazetteer import Gazetteer, Match
from transforms.enrich.surroundings import Reader, Sighting, look
from transforms.records import (
    Country,
    CountryMention,
    Entity,
    EntityType,
    Field,
    Kind,
    Role,
)

_WEIGHT = {
    Kind.NAME: 1.0,
    Kind.GOVERNMENT: 1.0,
    Kind.CAPITAL: 0.9,
    Kind.DEMONYM: 0.8,
    Kind.REGION: 0.7,
    Kind.CITY: 0.6,
}
"""What one mention adds to the evidence for its country."""
_TITLE_WEIGHT = 3.0
_LEAD_WEIGHT = 1.5
_LEAD = 300
"""Code points of the text that count as its lead."""
_FOCUS = 0.4
"""A country is in focus from this share of the strongest country's evidence on."""
_SECONDARY = 0.12
_SECONDARY_EVIDENCE = 1.5
"""Evidence below which a country is incidental, however weak the others are."""

_METROPOLIS = 1_000_000
"""Inhabitants from which a city is known by its name alone."""
_TOWN = 100_000
"""Inhabitants from which a city counts after a preposition."""
_SHORTEST_CITY = 4
_LOCAL = 2
"""Local evidence that makes Paris a place of that name in another country."""


class CountryTagger:
    """Tags articles with their countries, by the forms of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def tag(
        self,
        *,
        title: str | None,
        text: str,
        language: str | None,
        entities: tuple[Entity, ...] = (),
    ) -> tuple[Country, ...]:
        """Return the countries of an article, strongest first.

        Args:
          title: Its headline, if it has one.
          text: Its text.
          language: BCP 47 tag of both; None where it is unknown.
          entities: What the entity tagger found; may be empty.
        """
        reader = Reader(self._gazetteer, language)
        story = _Story()
        for field, content in ((Field.TITLE, title or ""), (Field.TEXT, text)):
            spans = _spans(entities, field)
            found = self._gazetteer.scan(content, language)
            story.local.update(found.hints)
            for match in found.matches:
                story.see(look(match, field, content, spans), content, reader)
        return _rank(story.decide(reader))


@functools.cache
def _default_tagger() -> CountryTagger:
    return CountryTagger(Gazetteer.load())


def countries_of(text: str, lang: str | None) -> list[dict[str, object]]:
    """Return ``[{"code": …, "count": …}, …]`` for a text without headline."""
    countries = _default_tagger().tag(title=None, text=text, language=lang)
    return [{"code": country.code, "count": country.count} for country in countries]


def _spans(
    entities: Iterable[Entity], field: Field
) -> list[tuple[int, int, EntityType]]:
    return sorted(
        (mention.start, mention.end, entity.type)
        for entity in entities
        for mention in entity.mentions
        if mention.field is field
    )


class _Story:
    """What has been seen of one article, on the way to a decision."""

    def __init__(self) -> None:
        self.local: Counter[str] = Counter()
        self._support: Counter[str] = Counter()
        self._kept: list[tuple[str, Sighting]] = []
        self._open: list[Sighting] = []
        self._names: Counter[str] = Counter()
        self._persons: set[str] = set()
        self._last: Sighting | None = None

    def see(self, item: Sighting, text: str, reader: Reader) -> None:
        """Take in the next sighting of a field, in the order of the text."""
        match = item.match
        last, self._last = self._last, item
        if item.is_abbreviation and not item.is_after_comma:
            return
        if last is not None and last in self._open and item.follows(last):
            shared = [code for code in last.match.codes if code in match.codes]
            shared += [code for code in last.match.namesakes if code in match.codes]
            if shared:
                self._open.remove(last)
                self._keep(shared[0], last)
        if reader.is_person(item):
            self._persons.add(match.surface)
        elif not reader.is_thing(item):
            self._names[match.surface] += 1
            if match.kind is Kind.CITY or len(match.codes) > 1 or match.namesakes:
                self._open.append(item)
            else:
                self._keep(match.codes[0], item)

    def _keep(self, code: str, item: Sighting) -> None:
        self._kept.append((code, item))
        self._support[code] += 1
        if item.match.kind in (Kind.REGION, Kind.CITY):
            self.local[code] += 1

    def decide(self, reader: Reader) -> list[tuple[str, Sighting]]:
        """Return the sightings that count, each with its country."""
        for item in self._open:
            if item.match.kind is not Kind.CITY:
                self._kept.append((self._country(item.match), item))
                self._support[self._kept[-1][0]] += 1
        for item in self._open:
            if item.match.kind is Kind.CITY:
                code = self._city(item, reader)
                if code is not None:
                    self._kept.append((code, item))
        return self._kept

    def _country(self, match: Match) -> str:
        """Choose among the countries that a name or capital may stand for."""
        if len(match.codes) > 1:
            return max(
                match.codes,
                key=lambda code: (
                    self._support[code] + self.local[code],
                    -match.codes.index(code),
                ),
            )
        first = match.codes[0]
        best = max(match.namesakes, key=lambda code: self.local[code])
        if self.local[best] >= _LOCAL and not self._support[first]:
            return best
        return first

    def _city(self, item: Sighting, reader: Reader) -> str | None:
        match = item.match
        if len(match.surface) < _SHORTEST_CITY or match.surface in self._persons:
            return None
        likeliest = max(
            match.codes, key=lambda code: self._support[code] + self.local[code]
        )
        is_known = self._support[likeliest] + self.local[likeliest] > 0
        code = likeliest if is_known else match.codes[0]
        inhabitants = match.populations[match.codes.index(code)]
        is_place = reader.is_place(item) or self._names[match.surface] > 1
        if is_known and (is_place or inhabitants >= _TOWN):
            return code
        if inhabitants >= _METROPOLIS or (is_place and inhabitants >= _TOWN):
            return code
        return None


def _rank(decided: list[tuple[str, Sighting]]) -> tuple[Country, ...]:
    evidence: dict[str, float] = defaultdict(float)
    mentions: dict[str, list[CountryMention]] = defaultdict(list)
    for code, item in decided:
        match = item.match
        weight = _WEIGHT[match.kind]
        if item.field is Field.TITLE:
            weight *= _TITLE_WEIGHT
        elif match.start < _LEAD:
            weight *= _LEAD_WEIGHT
        evidence[code] += weight
        mentions[code].append(
            CountryMention(
                match.surface, match.start, match.end, item.field, match.kind
            )
        )
    total = sum(evidence.values())
    top = max(evidence.values(), default=0.0)
    return tuple(
        Country(
            code,
            evidence[code] / total,
            len(mentions[code]),
            _role(evidence[code], top),
            tuple(
                sorted(
                    mentions[code], key=lambda m: (m.field is Field.TEXT, m.start)
                )
            ),
        )
        for code in sorted(evidence, key=lambda code: (-evidence[code], code))
    )


def _role(evidence: float, top: float) -> Role:
    if evidence >= _FOCUS * top:
        return Role.FOCUS
    if evidence >= _SECONDARY * top and evidence >= _SECONDARY_EVIDENCE:
        return Role.SECONDARY
    return Role.INCIDENTAL
