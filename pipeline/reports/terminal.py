"""Where the commands print: text as it is, whatever is in it.

Names, titles, paths and addresses come from others: what rich would take for markup or
for an emoji in them is text, and nothing in them steers a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from transforms.text.strings import one_line

# Characters; wider than any table of ours.
_PIPE_WIDTH = 200
# A summary is read at a glance.
_TOP = 8


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


def many(count: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``1 file``, ``2 files``, ``2 copies``."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def ranked(counts: Mapping[str, int], unnamed: str = "?", most: int = _TOP) -> str:
    """Return counts with their names, most frequent first: ``de 3, fr 2 and 1 more``."""
    found = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{name or unnamed} {value:,}" for name, value in found[:most]]
    more = len(found) - most
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def labelled(lines: Iterable[tuple[str, str | Text]], width: int) -> list[Text]:
    """Return lines, each after its name in bold."""
    return [Text.assemble((f"{name:<{width}}", "bold"), value) for name, value in lines]
