"""Article: one of millions, by whatever names it.

The index of a dataset in a folder leads to it, read beside a run.  One that is lost,
damaged or of another version says nothing: then the tables are asked, which takes longer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipeline.desk.asking import ask, newest, rows_of
from pipeline.state.inventory import FILE_NAME
from transforms.errors import ConfigError
from transforms.text.strings import digest
from transforms.urls import canonical
from transforms.write.locations import is_url

ID_DIGITS = 32
"""Digits of an article's id."""
_ID = re.compile(rf"[0-9a-f]{{1,{ID_DIGITS}}}")
# So short a beginning of an id may mean anything.
_MIN_ID = 4
# Ids that are named where several begin alike.
_NAMED = 5
_BUSY_SECONDS = 5.0
# What a list of articles shows of each.
_LISTED = "id, published_at, language, focus_countries, title"


def find_article(dataset: Path | str, wanted: str) -> dict[str, Any]:
    """Return the latest revision of an article, with its story as learned last.

    Args:
      dataset: The dataset's folder, or its URL.
      wanted: Its id, or enough of its beginning; its URL; the path that it was read from.

    Raises:
      ConfigError: When no article has it, or several have.
      DatasetError: When a file of the dataset cannot be read.
    """
    # Bytes that are no UTF-8 come from a command line as what no database takes.
    name = wanted.strip().encode(errors="replace").decode()

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


def latest_articles(dataset: Path | str, count: int) -> list[dict[str, Any]]:
    """Return the articles that were published last, the latest first.

    Args:
      dataset: The dataset's folder, or its URL in a store.
      count: How many at most.

    Raises:
      ConfigError: When there is no dataset.
      DatasetError: When a file of it cannot be read.
    """
    return ask(
        dataset,
        lambda connection: newest(connection, _LISTED, "true", {}, most=count),
        ["articles"],
    )


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
    with index_to_read(dataset) as index:
        key = index.at_path(name)
    return (_by_id(connection, dataset, key) if key else {}) or _by_column(
        connection, "path = $name", name=name
    )


def _by_id(
    connection: duckdb.DuckDBPyConnection, dataset: Path | str, prefix: str
) -> dict[str, dt.date]:
    with index_to_read(dataset) as index:
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


class Index:
    """The index, open for reading.

    Args:
      db: The file; None where there is none.
    """

    def __init__(self, db: sqlite3.Connection | None) -> None:
        self._db = db

    @property
    def is_there(self) -> bool:
        """Return whether it can say anything."""
        return bool(self.ask("SELECT 1 FROM figures LIMIT 1"))

    def ask(self, query: str, *values: Any) -> list[Sequence[Any]]:
        """Return the rows of a query, none where the index cannot say."""
        if self._db is None:
            return []
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error:
            return []

    def places(self, prefix: str) -> dict[str, dt.date]:
        """Return the ids that begin so, each with the partition of its latest revision."""
        low, high = (
            bytes.fromhex(prefix.ljust(ID_DIGITS, digit)) for digit in ("0", "f")
        )
        found = self.ask(
            "SELECT id, day, max(revision) FROM articles "
            "WHERE id BETWEEN ? AND ? AND day > 0 GROUP BY id",
            low,
            high,
        )
        return {key.hex(): dt.date.fromordinal(day) for key, day, _ in found}

    def at_path(self, path: str) -> str | None:
        """Return the id of the article without URL that was read from a path."""
        found = self.ask("SELECT id FROM paths WHERE path = ?", path)
        return found[0][0].hex() if found else None


@contextlib.contextmanager
def index_to_read(dataset: Path | str) -> Iterator[Index]:
    """Open the index of a dataset, as far as it has one here."""
    path = Path(dataset) / FILE_NAME
    if is_url(dataset) or not path.is_file():
        yield Index(None)
        return
    try:
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS
        )
    except sqlite3.Error:
        yield Index(None)
        return
    with contextlib.closing(db):
        yield Index(db)
