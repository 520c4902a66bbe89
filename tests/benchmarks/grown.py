"""What work costs beside millions of articles: ``python -m tests.benchmarks.grown``.

The dataset is generated, see :mod:`desk_rows`: ten years that end yesterday, a file a day
of each table, short texts, beside what a run has written.  Its index is made again by the
first command that needs one.  Runs of the same new pages go into it and into an empty
folder, in turns.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.state.inventory import FILE_NAME, files_of

from . import document
from .desk_rows import make
from .measure import machine, measure, require_linux, spread
from .pages import write_pages
from .sentences import ROOT

DAYS = 3_650
_WORDS = 50
_MEGABYTE = 1_000_000
NEWSBEAM = Path(sys.executable).with_name("newsbeam")
EMPTY, GROWN, NOTHING_NEW = (
    "run into an empty folder",
    "run into the dataset",
    "run that finds nothing new",
)
INDEX = "compact, which makes the index again"


def grow(dataset: Path, articles: int) -> None:
    """Write a dataset of ten years, as a run and its compactions leave it, without an index."""
    first = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=DAYS)
    with tempfile.TemporaryDirectory() as name:
        # It has no date of its own: it is of today.
        (Path(name) / "latest.txt").write_text("The port of Basin is open again.\n" * 9)
        run = ("run", "--files", f"{name}/*.txt", "--output", dataset)
        measure((NEWSBEAM, *run), Path(name) / "log")
    (dataset / FILE_NAME).unlink()
    make(dataset, articles, DAYS, first, paragraphs=1, words=_WORDS)


def _run(pages: Path, output: Path) -> Sequence[str | Path]:
    return ("run", "--files", f"{pages}/*.html", "--output", output)


def _questions(dataset: Path) -> Iterator[tuple[str, Sequence[str | Path]]]:
    """Yield what is asked of one article: what it is, and the words of its command."""
    # In the middle of the years.
    files = sorted(dataset.glob("articles/*/made-*"))
    [row] = (
        pq.ParquetFile(files[len(files) // 2])
        .read(["id", "url"])
        .slice(7, 1)
        .to_pylist()
    )
    yield "status", ("status", dataset)
    yield "why", ("why", dataset, row["url"])
    yield "show, an id", ("show", dataset, row["id"])
    yield "show, a URL", ("show", dataset, row["url"])


def measured(dataset: Path, pages: int, rounds: int) -> dict[str, Any]:
    """Return what is needed for each command, and how runs compare.

    Args:
      dataset: A dataset without an index.
      pages: New pages of a run.
      rounds: Runs into each place.
    """
    used: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)

        def take(what: str, words: Sequence[str | Path]) -> None:
            usage = measure((NEWSBEAM, *words), work / "log")
            row = {
                "seconds": usage.seconds,
                "cpu": usage.cpu_seconds,
                "megabytes": usage.peak_bytes / _MEGABYTE,
            }
            used.setdefault(what, []).append(row)
            print(what, json.dumps(row), file=sys.stderr, flush=True)

        # It opens the index, and finds nothing to merge.
        take(INDEX, ("compact", dataset))
        index = (dataset / FILE_NAME).stat().st_size / _MEGABYTE
        for turn in range(rounds):
            folder = work / f"pages-{turn}"
            write_pages(folder, pages, seed=100 + turn)
            take(EMPTY, _run(folder, work / f"empty-{turn}"))
            take(GROWN, _run(folder, dataset))
            take(NOTHING_NEW, _run(folder, dataset))
        for what, words in _questions(dataset):
            for _ in range(rounds):
                take(what, words)
    ratios = {
        figure: spread(
            [
                grown[figure] / empty[figure]
                for grown, empty in zip(used[GROWN], used[EMPTY], strict=True)
            ]
        )
        for figure in ("seconds", "cpu")
    }
    rows = {
        what: {figure: spread([one[figure] for one in each]) for figure in each[0]}
        for what, each in used.items()
    }
    return {"rows": rows, "ratios": ratios, "index": index, "pages": pages}


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000_000)
    parser.add_argument("--pages", type=int, default=100, help="new ones of a run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--dataset", type=Path, help="one that was made before, without an index"
    )
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    require_linux()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name:
        dataset = options.dataset or Path(name) / "set"
        if options.dataset is None:
            grow(dataset, options.articles)
        files = files_of(dataset, "articles")
        figures = {
            "articles": options.articles,
            "days": len(files),
            "megabytes": sum(file.stat().st_size for file in files) / _MEGABYTE,
            "machine": machine(),
            "load": os.getloadavg()[0],
            **measured(dataset, options.pages, options.rounds),
        }
    sys.stdout.write(f"{json.dumps(figures)}\n")
    if options.docs:
        command = f"python -m tests.benchmarks.grown --articles {options.articles}"
        document.add("grown", figures | {"command": command}, options.docs)


if __name__ == "__main__":
    main()
