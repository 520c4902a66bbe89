"""Export: articles as flat rows, for spreadsheets and for languages of statistics."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any, TextIO

from pipeline.desk.filters import MOMENT, Filters
from pipeline.desk.formats import as_json, cell
from pipeline.desk.forms import Flat
from pipeline.desk.query import QueryResult, answered

_COLUMNS = (
    *("id", "revision", "date", "published_at", "fetched_at", "url", "site"),
    *("source_name", "source_country", "language", "title", "description", "section"),
    *("authors", "agency", "word_count", "is_truncated", "persons", "organizations"),
    *("locations", "focus_countries", "country_codes", "story_id", "duplicate_of"),
    *("path", "text"),
)
_BETWEEN = "; "
# A spreadsheet runs what begins so, also behind blanks and signs that nobody sees, and in
# the full-width forms of East Asia.
_RUN = re.compile(
    r"[\s\x00-\x20\u200b-\u200f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]"
)


def export(dataset: Path | str, filters: Filters, form: Flat, out: TextIO) -> None:
    """Write articles, their latest revisions, a line or a row each, the oldest first.

    Args:
      dataset: Its folder, or its URL in a store.
      filters: Which articles.
      form: CSV, whose cells no spreadsheet runs; or JSON Lines.
      out: Where to.

    Raises:
      ConfigError: When there is no dataset.
      DatasetError: When it cannot be read.
    """
    where, values = filters.where()
    query = (
        f"SELECT {', '.join(_COLUMNS)} FROM articles "  # noqa: S608 - of our own words
        f"WHERE {where} ORDER BY {MOMENT}, id"
    )

    def show(answer: QueryResult) -> None:
        if form is Flat.CSV:
            writer = csv.writer(out)
            writer.writerow(answer.names)
            writer.writerows(map(harmless, row) for row in answer.rows())
        else:
            for row in answer.rows():
                line = as_json(dict(zip(answer.names, row, strict=True)))
                out.write(f"{line}\n")

    answered(dataset, query, show, values, ("articles", "entities", "mentions"))


def harmless(value: Any) -> str:
    """Return a value as the text of a cell that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        value = _BETWEEN.join(map(cell, value))
    text = cell(value)
    if isinstance(value, str) and _RUN.match(text):
        return f"'{text}"
    return text
