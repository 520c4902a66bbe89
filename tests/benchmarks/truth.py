"""How much of what is known of the generated pages is found in what a program wrote.

A fast program that finds less would be no faster: these columns stand beside the speed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.dataset as ds

from .pages import Page


@dataclasses.dataclass(frozen=True)
class Found:
    """What a program says of a page; its address tells which.

    Attributes:
      url: The canonical one.
      title: Headline.
      language: BCP 47 subtag.
      published: The day.
      authors: Their names.
      text: The article's.
    """

    url: str | None
    title: str | None
    language: str | None
    published: dt.date | None
    authors: frozenset[str]
    text: str


def newsbeam_rows(dataset: Path) -> Iterator[Found]:
    """Yield what newsbeam wrote."""
    columns = "canonical_url title language published_at authors text".split()
    for row in ds.dataset(dataset / "articles").to_table(columns=columns).to_pylist():
        when = row["published_at"]
        yield Found(
            row["canonical_url"],
            row["title"],
            row["language"],
            when and when.date(),
            frozenset(row["authors"] or ()),
            row["text"],
        )


def plain_rows(file: Path) -> Iterator[Found]:
    """Yield what the plain script wrote."""
    for row in ds.dataset(file).to_table().to_pylist():
        when = row["published"]
        yield Found(
            row["url"],
            row["title"],
            row["language"],
            when and dt.date.fromisoformat(when),
            frozenset((row["authors"] or "").split("; ")),
            row["text"],
        )


def shares(pages: Iterable[Page], found: Iterable[Found]) -> dict[str, float]:
    """Return shares of what was to be found, each from 0 to 1.

    Args:
      pages: All pages that the program read.
      found: What it says of them; a page that it says nothing of counts as all wrong.

    Returns:
      ``title``, ``language``, ``day`` (of publication) and ``author``;
      ``paragraphs``: those of the story that are in the text, each whole; and ``clean``:
      the characters of the text that are of these paragraphs.  The rest is in part the
      story's own, tables and quotations, so that no program reaches 1.
    """
    by_url = {row.url: row for row in found}
    right = dict.fromkeys("title language day author".split(), 0)
    count = paragraphs = kept = story = text = 0
    for page in pages:
        row = by_url.get(page.url)
        body = [_normal(part) for part in page.body]
        count += 1
        paragraphs += len(body)
        if row is None:
            continue
        right["title"] += _normal(row.title or "") == _normal(page.title)
        right["language"] += row.language == page.language
        right["day"] += row.published == page.published
        right["author"] += page.author in row.authors
        whole = _normal(row.text)
        there = [part for part in body if part in whole]
        kept += len(there)
        story += sum(map(len, there))
        text += len(whole)
    return {
        **{name: number / count for name, number in right.items()},
        "paragraphs": kept / paragraphs,
        "clean": story / text if text else 0.0,
    }


def _normal(text: str) -> str:
    return " ".join(text.split())
