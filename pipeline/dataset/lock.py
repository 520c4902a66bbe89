"""The lock: one run at a time writes to a dataset, as far as one machine can ensure it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from transforms.errors import LockedError


@contextlib.contextmanager
def locked(folder: Path, dataset: str | None = None) -> Iterator[None]:
    """Hold the lock of a dataset; the kernel frees it when the process dies.

    Args:
      folder: Where the lock is.
      dataset: The dataset, where it is not in that folder.

    Raises:
      LockedError: When another process holds it.
    """
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"another run is writing to {dataset or folder}; wait until it has ended"
        ) from error
    try:
        yield
    finally:
        lock.release()
