"""Compact: many small files of a closed partition into few large ones.

A partition is rebuilt in a staging folder, its large files as hard links, and takes
the place of the old one by exchanging the two folders' names, which the kernel does at
one stroke: whoever lists the partition sees the old files or the new ones, never both.
A query that had listed the old ones and not yet opened them fails, and is right when it
is asked again.  What a crash leaves is in the staging folder, and the next start removes
it.
"""

from __future__ import annotations

import collections
import ctypes
import datetime as dt
import errno
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.dataset.contract import Compaction
from pipeline.state.database import State
from pipeline.state.inventory import RUNS, contents, files_in, partitions
from transforms.errors import RunError
from transforms.tables import HASH_DIGITS, RAW, TABLES, in_order
from transforms.text.strings import digest
from transforms.write.durable import sync_folder
from transforms.write.parquet import write_table

log = logging.getLogger(__name__)

_File = TypeVar("_File")

STAGING = "_compact"
"""Folder in ``_runs`` in which partitions are built."""
# What is waited for may be waited for still.
KEPT_LONGER = {"waiting": dt.timedelta(days=30)}
# What was taken out stays known as long as the dataset is there.
KEPT_FOREVER = {"forgotten"}
# A file of half the target and more is left as it is.
LARGE = 0.5
# Written once and read often: smaller than while it is hot, for little more time.
COMPRESSION_LEVEL = 9
_MARK = "-compact-"
_MERGED = re.compile(rf"({_MARK}[0-9a-f]{{{HASH_DIGITS}}})+$")
_ASIDE = ".aside"
# Ample time for a reader to list a folder that it has opened.
_LISTING_SECONDS = 1.0
# linux/fs.h
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def compact(
    dataset: Path,
    *,
    target_bytes: int,
    closed_before: dt.date,
    delete_before: dt.date | None = None,
    at_least: int = 2,
    state: State | None = None,
) -> Compaction:
    """Merge the small files of every closed partition; the caller holds the lock.

    Args:
      dataset: The dataset's folder.
      target_bytes: Files are merged up to this size.
      closed_before: Partitions of earlier days are closed.
      delete_before: Partitions of earlier days are deleted; None for none.
      at_least: Partitions with fewer small files are left alone.
      state: The index, which then knows the new files; without it the next start
        compares them.

    Returns:
      What was done.

    Raises:
      RunError: When a partition cannot be rewritten; it is then as it was.
    """
    clean_up(dataset)
    staging = dataset / RUNS / STAGING
    done, replaced = Compaction(), _Replaced()
    try:
        for table in (*TABLES, RAW):
            for folder, day in partitions(dataset, table):
                kept = KEPT_LONGER.get(table, dt.timedelta())
                is_old = delete_before is not None and day < delete_before - kept
                if is_old and table not in KEPT_FOREVER:
                    if state is not None:
                        state.retire(dataset, files_in(folder, table))
                    _delete(folder, table, staging, replaced)
                    done.deleted += 1
                elif table != RAW and day < closed_before:
                    before = files_in(folder, table)
                    _compact_partition(
                        folder, table, staging, replaced, target_bytes, at_least, done
                    )
                    if state is not None:
                        state.replace(dataset, before, files_in(folder, table))
    except OSError as error:
        raise RunError(
            f"compaction ended early ({error.strerror or error}: "
            f"{error.filename or dataset}); what is done stays, the rest is as it was: "
            "run it again"
        ) from error
    finally:
        clean_up(dataset)
    return done


class _Replaced:
    """Folders that nobody finds any more, on their way out.

    A reader may have opened one just before: if its files went while it lists them, it
    would take the folder for an empty one, and miss rows without an error.
    """

    def __init__(self) -> None:
        self._folders: collections.deque[tuple[float, Path]] = collections.deque()

    def add(self, folder: Path) -> None:
        """Take ``folder``; remove those that every reader has listed by now."""
        now = time.monotonic()
        self._folders.append((now, folder))
        while now - self._folders[0][0] > _LISTING_SECONDS:
            shutil.rmtree(self._folders.popleft()[1])


def clean_up(dataset: Path) -> None:
    """Remove what a compaction left that was cut short."""
    staging = dataset / RUNS / STAGING
    if not staging.exists():
        return
    # See _Replaced.
    time.sleep(_LISTING_SECONDS)
    for aside in staging.glob(f"*/*{_ASIDE}"):
        folder = dataset / aside.parent.name / aside.stem
        if not folder.exists():
            aside.rename(folder)
            sync_folder(folder.parent)
    shutil.rmtree(staging, ignore_errors=True)


def _delete(folder: Path, table: str, staging: Path, replaced: _Replaced) -> None:
    files, strays = contents(folder, table)
    if strays:
        # Somebody else's files stay, and with them the folder.
        for file in files:
            file.unlink()
        return
    # Out of sight at one stroke; removing takes time.
    doomed = staging / "deleted" / folder.parent.name / folder.name
    doomed.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(doomed)
    sync_folder(folder.parent)
    replaced.add(doomed)


def _compact_partition(
    folder: Path,
    table: str,
    staging: Path,
    replaced: _Replaced,
    target_bytes: int,
    at_least: int,
    done: Compaction,
) -> None:
    files, strays = contents(folder, table)
    if len(files) < at_least:
        return
    if any(not stray.is_file() for stray in strays):
        log.warning("%s holds folders that are not newsbeam's: left alone", folder)
        return
    large = LARGE * target_bytes
    kept = [
        file
        for file in files
        if file.stat().st_size >= large
        or not has_known_columns(pq.ParquetFile(file).schema_arrow, TABLES[table])
    ]
    small = [file for file in files if file not in kept]
    sizes = {file: file.stat().st_size for file in small}
    merged = list(groups(sizes, target_bytes))
    if len(small) < at_least or all(len(group) == 1 for group in merged):
        return
    fresh = staging / table / folder.name
    fresh.mkdir(parents=True)
    for file in (*kept, *strays):
        os.link(file, fresh / file.name)
    for group in merged:
        if len(group) == 1:
            os.link(group[0], fresh / group[0].name)
        else:
            _merge(group, table, fresh)
    sync_folder(fresh)
    before = sum(file.stat().st_size for file in files)
    _exchange(fresh, folder)
    sync_folder(folder.parent)
    replaced.add(fresh)
    after = files_in(folder, table)
    done.partitions += 1
    done.files_before += len(files)
    done.files_after += len(after)
    done.bytes_before += before
    done.bytes_after += sum(file.stat().st_size for file in after)
    log.info("%s: %d files became %d", folder, len(files), len(after))


def groups(sizes: Mapping[_File, int], target_bytes: int) -> Iterator[list[_File]]:
    """Yield neighbours that together reach the target, the oldest runs first.

    Args:
      sizes: The size of each file, in the order of their names.
      target_bytes: Files are merged up to this size.
    """
    group: list[_File] = []
    size = 0
    for file, found in sizes.items():
        if group and size + found > target_bytes:
            yield group
            group, size = [], 0
        group.append(file)
        size += found
    if group:
        yield group


def _merge(group: Sequence[Path], table: str, folder: Path) -> None:
    schema = TABLES[table]
    parts = [as_today(pq.ParquetFile(file).read(), schema) for file in group]
    rows = in_order(pa.concat_tables(parts), table)
    # Named after the last run in it, and after all that went into it.
    last = _MERGED.sub("", group[-1].stem)
    names = "\n".join(file.name for file in group)
    path = folder / f"{last}{_MARK}{digest(names)[:HASH_DIGITS]}.parquet"
    write_table(rows, path, COMPRESSION_LEVEL)
    written = pq.read_metadata(path).num_rows
    if written != rows.num_rows:
        raise RunError(f"{path}: {written} rows instead of {rows.num_rows}")


def has_known_columns(found: pa.Schema, schema: pa.Schema) -> bool:
    """Return whether all columns are known: those of a later version must not be lost."""
    return bool(set(found.names) <= set(schema.names))


def as_today(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows of any version under the schema of today."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _exchange(one: Path, other: Path) -> None:
    """Exchange the names of two folders."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "renameat2"):
        names = os.fsencode(one), os.fsencode(other)
        flags = (_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
        if libc.renameat2(*flags) == 0:
            return
        number = ctypes.get_errno()
        if number not in {errno.EINVAL, errno.ENOSYS}:
            raise OSError(number, os.strerror(number), str(other))
    # Not at one stroke here: a reader may find the partition missing for a moment, and
    # what a crash in that moment leaves is put back by clean_up.
    aside = one.with_name(f"{one.name}{_ASIDE}")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)
