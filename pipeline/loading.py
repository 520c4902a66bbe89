"""What a command does before its heavy modules are imported, and how they are."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

from pipeline.arguments import LogFormat, LogLevel


def configure_logs(
    level: LogLevel | None = LogLevel.WARNING, form: LogFormat = LogFormat.PLAIN
) -> None:
    """Log as wanted; before Beam is imported, which would install a handler of its own.

    Args:
      level: Least severe lines to show; None for warnings and, off a terminal, how far
        the work is.
      form: Lines for people or for machines.
    """
    from pipeline import logs

    logs.configure(level.value if level else None, form.value)


def start_children() -> None:
    """Let the children's server load what they need while this process loads Beam."""
    from transforms.pool import start_server

    start_server()


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
