"""Other programs on the same pages: ``python -m tests.benchmarks.rivals NAME PAGES OUT``.

datatrove reads, extracts with trafilatura and writes Parquet, on as many workers as it
may use cores; newspaper4k and news-please extract one article after the other and write
nothing; what they cannot read is lost, such as languages that newspaper4k wants further
packages for.  None of them tags languages, entities or countries.  They are dependencies
of no one: ``--check`` tells whether one can be imported.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MODULES = {
    "datatrove": "datatrove",
    "newspaper4k": "newspaper",
    "news-please": "newsplease",
}
"""Rivals, with the module that each is imported as."""
DOES = {
    "datatrove": "text only, Parquet",
    "newspaper4k": "text and metadata, no output",
    "news-please": "text and metadata, no output",
}


def datatrove(pages: Path, output: Path) -> int:
    """Run its local executor, reader to writer, and return how many articles it wrote."""
    import pyarrow.dataset as ds
    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.writers import ParquetWriter

    class ReadPages(PipelineStep):
        name = "pages"

        def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
            del data
            for path in sorted(pages.glob("*.html"))[rank::world_size]:
                # datatrove takes text, not bytes.
                text = path.read_bytes().decode(errors="replace")
                yield Document(text=text, id=path.name)

    workers = len(os.sched_getaffinity(0))
    LocalPipelineExecutor(
        pipeline=[
            ReadPages(),
            # Its one second is too short for a busy machine, and drops the page.
            Trafilatura(favour_precision=False, deduplicate=False, timeout=30),
            ParquetWriter(str(output / "articles"), compression="zstd"),
        ],
        tasks=workers,
        workers=workers,
        logging_dir=str(output / "logs"),
    ).run()
    return ds.dataset(output / "articles").count_rows()


def newspaper4k(pages: Path, _: Path) -> int:
    """Extract every page and return how many had a text."""
    import newspaper

    found = 0
    for path in sorted(pages.glob("*.html")):
        # Nothing is to be fetched, by none of the programs.
        article = newspaper.Article("https://www.example.org/", fetch_images=False)
        article.download(input_html=path.read_bytes().decode(errors="replace"))
        with contextlib.suppress(Exception):  # A page that it cannot read.
            article.parse()
            found += bool(article.text)
    return found


def news_please(pages: Path, _: Path) -> int:
    """Extract every page and return how many had a text."""
    from newsplease import NewsPlease

    found = 0
    for path in sorted(pages.glob("*.html")):
        with contextlib.suppress(Exception):  # A page that it cannot read.
            article = NewsPlease.from_html(
                path.read_bytes(), url=None, fetch_images=False
            )
            found += bool(getattr(article, "maintext", None))
    return found


_RUN: dict[str, Callable[[Path, Path], int]] = {
    "datatrove": datatrove,
    "newspaper4k": newspaper4k,
    "news-please": news_please,
}


def main() -> None:
    """Run one rival, or tell whether it can be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=MODULES)
    parser.add_argument("pages", type=Path, nargs="?")
    parser.add_argument("output", type=Path, nargs="?", metavar="OUT")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        sys.exit(importlib.util.find_spec(MODULES[options.name]) is None)
    print(_RUN[options.name](options.pages, options.output), "articles")


if __name__ == "__main__":
    main()
