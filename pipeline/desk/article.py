"""Article: one of millions, by whatever names it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import duckdb

from pipeline.desk.asking import ask, rows_of
from pipeline.desk.index import ID_DIGITS, opened
from transforms.errors import ConfigError
from transforms.text.strings import digest
from transforms.urls import canonical

_ID = re.compile(rf"[0-9a-f]{{1,{ID_DIGITS}}}")
# So short a beginning of an id may mean anything.
_MIN_ID = 4
# Ids that are named where several begin alike.
_NAMED = 5


def find_article(dataset: Path | str, wanted: str) -> dict[str, Any]:
    """Return the latest revision of an article, with its story as learned last.

    Args:
      dataset: The dataset's folder, or its URL.
      wanted: Its id, or enough of its beginning; its URL; the path that it was read from.

    Raises:
      ConfigError: When no article has it, or several have.
      DatasetError: When a file of the dataset cannot be read.
    """
    name = wanted.strip()

    def work(connection: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
        ids = find_ids(connection, dataset, name)
        if len(ids) > 1:
            some = ", ".join(sorted(ids)[:_NAMED])
            raise ConfigError(f"{name!r} is the beginning of {len(ids)} ids: {some}")
        for key, day in ids.items():
            query = "FROM articles WHERE id = $id AND date = $day"
            found = rows_of(connection, query, {"id": key, "day": day})
            # Another partition has a later revision where the index does not know it yet.
            found = found or rows_of(connection, "FROM articles WHERE id = ?", [key])
            if found:
                return found[0]
        return None

    row = ask(dataset, work, ["articles"])
    if row is not None:
        return row
    kind = "URL" if "://" in name else "id or path"
    raise ConfigError(f"no article in {dataset} has the {kind} {name!r}")


def find_ids(
    connection: duckdb.DuckDBPyConnection, dataset: Path | str, name: str
) -> dict[str, dt.date]:
    """Return the articles that a name may mean, each with its latest partition.

    Args:
      connection: The views of the dataset.
      dataset: The dataset's folder, or its URL.
      name: An id or its beginning, a URL, or a path.

    Raises:
      ConfigError: When so short a beginning means nothing.
    """
    if "://" in name:
        address = canonical(name)
        found = _by_id(connection, dataset, digest(address)) if address else {}
        return found or _by_column(
            connection, "url IN ($name, $address) OR canonical_url IN ($name, $address)",
            name=name, address=address or name,
        )  # fmt: skip
    prefix = name.lower()
    if _ID.fullmatch(prefix):
        if len(prefix) < _MIN_ID:
            raise ConfigError(f"{name!r}: give at least {_MIN_ID} digits of an id")
        found = _by_id(connection, dataset, prefix)
        if found:
            return found
    with opened(dataset) as index:
        key = index.at_path(name)
    return (_by_id(connection, dataset, key) if key else {}) or _by_column(
        connection, "path = $name", name=name
    )


def _by_id(
    connection: duckdb.DuckDBPyConnection, dataset: Path | str, prefix: str
) -> dict[str, dt.date]:
    with opened(dataset) as index:
        found = index.places(prefix)
    # What a run has just published, the index learns a moment later.
    return found or _by_column(
        connection, "id >= $low AND id <= $high", low=prefix, high=f"{prefix}g"
    )


def _by_column(
    connection: duckdb.DuckDBPyConnection, condition: str, **values: str
) -> dict[str, dt.date]:
    query = (
        "SELECT id, max_by(date, revision) AS day FROM versions "  # noqa: S608 - ours
        f"WHERE {condition} GROUP BY id"
    )
    return {row["id"]: row["day"] for row in rows_of(connection, query, values)}
