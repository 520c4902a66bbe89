"""spaCy's entity recogniser, run on all tokens at once instead of one after the other.

The recogniser is a transition system (Lample et al., "Neural architectures for named
entity recognition", 2016, section 3; the network is spaCy's own): it reads a text from
left to right, and at each token takes the valid move with the best score.  spaCy 3.8 does
so token by token, and what surrounds each step costs more than its arithmetic: half of
the time that names take.

But what a step sees of those before it is only where the open entity began.  So the moves
of all tokens that no entity is open at are scored in one go, then the second tokens of
all entities that could begin anywhere, then the third ones, and so on; the last pass goes
through the tokens and keeps what a reader from left to right meets.  The moves, and with
them the entities, are the same: :mod:`tests.unit.test_greedy` compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# The features of a state: the token, where the open entity began, the token before.
_FEATURES = 3
_NOWHERE = -1


class Found(NamedTuple):
    """An entity: the number of its document, its first token, the one after, its label."""

    document: int
    start: int
    end: int
    label: str


class Greedy:
    """The entity recogniser of a pipeline.

    Args:
      nlp: A pipeline that :meth:`reads` says yes to.
    """

    @staticmethod
    def reads(nlp: Language) -> bool:
        """Tell whether the pipeline is a recogniser of the kind described above, alone."""
        if nlp.pipe_names != ["ner"]:
            return False
        recogniser: Any = nlp.get_pipe("ner")
        model = recogniser.model
        return (
            recogniser.cfg.get("beam_width") == 1
            and model.attrs.get("has_upper") is True
            and not model.attrs["unseen_classes"]
            and model.get_ref("lower").get_dim("nF") == _FEATURES
        )

    def __init__(self, nlp: Language) -> None:
        recogniser: Any = nlp.get_pipe("ner")
        self._model = recogniser.model
        # B-PER, I-PER, L-PER, U-PER for each label, O, and one that is never valid here.
        system = recogniser.moves
        names = [system.get_class_name(number) for number in range(system.n_moves)]
        moves, labels = zip(*((name[0], name[2:]) for name in names), strict=True)
        self._labels = labels
        self._begins, unit, out = (np.array(moves) == move for move in "BUO")
        unit &= np.array(labels) != ""
        self._entities = self._begins | unit
        self._never = ~(self._entities | out)
        place = {name: number for number, name in enumerate(names)}
        self._inside, self._last = (
            np.array([place.get(f"{move}-{label}", _NOWHERE) for label in labels])
            for move in "IL"
        )

    def entities(self, documents: Sequence[Doc]) -> list[Found]:
        """Return the entities of all documents, in order.

        Args:
          documents: Fresh from the tokeniser: they have no entities and no sentences.
        """
        lengths = np.array([len(document) for document in documents], dtype=np.intp)
        if not lengths.any():
            return []
        ends = lengths.cumsum()
        is_final = np.zeros(ends[-1], dtype=bool)
        is_final[ends[lengths > 0] - 1] = True
        network = self._model.predict(list(documents))
        moves = self._moves(network, _spaces(documents), is_final)
        after = self._after(network, moves, is_final)
        places = np.flatnonzero(self._entities[moves])
        numbers = np.searchsorted(ends, places, side="right")
        found: list[Found] = []
        free = 0
        for start, number in zip(places.tolist(), numbers.tolist(), strict=True):
            if start >= free:
                free = int(after[start])
                first = int(ends[number] - lengths[number])
                label = self._labels[moves[start]]
                found.append(Found(number, start - first, free - first, label))
        return found

    def _moves(
        self,
        network: Any,
        is_space: npt.NDArray[np.bool_],
        is_final: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.intp]:
        """Return the move at each token, should no entity be open there."""
        states = np.full((len(is_final), _FEATURES), _NOWHERE, dtype=np.int32)
        states[:, 0] = np.arange(len(is_final))
        scores = _scores(network, states)
        scores[:, self._never] = -np.inf
        scores[np.ix_(is_space, self._entities)] = -np.inf
        scores[np.ix_(is_final, self._begins)] = -np.inf
        moves: npt.NDArray[np.intp] = scores.argmax(axis=1)
        return moves

    def _after(
        self,
        network: Any,
        moves: npt.NDArray[np.intp],
        is_final: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.intp]:
        """Return for each token where the entity ends that begins there, if one does."""
        after = np.arange(1, len(moves) + 1)
        starts = np.flatnonzero(self._begins[moves])
        tokens = starts + 1
        while len(starts):
            states = np.stack([tokens, starts, tokens - 1], axis=1)
            scores = _scores(network, states.astype(np.int32))
            rows, begun = np.arange(len(starts)), moves[starts]
            inside, last = (
                scores[rows, choice[begun]] for choice in (self._inside, self._last)
            )
            # Moves are tried in their order, I before L: the first of two equals wins.
            goes_on = (inside >= last) & ~is_final[tokens]
            after[starts[~goes_on]] = tokens[~goes_on] + 1
            starts, tokens = starts[goes_on], tokens[goes_on] + 1
        return after


def _scores(network: Any, states: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """Return the scores of all moves in each state."""
    scores: npt.NDArray[np.float32] = network.vec2scores.predict(
        network.state2vec.predict(states)
    )
    return scores


def _spaces(documents: Sequence[Doc]) -> npt.NDArray[np.bool_]:
    flags = [document.to_array("IS_SPACE") for document in documents]
    return np.concatenate(flags).astype(bool)
