"""The people, organisations, places and other names of an article."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from functools import partial

import apache_beam as beam
import pydantic
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.enrich.gazetteer import Gazetteer, load_gazetteer
from transforms.enrich.mentions import Span, correct, gather
from transforms.enrich.models import load_model, missing, model_for
from transforms.options import Options
from transforms.origin import article_origin
from transforms.records import Article, Entity, Field, Kind, Stage
from transforms.stage import Work
from transforms.text import for_models


class EntityOptions(Options):
    """How entities are found (section ``[enrich.entities]``)."""

    models: dict[str, str] = pydantic.Field(default_factory=dict)
    """Model by language: an installed package or a spaCy model's folder; "" for none."""

    @pydantic.field_validator("models")
    @classmethod
    def _installed(cls, models: dict[str, str]) -> dict[str, str]:
        problems = [missing(name) for name in models.values() if name]
        if any(problems):
            raise ValueError("; ".join(problem for problem in problems if problem))
        return models


# The workers of engines have threads, models are shared by them and not made for it:
# spaCy's memory zones, used by two at once, free each other's strings.
_ONE_AT_A_TIME = threading.Lock()

# Where annotators call the Kremlin a building, and models have learnt it: factRuEval-2016
# and BSNLP do, the French and English guidelines make it an organisation.
_SEATS_ARE_PLACES = {"ru", "uk"}


def find_entities(
    *,
    title: str | None,
    text: str,
    language: str | None,
    options: EntityOptions,
    gazetteer: Gazetteer,
) -> tuple[tuple[Entity, ...], str | None]:
    """Return an article's entities, most mentioned first, and the model's name.

    Without a model for the language there are none, and the name is None: the models of
    other languages are no substitute.
    """
    name = model_for(language, options.models) if language else None
    if name is None:
        return (), None
    fields = {Field.TEXT: text} | ({Field.TITLE: title} if title else {})
    spans: list[Span] = []
    with _ONE_AT_A_TIME:
        model = load_model(name)
        parts = model.find([for_models(content) for content in fields.values()])
    for (field, content), part in zip(fields.items(), parts, strict=True):
        found = [Span(span.start, span.end, span.type, field) for span in part]
        known = gazetteer.find(content, language)
        if language in _SEATS_ARE_PLACES:
            known = [match for match in known if match.kind is not Kind.GOVERNMENT]
        spans += correct(content, field, found, known)
    return gather(fields, spans), model.name


def _tagger(options: EntityOptions) -> Callable[[Article], Iterator[Article]]:
    gazetteer = load_gazetteer()

    def tag(article: Article) -> Iterator[Article]:
        entities, model = find_entities(
            title=article.title,
            text=article.text,
            language=article.language,
            options=options,
            gazetteer=gazetteer,
        )
        yield dataclasses.replace(article, entities=entities, entity_model=model)

    return tag


@dataclasses.dataclass(eq=False)
class TagEntities(beam.PTransform):
    """Articles with their entities.

    Attributes:
      options: Which models to use.
      rejects: Where failures go.
    """

    options: EntityOptions
    rejects: ErrorHandler

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return every article, with entities where a model serves its language."""
        return articles | Work(
            Stage.ENTITIES,
            partial(_tagger, self.options),
            article_origin,
            self.rejects,
        )
