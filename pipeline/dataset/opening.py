"""How a dataset is opened with what is installed here."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

_QUERY = "SELECT title, language, focus_countries, persons FROM articles"


def openings(dataset: str) -> list[tuple[str, str]]:
    """Return what opens a dataset here and now: commands that are installed."""
    newsbeam = installed("newsbeam") or f"{shlex.quote(sys.executable)} -m pipeline"
    where = shlex.quote(dataset)
    return [
        ("open it", f"{newsbeam} show {where}"),
        ("or ask it", f'{newsbeam} sql {where} "{_QUERY}"'),
    ]


def installed(name: str) -> str | None:
    """Return how a shell here calls a command, None if it is not installed.

    Args:
      name: Its name, which will do where it is on the path; or else it may be beside
        the Python that runs this.
    """
    if shutil.which(name):
        return name
    beside = Path(sys.executable).with_name(name)
    if beside.is_file():
        here = Path.cwd()
        short = beside.relative_to(here) if beside.is_relative_to(here) else beside
        return shlex.quote(str(short))
    return None
