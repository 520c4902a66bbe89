"""The script that one would write without newsbeam, from the same libraries.

``python -m tests.benchmarks.plain PAGES OUT.parquet`` reads a folder of pages, in one
process or in ``--processes N``: trafilatura for text and metadata, py3langid for the
language, newsbeam's name model as its card describes it, the names that CLDR gives
countries in French and English, one Parquet file.  It is written as well as we can: models
are loaded once, and rows are written in batches.  It has no identities, revisions, rejects,
evidence or commits, and a page that it cannot read is only counted.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import ahocorasick_rs
import pyarrow as pa
import pyarrow.parquet as pq
import trafilatura
from babel import Locale
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from .reference import Reference

_LANGUAGES = ("fr", "en")
_ENTITIES = {"PER", "ORG", "LOC"}
_BATCH = 500
# Pages that a process is given at once.
_CHUNK = 8
_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("url", pa.string()),
        ("title", pa.string()),
        ("authors", pa.string()),
        ("published", pa.string()),
        ("source_name", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("language_score", pa.float32()),
        (
            "entities",
            pa.list_(
                pa.struct(
                    [
                        ("text", pa.string()),
                        ("type", pa.string()),
                        ("start", pa.int32()),
                        ("end", pa.int32()),
                    ]
                )
            ),
        ),
        ("countries", pa.list_(pa.string())),
    ]
)


class CountryNames:
    """Finds countries by their French and English names."""

    def __init__(self) -> None:
        self._codes = {
            name.casefold(): code
            for language in _LANGUAGES
            for code, name in Locale(language).territories.items()
            if re.fullmatch("[A-Z]{2}", code)
        }
        self._names = list(self._codes)
        self._automaton = ahocorasick_rs.AhoCorasick(
            self._names, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
        )

    def find(self, text: str) -> list[str]:
        """Return the codes of the countries that ``text`` names, in order."""
        folded = f" {text.casefold()} "
        return list(
            dict.fromkeys(
                self._codes[self._names[number]]
                for number, start, end in self._automaton.find_matches_as_indexes(
                    folded
                )
                if not folded[start - 1].isalnum() and not folded[end].isalnum()
            )
        )


class Tagger:
    """Language, entities and countries of a text.

    Args:
      model: The name model as it was trained; newsbeam's own for None.
    """

    def __init__(self, model: Path | None = None) -> None:
        self._languages = LanguageIdentifier.from_model_file(
            MODEL_FILE, norm_probs=True
        )
        self._names = Reference(model)
        self._countries = CountryNames()

    def tag(self, title: str | None, text: str) -> dict[str, Any]:
        """Return the columns that describe a text."""
        language, score = self._languages.classify(text)
        return {
            "language": language,
            "language_score": float(score),
            "entities": self._entities(text),
            "countries": self._countries.find(f"{title or ''}\n{text}"),
        }

    def _entities(self, text: str) -> list[dict[str, Any]]:
        return [
            {
                "text": text[name.start : name.end],
                "type": name.type,
                "start": name.start,
                "end": name.end,
            }
            for name in self._names.find(text)
            if name.type in _ENTITIES
        ]


def article(path: Path, tagger: Tagger) -> dict[str, Any] | None:
    """Return the row of the article that a page holds, None if it holds none."""
    found = trafilatura.bare_extraction(
        path.read_bytes(), include_comments=False, with_metadata=True
    )
    if found is None or not found.text:
        return None
    return {
        "path": str(path),
        "url": found.url,
        "title": found.title,
        "authors": found.author,
        "published": found.date,
        "source_name": found.sitename,
        "text": found.text,
        **tagger.tag(found.title, found.text),
    }


def _batches(rows: Iterator[dict[str, Any] | None]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        if row is not None:
            batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


@functools.cache
def _tagger(model: Path | None) -> Tagger:
    return Tagger(model)


def _article(model: Path | None, path: Path) -> dict[str, Any] | None:
    return article(path, _tagger(model))


def _rows(
    paths: Iterable[Path], processes: int, model: Path | None
) -> Iterator[dict[str, Any] | None]:
    # Before processes are forked, which then share the models.
    _tagger(model)
    read = functools.partial(_article, model)
    if processes == 1:
        yield from map(read, paths)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap(read, paths, _CHUNK)


def convert(
    pages: Path, output: Path, processes: int = 1, model: Path | None = None
) -> int:
    """Write the articles in a folder of pages to one Parquet file; return how many."""
    written = 0
    paths = sorted(pages.glob("*.html"))
    with pq.ParquetWriter(output, _SCHEMA, compression="zstd") as writer:
        for batch in _batches(_rows(paths, processes, model)):
            writer.write_table(pa.Table.from_pylist(batch, _SCHEMA))
            written += len(batch)
    return written


def main() -> None:
    """Convert a folder of pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    parser.add_argument("output", type=Path, metavar="OUT")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--model", type=Path, help="the name model as it was trained")
    options = parser.parse_args()
    count = convert(options.pages, options.output, options.processes, options.model)
    print(count, "articles")


if __name__ == "__main__":
    main()
