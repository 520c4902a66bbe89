"""Asking: work on a connection that is opened again where a file has gone meanwhile."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import duckdb
import pyarrow as pa

from pipeline.desk.filters import MOMENT
from pipeline.desk.views import MEMORY, Listing, connect, listing
from transforms.errors import DatasetError, RunError

_MAX_TRIES = 3
# Of these partitions, and of those between.
_BETWEEN = "date BETWEEN $first AND $last"
# Few articles are ever revised; those are looked for once.
_REVISED = (
    "CREATE TEMP TABLE IF NOT EXISTS revised AS SELECT id, max(revision) AS revision "
    "FROM versions WHERE revision > 0 GROUP BY id"
)
_IS_LATEST = (
    "NOT EXISTS (SELECT 1 FROM revised WHERE revised.id = versions.id "
    "AND revised.revision > versions.revision)"
)
# Besides a tenth, as many more are looked for, in the place of those that were revised.
_SPARE = 5
# Partitions of the first of several queries.
_FIRST = 4
# A file of a table; a query may speak of others.
_FILE = re.compile(r"/date=[^/\s]+/\S+\.parquet")

# How DuckDB's errors begin: Invalid Input Error: …
_KIND = re.compile(r"[\w ]+ Error: ")

Result = TypeVar("Result")
Progress: TypeAlias = Callable[[int, int, int], None]
"""Is called with the partitions that are read, those there are, and what is found."""


def ask(
    dataset: Path | str,
    work: Callable[[duckdb.DuckDBPyConnection], Result],
    views: Iterable[str] | None = None,
    *,
    memory: str = MEMORY,
    narrow: Callable[[Listing], Listing] = lambda files: files,
) -> Result:
    """Return what work on the views of a dataset gives.

    A compaction removes the files that it has merged.  Where work fails and the dataset
    has other files than before, they are listed again and the work is repeated, twice at
    most.

    Args:
      dataset: Its folder, or its URL in a store.
      work: Asks a connection of :func:`pipeline.desk.views.connect`, which is closed
        afterwards; called again where files have gone.
      views: The views that it needs; see there.
      memory: What DuckDB may take before it writes to disk.
      narrow: Leaves out files that have nothing to do with the question: of thousands,
        each takes time.

    Raises:
      ConfigError: When there is no dataset.
      DatasetError: When it cannot be read.
      RunError: When there is too little memory or room on the disk.
      duckdb.Error: When the query is wrong.
    """
    needed = None if views is None else tuple(views)

    def connected(files: Listing) -> Result:
        with connect(dataset, narrow(files), views=needed, memory=memory) as connection:
            return work(connection)

    return ask_files(dataset, connected, needed)


def ask_files(
    dataset: Path | str,
    work: Callable[[Listing], Result],
    views: Iterable[str] | None = None,
) -> Result:
    """Return what work on the files of a dataset gives, as :func:`ask` does.

    Args:
      dataset: Its folder, or its URL in a store.
      work: Gets the files of the tables, and opens connections of its own.
      views: Those whose tables are listed.

    Raises:
      NewsbeamError: As :func:`ask` does.
      duckdb.Error: The same.
    """
    needed = None if views is None else tuple(views)
    files = listing(dataset, needed)
    tries = 0
    while True:
        tries += 1
        try:
            return work(files)
        except (duckdb.Error, pa.ArrowException, FileNotFoundError) as error:
            former, files = files, listing(dataset, needed)
            if files == former or tries == _MAX_TRIES:
                found = problem(dataset, error)
                if found is None:
                    raise
                raise found from error


def problem(dataset: Path | str, error: Exception) -> RunError | None:
    """Return what is wrong with the dataset or the machine; None for the query."""
    said = str(error)
    if said.startswith("Out of Memory"):
        return RunError(f"{dataset}: {first_line(error)}")
    # What is wrong with a query begins with its kind, what a reader of files finds does not.
    is_bare = type(error) is duckdb.Error and not _KIND.match(said)
    if is_bare or said.startswith(("IO Error", "HTTP Error")) or _FILE.search(said):
        return DatasetError(f"{dataset} cannot be read: {first_line(error)}")
    return None


def rows(
    dataset: Path | str, query: str, values: Sequence[Any] | dict[str, Any] = ()
) -> list[dict[str, Any]]:
    """Return the rows of a query of ours, each by its columns; see :func:`ask`.

    Args:
      dataset: Its folder, or its URL in a store.
      query: What to ask of the views.
      values: Of its parameters.
    """
    return ask(dataset, lambda connection: rows_of(connection, query, values))


def rows_of(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    values: Sequence[Any] | dict[str, Any] = (),
) -> list[dict[str, Any]]:
    """Return the rows of a query, each by its columns."""
    found = connection.sql(query, params=values or None).to_arrow_table()
    columns = map(_values, found.columns)
    names = found.column_names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return the values of a column.

    Arrow's own conversion of times imports pandas, which takes as long as a question.
    """
    kind = column.type
    if not pa.types.is_timestamp(kind):
        values: list[Any] = column.to_pylist()
        return values
    epoch = dt.datetime.fromtimestamp(0, dt.UTC).replace(tzinfo=kind.tz and dt.UTC)
    numbers = column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64()).to_pylist()
    return [
        None if number is None else epoch + dt.timedelta(microseconds=number)
        for number in numbers
    ]


def newest(
    connection: duckdb.DuckDBPyConnection,
    columns: str,
    condition: str,
    values: dict[str, Any],
    *,
    most: int,
    searched: str = "title",
    growth: int = 2,
    is_light: bool = False,
    progress: Progress | None = None,
    may_have: Callable[[dt.date], bool] = lambda _: True,
) -> list[dict[str, Any]]:
    """Return the articles that are meant, the newest first, each by its columns.

    Partitions are read from the newest on, until enough is found.  What the condition asks
    for is read of all articles, the columns only of the partitions of those that are found.

    Args:
      connection: The views of a dataset.
      columns: What is returned, of the view ``articles``.
      condition: Which articles are meant; of the view ``versions``, and ``searched``.
      values: Of its parameters.
      most: How many are returned at most.
      searched: What a condition knows by this name.
      growth: How many times as many partitions each query reads as the one before: many
        queries would take longer.
      is_light: What is searched takes no longer to read than the keys of articles: those
        are read only of the partitions that have any.
      progress: Gets how far the work is.
      may_have: Says which partitions are read: those of a span of time.
    """
    looked_for = _Sought(connection, columns, condition, values, searched, is_light)
    there = rows_of(connection, "SELECT DISTINCT date FROM versions ORDER BY 1 DESC")
    days = [row["date"] for row in there if may_have(row["date"])]
    found: list[dict[str, Any]] = []
    done = 0
    for some in _growing(days, growth):
        found += looked_for.newest(some, most - len(found))
        done += len(some)
        if progress is not None:
            progress(done, len(days), len(found))
        if len(found) >= most:
            break
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class _Sought:
    """Articles that are looked for; see :func:`newest`."""

    connection: duckdb.DuckDBPyConnection
    columns: str
    condition: str
    values: dict[str, Any]
    searched: str
    is_light: bool

    def newest(self, some: Sequence[dt.date], wanted: int) -> list[dict[str, Any]]:
        """Return the newest of some partitions, each by its columns.

        Args:
          some: The partitions, the latest first.
          wanted: How many articles, at most.
        """
        limit = wanted + wanted // 10 + _SPARE
        near = self._with_any(some, limit) if self.is_light else some
        keys = self._keys(near, limit) if near else []
        rows = self._whole(keys)
        if len(rows) < wanted and len(keys) == limit:
            # Of too many of them there are later revisions: those are ruled out before.
            self.connection.execute(_REVISED)
            rows = self._whole(self._keys(some, wanted, _IS_LATEST))
        return rows[:wanted]

    def _matching(self) -> str:
        # What the view articles joins would carry the texts that are looked through.
        return (
            f"FROM (SELECT *, {self.searched} AS searched FROM versions) AS versions "  # noqa: S608 - ours
            f"WHERE {_BETWEEN} AND ({self.condition})"
        )

    def _with_any(self, some: Sequence[dt.date], limit: int) -> list[dt.date]:
        """Return the latest partitions whose matches together reach a limit."""
        query = (
            f"SELECT date, count(*) AS matches {self._matching()} "
            "GROUP BY date ORDER BY date DESC"
        )
        chosen: list[dt.date] = []
        for row in rows_of(self.connection, query, self.values | _span(some)):
            chosen.append(row["date"])
            limit -= row["matches"]
            if limit <= 0:
                break
        return chosen

    def _keys(
        self, some: Sequence[dt.date], most: int, more: str = "true"
    ) -> list[dict[str, Any]]:
        query = (
            f"SELECT id, date, revision {self._matching()} AND {more} "
            f"ORDER BY {MOMENT} DESC, id LIMIT $most"
        )
        return rows_of(
            self.connection, query, self.values | _span(some) | {"most": most}
        )

    def _whole(self, keys: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return columns of those versions with some keys that are the latest, in order."""
        days = sorted({key["date"] for key in keys}, reverse=True)
        if not days:
            return []
        query = (
            f"SELECT {self.columns} FROM articles "  # noqa: S608 - ours
            f"WHERE list_contains($days, date) AND {_BETWEEN} AND (id, revision) IN "
            "(SELECT (unnest($ids), unnest($revisions))) "
            f"ORDER BY {MOMENT} DESC, id"
        )
        given = _span(days) | {
            "days": days,
            "ids": [key["id"] for key in keys],
            "revisions": [key["revision"] for key in keys],
        }
        return rows_of(self.connection, query, given)


def _span(days: Sequence[dt.date]) -> dict[str, Any]:
    """Return the parameters of a query between days, of which the first is the latest."""
    return {"first": days[-1], "last": days[0]}


def _growing(days: Sequence[dt.date], growth: int) -> Iterator[list[dt.date]]:
    """Yield days a few at a time, then more."""
    start, size = 0, _FIRST
    while start < len(days):
        yield list(days[start : start + size])
        start, size = start + size, growth * size


def first_line(error: Exception) -> str:
    """Return what DuckDB says in one line, without the name of its kind."""
    line = str(error).strip().split("\n", 1)[0]
    kind, colon, rest = line.partition(": ")
    return rest if colon and kind.endswith("Error") else line
