"""Gives the name model fixed scales for the input of its layers.

The exported model measures in each batch the range of a layer's input, to quantise it to
8 bits.  Its answer for a text then depends on the other texts of the batch.  Here the
ranges are computed once, from the project's own gold texts::

    python -m transforms.enrich.data.fix_scales EXPORTED.onnx FIXED.onnx

What it writes is for :mod:`transforms.enrich.data.join_steps`.  The package ``onnx`` is
needed.  F1 on development sets is the same within .002.
"""

from __future__ import annotations

import collections
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from transforms.enrich.names.model import vocabulary
from transforms.enrich.names.passages import choose
from transforms.enrich.names.pieces import END, START
from transforms.enrich.names.runtime import onnx_runtime
from transforms.text.strings import for_models

onnxruntime = onnx_runtime()
_TEXTS = Path("tests/quality/texts")
_KEPT = 0.9
"""Share of passages whose greatest value is within the range; the others are cut."""
_DYNAMIC = "DynamicQuantizeLinear"


def main(source: str, target: str) -> None:
    """Write ``source`` with fixed scales to ``target``."""
    model = onnx.load(source)
    ranges = _ranges(source)
    nodes = []
    for number, node in enumerate(model.graph.node):
        if node.op_type != _DYNAMIC:
            nodes.append(node)
            continue
        low, high = ranges[node.input[0]]
        scale = np.float32((high - low) / 255)
        zero = np.uint8(np.clip(round(-low / scale), 0, 255))
        result, *names = node.output
        for name, value in zip(names, (scale, zero), strict=True):
            model.graph.initializer.append(numpy_helper.from_array(value, name))
        nodes.append(
            helper.make_node(
                "QuantizeLinear",
                [node.input[0], *names],
                [result],
                name=f"quantize_{number}",
            )
        )
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def _ranges(source: str) -> dict[str, tuple[float, float]]:
    """Return by the name of each input between what values it lies."""
    model = onnx.load(source)
    inputs = {n.input[0] for n in model.graph.node if n.op_type == _DYNAMIC}
    wanted = {}
    for name in sorted(inputs):
        for reduce in ("Min", "Max"):
            output = f"{name}/{reduce}"
            wanted[output] = (name, reduce)
            model.graph.node.append(
                helper.make_node(f"Reduce{reduce}", [name], [output], keepdims=0)
            )
            model.graph.output.append(
                helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [])
            )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    seen = collections.defaultdict(list)
    for ids in passages():
        given = {"ids": ids, "mask": np.ones_like(ids)}
        for output, value in zip(wanted, session.run(list(wanted), given), strict=True):
            seen[wanted[output]].append(float(value))
    return {
        name: (
            min(0.0, float(np.quantile(seen[name, "Min"], 1 - _KEPT))),
            max(0.0, float(np.quantile(seen[name, "Max"], _KEPT))),
        )
        for name in inputs
    }


def passages() -> Iterator[np.ndarray]:
    """Yield the input for each passage of the gold texts: 1 x length."""
    words = vocabulary()
    for path in sorted(_TEXTS.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            for text in (row["title"] or "", row["text"]):
                plain = for_models(text)
                for passage in choose(0, plain, words.read(plain), words).passages:
                    numbers = [piece.id for piece in passage.pieces]
                    yield np.array([[START, *numbers, END]], np.int64)


if __name__ == "__main__":
    main(*sys.argv[1:])
