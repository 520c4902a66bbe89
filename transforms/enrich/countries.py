"""Decides which countries an article is about, and how much.

The gazetteer finds expressions; here they become countries.  Names, adjectives,
capitals, governments and regions count wherever they are not part of a person's name.
A city counts where the text says that it is a place: the entity tagger found one there,
a state or country follows the comma, or it is large or its country is in the story
anyhow and the words around it are not those of a name.  An expression that several
countries share goes to the one that the rest of the article speaks of.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.enrich.gazetteer import Gazetteer, Match, load_gazetteer
from transforms.records import (
    Article,
    Country,
    CountryMention,
    Entity,
    EntityType,
    Field,
    Kind,
    Role,
    Stage,
)
from transforms.stage import Work, article_origin

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

_PLACE_WORDS = frozenset(
    """in at near from to of outside around toward towards into across
    à a au aux en dans vers depuis près de
    in aus nach bei von em no na do da di en desde hacia hasta cerca
    te naar uit i från till w z do we ze v ve z в из под на у во""".split()
)
"""Words before a place, in the languages with the most text; folded as they are."""
_TITLES = frozenset(
    """m mm mme mlle mr mrs ms miss dr sir lady lord prof monsieur madame herr frau
    señor señora sheriff judge officer sgt lt capt rev sen rep gov""".split()
)


@dataclass(frozen=True, slots=True)
class _Seen:
    match: Match
    field: Field
    before: str
    after: str
    entity: EntityType | None
    is_whole_entity: bool

    @property
    def is_inside_name(self) -> bool:
        """Tell whether a capitalised word touches the match: it is part of a name."""
        return self.before[:1].isupper() or self.after[:1].isupper()


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
        seen: list[_Seen] = []
        for field, content in ((Field.TITLE, title or ""), (Field.TEXT, text)):
            spans = _spans(entities, field)
            seen += (
                _look(match, field, content, spans)
                for match in self._gazetteer.find(content, language)
            )
        return _rank(_decide(seen, {Field.TITLE: title or "", Field.TEXT: text}))


@functools.cache
def _default_tagger() -> CountryTagger:
    return CountryTagger(load_gazetteer())


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


def _look(
    match: Match, field: Field, text: str, spans: list[tuple[int, int, EntityType]]
) -> _Seen:
    entity = None
    whole = False
    for start, end, type_ in spans:
        if start < match.end and match.start < end:
            entity = type_
            whole = start >= match.start and end <= match.end
            break
    return _Seen(
        match,
        field,
        _word_before(text, match.start),
        _word_after(text, match.end),
        entity,
        whole,
    )


def _word_before(text: str, start: int) -> str:
    """Return the word that ends right before ``start``, one space between."""
    head = text[max(0, start - 30) : start]
    if not head.endswith((" ", "\u00a0", ". ", "'", "’", "-")):
        return ""
    words = head.rstrip(" \u00a0").replace("\n", " \n ").split(" ")
    return words[-1].lstrip("\"'“”«»([‘") if words else ""


def _word_after(text: str, end: int) -> str:
    tail = text[end : end + 30]
    if not tail.startswith((" ", "\u00a0", "-")):
        return ""
    return tail[1:].split(" ")[0].rstrip(".,;:!?\"'“”«»)]’")


def _decide(
    seen: list[_Seen], texts: dict[Field, str]
) -> list[tuple[str, _Seen]]:
    named = {
        item.match.surface
        for item in seen
        if item.match.kind is Kind.CITY and _is_person(item)
    }
    sure: list[tuple[str, _Seen]] = []
    open_: list[_Seen] = []
    for item in seen:
        if _is_person(item):
            continue
        if item.match.kind is Kind.CITY or len(item.match.codes) > 1:
            open_.append(item)
        else:
            sure.append((item.match.codes[0], item))
    support = Counter(code for code, _ in sure)
    for item in open_:
        code = _resolve(item, seen, support, texts[item.field], named)
        if code is not None:
            sure.append((code, item))
    return sure


def _is_person(item: _Seen) -> bool:
    kind = item.match.kind
    if item.entity is EntityType.PER and (
        not item.is_whole_entity or kind is Kind.CITY
    ):
        return kind is not Kind.DEMONYM
    if item.entity is EntityType.LOC:
        return False
    if kind is not Kind.CITY:
        return False
    return item.is_inside_name or item.before.rstrip(".").casefold() in _TITLES


def _resolve(
    item: _Seen,
    seen: list[_Seen],
    support: Counter[str],
    text: str,
    named: set[str],
) -> str | None:
    match = item.match
    for other in seen:
        gap = other.match.start - match.end
        if (
            other.field is item.field
            and 1 <= gap <= 3
            and text[match.end : other.match.start].startswith(",")
        ):
            shared = [c for c in match.codes if c in other.match.codes]
            if shared:
                return shared[0]
    supported = [code for code in match.codes if support[code]]
    best = max(supported, key=lambda code: support[code], default=None)
    if match.kind is not Kind.CITY:
        return best or match.codes[0]
    if len(match.surface) < _SHORTEST_CITY or match.surface in named:
        return None
    is_place = (
        item.entity is EntityType.LOC or item.before.casefold() in _PLACE_WORDS
    )
    if best is not None and (is_place or match.populations[0] >= _TOWN):
        return best
    if match.populations[0] >= _METROPOLIS or (
        is_place and match.populations[0] >= _TOWN
    ):
        return match.codes[0]
    return None


def _rank(decided: list[tuple[str, _Seen]]) -> tuple[Country, ...]:
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


def _tagger() -> Callable[[Article], Iterator[Article]]:
    gazetteer = load_gazetteer()
    tagger = _default_tagger()

    def tag(article: Article) -> Iterator[Article]:
        countries = tagger.tag(
            title=article.title,
            text=article.text,
            language=article.language,
            entities=article.entities,
        )
        yield dataclasses.replace(
            article, countries=countries, gazetteer=gazetteer.version
        )

    return tag


@dataclass(eq=False)
class TagCountries(beam.PTransform):
    """Articles with their countries.

    Attributes:
      rejects: Where failures go.
    """

    rejects: ErrorHandler

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return every article with the countries that it names, and the evidence."""
        return articles | Work(
            Stage.COUNTRIES, _tagger, article_origin, self.rejects
        )
