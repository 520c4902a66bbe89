"""spaCy's entity recognisers."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transforms.enrich.labels import TYPES
from transforms.enrich.mentions import Span

if TYPE_CHECKING:
    from spacy.language import Language

# Texts are given to the model in pieces of at most this many characters, cut between
# paragraphs: a model's memory grows with its input.
_PIECE_CHARACTERS = 20_000


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

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the names in each text, in order, none overlapping another."""
        pieces = [
            (number, offset, piece)
            for number, text in enumerate(texts)
            for offset, piece in _pieces(text)
        ]
        found: list[list[Span]] = [[] for _ in texts]
        # The zone frees the strings that these texts added to the vocabulary: without
        # it the process grows with every new word.
        with self._nlp.memory_zone():
            documents = self._nlp.pipe(piece for _, _, piece in pieces)
            for (number, offset, _), document in zip(pieces, documents, strict=True):
                for span in document.ents:
                    kind = TYPES.get(span.label_)
                    if kind is not None:
                        start, end = offset + span.start_char, offset + span.end_char
                        found[number].append(Span(start, end, kind))
        return found


def problem(source: str) -> str | None:
    """Return why the model cannot be loaded, None if it can."""
    if source.isidentifier() and importlib.util.find_spec(source) is not None:
        return None
    if (Path(source) / "config.cfg").is_file():
        return None
    return f"no installed package and no folder of a spaCy or GLiNER model: {source!r}"


def _load(source: str) -> Language:
    # Takes seconds, which a run that finds nothing new need not wait for.
    import spacy

    config = spacy.util.load_config(_folder(source) / "config.cfg")
    pipes = config["nlp"]["pipeline"]
    keep = {"ner"}
    encoder = config["components"]["ner"]["model"].get("tok2vec", {})
    if "Listener" in encoder.get("@architectures", ""):
        # This recogniser listens to a shared encoder; most carry their own.
        keep |= {"tok2vec", "transformer"}
    return spacy.load(source, exclude=[pipe for pipe in pipes if pipe not in keep])


def _folder(source: str) -> Path:
    if not source.isidentifier() or importlib.util.find_spec(source) is None:
        return Path(source)
    import spacy

    package = spacy.util.get_package_path(source)
    meta = spacy.util.get_model_meta(package)
    return package / f"{meta['lang']}_{meta['name']}-{meta['version']}"


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while len(text) - start > _PIECE_CHARACTERS:
        cut = text.rfind("\n", start + 1, start + _PIECE_CHARACTERS)
        if cut < 0:
            cut = text.rfind(" ", start + 1, start + _PIECE_CHARACTERS)
        if cut < 0:
            cut = start + _PIECE_CHARACTERS
        yield start, text[start:cut]
        start = cut
    yield start, text[start:]
