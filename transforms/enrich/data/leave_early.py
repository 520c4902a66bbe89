"""Lets words that surely name nothing leave the name model before its last two layers.

Of ten words of news one is part of a name, and after four layers the network knows nearly
all of the others (early exit; Schuster et al. 2022, "Confident Adaptive Language Modeling").
A word stays where a logistic regression on its state, or on that of a neighbour, says that
it may be part of a name.  The last layers are computed for the words that stay.  These
still attend to all words of the passage.  What the layers would make of the words that left
is estimated from their last state, by linear regression::

    python -m transforms.enrich.data.leave_early JOINED.onnx data/names/model.onnx

``JOINED.onnx`` is what :mod:`transforms.enrich.data.join_steps` wrote.  The regressions are
computed from the project's own gold texts.  The package ``onnx`` is needed.  No answer for
a text depends on the other texts of its batch.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from transforms.enrich.data.fix_scales import passages
from transforms.enrich.data.join_steps import DOMAIN, HEADS, WIDTH
from transforms.enrich.names.decoding import LABELS, log_probabilities
from transforms.enrich.names.runtime import onnx_runtime

onnxruntime = onnx_runtime()
_LAYERS = 4
"""Layers before the exit."""
_NAMING = 0.9
"""Probability of O below which a word counts as a part of a name."""
_LEAST = 0.2
"""Probability of being one from which a word stays."""
_NEAR = 1
"""Words beside it on either side that stay too."""
_STEADY, _STEADY_STATES = 100.0, 30.0
"""Weights of the squares of the coefficients: of words, of states."""
_SURE = 30.0
"""Logit of O where a word has left: its probability is 1."""
_LONGEST = 10_000
"""More places than a passage has."""

_Floats = npt.NDArray[np.float32]


def main(source: str, target: str) -> None:
    """Write ``source`` with an exit to ``target``."""
    model = onnx.load(source)
    graph = _Graph(model)
    graph.leave(_learned(model, graph.states))
    onnx.save(model, target)


@dataclasses.dataclass(frozen=True, slots=True)
class _Learned:
    """What is computed from texts.

    Attributes:
      stays: Coefficients by which a word stays where the sum is above 0, the constant last.
      later: By each later layer but the first, what makes its input of the state at the
        exit: a matrix, the constant last.
    """

    stays: _Floats
    later: Sequence[_Floats]


def _learned(model: onnx.ModelProto, states: Sequence[str]) -> _Learned:
    """Return the regressions, from what a model says of the gold texts.

    Args:
      model: The model.
      states: The names of what each layer gives.
    """
    wanted = ["logits", *states[_LAYERS - 1 : -1]]
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        for name in wanted[1:]
    )
    session = onnxruntime.InferenceSession(
        watched.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    seen: list[list[_Floats]] = [[] for _ in wanted]
    for ids in passages():
        found = session.run(wanted, {"ids": ids})
        for values, (value,) in zip(seen, found, strict=True):
            values.append(value)
    logits, state, *later = map(np.concatenate, seen)
    names = log_probabilities(logits)[:, 0] < np.log(_NAMING)
    stays = _logistic(_with_constant(state), names)
    stays[-1] -= np.log(_LEAST / (1 - _LEAST))
    known = _with_constant(state)
    squares = known.T @ known + _STEADY_STATES * np.eye(len(known.T))
    ways = [np.linalg.solve(squares, known.T @ (each - state)) for each in later]
    for way in ways:
        way[:-1] += np.eye(WIDTH)
    return _Learned(stays.astype(np.float32), [way.astype(np.float32) for way in ways])


def _with_constant(values: _Floats) -> npt.NDArray[np.float64]:
    return np.hstack([values, np.ones((len(values), 1))]).astype(np.float64)


def _logistic(
    known: npt.NDArray[np.float64], holds: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return the coefficients of a logistic regression, by Newton's method."""
    found = np.zeros(len(known.T))
    steady = np.full(len(known.T), _STEADY)
    steady[-1] = 0
    for _ in range(25):
        probable = 1 / (1 + np.exp(-known @ found))
        slope = known.T @ (probable - holds) + steady * found
        bend = (known.T * (probable * (1 - probable))) @ known + np.diag(steady)
        found -= np.linalg.solve(bend, slope)
    return found


class _Graph:
    """A model whose layers are known by their steps.

    Args:
      model: The model, changed in place.

    Attributes:
      states: The names of what each layer gives.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        self._weights = {one.name: one for one in model.graph.initializer}
        nodes = list(model.graph.node)
        starts = [at - 2 for at, node in enumerate(nodes) if node.op_type == "Split"]
        ends = [*starts[1:], len(nodes) - 2]
        self._before = nodes[: starts[_LAYERS]]
        self._layers = [
            nodes[start:end] for start, end in zip(starts, ends, strict=True)
        ]
        self._head = nodes[-2:]
        self.states = [layer[-1].output[0] for layer in self._layers]
        self._new: list[NodeProto] = []

    def leave(self, learned: _Learned) -> None:
        """Put the exit in the place of the later layers."""
        later = self._layers[_LAYERS:]
        at_exit = self.states[_LAYERS - 1]
        self._choose(at_exit, learned.stays)
        shared = self._keys_and_values(at_exit, later, learned.later)
        state = self._add("GatherND", [at_exit, "stay"])
        for number, (layer, (keys, values)) in enumerate(
            zip(later, shared, strict=True)
        ):
            state = self._layer(layer, state, keys, values, is_first=number == 0)
        self._answer(state)
        used = {name for node in (*self._before, *self._new) for name in node.input}
        # Shapes that are stated there are those of all words.
        del self._graph.node[:], self._graph.initializer[:], self._graph.value_info[:]
        self._graph.node.extend([*self._before, *self._new])
        self._graph.initializer.extend(
            weight for name, weight in self._weights.items() if name in used
        )

    def _choose(self, state: str, stays: _Floats) -> None:
        """Say which words stay: ``stay`` has their passages and places.

        ``queue`` has for each its place among those of its passage, ``queues`` is as long
        as the longest.
        """
        near = 2 * _NEAR + 1
        weights = self._weight("stays", stays[:-1, None])
        score = self._add("MatMul", [state, weights])
        score = self._add("Transpose", [score], perm=[0, 2, 1])
        score = self._add("MaxPool", [score], kernel_shape=[near], pads=[_NEAR, _NEAR])
        score = self._add("Squeeze", [score, self._numbers("number_1", [1])])
        least = self._weight("stays_from", np.float32(-stays[-1]))
        may_name = self._add("Greater", [score, least])
        # The sign before a passage always stays: no passage is left with nothing.
        first = self._slice(may_name, 0, 1)
        first = self._add("Or", [first, self._weight("yes", np.array([[True]]))])
        rest = self._slice(may_name, 1, _LONGEST)
        kept = self._add("Concat", [first, rest], axis=1)
        found = self._add("NonZero", [kept])
        self._add("Transpose", [found], name="stay", perm=[1, 0])
        count = self._add("Cast", [kept], to=TensorProto.INT64)
        places = self._add(
            "CumSum", [count, self._weight("across", np.int64(1))], exclusive=1
        )
        places = self._add("GatherND", [places, "stay"])
        places = self._add("Unsqueeze", [places, self._numbers("number_1", [1])])
        rows = self._slice("stay", 0, 1)
        self._add("Concat", [rows, places], name="queue", axis=1)
        counts = self._add(
            "ReduceSum", [count, self._numbers("number_1", [1])], keepdims=0
        )
        longest = self._add("ReduceMax", [counts], keepdims=1)
        passages_ = self._add("Shape", ["ids"], start=0, end=1)
        shape = self._add(
            "Concat", [passages_, longest, self._numbers("width", [WIDTH])], axis=0
        )
        self._add("ConstantOfShape", [shape], name="queues")

    def _keys_and_values(
        self,
        state: str,
        layers: Sequence[Sequence[NodeProto]],
        ways: Sequence[_Floats],
    ) -> list[tuple[str, str]]:
        """Return the keys and values of all words for each layer, from the exit on."""
        _, product = layers[0][:2]
        low, high, bias = self._product(product)
        weights, biases = [low[:, WIDTH:] * high[WIDTH:]], [bias[WIDTH:]]
        for layer, way in zip(layers[1:], ways, strict=True):
            whole, scales, bias = self._product(layer[1])
            exact = whole[:, WIDTH:] * scales[WIDTH:]
            weights.append(way[:-1] @ exact)
            biases.append(way[-1] @ exact + bias[WIDTH:])
        joined = np.hstack(weights)
        scales = np.abs(joined).max(axis=0) / 127
        whole = np.round(joined / scales).astype(np.int8)
        quantized = self._quantized(layers[0], state)
        every = self._add(
            "MatMulIntegerToFloat",
            [
                quantized,
                self._weight("every_weight", whole),
                product.input[2],
                self._weight("every_scale", scales.astype(np.float32)),
                product.input[4],
                "",
                self._weight("every_bias", np.hstack(biases).astype(np.float32)),
            ],
            domain=DOMAIN,
        )
        parts = [f"every_{part}" for part in range(2 * len(layers))]
        sizes = self._numbers("sizes", [WIDTH] * len(parts))
        self._new.append(helper.make_node("Split", [every, sizes], parts, axis=2))
        return list(zip(parts[::2], parts[1::2], strict=True))

    def _layer(
        self,
        layer: Sequence[NodeProto],
        state: str,
        keys: str,
        values: str,
        *,
        is_first: bool,
    ) -> str:
        """Add a layer for the words that stay; return the name of what it gives.

        Args:
          layer: Its steps.
          state: What it reads.
          keys: Those of all words.
          values: The same.
          is_first: They need nothing of the words that stay.
        """
        _, product, split, attention, *rest = layer
        quantized = self._quantized(layer, state)
        if is_first:
            whole, scales, bias = self._product(product)
            read = list(product.input)
            for at, part in (
                (1, whole[:, :WIDTH].astype(np.int8)),
                (3, scales[:WIDTH]),
                (6, bias[:WIDTH]),
            ):
                read[at] = self._weight(f"{product.input[at]}/query", part)
            query = self._add(
                "MatMulIntegerToFloat", [quantized, *read[1:]], domain=DOMAIN
            )
        else:
            third = self._add(
                "MatMulIntegerToFloat",
                [quantized, *product.input[1:]],
                domain=DOMAIN,
            )
            query, key, value = (f"{name}/stay" for name in split.output)
            self._new.append(
                helper.make_node(
                    "Split", [third, split.input[1]], [query, key, value], axis=1
                )
            )
            keys = self._add("ScatterND", [keys, "stay", key])
            values = self._add("ScatterND", [values, "stay", value])
        query = self._add("ScatterND", ["queues", "queue", query])
        found = self._add(
            "MultiHeadAttention",
            [query, keys, values],
            domain=DOMAIN,
            num_heads=HEADS,
        )
        self._add("GatherND", [found, "queue"], name=attention.output[0])
        before = layer[0].input[0]
        for node in rest:
            for at, name in enumerate(node.input):
                if name == before:
                    node.input[at] = state
            self._new.append(node)
        return rest[-1].output[0]

    def _answer(self, state: str) -> None:
        """Add the head: labels of the words that stay, none of the others."""
        product, added = self._head
        product.input[0] = state
        said = "said"
        added.output[0] = said
        self._new += [product, added]
        sure = np.zeros((1, 1, len(LABELS)), np.float32)
        sure[..., 0] = _SURE
        shape = self._add(
            "Concat",
            [
                self._add("Shape", ["ids"]),
                self._numbers("labels", [len(LABELS)]),
            ],
            axis=0,
        )
        nothing = self._add("Expand", [self._weight("sure", sure), shape])
        self._add("ScatterND", [nothing, "stay", said], name="logits")

    def _quantized(self, layer: Sequence[NodeProto], state: str) -> str:
        """Return a state in the whole numbers that a layer reads."""
        return self._add("QuantizeLinear", [state, *layer[0].input[1:]])

    def _product(self, node: NodeProto) -> Iterator[npt.NDArray[np.generic]]:
        """Return the weights of a product, their scales, and its bias."""
        return (
            numpy_helper.to_array(self._weights[node.input[at]]) for at in (1, 3, 6)
        )

    def _add(
        self,
        kind: str,
        read: Sequence[str],
        *,
        name: str | None = None,
        **options: object,
    ) -> str:
        """Add a step; return the name of what it gives."""
        output = name or f"exit_{len(self._new)}"
        self._new.append(helper.make_node(kind, read, [output], **options))
        return output

    def _slice(self, whole: str, start: int, end: int) -> str:
        """Return columns of what has two dimensions."""
        bounds = [self._numbers(f"number_{at}", [at]) for at in (start, end, 1)]
        return self._add("Slice", [whole, *bounds])

    def _weight(self, name: str, value: npt.ArrayLike) -> str:
        array = np.ascontiguousarray(value) if np.ndim(value) else np.asarray(value)
        self._weights[name] = numpy_helper.from_array(array, name)
        return name

    def _numbers(self, name: str, values: Sequence[int]) -> str:
        return self._weight(name, np.array(values, np.int64))


if __name__ == "__main__":
    main(*sys.argv[1:])
