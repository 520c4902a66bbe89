"""ONNX Runtime, which runs the name models.

Its packages report to their maker from version 1.32 on, unless the environment forbids it
before it is loaded: so it is loaded here alone.
"""

from __future__ import annotations

import os
from types import ModuleType


def onnx_runtime() -> ModuleType:
    """Return the library ``onnxruntime``, which sends nothing to anybody.

    Loading it takes a fifth of a second, which a run that finds nothing new need not wait
    for.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    loaded: ModuleType = onnxruntime
    return loaded
