"""What questions cost over millions of articles: ``python -m tests.benchmarks.desk``.

The dataset is generated, see :mod:`desk_rows`.  Each command is called once, as a user
calls it, one after another.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.dataset.index import opened_index
from pipeline.state.inventory import FILE_NAME, files_of

from . import document
from .desk_rows import make
from .measure import machine, measure, require_linux
from .sentences import ROOT

_MEGABYTE = 1_000_000
_ABSENT = "f" * 32
# What finds nothing ends with 2.
_ALSO_NOTHING = ("sh", "-c", '"$@" || test $? -eq 2', "sh")
_LANGUAGES = "SELECT language, count(*) FROM articles GROUP BY ALL"
_COUNTRIES = "SELECT code, month(date), count(*) FROM countries GROUP BY ALL"
_PEOPLE = (
    "SELECT person, count(*) AS n FROM people GROUP BY ALL ORDER BY n DESC LIMIT 9"
)
_SITES = "FROM sources ORDER BY articles DESC LIMIT 9"


def calls(dataset: Path, out: Path) -> dict[str, Sequence[str | Path]]:
    """Return what is measured: what it is, and the words of its command.

    Args:
      dataset: The dataset, of whose articles one is looked for.
      out: Where a file may be written.
    """
    last = files_of(dataset, "articles")[-1]
    first = pq.ParquetFile(last).read_row_group(0, ["id", "url"]).slice(7, 1)
    [row] = first.to_pylist()
    since = last.parent.name.removeprefix("date=")[:8] + "01"
    return {
        "sql, articles by language": ("sql", dataset, _LANGUAGES),
        "sql, articles by country and month": ("sql", dataset, _COUNTRIES),
        "sql, the people most named": ("sql", dataset, _PEOPLE),
        "sql, the largest sites": ("sql", dataset, _SITES),
        "show, an id": ("show", dataset, row["id"]),
        "show, a URL": ("show", dataset, row["url"]),
        "show, an id that is not there": ("show", dataset, _ABSENT),
        "why": ("why", dataset, row["url"]),
        "stories": ("stories", dataset),
        "stats": ("stats", dataset),
        "report": ("report", dataset, "-o", out),
        "search --titles, a frequent name": ("search", dataset, "--titles", "dulogat"),
        "search --titles, a word of none": ("search", dataset, "--titles", "qqqq"),
        "search, a frequent word": ("search", dataset, "dubapa"),
        "search, a word of none": ("search", dataset, "qqqq"),
        f"export, a country since {since}": (
            *("export", dataset, "--country", "KP", "--since", since, "-o", out),
        ),
        f"export, a person since {since}": (
            *("export", dataset, "--person", "dulogat", "--since", since, "-o", out),
        ),
    }


def measured(dataset: Path) -> dict[str, dict[str, float]]:
    """Return seconds, processor seconds and peak megabytes of each command."""
    newsbeam = Path(sys.executable).with_name("newsbeam")
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        out, log = Path(name) / "out", Path(name) / "log"
        for what, words in calls(dataset, out).items():
            used = measure((*_ALSO_NOTHING, newsbeam, *words), log)
            rows[what] = {
                "seconds": used.seconds,
                "cpu": used.cpu_seconds,
                "megabytes": used.peak_bytes / _MEGABYTE,
            }
            print(what, json.dumps(rows[what]), file=sys.stderr, flush=True)
    return rows


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=3_000_000)
    parser.add_argument("--dataset", type=Path, help="one that was made before")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    require_linux()
    os.chdir(ROOT)
    with ExitStack() as stack:
        dataset = options.dataset
        if dataset is None:
            name = stack.enter_context(tempfile.TemporaryDirectory())
            dataset = Path(name) / "set"
            make(dataset, options.articles)
            with opened_index(dataset):
                pass
        figures = {
            "articles": options.articles,
            "days": len({file.parent for file in files_of(dataset, "articles")}),
            "megabytes": sum(
                file.stat().st_size for file in files_of(dataset, "articles")
            )
            / _MEGABYTE,
            "has_index": (dataset / FILE_NAME).is_file(),
            "machine": machine(),
            "load": os.getloadavg()[0],
            "rows": measured(dataset),
        }
    sys.stdout.write(f"{json.dumps(figures)}\n")
    if options.docs:
        command = f"python -m tests.benchmarks.desk --articles {options.articles}"
        document.add("desk", figures | {"command": command}, options.docs)


if __name__ == "__main__":
    main()
