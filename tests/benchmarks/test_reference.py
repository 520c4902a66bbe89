"""The script's name model: newsbeam's own, and one as it was trained."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tests.benchmarks.reference import Name, Reference
from transforms.enrich.names.model import packaged

TEXT = "Emmanuel Macron a rencontré Olaf Scholz à Berlin.\n" * 12
WHOLE = [Name(0, 15, "PER"), Name(28, 39, "PER"), Name(42, 48, "LOC")]


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    """Return a model that has a mask as its second input."""
    model = onnx.load_from_string(packaged("model-fast.onnx"))
    shape = onnx.helper.make_tensor_value_info(
        "mask", onnx.TensorProto.INT64, ["batch", "length"]
    )
    model.graph.input.append(shape)
    onnx.save(model, tmp_path / "masked.onnx")
    return tmp_path / "masked.onnx"


def test_both_read_a_text_to_its_end(masked: Path) -> None:
    line = len(TEXT) // 12
    expected = [
        Name(name.start + line * at, name.end + line * at, name.type)
        for at in range(12)
        for name in WHOLE
    ]
    for model in (Reference(), Reference(masked)):
        assert model.find(TEXT) == expected
