"""Search: articles that have words, each with the words in their context."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.desk.asking import Progress, ask, newest
from pipeline.desk.filters import Filters, Words, check_words, has_words
from transforms.text.strings import printable

# Characters around a match, and passages that are shown of a text.
_AROUND, _PASSAGES = 70, 2
_ID = 8
_COLUMNS = "id, published_at, fetched_at, language, site, url, path, title"
# Joined for what is found alone.
_LISTS = [
    f"array_to_string({kind}, '; ')"
    for kind in ("persons", "organizations", "locations")
]
_NAMES = f"concat_ws('; ', {', '.join(_LISTS)})"
# What no word has stands between them, so that each is looked through by itself.
_TITLE_AND_NAMES = f"concat_ws(chr(0), title, {', '.join(_LISTS)})"
# How many times as many partitions each query reads: of texts few, of titles soon all.
_TEXTS, _TITLES = 2, 32


@dataclasses.dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a text in which words stand.

    Attributes:
      field: title, names or text.
      text: The part, on one line.
      matches: Where in it the words stand: the first code point, and that after the last.
    """

    field: str
    text: str
    matches: Sequence[tuple[int, int]]


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found.

    Attributes:
      row: Its id, times, language, site, URL, path and title.
      passages: Where the words stand in it.
    """

    row: dict[str, Any]
    passages: Sequence[Snippet]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON says it."""
        return {**self.row, "passages": list(map(dataclasses.asdict, self.passages))}


def search(
    dataset: Path | str,
    words: Sequence[str],
    filters: Filters,
    *,
    most: int,
    titles: bool,
    progress: Progress,
) -> list[Hit]:
    """Return articles that have all words, the newest first.

    Partitions are read from the newest on, until enough is found.

    Args:
      dataset: Its folder, or its URL in a store.
      words: Each a word, its beginning, or several that stand one after another.
      filters: Which articles are looked at.
      most: How many are returned at most.
      titles: Look at titles and names alone.
      progress: Is called with the partitions that are read, those there are, and what is
        found.

    Raises:
      ConfigError: When there is no dataset, or a word has no letter.
      DatasetError: When it cannot be read.
    """
    for word in words:
        check_words("search", word)
    wanted = [Words(word, is_beginning=True) for word in words]
    where, values = filters.where("versions")
    for number, one in enumerate(wanted):
        values |= one.parameters(f"word{number}")
    fields = (
        {"title": "title", "names": _NAMES}
        if titles
        else {"title": "title", "text": "text"}
    )
    searched = ["searched"] if titles else ["title", "text"]
    columns = ", ".join(
        f"{sql} AS {name}" for name, sql in fields.items() if name != "title"
    )
    conditions = [
        " OR ".join(has_words(sql, f"word{number}") for sql in searched)
        for number in range(len(wanted))
    ]
    condition = " AND ".join(f"({one})" for one in (where, *conditions))

    def work(connection: duckdb.DuckDBPyConnection) -> list[Hit]:
        found = newest(
            *(connection, f"{_COLUMNS}, {columns}", condition, values),
            most=most, growth=_TITLES if titles else _TEXTS, is_light=titles, progress=progress,
            may_have=filters.may_have, searched=_TITLE_AND_NAMES if titles else "title",
        )  # fmt: skip
        patterns = [word.compiled() for word in wanted]
        return [_found(row, fields, patterns) for row in found]

    return ask(dataset, work, filters.views())


def _found(
    row: dict[str, Any], fields: Iterable[str], patterns: Sequence[re.Pattern[str]]
) -> Hit:
    passages: list[Snippet] = []
    for field in fields:
        passages += _passages(field, row[field] or "", patterns)
        if field != "title":
            del row[field]
    return Hit(row, passages)


def _passages(
    field: str, text: str, patterns: Sequence[re.Pattern[str]]
) -> Iterator[Snippet]:
    """Yield parts of a text around the first matches of each word that is in it."""
    matches = sorted({m.span() for p in patterns for m in p.finditer(text)})
    if not matches:
        return
    if field == "title":
        yield _passage(field, text, 0, len(text), matches)
        return
    firsts = sorted(m.span() for p in patterns if (m := p.search(text)))
    end = 0
    for start, last in firsts[:_PASSAGES]:
        if start >= end:
            begin, end = max(0, start - _AROUND), min(len(text), last + _AROUND)
            yield _passage(field, text, begin, end, matches)


def _passage(
    field: str, text: str, begin: int, end: int, matches: Sequence[tuple[int, int]]
) -> Snippet:
    before, after = "…" if begin else "", "…" if end < len(text) else ""
    # Each character by one, so that matches stay where they are.
    part = printable(text[begin:end])
    moved = len(before) - begin
    inside = [
        (first + moved, min(last, end) + moved)
        for first, last in matches
        if begin <= first < end
    ]
    return Snippet(field, f"{before}{part}{after}", inside)


def found_view(found: Iterable[Hit]) -> RenderableType:
    """Return what was found in a few lines each, the words marked."""
    parts: list[RenderableType] = []
    for one in found:
        row = one.row
        moment = row["published_at"] or row["fetched_at"]
        where = row["site"] or row["path"] or ""
        facts = (
            f"{moment:%Y-%m-%d %H:%M}  {row['language'] or '?'}  {printable(where)}  "
        )
        parts.append(Text.assemble((facts, "dim"), (row["id"][:_ID], "dim")))
        has_title = any(passage.field == "title" for passage in one.passages)
        if row["title"] and not has_title:
            parts.append(Text(printable(row["title"])))
        for passage in one.passages:
            indent = "" if passage.field == "title" else "  "
            parts.append(Text.assemble(indent, _marked(passage)))
        parts.append(Text())
    return Group(*parts) if parts else Text("no article has these words")


def _marked(passage: Snippet) -> Text:
    text = Text(passage.text)
    for first, last in passage.matches:
        text.stylize("bold reverse", first, last)
    return text
