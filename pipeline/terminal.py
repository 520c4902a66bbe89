"""Where the commands print: text as it is, whatever is in it.

Names, titles, paths and addresses come from others: what rich would take for markup or
for an emoji in them is text, and nothing in them steers a terminal.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from rich.console import Console

from transforms.text import one_line

# Characters; wider than any table of ours.
_PIPE_WIDTH = 200


def console(*, stderr: bool = False, **options: Any) -> Console:
    """Return a console that takes text for text.

    Args:
      stderr: Print there instead of to stdout.
      options: Others of rich's Console.
    """
    plain = {"markup": False, "emoji": False, "highlight": False}
    return Console(stderr=stderr, **(plain | options))


def table_console() -> Console:
    """Return where tables go: as wide as the terminal, on a pipe as wide as they are."""
    is_known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return console(width=None if is_known else _PIPE_WIDTH)


def shown(value: object) -> str:
    """Return a value on one line, without what would steer a terminal."""
    return one_line(str(value)) or ""
