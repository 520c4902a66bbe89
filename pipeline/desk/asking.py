"""Asking: work on a connection that is opened again where a file has gone meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from pipeline.desk.views import MEMORY, connect, listing
from transforms.errors import DatasetError, RunError

_MAX_TRIES = 3
# A file of a table; a query may speak of others.
_FILE = re.compile(r"/date=[^/\s]+/\S+\.parquet")

# How DuckDB's errors begin: Invalid Input Error: …
_KIND = re.compile(r"[\w ]+ Error: ")

Result = TypeVar("Result")


def ask(
    dataset: Path | str,
    work: Callable[[duckdb.DuckDBPyConnection], Result],
    views: Iterable[str] | None = None,
    *,
    memory: str = MEMORY,
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

    Raises:
      ConfigError: When there is no dataset.
      DatasetError: When it cannot be read.
      RunError: When there is too little memory or room on the disk.
      duckdb.Error: When the query is wrong.
    """
    files = listing(dataset)
    for tries in range(1, _MAX_TRIES + 1):
        try:
            with connect(dataset, files, views=views, memory=memory) as connection:
                return work(connection)
        except (duckdb.Error, pa.ArrowException, FileNotFoundError) as error:
            former, files = files, listing(dataset)
            if files == former or tries == _MAX_TRIES:
                found = problem(dataset, error)
                if found is None:
                    raise
                raise found from error
    raise AssertionError


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
    found: list[dict[str, Any]] = (
        connection.sql(query, params=values or None).to_arrow_table().to_pylist()
    )
    return found


def first_line(error: Exception) -> str:
    """Return what DuckDB says in one line, without the name of its kind."""
    line = str(error).strip().split("\n", 1)[0]
    kind, colon, rest = line.partition(": ")
    return rest if colon and kind.endswith("Error") else line
