"""Memory: what a process holds and does not use, given back to the system."""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Give back what earlier work held.

    Beside objects that stay, Python looks for garbage in cycles rarely; and glibc keeps what
    was freed.  Where it has no ``malloc_trim``, it stays with the process.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
