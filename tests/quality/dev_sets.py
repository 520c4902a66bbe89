"""newsbeam as the scorers of the development sets call it."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

from transforms.enrich.countries import CountryTagger
from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.geography.places import known_places
from transforms.enrich.models.choice import load_model, model_for
from transforms.errors import Unreadable
from transforms.extract.article import extract
from transforms.records import Declared, Document
from transforms.text.strings import for_models
from transforms.vocabulary import Field, Kind, Media, TextSource


def newsbeam(text: str, language: str) -> list[dict[str, Any]]:
    """Return the entities of a text: where no model serves its language, its places."""
    entities, model = find_entities(
        title=None,
        text=text,
        language=language,
        options=EntityOptions(misc=True),
        gazetteer=load_gazetteer(),
    )
    if model is None:
        countries = _countries().tag(title=None, text=text, language=language)
        entities = known_places(countries, {Field.TEXT: text})
    return [
        {
            "start": mention.start,
            "end": mention.end,
            "label": str(entity.type),
            "text": mention.text,
        }
        for entity in entities
        for mention in entity.mentions
    ]


def raw_model(text: str, language: str) -> list[dict[str, Any]]:
    """Return what the entity model alone finds."""
    name = model_for(language, {})
    if name is None:
        return []
    (found,) = load_model(name).find([for_models(text)])
    return [
        {
            "start": span.start,
            "end": span.end,
            "label": str(span.type),
            "text": text[span.start : span.end],
        }
        for span in found
    ]


def named_countries(text: str, language: str) -> list[str]:
    """Return the countries of a text that it calls by their names, strongest first.

    What it only tells by an adjective, a capital or another place is left out: so do
    the taggers that know names alone, and the gold of ``score_geo --task context``.
    """
    found = _countries().tag(title=None, text=text, language=language)
    return [
        country.code
        for country in found
        if any(mention.kind is Kind.NAME for mention in country.mentions)
    ]


@functools.cache
def _countries() -> CountryTagger:
    return CountryTagger(load_gazetteer())


def article(page: bytes, url: str) -> dict[str, Any] | None:
    """Return what is extracted from a page."""
    document = Document(
        content=page,
        media=Media.HTML,
        text_source=TextSource.PAGE,
        fetched_at=dt.datetime.now(dt.UTC),
        declared=Declared(url=url),
    )
    try:
        found = extract(document)
    except Unreadable:
        return None
    return {
        "text": found.text,
        "title": found.title,
        "authors": list(found.authors),
        "date": found.published_at.isoformat() if found.published_at else None,
    }
