"""How the heavy modules of a command are imported."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage among what modules make, now and later: all of it stays.

    The collector would go through a growing heap again and again, which is a fifth of the
    time that Beam and the rest take to load.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
