"""Enrich: the language of an article, its entities, its countries.

Each of the three has a module of its own; :class:`Enrich` runs them in order, since the
language chooses the entity model, and the entities tell a country from a person of the
same name.
"""

from __future__ import annotations

import dataclasses

import apache_beam as beam
import pydantic
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.enrich.countries import TagCountries
from transforms.enrich.entities import EntityOptions, TagEntities
from transforms.enrich.language import DetectLanguage, LanguageOptions
from transforms.options import Options
from transforms.records import Article


class EnrichOptions(Options):
    """How articles are enriched (section ``[enrich]``)."""

    language: LanguageOptions = pydantic.Field(default_factory=LanguageOptions)
    entities: EntityOptions = pydantic.Field(default_factory=EntityOptions)


@dataclasses.dataclass(eq=False)
class Enrich(beam.PTransform):
    """Articles with language, entities and countries.

    Attributes:
      options: How each is found.
      rejects: Where failures go.
    """

    options: EnrichOptions
    rejects: ErrorHandler

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return every article, enriched."""
        return (
            articles
            | "Detect language" >> DetectLanguage(self.options.language, self.rejects)
            | "Tag entities" >> TagEntities(self.options.entities, self.rejects)
            | "Tag countries" >> TagCountries(self.rejects)
        )
