"""spaCy's entity recognisers."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transforms.enrich.greedy import Found, Greedy
from transforms.enrich.labels import TYPES
from transforms.enrich.mentions import Span

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# The private compiler of Python's regular expressions; see below.
_compiler: Any = importlib.import_module("re._compiler")
# A model is given texts in pieces, cut between paragraphs: no name goes on in the next
# paragraph.  A
# paragraph is cut where it is longer than the second of these: a model's memory grows
# with its input.
_PIECE_CHARACTERS = 300
_MOST_CHARACTERS = 20_000
# What is read first stays in the vocabulary, and so does how each word is split: within
# a memory zone spaCy remembers no such thing, and asks its expressions for every word
# again, which is a third of what French costs.  So many characters of news have the
# 10,000 words that its tokeniser remembers at most, and take some ten megabytes.
_CHARACTERS_KEPT = 1_000_000
# After them, a vocabulary that is kept for so many articles knows most words of the next
# one, and takes no more than a few megabytes.
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
        self._greedy = Greedy(self._nlp) if Greedy.reads(self._nlp) else None
        self._zone = contextlib.ExitStack()
        # Characters read outside of a zone, then articles within one.
        self._kept = self._in_zone = 0

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the names in each text, in order, none overlapping another."""
        self._bound_vocabulary(sum(map(len, texts)))
        pieces = [
            (number, offset, piece)
            for number, text in enumerate(texts)
            for offset, piece in _pieces(text)
        ]
        documents = [self._nlp.make_doc(piece) for _, _, piece in pieces]
        found: list[list[Span]] = [[] for _ in texts]
        for entity in self._entities(documents):
            number, offset, _ = pieces[entity.document]
            kind = TYPES.get(entity.label)
            if kind is not None:
                span = documents[entity.document][entity.start : entity.end]
                found[number].append(
                    Span(offset + span.start_char, offset + span.end_char, kind)
                )
        return found

    def _entities(self, documents: list[Doc]) -> list[Found]:
        if self._greedy is not None:
            return self._greedy.entities(documents)
        return [
            Found(number, span.start, span.end, span.label_)
            for number, document in enumerate(self._nlp.pipe(documents))
            for span in document.ents
        ]

    def _bound_vocabulary(self, characters: int) -> None:
        """Have freed, now and then, what texts add to the vocabulary, but for the first.

        Without it the process grows with every new word.
        """
        if self._kept + characters <= _CHARACTERS_KEPT and not self._in_zone:
            self._kept += characters
            return
        if self._in_zone % _ARTICLES_A_ZONE == 0:
            self._zone.close()
            self._zone.enter_context(self._nlp.memory_zone())
        self._in_zone += 1


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
    from thinc.api import use_ops

    # The kernels that thinc's own BLIS has for all processors that it does not know are
    # three times slower than numpy's OpenBLAS; a whole article is a quarter faster so.
    with use_ops("numpy", use_blis=False), _charsets_compiled_once():
        nlp = spacy.load(source, exclude=[pipe for pipe in pipes if pipe not in keep])
    _hasten_maxout(nlp)
    return nlp


def _hasten_maxout(nlp: Language) -> None:
    """Let the encoder take the greatest of few by comparing columns, in vectors.

    What thinc does for it also tells which was the greatest, which only training needs.
    """
    from thinc.api import NumpyOps

    class Ops(NumpyOps):
        def maxout(self, X: Any) -> tuple[Any, None]:  # noqa: N803 - as it is called
            best, *others = np.moveaxis(X, -1, 0)
            for other in others:
                best = np.maximum(best, other)
            return best, None

    ops = Ops(use_blis=False)
    for name in nlp.pipe_names:
        for layer in getattr(nlp.get_pipe(name), "model").walk():  # noqa: B009
            if layer.name == "maxout" and type(layer.ops) is NumpyOps:
                layer.ops = ops


@contextlib.contextmanager
def _charsets_compiled_once() -> Iterator[None]:
    """Let the same set of characters be compiled but once while a model is loaded.

    The French tokeniser has an expression of hundreds of branches that repeat 18 large
    sets; Python's compiler optimises each of them anew, which is most of the two seconds
    that the model takes to load.
    """
    optimize = getattr(_compiler, "_optimize_charset", None)
    if optimize is None:
        # It is private to Python 3.11 to 3.13, where this was seen.
        yield
        return
    done: dict[str, Any] = {}

    def optimized(charset: Any, *options: Any) -> Any:
        key = repr((charset, options[:2]))
        if key not in done:
            done[key] = optimize(charset, *options)
        return done[key]

    _compiler._optimize_charset = optimized  # noqa: SLF001
    try:
        yield
    finally:
        _compiler._optimize_charset = optimize  # noqa: SLF001


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
