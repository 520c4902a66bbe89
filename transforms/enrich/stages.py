"""The stages of enrichment, each of which is in a module of its own.

:func:`enrich` runs them in order: the language decides which entity model is used, and the
entities show whether a name is that of a country or of a person.
"""

from __future__ import annotations

from apache_beam.transforms.error_handling import ErrorHandler

from transforms.enrich.countries import tag_countries
from transforms.enrich.entities import tag_entities
from transforms.enrich.language import detect
from transforms.enrich.options import EnrichOptions
from transforms.origin import article_origin
from transforms.records import Article
from transforms.work.child import PoolOptions
from transforms.work.stage import Work
from transforms.work.steps import Step


def enrich(
    options: EnrichOptions,
    rejects: ErrorHandler,
    pool: PoolOptions,
    then: tuple[Step, ...] = (),
) -> Work[Article, Article]:
    """Return the stages that give articles their language, entities and countries.

    Args:
      options: How each is found.
      rejects: Where failures go.
      pool: The child processes to work in.
      then: Stages that follow in the same process, where the text is.
    """
    language = detect(options.language)
    then = (tag_entities(options.entities), tag_countries(), *then)
    return Work(language.stage, language.make, article_origin, rejects, then, pool)
