"""How a dataset is opened with what is installed here."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

from transforms.write.locations import is_url

_QUERY = (
    "SELECT title, language, focus_countries, persons "
    "FROM read_parquet('{glob}', hive_partitioning = true)"
)


def openings(dataset: str) -> list[tuple[str, str]]:
    """Return what opens a dataset here and now: commands that are installed."""
    newsbeam = installed("newsbeam") or f"{shlex.quote(sys.executable)} -m pipeline"
    lines = [("open it", f"{newsbeam} show {shlex.quote(dataset)}")]
    duckdb = installed("duckdb")
    if duckdb and not is_url(dataset):
        query = _QUERY.format(
            glob=f"{dataset}/articles/**/*.parquet".replace("'", "''")
        )
        lines.append(("or ask it", f"{duckdb} -c {_quoted(query)}"))
    return lines


def _quoted(text: str) -> str:
    """Return a text in double quotes for a shell, which leave its own quotes readable."""
    escaped = re.sub(r'(["\\$`])', r"\\\1", text)
    return f'"{escaped}"'


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
