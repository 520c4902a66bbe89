"""GLiNER's recognisers of any name in any language, from a folder that the user has.

GLiNER scores every span of a text against labels that it is given as words.  This module
runs the span-level export to ONNX of the ``gliner`` package (``export_to_onnx``) with ONNX
Runtime, without PyTorch.  newsbeam ships no such model and has measured none.

The graph takes, for a batch of texts,

* ``input_ids``, ``attention_mask``: the prompt, then the text, as subwords;
* ``words_mask``: for the first subword of each word of the text its number from 1 on,
  else 0;
* ``text_lengths``: how many words there are;
* ``span_idx``, ``span_mask``: first and last word of every span up to ``max_width``
  words, and whether the text is long enough for it;

and gives ``logits`` of shape (text, first word, words - 1, label).

Source: Zaratiana et al., "GLiNER: Generalist Model for Named Entity Recognition using
Bidirectional Transformer", NAACL 2024.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pydantic

from transforms.enrich.names.runtime import onnx_runtime
from transforms.enrich.naming.spans import Span
from transforms.vocabulary import EntityType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PACKAGES = ("onnxruntime", "tokenizers", "numpy")
_CONFIG = "gliner_config.json"
_TOKENIZER = "tokenizer.json"
_GRAPHS = ("model.onnx", "onnx/model.onnx")
_INPUTS = frozenset(
    "input_ids attention_mask words_mask text_lengths span_idx span_mask".split()
)
_PROMPT = {
    "person": EntityType.PER,
    "organization": EntityType.ORG,
    "location": EntityType.LOC,
    "event": EntityType.MISC,
    "product": EntityType.MISC,
}
"""The labels that the model is given, and their types here."""
_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")
"""A word as GLiNER's own "whitespace" splitter has it."""
_SENTENCE_ENDS = frozenset(".!?…。！？।؟")
_THRESHOLD = 0.5
"""Least probability of a name; GLiNER's own default."""

_Word = tuple[int, int]


class _Export(pydantic.BaseModel):
    """What ``gliner_config.json`` says of an export, with GLiNER's defaults.

    Models that want another splitter or pooling than newsbeam has are refused.
    """

    ent_token: str = "<<ENT>>"  # noqa: S105 - a marker
    sep_token: str = "<<SEP>>"  # noqa: S105 - the same
    max_len: pydantic.PositiveInt = 384
    max_width: pydantic.PositiveInt = 12
    words_splitter_type: Literal["whitespace"] = "whitespace"
    subtoken_pooling: Literal["first"] = "first"


class GlinerModel:
    """A GLiNER model in ONNX form.

    Args:
      source: The folder of the export, or one of the graphs in it.

    Attributes:
      name: The folder's name with the first 8 hex digits of the graph's SHA-256: the
        column ``entity_model``.

    Raises:
      ValueError: The folder does not hold such a model; the message says why.
    """

    def __init__(self, source: str) -> None:
        # It takes a second, which a run that finds nothing new can save.
        from tokenizers import Tokenizer

        onnxruntime = onnx_runtime()

        folder, graph = _files(source)
        self._export = _export(folder)
        options = onnxruntime.SessionOptions()
        # A stage has one core; more threads would take those of the other stages.
        options.intra_op_num_threads = 1
        with _read_errors(graph):
            self._session = onnxruntime.InferenceSession(
                str(graph), options, providers=["CPUExecutionProvider"]
            )
        with _read_errors(folder / _TOKENIZER):
            self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        inputs = {item.name for item in self._session.get_inputs()}
        if inputs != _INPUTS:
            raise ValueError(
                f"{graph}: not the span-level graph that GLiNER exports: it takes "
                f"{', '.join(sorted(inputs))}"
            )
        with graph.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.name = f"{folder.resolve().name}/{digest[:8]}"

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the names in each text, in order, none overlapping another."""
        return [
            [
                span
                for window in self._windows(text)
                for span in self._find(window, text)
            ]
            for text in texts
        ]

    def _windows(self, text: str) -> Iterator[list[_Word]]:
        """Yield the words of a text, as many at a time as the model takes.

        A window ends where a sentence does, if one ends in its second half.
        """
        words = [match.span() for match in _WORD.finditer(text)]
        most = self._export.max_len
        while len(words) > most:
            cut = next(
                (
                    place
                    for place in range(most, most // 2, -1)
                    if text[words[place - 1][0]] in _SENTENCE_ENDS
                    or "\n" in text[words[place - 1][1] : words[place][0]]
                ),
                most,
            )
            yield words[:cut]
            words = words[cut:]
        if words:
            yield words

    def _find(self, words: list[_Word], text: str) -> list[Span]:
        import numpy as np

        inputs = self._inputs([text[start:end] for start, end in words])
        (logits,) = self._session.run(["logits"], inputs)
        scores = 1 / (1 + np.exp(-logits[0].astype(np.float64)))
        kinds = tuple(_PROMPT.values())
        found: list[tuple[int, int, EntityType]] = []
        places = np.argwhere(scores > _THRESHOLD)
        order = np.argsort(-scores[tuple(places.T)], kind="stable")
        for first, width, label in places[order].tolist():
            last = first + width
            # The likeliest name wins over those that overlap it.
            if last < len(words) and all(
                last < other or first > end for other, end, _ in found
            ):
                found.append((first, last, kinds[label]))
        return [
            Span(words[first][0], words[last][1], kind)
            for first, last, kind in sorted(found, key=lambda name: name[0])
        ]

    def _inputs(self, words: Sequence[str]) -> dict[str, NDArray[np.generic]]:
        import numpy as np

        marker = self._export.ent_token
        prompt = [part for label in _PROMPT for part in (marker, label)]
        prompt.append(self._export.sep_token)
        encoded = self._tokenizer.encode([*prompt, *words], is_pretokenized=True)
        mask = []
        before = len(prompt) - 1
        for word in encoded.word_ids:
            if word is None or word <= before:
                mask.append(0)
            else:
                mask.append(word - len(prompt) + 1)
                before = word
        widest = self._export.max_width
        starts = np.arange(len(words)).repeat(widest)
        ends = starts + np.tile(np.arange(widest), len(words))
        return {
            "input_ids": np.array([encoded.ids], np.int64),
            "attention_mask": np.array([encoded.attention_mask], np.int64),
            "words_mask": np.array([mask], np.int64),
            "text_lengths": np.array([[len(words)]], np.int64),
            "span_idx": np.stack([starts, ends], axis=1)[None].astype(np.int64),
            "span_mask": (ends < len(words))[None],
        }


def is_gliner(source: str) -> bool:
    """Return whether ``source`` is meant to be a GLiNER model."""
    path = Path(source)
    return path.suffix == ".onnx" or (path / _CONFIG).is_file()


def problem(source: str) -> str | None:
    """Return why the model cannot be loaded, None if it can; takes as long as loading."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        return f"{source}: GLiNER needs pip install 'newsbeam[gliner]'"
    try:
        GlinerModel(source)
    except ValueError as error:
        return str(error)
    return None


def _files(source: str) -> tuple[Path, Path]:
    """Return the folder of an export, and its graph."""
    path = Path(source)
    if path.suffix == ".onnx":
        # Quantised graphs lie beside the full one, some exports have them below.
        folder = next(
            (
                up
                for up in (path.parent, path.parent.parent)
                if (up / _CONFIG).is_file()
            ),
            path.parent,
        )
        graphs = [path]
    else:
        folder = path
        graphs = [path / name for name in _GRAPHS]
    for graph in graphs:
        if graph.is_file():
            return folder, graph
    raise ValueError(f"{source}: no file {' or '.join(map(str, graphs))}")


@contextlib.contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    """Turn any error with a file into one line that names it."""
    try:
        yield
    except (
        Exception
    ) as error:  # libraries in C++ and Rust raise their own, or bare ones
        lines = str(error).splitlines()
        raise ValueError(f"{path}: {lines[0] if lines else error!r}") from error


def _export(folder: Path) -> _Export:
    path = folder / _CONFIG
    try:
        return _Export.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise ValueError(f"{path}: {where}{first['msg']}") from error
