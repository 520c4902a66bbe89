"""Memory: what a process holds and does not use, kept small and given back to the system."""

from __future__ import annotations

import ctypes
import gc

# mallopt(3): the most heaps that threads of a process may have.
_M_ARENA_MAX = -8
_HEAPS = 2


def give_back() -> None:
    """Give back what earlier work held.

    Beside objects that stay, Python looks for garbage in cycles rarely; and glibc keeps what
    was freed.  Where it has no ``malloc_trim``, it stays with the process.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def share_heaps() -> None:
    """Have the threads of this process take memory from two heaps.

    glibc gives threads heaps of their own, eight for each core, and each keeps what its
    threads have freed: a stream of five minutes had 50 MB more.  Elsewhere nothing is done.
    """
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if limit is not None:
        limit(_M_ARENA_MAX, _HEAPS)
