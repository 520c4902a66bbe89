"""Export: articles as flat rows, for spreadsheets and for languages of statistics."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import duckdb

from pipeline.desk.asking import rows_of
from pipeline.desk.filters import MOMENT, Filters
from pipeline.desk.formats import as_json, cell
from pipeline.desk.forms import Flat
from pipeline.desk.query import Part, QueryResult, answered_in_parts

_COLUMNS = (
    *("id", "revision", "date", "published_at", "fetched_at", "url", "site"),
    *("source_name", "source_country", "language", "title", "description", "section"),
    *("authors", "agency", "word_count", "is_truncated", "persons", "organizations"),
    *("locations", "focus_countries", "country_codes", "story_id", "duplicate_of"),
    *("path", "text"),
)
_BETWEEN = "; "
# Articles that are sorted together: with their texts half of what DuckDB may take.
_AT_ONCE = 50_000
_WITHIN = "date BETWEEN $first AND $last"
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

    def show(answer: QueryResult) -> None:
        if form is Flat.CSV:
            writer = csv.writer(out)
            writer.writerow(answer.names)
            writer.writerows(map(harmless, row) for row in answer.rows())
        else:
            for row in answer.rows():
                line = as_json(dict(zip(answer.names, row, strict=True)))
                out.write(f"{line}\n")

    def parts(connection: duckdb.DuckDBPyConnection) -> Iterator[Part]:
        return _parts(connection, filters)

    answered_in_parts(dataset, parts, show, ("articles", "entities", "mentions"))


def _parts(connection: duckdb.DuckDBPyConnection, filters: Filters) -> Iterator[Part]:
    """Yield queries for articles, the oldest first, each for as many as can be sorted."""
    where, values = filters.where()
    query = (
        f"SELECT {', '.join(_COLUMNS)} FROM articles "  # noqa: S608 - of our own words
        f"WHERE {where} AND {{}} ORDER BY date, {MOMENT}, id"
    )
    # What takes longer to look for than to count too many.
    rough = dataclasses.replace(filters, text=None, person=None, organization=None)
    where, few = rough.where()
    counts = rows_of(
        connection,
        "SELECT date, count(*) AS rows FROM articles "  # noqa: S608 - the same
        f"WHERE {where} GROUP BY date ORDER BY date",
        few,
    )
    days: list[dt.date] = []
    total = 0
    for row in counts:
        if days and total + row["rows"] > _AT_ONCE:
            yield query.format(_WITHIN), values | {"first": days[0], "last": days[-1]}
            days, total = [], 0
        days.append(row["date"])
        total += row["rows"]
        if total > _AT_ONCE:
            for between, bounds in _pieces(connection, row["date"], total):
                yield query.format(between), values | bounds
            days, total = [], 0
    if days or not counts:
        first, last = (days[0], days[-1]) if days else (dt.date.max, dt.date.min)
        yield query.format(_WITHIN), values | {"first": first, "last": last}


def _pieces(
    connection: duckdb.DuckDBPyConnection, day: dt.date, total: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield conditions on pieces of a large partition, a month say, by the time."""
    pieces = total // _AT_ONCE + 1
    shares = [part / pieces for part in range(1, pieces)]
    [row] = rows_of(
        connection,
        f"SELECT quantile_disc({MOMENT}, {shares}) AS cuts "  # noqa: S608 - the same
        "FROM versions WHERE date = $day",
        {"day": day},
    )
    cuts = sorted(set(row["cuts"]))
    yield f"date = $day AND {MOMENT} < $until_cut", {"day": day, "until_cut": cuts[0]}
    for cut, following in itertools.pairwise([*cuts, None]):
        bounds = {"day": day, "since_cut": cut}
        between = f"date = $day AND {MOMENT} >= $since_cut"
        if following is not None:
            bounds["until_cut"] = following
            between += f" AND {MOMENT} < $until_cut"
        yield between, bounds


def harmless(value: Any) -> str:
    """Return a value as the text of a cell that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        value = _BETWEEN.join(map(cell, value))
    text = cell(value)
    if isinstance(value, str) and _RUN.match(text):
        return f"'{text}"
    return text
