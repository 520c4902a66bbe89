"""Portable: the views as SQL that runs elsewhere, in one's own DuckDB or in Spark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp

from pipeline.dataset.read import delta_tables
from pipeline.desk.forms import Dialect
from pipeline.desk.views import (
    DERIVED,
    TABLE_VIEWS,
    as_pattern,
    column_types,
    listing,
    literal,
    scan,
    table_view,
)
from transforms.write.locations import local_path


def portable_views(dataset: Path | str, dialect: Dialect) -> str:
    """Return the statements that make the views of a dataset, each after those it needs.

    They name the dataset's tables, not the files that are there now: what a later run
    writes is seen through them.

    Args:
      dataset: Its folder, or its URL in a store.
      dialect: Whose SQL is wanted.

    Raises:
      ConfigError: When there is no dataset.
      DatasetError: When it cannot be listed.
    """
    tables = delta_tables(dataset)
    places: dict[str, str | None] = {}
    for table, files in listing(dataset).items():
        if tables is not None:
            local = local_path(tables.store.url)
            places[table] = f"{local or tables.store.url}/{table}"
        else:
            place = str(Path(dataset).absolute() / table)
            places[table] = place if files else None
    make = _in_spark if dialect is Dialect.SPARK else _in_duckdb
    return "\n\n".join(make(places, is_delta=tables is not None)) + "\n"


def _in_duckdb(places: dict[str, str | None], *, is_delta: bool) -> Iterator[str]:
    for view, table in TABLE_VIEWS.items():
        place = places[table]
        if place is None:
            source = None
        elif is_delta:
            source = f"FROM delta_scan({literal(place)})"
        else:
            source = scan([f"{as_pattern(place)}/date=*/*.parquet"], are_patterns=True)
        yield table_view(view, source)
    yield DERIVED.rstrip()


def _in_spark(places: dict[str, str | None], *, is_delta: bool) -> Iterator[str]:
    for view, table in TABLE_VIEWS.items():
        place = places[table]
        head = f"CREATE OR REPLACE TEMPORARY VIEW {view}"
        columns = {
            exp.to_identifier(name, quoted=True).sql("spark"): exp.DataType.build(
                kind, dialect="duckdb"
            ).sql("spark")
            for name, kind in column_types(table).items()
        }
        if place is None:
            typed = (
                f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items()
            )
            yield f"{head} AS\nSELECT\n  {_lines(typed)}\nWHERE FALSE;"
        elif is_delta:
            yield f"{head} AS\nSELECT * FROM delta.`{place}`;"
        else:
            # With these, what files of an earlier version lack is null.
            typed = (f"{name} {kind}" for name, kind in columns.items())
            path = literal(place.replace("\\", "\\\\"))
            yield f"{head} (\n  {_lines(typed)}\n) USING parquet OPTIONS (path {path});"
    for statement in sqlglot.parse(DERIVED, dialect="duckdb"):
        if isinstance(statement, exp.Create):
            statement.set("properties", exp.Properties(expressions=[_TEMPORARY.copy()]))
            _spell_out(statement)
            yield statement.sql("spark", pretty=True, comments=False) + ";"


_TEMPORARY = exp.TemporaryProperty()


def _spell_out(statement: exp.Expression) -> None:
    """Name the columns of ``v.* REPLACE (…)``, which Spark lacks."""
    for star in list(statement.find_all(exp.Star)):
        replaced = {alias.alias: alias for alias in star.args.get("replace") or ()}
        column, select = star.parent, star.find_ancestor(exp.Select)
        if not (replaced and select and isinstance(column, exp.Column)):
            continue
        named = [
            replaced.get(name) or exp.column(name, column.table, quoted=True)
            for name in column_types("articles")
        ]
        place = select.expressions.index(column)
        rest = select.expressions
        select.set("expressions", [*rest[:place], *named, *rest[place + 1 :]])


def _lines(parts: Iterator[str]) -> str:
    return ",\n  ".join(parts)
