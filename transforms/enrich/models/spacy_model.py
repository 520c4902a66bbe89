"""spaCy's entity recognisers, for those who have one: extra ``spacy``."""

from __future__ import annotations

import configparser
import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transforms.enrich.models.labels import TYPES
from transforms.enrich.naming.spans import Span

if TYPE_CHECKING:
    from spacy.language import Language

_CONFIG = "config.cfg"
# A model is given texts in pieces, cut between paragraphs: no name goes on in the next
# paragraph.  A paragraph is cut where it is longer than the second of these: a model's
# memory grows with its input.
_PIECE_CHARACTERS = 300
_MOST_CHARACTERS = 20_000
# A vocabulary that is kept for this many articles knows most words of the next one, and
# takes only a few megabytes.
_ARTICLES_A_ZONE = 100


class SpacyModel:
    """A spaCy pipeline reduced to its entity recogniser.

    Args:
      source: An installed package, or the path of a model's folder.

    Attributes:
      name: Package or folder, with its version: the column ``entity_model``.
    """

    def __init__(self, source: str) -> None:
        self._nlp = _load(source)
        meta = self._nlp.meta
        self.name = f"{meta['lang']}_{meta['name']}/{meta['version']}"
        self._zone = contextlib.ExitStack()
        self._in_zone = 0

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the names in each text, in order, none overlapping another."""
        self._bound_vocabulary()
        pieces = [
            (number, offset, piece)
            for number, text in enumerate(texts)
            for offset, piece in _pieces(text)
        ]
        documents = self._nlp.pipe([piece for _, _, piece in pieces])
        found: list[list[Span]] = [[] for _ in texts]
        for (number, offset, _), document in zip(pieces, documents, strict=True):
            found[number].extend(
                Span(offset + name.start_char, offset + name.end_char, kind)
                for name in document.ents
                if (kind := TYPES.get(name.label_)) is not None
            )
        return found

    def _bound_vocabulary(self) -> None:
        """Free from time to time what texts add to the vocabulary.

        Without it the process grows with every new word.
        """
        if self._in_zone % _ARTICLES_A_ZONE == 0:
            self._zone.close()
            self._zone.enter_context(self._nlp.memory_zone())
        self._in_zone += 1


def problem(source: str) -> str | None:
    """Return why the model cannot be loaded, None if it can."""
    if importlib.util.find_spec("spacy") is None:
        return f"{source}: spaCy models need pip install 'newsbeam[spacy]'"
    if source.isidentifier() and importlib.util.find_spec(source) is not None:
        return None
    folder = Path(source)
    if (folder / _CONFIG).is_file():
        return _folder_problem(folder)
    return f"no installed package and no folder of a spaCy or GLiNER model: {source!r}"


def _folder_problem(folder: Path) -> str | None:
    """Return what a model's folder lacks, without spaCy, which takes seconds to load."""
    path = folder / _CONFIG
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return f"{path}: this is no configuration of a spaCy model"
    if not config.has_section("components.ner.model"):
        return f"{path}: this spaCy model has no entity recogniser (ner)"
    weights = folder / "ner" / "model"
    return None if weights.is_file() else f"{weights}: no such file"


def _load(source: str) -> Language:
    # This takes seconds, which a run that finds nothing new can save.
    import spacy

    config = spacy.util.load_config(_folder(source) / _CONFIG)
    keep = {"ner"}
    encoder = config["components"]["ner"]["model"].get("tok2vec", {})
    if "Listener" in encoder.get("@architectures", ""):
        # This recogniser listens to a shared encoder; most carry their own.
        keep |= {"tok2vec", "transformer"}
    pipes = config["nlp"]["pipeline"]
    return spacy.load(source, exclude=[pipe for pipe in pipes if pipe not in keep])


def _folder(source: str) -> Path:
    if not source.isidentifier() or importlib.util.find_spec(source) is None:
        return Path(source)
    import spacy

    package = spacy.util.get_package_path(source)
    meta = spacy.util.get_model_meta(package)
    return package / f"{meta['lang']}_{meta['name']}-{meta['version']}"


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield ``text`` in pieces, each with its offset."""
    start = 0
    while len(text) - start > _PIECE_CHARACTERS:
        cut = text.find("\n", start + _PIECE_CHARACTERS, start + _MOST_CHARACTERS)
        if cut < 0 and len(text) - start <= _MOST_CHARACTERS:
            break
        if cut < 0:
            cut = text.rfind(" ", start + 1, start + _MOST_CHARACTERS)
        if cut < 0:
            cut = start + _MOST_CHARACTERS
        yield start, text[start:cut]
        start = cut
    yield start, text[start:]
