"""Something that is done over and over beside a test: reading, most of the time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def meanwhile(look: Callable[[], str | None], pause: float = 0.2) -> Iterator[None]:
    """Call ``look`` in a thread until the block ends.

    Args:
      look: Returns what is wrong, or None.  What it raises is wrong too, and its last call.
      pause: Seconds between two calls.

    Raises:
      AssertionError: When anything was wrong, at the end of the block.
    """
    problems: list[str] = []
    over = threading.Event()

    def repeat() -> None:
        try:
            while not over.wait(pause):
                if problem := look():
                    problems.append(problem)
        except Exception as error:  # noqa: BLE001 - reported below
            problems.append(repr(error))

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    # Only the first few: what is wrong once is wrong in each call from then on.
    if problems:
        raise AssertionError("\n".join(problems[:3]))
