"""The people, organisations, places and other names of an article."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pydantic
from babel import Locale, UnknownLocaleError

from transforms.codes import language_problem
from transforms.enrich.geography.folding import fold
from transforms.enrich.geography.gazetteer import Gazetteer, load_gazetteer
from transforms.enrich.geography.matches import Match
from transforms.enrich.geography.surroundings import LOWER_PEOPLES, Usage
from transforms.enrich.geography.towns import load_towns
from transforms.enrich.models.choice import ANY, load_model, missing, model_for, worth
from transforms.enrich.names.capitals import spelt_out
from transforms.enrich.names.model import vocabulary
from transforms.enrich.naming.canonical import canonical_of
from transforms.enrich.naming.doubts import Vocabulary, is_first
from transforms.enrich.naming.mentions import gather
from transforms.enrich.naming.spans import Span, correct
from transforms.records import Article, Entity
from transforms.text.strings import for_models
from transforms.vocabulary import EntityType, Field, Kind, Stage
from transforms.work.options import Options
from transforms.work.steps import Step


class EntityOptions(Options):
    """How entities are found (section ``[enrich.entities]``)."""

    models: dict[str, str] = pydantic.Field(default_factory=dict)
    """Model by language: "newsbeam", "fast", an installed package, or the folder of a
    spaCy or GLiNER model; "" for none, and "*" for every language that is not named.  One
    model alone, without a language, serves them all."""
    misc: bool = False
    """Whether looser names are kept: events, works, products, peoples, and people who are
    named by their role."""

    @pydantic.field_validator("models", mode="before")
    @classmethod
    def _for_all(cls, models: Any) -> Any:
        return {ANY: models} if isinstance(models, str) else models

    @pydantic.field_validator("models")
    @classmethod
    def _installed(cls, models: dict[str, str]) -> dict[str, str]:
        problems = [
            f"{language}: {wrong}"
            for language in models
            if language != ANY and (wrong := language_problem(language))
        ]
        problems += [
            wrong for name in models.values() if name and (wrong := missing(name))
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return models


# The workers of engines have threads that share the models, which are not thread-safe: two
# threads that use spaCy's memory zones free each other's strings.
_ONE_AT_A_TIME = threading.Lock()

# Languages whose annotators call the Kremlin a building, as models have learnt: those of
# factRuEval-2016 and BSNLP.  The French and English guidelines make it an organisation.
_TURKIC = frozenset(("az", "tr"))
_SEATS_ARE_PLACES = frozenset(("be", "bg", "cs", "pl", "ru", "sk", "uk"))


def find_entities(
    *,
    title: str | None,
    text: str,
    language: str | None,
    options: EntityOptions,
    gazetteer: Gazetteer,
    ahead: Ahead | None = None,
) -> tuple[tuple[Entity, ...], str | None]:
    """Return an article's entities, most mentioned first, and the model's name.

    Without a model for the language there are no entities, and the name is None.

    Args:
      title: Its headline, if it has one.
      text: Its text.
      language: BCP 47 tag of both; None where it is unknown.
      options: Which models, and what of what they find.
      gazetteer: What is known of places.
      ahead: What the model has found in it already.
    """
    name = model_for(language, options.models) if language else None
    if name is None:
        return (), None
    fields = {Field.TEXT: text} | ({Field.TITLE: title} if title else {})
    words = vocabulary_of(gazetteer, language, is_loose=options.misc)
    common = gazetteer.words("common", language)
    spans: list[Span] = []
    surfaces: dict[str, Match] = {}
    given = _given(title, text)
    with _ONE_AT_A_TIME:
        model = load_model(name)
        parts = (ahead or {}).get((name, *given)) or model.find(given)
    usage = Usage([(content, ()) for content in fields.values()])
    words = dataclasses.replace(words, is_plain=usage.is_word)
    for (field, content), part in zip(fields.items(), parts, strict=True):
        found = [dataclasses.replace(span, field=field) for span in part]
        known = [
            _as_people(match, language, gazetteer)
            for match in gazetteer.find(content, language)
            if fold(match.surface) not in common
            and not (is_first(content, match.start) and usage.is_word(match.surface))
        ]
        if language in _SEATS_ARE_PLACES:
            known = [match for match in known if match.kind is not Kind.GOVERNMENT]
        surfaces.update((match.surface, match) for match in known)
        spans += correct(content, field, found, known, words)
    entities = tuple(
        dataclasses.replace(
            entity,
            name=(name := _alone(entity.name, language, surfaces)),
            canonical=canonical_of(name, entity.type, language, surfaces),
        )
        for entity in gather(fields, spans)
        if options.misc or entity.type is not EntityType.MISC
    )
    return entities, model.name


Ahead = dict[tuple[str, ...], list[list[Span]]]
"""What a model has found, by its name and the texts that it was given."""
_MOST_AHEAD = 20_000
"""Code points of a text that is read with others; a longer one has its own deadline."""


def _given(title: str | None, text: str) -> list[str]:
    """Return the parts of an article that a model is given."""
    contents = [text, title] if title else [text]
    return [spelt_out(for_models(content), text) for content in contents]


_JOINED = frozenset("وفبلكس")
"""Letters that Arabic joins to a name: and, so, in, to, like, will."""


def _alone(name: str, language: str | None, known: Collection[str]) -> str:
    """Return an Arabic name without the letters joined to it, if it is then known."""
    if language == "ar" and name not in known and name[0] in _JOINED:
        return next((bare for bare in (name[1:], name[2:]) if bare in known), name)
    return name


@functools.lru_cache(maxsize=64)
def vocabulary_of(
    gazetteer: Gazetteer, language: str | None, *, is_loose: bool
) -> Vocabulary:
    """Return what is known of the words of a language, but for an article's own.

    Args:
      gazetteer: What has words by their role.
      language: BCP 47 tag; None where it is unknown.
      is_loose: Whether looser names are kept.
    """
    words = functools.partial(gazetteer.words, language=language)
    calendar = _calendar(language)
    return Vocabulary(
        people=words("person") | words("given"),
        times=words("time"),
        peoples_are_lower=language in LOWER_PEOPLES,
        offices_are_people=is_loose,
        days=frozenset(day.casefold() for day in calendar["days"]),
        months=calendar["months"],
        joins=calendar["joins"],
        common=words("common"),
        names=words("person") | words("given") | words("surname"),
        is_town=load_towns().has,
        is_word=vocabulary().is_word,
        language=language,
    )


def _calendar(language: str | None) -> dict[str, frozenset[str]]:
    """Return days and months as a language writes them, and its words for and, or."""
    try:
        locale = Locale.parse(language or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        return dict.fromkeys(("days", "months", "joins"), frozenset())
    patterns = [locale.list_patterns[kind]["2"] for kind in ("standard", "or")]
    return {
        "days": _names_of(locale.days),
        "months": _names_of(locale.months),
        "joins": frozenset(
            pattern.replace("{0}", "").replace("{1}", "") for pattern in patterns
        ),
    }


def _names_of(names: Any) -> frozenset[str]:
    """Return the full names of days or months, within a date and alone."""
    return frozenset(
        str(name)
        for place in ("format", "stand-alone")
        if "wide" in names.get(place, {})
        for name in names[place]["wide"].values()
    )


# Turkish makes the people of a country: Avusturyalı, Avusturyalılar.
_FROM = re.compile(r"(\w+?)l[ıiuü](?:l[ae]r\w*|n[ıiuü]n|[yn]\w{1,3})?")


def _as_people(match: Match, language: str | None, gazetteer: Gazetteer) -> Match:
    """Return a match as the adjective that an ending makes of a country's name."""
    if language not in _TURKIC or match.kind is not Kind.NAME:
        return match
    country = _FROM.fullmatch(match.surface)
    if country and any(
        found.kind is Kind.NAME for found in gazetteer.find(country[1], language)
    ):
        return dataclasses.replace(match, kind=Kind.DEMONYM)
    return match


class _Tagger:
    """Tags articles one by one, or many waiting ones at once."""

    def __init__(self, options: EntityOptions) -> None:
        self._options = options
        self._gazetteer = load_gazetteer()
        self._ahead: Ahead = {}

    def __call__(self, article: Article) -> Iterator[Article]:
        language = article.language
        entities, model = find_entities(
            title=article.title,
            text=article.text,
            language=language,
            options=self._options,
            gazetteer=self._gazetteer,
            ahead=self._ahead,
        )
        yield dataclasses.replace(
            article,
            entities=entities,
            entity_model=model,
            entity_quality=worth(language, self._options.models),
        )

    def look_ahead(self, articles: Sequence[Article]) -> None:
        """Let the models read many articles at once, which is faster."""
        waiting: dict[str, list[list[str]]] = {}
        for article in articles:
            if article.language and len(article.text) <= _MOST_AHEAD:
                name = model_for(article.language, self._options.models)
                if name is not None:
                    given = _given(article.title, article.text)
                    waiting.setdefault(name, []).append(given)
        self._ahead = {}
        for name, texts in waiting.items():
            with _ONE_AT_A_TIME:
                found = iter(load_model(name).find(list(itertools.chain(*texts))))
            for given in texts:
                self._ahead[name, *given] = [next(found) for _ in given]


def tag_entities(options: EntityOptions) -> Step:
    """Return the stage that tags articles whose language a model serves."""
    return Step(Stage.ENTITIES, functools.partial(_Tagger, options))
