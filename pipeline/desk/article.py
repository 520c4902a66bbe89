"""Article: one of millions, by whatever names it.

The index of a dataset in a folder leads to it, read beside a run.  One that is lost,
damaged or of another version says nothing: then the tables are asked, which takes longer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipeline.desk.asking import ask, newest, rows_of
from pipeline.desk.views import Listing
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
_TABLE = "articles"
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

    row = ask(dataset, work, ["articles"], narrow=partial(near, dataset, name))
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


def near(dataset: Path | str, name: str, files: Listing, *, days: int = 0) -> Listing:
    """Return a listing without the files of articles that are far from what is meant.

    What the index does not know stays: files that a run has just published, and all where
    it knows nothing by this name.

    Args:
      dataset: The dataset's folder, or its URL.
      name: An id or its beginning, a URL, or a path.
      files: The files of each table.
      days: Days from a version of the article up to which others matter.
    """
    listed = files.get(_TABLE)
    with index_to_read(dataset) as index:
        places = index.days(name)
        if not places or listed is None:
            return files
        known = index.files(_TABLE)
    wanted = {
        f"date={dt.date.fromordinal(day)}"
        for place in places
        for day in range(place - days, place + days + 1)
    }
    kept = []
    for path in listed:
        partition, file = path.rsplit(os.sep, 2)[1:]
        if partition in wanted or f"{_TABLE}/{partition}/{file}" not in known:
            kept.append(path)
    return {**files, _TABLE: kept}


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
        found = self.ask(
            "SELECT id, day, max(revision) FROM articles "
            "WHERE id BETWEEN ? AND ? AND day > 0 GROUP BY id",
            *_span(prefix),
        )
        return {key.hex(): dt.date.fromordinal(day) for key, day, _ in found}

    def days(self, name: str) -> list[int]:
        """Return the partitions of the versions of what a name means, as ordinals.

        Args:
          name: An id or its beginning, a URL, or a path.
        """
        if "://" in name:
            address = canonical(name)
            key = digest(address) if address else None
        elif _ID.fullmatch(name.lower()) and self.places(name.lower()):
            key = name.lower()
        else:
            key = self.at_path(name)
        if key is None or len(key) < _MIN_ID:
            return []
        query = "SELECT DISTINCT day FROM articles WHERE id BETWEEN ? AND ? AND day > 0"
        return [day for (day,) in self.ask(query, *_span(key))]

    def files(self, table: str) -> frozenset[str]:
        """Return the files of a table, by their names below the dataset."""
        query = "SELECT path FROM files WHERE path >= ? AND path < ?"
        # In the order of characters, 0 follows the slash.
        found = self.ask(query, f"{table}/", f"{table}0")
        return frozenset(path for (path,) in found)

    def at_path(self, path: str) -> str | None:
        """Return the id of the article without URL that was read from a path."""
        found = self.ask("SELECT id FROM paths WHERE path = ?", path)
        return found[0][0].hex() if found else None


def _span(prefix: str) -> tuple[bytes, bytes]:
    """Return the first and the last id that begin so."""
    low, high = (bytes.fromhex(prefix.ljust(ID_DIGITS, digit)) for digit in "0f")
    return low, high


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
