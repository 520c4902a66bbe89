"""newsbeam's own model of names: its files, its network, its answers."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.resources
import itertools
import json
import lzma
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from transforms.enrich.names.decoding import log_probabilities, names
from transforms.enrich.names.passages import Passage, Repeat, choose
from transforms.enrich.names.pieces import END, START, Pieces
from transforms.enrich.names.runtime import onnx_runtime
from transforms.enrich.naming.spans import Span

OWN = "newsbeam"
"""The model of six layers, by the name that the configuration knows it by."""
FAST = "fast"
"""The model of four layers."""

_FILES = {OWN: "model.onnx", FAST: "model-fast.onnx"}
_VOCABULARY = "vocab.json.xz"
_SHA256 = {
    "model.onnx": "41308b18071d217506b6b1b9a7b41c649dfd60f7e430215581a0319cf526ab39",
    "model-fast.onnx": "c90de4ab592e7bb9da70b7ca4c3e09e15556ae580bca70144d0efd3c569d358a",
    _VOCABULARY: "289767362f2ada226db69135515044fec17b8d1d1bfa07e0e672d870c975e996",
}
_POSITIONS = 640
"""Pieces of a batch: a larger batch is slower, since it leaves the cache."""
_EDGES = 2
"""Places that the signs before and after a passage take."""

_Numbers = npt.NDArray[np.int64]


class NameModel:
    """The network, loaded.

    Args:
      size: :data:`OWN` or :data:`FAST`.

    Attributes:
      name: The model with the first 8 hex digits of its SHA-256.

    Raises:
      ValueError: A file is not the one that newsbeam came with.
    """

    def __init__(self, size: str) -> None:
        onnxruntime = onnx_runtime()
        file = _FILES[size]
        options = onnxruntime.SessionOptions()
        # A child has one core; more threads would take those of the others.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Batches differ in shape: a memory plan for each would only fill the memory.
        options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(
            packaged(file),
            options,
            providers=["CPUExecutionProvider"],
            # A sum and its normalisation in one step take longer than one after the other.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
        self.name = (
            f"newsbeam-names-{'fast' if size == FAST else 'base'}/1+{_SHA256[file][:8]}"
        )

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the names in each text, in order, none overlapping another."""
        words = vocabulary()
        choices = [
            choose(number, text, words.read(text), words)
            for number, text in enumerate(texts)
        ]
        waiting = [passage for choice in choices for passage in choice.passages]
        found: list[list[Span]] = [[] for _ in texts]
        for batch in _batches(waiting):
            for passage, answer in zip(batch, self._run(batch), strict=True):
                found[passage.text].extend(_spans(passage, answer))
        return [
            sorted(
                [*spans, *_repeated(spans, choice.repeats)],
                key=lambda span: span.start,
            )
            for spans, choice in zip(found, choices, strict=True)
        ]

    def _run(self, batch: Sequence[Passage]) -> npt.NDArray[np.float32]:
        ids: _Numbers = np.array(
            [
                [START, *(piece.id for piece in passage.pieces), END]
                for passage in batch
            ],
            np.int64,
        )
        (logits,) = self._session.run(["logits"], {"ids": ids})
        return log_probabilities(logits)


def _spans(passage: Passage, answer: npt.NDArray[np.float32]) -> Iterator[Span]:
    places = [at for at, piece in enumerate(passage.pieces) if piece.unit_end]
    words = [passage.pieces[at] for at in places]
    # Between two words of a sentence there is a space at most: anything else was not read,
    # or is a blank line.
    breaks = [
        at
        for at, (word, following) in enumerate(itertools.pairwise(words), 1)
        if following.start - word.unit_end > 1
    ]
    # The first place of the answer is that of the sign before the passage.
    for name in names(answer[np.array(places, np.intp) + 1], breaks):
        start, end = words[name.first].start, words[name.last].unit_end
        yield Span(start, end, name.type, score=name.score)


def _repeated(spans: Sequence[Span], repeats: Sequence[Repeat]) -> Iterator[Span]:
    """Yield the names of repeated sentences, which were read only once."""
    for first, end, start in repeats:
        shift = start - first
        for span in spans:
            if first <= span.start and span.end <= end:
                yield dataclasses.replace(
                    span, start=span.start + shift, end=span.end + shift
                )


def _batches(waiting: list[Passage]) -> Iterator[list[Passage]]:
    """Yield passages of one length together: filling up the shorter ones costs more."""
    ordered = sorted(waiting, key=_length)
    for length, group in itertools.groupby(ordered, _length):
        most = max(1, _POSITIONS // (length + _EDGES))
        while batch := list(itertools.islice(group, most)):
            yield batch


def _length(passage: Passage) -> int:
    return len(passage.pieces)


@functools.cache
def vocabulary() -> Pieces:
    """Return the vocabulary of both models, read once in a process."""
    table = json.loads(lzma.decompress(packaged(_VOCABULARY)))
    return Pieces(table["pieces"], table["scores"])


def packaged(file: str) -> bytes:
    """Return the content of a file of the model.

    Raises:
      ValueError: It is not the one that newsbeam came with.
    """
    path = importlib.resources.files("transforms.enrich") / "data" / "names" / file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; install newsbeam again") from error
    if hashlib.sha256(content).hexdigest() != _SHA256[file]:
        raise ValueError(
            f"{path}: not the file that newsbeam came with; install newsbeam again"
        )
    return content
