"""The name model as its card describes it, without what newsbeam does beside that.

Each text by itself and whole, in passages that end with a sentence: what a script that
reads the card would do.  newsbeam leaves out sentences that hold no name, reads those of
several articles together, and has a model that words may leave early: the script has that
too, unless it is given the model as it was trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from transforms.enrich.names.decoding import log_probabilities, names
from transforms.enrich.names.model import packaged, vocabulary
from transforms.enrich.names.pieces import END, START, Piece
from transforms.enrich.names.runtime import onnx_runtime

_ENOUGH, _MOST = 110, 180
"""Pieces from which a passage ends with the sentence, and that it has at most."""
_POSITIONS = 640
_STOPS = frozenset(".!?。！？।؟")


class Name(NamedTuple):
    """A name in a text: from where to where, and what it names."""

    start: int
    end: int
    type: str


class Reference:
    """The model of six layers.

    Args:
      file: It as it was trained, with a mask as its second input; newsbeam's own for None.
    """

    def __init__(self, file: Path | None = None) -> None:
        runtime = onnx_runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = runtime.InferenceSession(
            packaged("model.onnx") if file is None else str(file),
            options,
            providers=["CPUExecutionProvider"],
        )
        self._has_mask = len(self._session.get_inputs()) > 1
        self._vocabulary = vocabulary()

    def find(self, text: str) -> list[Name]:
        """Return the names in a text, in order."""
        passages = list(_passages(text, self._vocabulary.read(text)))
        found = [
            name
            for batch in _batches(sorted(passages, key=len), padded=self._has_mask)
            for name in self._names(batch)
        ]
        return sorted(found)

    def _names(self, batch: Sequence[Sequence[Piece]]) -> Iterator[Name]:
        longest = max(map(len, batch)) + 2
        given = {"ids": np.zeros((len(batch), longest), np.int64)}
        if self._has_mask:
            given["mask"] = np.zeros((len(batch), longest), np.int64)
        for row, passage in enumerate(batch):
            numbers = [START, *(piece.id for piece in passage), END]
            given["ids"][row, : len(numbers)] = numbers
            if self._has_mask:
                given["mask"][row, : len(numbers)] = 1
        (logits,) = self._session.run(["logits"], given)
        for passage, answer in zip(batch, log_probabilities(logits), strict=True):
            places = [at for at, piece in enumerate(passage) if piece.unit_end]
            for tagged in names(answer[np.array(places, np.intp) + 1]):
                first, last = (
                    passage[places[tagged.first]],
                    passage[places[tagged.last]],
                )
                yield Name(first.start, last.unit_end, tagged.type.value)


def _passages(text: str, pieces: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    start = 0
    for at, piece in enumerate(pieces, 1):
        after = text[piece.end : pieces[at].start] if at < len(pieces) else "\n"
        is_end = text[piece.start : piece.end] in _STOPS or "\n" in after
        if (is_end and at - start >= _ENOUGH) or at - start >= _MOST:
            yield pieces[start:at]
            start = at
    if start < len(pieces):
        yield pieces[start:]


def _batches(
    passages: Sequence[Sequence[Piece]], *, padded: bool
) -> Iterator[list[Sequence[Piece]]]:
    batch: list[Sequence[Piece]] = []
    for passage in passages:
        is_full = (len(passage) + 2) * (len(batch) + 1) > _POSITIONS
        if batch and (is_full or not (padded or len(passage) == len(batch[0]))):
            yield batch
            batch = []
        batch.append(passage)
    if batch:
        yield batch
