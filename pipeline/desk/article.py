"""Article: one of millions, by whatever names it.

The index of a dataset in a folder leads to it, read beside a run.  One that is lost,
damaged or of another version says nothing: then the tables are asked, which takes longer.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipeline.desk.asking import ask, newest, rows_of
from pipeline.desk.views import Listing
from pipeline.state.inventory import FILE_NAME
from pipeline.state.lookup import Marks, has_any, marks_of
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


def near(dataset: Path | str, name: str, files: Listing) -> Listing:
    """Return a listing without the files of other articles than what is meant.

    What the index does not know stays: files that a run has just published, and all where
    it knows nothing by this name.

    Args:
      dataset: The dataset's folder, or its URL.
      name: An id or its beginning, a URL, or a path.
      files: The files of each table.
    """
    with index_to_read(dataset) as index:
        if "://" in name:
            return {
                **files,
                **Tables(dataset, files, index).about([_TABLE], [name], ()),
            }
        days = index.days(name)
        if not days or files.get(_TABLE) is None:
            return files
        return {**files, _TABLE: _kept(index, _TABLE, files, _of_days(days))}


def _of_days(days: Iterable[int]) -> Callable[[str], bool]:
    """Return what says whether a file is of one of some days, given as ordinals."""
    wanted = {f"date={dt.date.fromordinal(day)}" for day in days}
    return lambda name: name.split("/")[1] in wanted


def _kept(
    index: Index, table: str, files: Listing, may_have: Callable[[str], bool]
) -> list[str]:
    """Return the files of a table that may have what is looked for.

    Args:
      index: The index.
      table: The table, which lies in a folder.
      files: The files of each table.
      may_have: Says of a file that the index knows, by its name below the dataset, whether
        it may; any other may.
    """
    known = index.files(table)
    found = []
    for path in files[table] or ():
        partition, file = path.rsplit(os.sep, 2)[1:]
        name = f"{table}/{partition}/{file}"
        if name not in known or may_have(name):
            found.append(path)
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a dataset, of which few files have anything of one page.

    Attributes:
      dataset: The dataset's folder, or its URL.
      files: The files of each table.
      index: The index.
    """

    dataset: Path | str
    files: Listing
    index: Index

    def about(
        self,
        tables: Iterable[str],
        urls: Sequence[str],
        ids: Iterable[str],
        robots: str | None = None,
    ) -> Listing:
        """Return the files that may have rows of a page; all where the index is lost.

        Args:
          tables: The tables that are asked for it.
          urls: Its addresses.
          ids: Those of its article, of copies, of entries; 32 hex digits each.
          robots: The robots.txt of its site, where that is asked for.
        """
        files = {table: self.files[table] for table in tables if table in self.files}
        if not self.index.is_there:
            return files
        ids = list(ids)
        marks = marks_of(urls, ids)
        days = {
            _TABLE: {day for one in (*urls, *ids) for day in self.index.days(one)},
            "fetches": self.index.days_of_robots(robots) if robots else set(),
        }
        return {
            table: listed and self._about(table, marks, days.get(table, set()))
            for table, listed in files.items()
        }

    def _about(self, table: str, marks: Marks, days: Iterable[int]) -> list[str]:
        lacking = self.index.without(table, marks)
        is_of_day = _of_days(days)
        return _kept(
            self.index,
            table,
            self.files,
            lambda name: name not in lacking or is_of_day(name),
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

    def without(self, table: str, wanted: Marks) -> frozenset[str]:
        """Return the files of a table that have none of some marks, by their names.

        Args:
          table: The table.
          wanted: What they are looked up by, see :mod:`pipeline.state.lookup`.
        """
        query = "SELECT path, marks FROM lookup WHERE path >= ? AND path < ?"
        lacking: set[str] = set()
        # One after the other: together they may take more memory than all else.
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                for name, marks in self._db.execute(query, (f"{table}/", f"{table}0")):
                    if not has_any(marks, wanted):
                        lacking.add(name)
        return frozenset(lacking)

    def days_of_robots(self, url: str) -> set[int]:
        """Return the partitions that may have the latest request for a robots.txt."""
        query = "SELECT json_extract(file, '$.at') FROM robots WHERE url = ?"
        moments = (dt.datetime.fromisoformat(at) for (at,) in self.ask(query, url))
        days = {moment.astimezone(dt.UTC).toordinal() for moment in moments}
        # It is in the partition of its run, which began before.
        return days | {day - 1 for day in days}

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
