"""Query: one question of a user's own, in SQL, that reads and nothing else."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa

from pipeline.desk.asking import ask, first_line, problem
from transforms.errors import ConfigError, RunError

# Rows that are held at a time: texts are long.
_BATCH = 2048
_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?(\s*\([^()]*\))?\s", re.IGNORECASE)
# What DuckDB takes apart itself, a PIVOT, is known by how it begins alone.
_READING = re.compile(r"\s*(pivot|unpivot|from|select|with|\()", re.IGNORECASE)
# To DuckDB it is a keyword.
_AT = re.compile(r"(?<![.\"\w])at(?![\"\w])", re.IGNORECASE)
_CANDIDATES = re.compile(r"^(Candidate bindings: .+|Did you mean .+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query has found.

    Attributes:
      names: Its columns, each another.
      schema: Their types.
      batches: Its rows, a few at a time.
    """

    names: Sequence[str]
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    def rows(self) -> Iterator[list[Any]]:
        """Yield the rows, each as its values in the order of columns.

        Raises:
          ConfigError: When a time is outside of Python's calendar.
        """
        for batch in self.batches:
            try:
                columns = [column.to_pylist() for column in batch.columns]
            except OverflowError as error:
                # Python's calendar ends earlier than DuckDB's.
                raise ConfigError(
                    "sql: a time is outside the years 1 to 9999; cast it to VARCHAR"
                ) from error
            yield from map(list, zip(*columns, strict=True))


Part: TypeAlias = tuple[str, Mapping[str, Any]]
"""A query, and the values of its parameters."""


def answered(
    dataset: Path | str, query: str, show: Callable[[QueryResult], None]
) -> None:
    """Ask a dataset, and show the answer.

    Args:
      dataset: Its folder, or its URL in a store.
      query: SQL over the views; only what reads.
      show: Takes the answer while the dataset is open.

    Raises:
      ConfigError: When the query is wrong, or does more than to read.
      DatasetError: When the dataset cannot be read.
    """

    def parts(connection: duckdb.DuckDBPyConnection) -> Iterator[Part]:
        yield _only(connection, query), {}

    answered_in_parts(dataset, parts, show, query=query)


def answered_in_parts(
    dataset: Path | str,
    parts: Callable[[duckdb.DuckDBPyConnection], Iterator[Part]],
    show: Callable[[QueryResult], None],
    views: Iterable[str] | None = None,
    *,
    query: str = "",
) -> None:
    """Ask a dataset one question after another, and show the answers as one.

    Args:
      dataset: Its folder, or its URL in a store.
      parts: Gives the queries, all with the same columns; one at least.
      show: Takes the answer while the dataset is open.
      views: Those that they need; all for None.
      query: What a user has asked.

    Raises:
      ConfigError: When a query is wrong.
      DatasetError: When the dataset cannot be read.
    """

    def work(connection: duckdb.DuckDBPyConnection) -> None:
        asked = parts(connection)
        reader = _reader(connection, next(asked))
        names = _distinct(reader.schema.names)
        schema = pa.schema(
            [
                field.with_name(name)
                for field, name in zip(reader.schema, names, strict=True)
            ]
        )
        try:
            first = next(reader, None)
        except OSError as error:
            # What DuckDB says on the way comes as an error of reading.
            raise duckdb.Error(str(error)) from error
        # From here on nothing is repeated: a reader may have the first rows.
        rest = _rest(reader, (_reader(connection, p) for p in asked), dataset, query)
        batches = itertools.chain([] if first is None else [first], rest)
        show(QueryResult(names, schema, (b.rename_columns(names) for b in batches)))

    try:
        ask(dataset, work, views)
    except duckdb.Error as error:
        raise _problem(dataset, query, error) from error


def _reader(connection: duckdb.DuckDBPyConnection, part: Part) -> pa.RecordBatchReader:
    query, values = part
    return connection.sql(query, params=values or None).to_arrow_reader(_BATCH)


def _rest(
    first: pa.RecordBatchReader,
    others: Iterator[pa.RecordBatchReader],
    dataset: Path | str,
    query: str,
) -> Iterator[pa.RecordBatch]:
    """Yield the batches of readers; what opens them may fail as they may.

    Raises:
      ConfigError: When the query is wrong.
      RunError: When the dataset cannot be read.
    """
    batches = (batch for reader in itertools.chain([first], others) for batch in reader)
    while True:
        try:
            batch = next(batches, None)
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise _problem(dataset, query, error) from error
        if batch is None:
            return
        yield batch


def _problem(
    dataset: Path | str, query: str, error: Exception
) -> ConfigError | RunError:
    """Return what is wrong with the dataset, or else with the query."""
    found = problem(dataset, error)
    if found is not None:
        return found
    line = explained(error)
    if line.startswith("syntax error") and _AT.search(query):
        line += '; the column "at" is written in quotes'
    return ConfigError(f"sql: {line}")


def explained(error: Exception) -> str:
    """Return in one line what is wrong with a query."""
    if isinstance(error, duckdb.PermissionException):
        return "a query reads the dataset alone: no other file, no extension"
    hint = _CANDIDATES.search(str(error))
    line = first_line(error)
    return f"{line} {hint[1]}" if hint and hint[1] not in line else line


def _only(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """Return the one statement of a query; raises ConfigError where it does not read."""
    statements = connection.extract_statements(query)
    if not statements:
        raise ConfigError("sql: the query is empty")
    if len(statements) != 1:
        raise ConfigError(f"sql: {len(statements)} queries were given; give one")
    [statement] = statements
    text = statement.query
    kind = statement.type
    if kind == duckdb.StatementType.EXPLAIN:
        head = _EXPLAIN.match(text)
        inner = connection.extract_statements(text[head.end() :]) if head else ()
        kind = inner[0].type if len(inner) == 1 else kind
    is_select = kind == duckdb.StatementType.SELECT
    is_pivot = kind == duckdb.StatementType.MULTI and _READING.match(text) is not None
    if not (is_select or is_pivot):
        raise ConfigError(
            "sql: a dataset is only read here: SELECT, FROM, WITH, PIVOT, DESCRIBE, "
            "SUMMARIZE, SHOW, EXPLAIN"
        )
    return text


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names, a number added where one is there twice."""
    found: list[str] = []
    for name in names:
        number, other = 1, name
        while other in found:
            other = f"{name}_{number}"
            number += 1
        found.append(other)
    return found
