"""How articles are enriched: the options of its three stages."""

from __future__ import annotations

import pydantic

from transforms.enrich.entities import EntityOptions
from transforms.enrich.language import LanguageOptions
from transforms.work.options import Options


class EnrichOptions(Options):
    """How articles are enriched (section ``[enrich]``)."""

    language: LanguageOptions = pydantic.Field(default_factory=LanguageOptions)
    entities: EntityOptions = pydantic.Field(default_factory=EntityOptions)
