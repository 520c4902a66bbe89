"""Inventory: which files lie under the tables' folders, and which of them are ours.

Ours is a file that has our form of name, in the folder of a day.  Whatever else is there
(a copy by a sync tool, a file of an editor, somebody's own table) is a stray: it is named
in a warning, and neither read nor changed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from transforms.errors import DatasetError
from transforms.tables import HASH_DIGITS, RAW, TABLES

FILE_NAME = "state.sqlite"
"""The index, which is made from the files of the tables."""
RUNS = "_runs"
"""The folder of the runs: their manifests and reports."""
_RUN = r"[A-Za-z0-9][A-Za-z0-9._-]*?"
_DIGITS = rf"-[0-9a-f]{{{HASH_DIGITS}}}"
# As publish, window_write and compact name files.
_PARQUET = re.compile(
    rf"{_RUN}(-\d{{5}}\.\d+{_DIGITS}|-\d{{8}}T\d{{6}}Z{_DIGITS}|-compact{_DIGITS})+\.parquet"
)
_WARC = re.compile(rf"{_RUN}-\d{{5}}\.\d+\.warc\.gz")
# A link that leads to itself, past a file, or to no name that there can be.
_NOWHERE = {errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR}
_DAY = re.compile(r"date=(\d{4}-\d\d-\d\d)")

_Said = TypeVar("_Said")


@dataclasses.dataclass(frozen=True, slots=True)
class Fingerprint:
    """What shows whether a file has changed.

    Attributes:
      size: Its size in bytes.
      changed: When it was changed, in nanoseconds.
    """

    size: int
    changed: int


def fingerprint_of(path: Path) -> Fingerprint:
    """Return the fingerprint of a file; raises OSError where there is none."""
    found = path.stat()
    return Fingerprint(found.st_size, found.st_mtime_ns)


@dataclasses.dataclass(frozen=True, slots=True)
class Inventory:
    """What is there.

    Attributes:
      files: Our files by their names below the dataset, in order.
      strays: Files and folders that are not ours, by their names.
    """

    files: dict[str, Fingerprint]
    strays: tuple[str, ...]


def is_ours(table: str, name: str) -> bool:
    """Return whether a file of this name in a partition of ``table`` has our form."""
    form = _WARC if table == RAW else _PARQUET
    return form.fullmatch(name) is not None


def day_named(folder: str) -> dt.date | None:
    """Return the day of a partition's folder, None if it is not called like one."""
    found = _DAY.fullmatch(folder)
    if found is None:
        return None
    try:
        return dt.date.fromisoformat(found[1])
    except ValueError:
        return None


def partitions(dataset: Path, table: str) -> list[tuple[Path, dt.date]]:
    """Return the partitions of a table with their days, in order."""
    return [
        (Path(entry.path), day)
        for entry in _entries(dataset / table)
        if (day := day_named(entry.name)) is not None and _look(entry, entry.is_dir)
    ]


def contents(folder: Path, table: str) -> tuple[list[Path], list[Path]]:
    """Return our files in a partition, and what else is in it, both in order."""
    ours: list[Path] = []
    strays: list[Path] = []
    for entry in _entries(folder):
        is_one = is_ours(table, entry.name) and _look(entry, entry.is_file)
        (ours if is_one else strays).append(Path(entry.path))
    return ours, strays


def files_in(folder: Path, table: str) -> list[Path]:
    """Return our files in a partition, in order."""
    return contents(folder, table)[0]


def files_of(dataset: Path, table: str) -> list[Path]:
    """Return our files of a table, in order of partition and name."""
    return [
        file
        for folder, _ in partitions(dataset, table)
        for file in files_in(folder, table)
    ]


def taken(dataset: Path) -> Inventory:
    """Return what lies under the tables' folders.

    Raises:
      DatasetError: When a folder cannot be listed.
    """
    files: dict[str, Fingerprint] = {}
    strays: list[str] = []
    for table in (*TABLES, RAW):
        for entry in _entries(dataset / table):
            name = f"{table}/{entry.name}"
            if day_named(entry.name) is None or not _look(entry, entry.is_dir):
                strays.append(name)
                continue
            for file in _entries(entry.path):
                path = f"{name}/{file.name}"
                fingerprint = _fingerprint(file) if is_ours(table, file.name) else None
                if fingerprint is None:
                    strays.append(path)
                else:
                    files[path] = fingerprint
    return Inventory(files, tuple(strays))


def _fingerprint(entry: os.DirEntry[str]) -> Fingerprint | None:
    found = _look(entry, entry.stat) if _look(entry, entry.is_file) else None
    return None if found is None else Fingerprint(found.st_size, found.st_mtime_ns)


def _look(entry: os.DirEntry[str], ask: Callable[[], _Said]) -> _Said | None:
    """Return what an entry of a folder says of itself when it is asked.

    Nothing is said by a link that leads nowhere, or by what has gone meanwhile.

    Raises:
      DatasetError: When the disk fails: our file would be taken for one that is gone,
        and what is in it be read again.
    """
    try:
        return ask()
    except OSError as error:
        if error.errno in _NOWHERE:
            return None
        raise DatasetError(
            f"{entry.path} cannot be read: {error.strerror}; nothing was done"
        ) from error


def _entries(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            yield from sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be listed: {error.strerror}; nothing was done"
        ) from error
