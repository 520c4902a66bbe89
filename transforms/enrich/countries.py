"""Decides which countries an article is about, and how much.

The gazetteer finds expressions, and :mod:`transforms.enrich.geography.meanings` decides
which country each one means.  Here they become countries, with their share of the
evidence and role.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from transforms.enrich.geography.gazetteer import Gazetteer, load_gazetteer
from transforms.enrich.geography.meanings import Meanings, Reading
from transforms.enrich.geography.places import known_places
from transforms.enrich.geography.spelling import Spellings
from transforms.enrich.geography.surroundings import SurroundingsReader, Usage, look
from transforms.enrich.geography.towns import load_towns
from transforms.records import Article, Country, CountryMention, Entity
from transforms.vocabulary import EntityType, Field, Kind, Role, Stage
from transforms.work.steps import Step

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
_EVEN = 0.5
"""Likelihood that a mention must surpass to make its country one in focus."""
_SECONDARY = 0.12
_SECONDARY_EVIDENCE = 1.5
"""Evidence below which a country is incidental, however weak the others are."""

_NAME_WORDS = 8
"""Words that the name of a country has at most."""
_LIKE_NAME = 0.65
_SAME_NAME = 0.86
"""Likeness, from 0 to 1, that makes a text a name; more where it has one inside."""


class CountryTagger:
    """Tags articles with their countries, by the forms of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._towns = load_towns()
        self._readers: dict[str | None, SurroundingsReader] = {}

    def tag(
        self,
        *,
        title: str | None,
        text: str,
        language: str | None,
        entities: tuple[Entity, ...] = (),
        home: str | None = None,
    ) -> tuple[Country, ...]:
        """Return the countries of an article, strongest first.

        Args:
          title: Its headline, if it has one.
          text: Its text.
          language: BCP 47 tag of both; None where it is unknown.
          entities: What the entity tagger found; may be empty.
          home: The country that it is published in; None where it is unknown.
        """
        if language not in self._readers:
            self._readers[language] = SurroundingsReader(self._gazetteer, language)
        reader = self._readers[language]
        story = Meanings(reader, self._towns, home)
        fields = {Field.TITLE: title or "", Field.TEXT: text}
        found = {
            field: self._gazetteer.scan(content, language)
            for field, content in fields.items()
        }
        usage = Usage([(fields[field], found[field].matches) for field in fields])
        for field, content in fields.items():
            spans = _spans(entities, field)
            story.evidence.hint(found[field].hints)
            matches = found[field].matches
            if reader.cues is not None:
                towns = self._towns.find(content, reader.cues, matches)
                matches = sorted((*matches, *towns), key=lambda match: match.start)
            for match in matches:
                story.see(look(match, field, content, spans, usage))
        return _rank(story.decide())


@functools.cache
def _name_reader() -> tuple[CountryTagger, Spellings]:
    gazetteer = load_gazetteer()
    spellings = Spellings(gazetteer.names(), gazetteer.letters)
    return CountryTagger(gazetteer), spellings


def countries_of(text: str, lang: str | None) -> list[dict[str, object]]:
    """Return ``[{"code": …, "count": …}, …]`` for a text without headline.

    A text of a few words may be only a name: then it stands for all countries of that
    name, or for the country with the most similar name.
    """
    tagger, spellings = _name_reader()
    name = text.strip()
    if len(name.split()) <= _NAME_WORDS:
        matches = load_gazetteer().find(name, lang)
        if [match.surface for match in matches] == [name]:
            return [{"code": code, "count": 1} for code in matches[0].codes]
        # Many a name begins like a town.
        is_named = any(match.kind is not Kind.CITY for match in matches)
        least = _SAME_NAME if is_named else _LIKE_NAME
        code = spellings.nearest(name, least)
        if code is not None:
            return [{"code": code, "count": 1}]
    countries = tagger.tag(title=None, text=text, language=lang)
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


def _rank(readings: list[Reading]) -> tuple[Country, ...]:
    evidence: dict[str, float] = defaultdict(float)
    mentions: dict[str, list[CountryMention]] = defaultdict(list)
    firm: dict[str, float] = defaultdict(float)
    total = 0.0
    for code, item, share, is_in_name in readings:
        match = item.match
        weight = _WEIGHT[match.kind]
        if item.field is Field.TITLE:
            weight *= _TITLE_WEIGHT
        elif match.start < _LEAD:
            weight *= _LEAD_WEIGHT
        total += weight
        evidence[code] += weight * share
        if share > _EVEN:
            firm[code] += 0.5 if match.kind is Kind.CITY or is_in_name else 1.0
        mentions[code].append(
            CountryMention(
                match.surface, match.start, match.end, item.field, match.kind
            )
        )
    top = max(evidence.values(), default=0.0)
    return tuple(
        Country(
            code,
            evidence[code] / total,
            len(mentions[code]),
            _role(evidence[code], top, is_firm=firm[code] >= 1),
            tuple(
                sorted(mentions[code], key=lambda m: (m.field is Field.TEXT, m.start))
            ),
        )
        for code in sorted(evidence, key=lambda code: (-evidence[code], code))
    )


def _role(evidence: float, top: float, *, is_firm: bool) -> Role:
    if evidence >= _FOCUS * top and is_firm:
        return Role.FOCUS
    if evidence >= _SECONDARY * top and (
        evidence >= _SECONDARY_EVIDENCE or evidence >= _FOCUS * top
    ):
        return Role.SECONDARY
    return Role.INCIDENTAL


_GENERIC = frozenset("ai am cc cd co fm gg io la ly me sh to tv ws".split())
"""Domains of countries that the whole world uses."""


def _published_in(article: Article) -> str | None:
    """Return the country that an article is published in, according to its source."""
    if article.source_country is not None:
        return article.source_country
    last = (article.domain or "").rpartition(".")[2].lower()
    if len(last) != len("uk") or last in _GENERIC | {"eu"}:
        return None
    return "GB" if last == "uk" else last.upper()


def _tagger() -> Callable[[Article], Iterator[Article]]:
    gazetteer = load_gazetteer()
    tagger = CountryTagger(gazetteer)

    def tag(article: Article) -> Iterator[Article]:
        countries = tagger.tag(
            title=article.title,
            text=article.text,
            language=article.language,
            entities=article.entities,
            home=_published_in(article),
        )
        tagged = dataclasses.replace(
            article, countries=countries, gazetteer=gazetteer.version
        )
        fields = {Field.TEXT: article.text, Field.TITLE: article.title or ""}
        if article.entity_model is None and (places := known_places(countries, fields)):
            tagged = dataclasses.replace(
                tagged, entities=places, entity_model=gazetteer.version
            )
        yield tagged

    return tag


def tag_countries() -> Step:
    """Return the stage that tags articles with the countries they name."""
    return Step(Stage.COUNTRIES, _tagger)
