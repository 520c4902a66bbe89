"""Parquet: tables as files, whole and on the disk or absent, and which of them count."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import uuid
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.records import StagedFile
from transforms.tables import HASH_DIGITS
from transforms.write.locations import is_url
from transforms.write.store import fetch, put

Period = Literal["day", "month"]


def partition(moment: dt.datetime, period: Period) -> str:
    """Return the folder of a moment: ``date=YYYY-MM-DD``, its value always a date."""
    day = moment.astimezone(dt.UTC).date()
    return f"date={day.replace(day=1) if period == 'month' else day}"


def stage_file(
    rows: pa.Table,
    *,
    name: str,
    folder: str,
    staging: Path | str,
    compression_level: int,
    prefix: str = "",
    published: str | None = None,
) -> StagedFile:
    """Write ``rows`` as one Parquet file, whole and on disk when this returns.

    Args:
      rows: The rows, under the schema of their table.
      name: The table they belong to.
      folder: Their partition.
      staging: The run's staging folder, or its URL.
      compression_level: zstd level.
      prefix: What the file's name begins with.
      published: What its published name begins with, which it has at once: the same
        rows have the same name.  None to give it one when it is published.

    Raises:
      OSError: When the file cannot be written.
    """
    data = _encoded(rows, compression_level)
    sha256 = hashlib.sha256(data).hexdigest()
    unique = f"{prefix}{uuid.uuid4().hex}"
    final = f"{published}-{sha256[:HASH_DIGITS]}.parquet" if published else None
    path = f"{staging}/{name}/{folder}/{final or f'{unique}.parquet'}"
    if is_url(path):
        put(path, data)
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _write_new(Path(path), data)
    return StagedFile(
        path=path,
        table=name,
        partition=folder,
        rows=rows.num_rows,
        size=data.size,
        sha256=sha256,
        name=final,
    )


def write_seal(files: list[StagedFile], path: str) -> None:
    """Write down which staged files count, to a file or its URL."""
    listed = sorted(
        (dataclasses.asdict(file) for file in files),
        key=lambda file: (file["table"], file["partition"], file["sha256"]),
    )
    put(path, json.dumps(listed, indent=1).encode())


# Of row groups of 1,000 to a million articles these are the best compromise between
# queries over a column and the search for one article; docs/performance.md has the table.
_ROW_GROUP_ROWS = 10_000
# Below, files are smaller without dictionaries, and sooner written and read: one article by
# a quarter and a sixth.
_DICTIONARY_ROWS = 1_000


def write_table(rows: pa.Table, path: Path, compression_level: int) -> None:
    """Write ``rows`` as a new Parquet file; it is on the disk when this returns.

    Args:
      rows: The rows, under the schema of their table.
      path: The file, which must not be there; its name is for the caller to sync.
      compression_level: zstd level.

    Raises:
      OSError: When the file cannot be written.
    """
    _write_new(path, _encoded(rows, compression_level))


def _write_new(path: Path, data: pa.Buffer) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _encoded(rows: pa.Table, compression_level: int) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        compression_level=compression_level,
        row_group_size=_ROW_GROUP_ROWS,
        use_dictionary=rows.num_rows >= _DICTIONARY_ROWS,
    )
    return sink.getvalue()


def read_rows(path: str) -> pa.Table:
    """Return the rows of a file, by its URL or local path."""
    return pq.ParquetFile(pa.BufferReader(fetch(path)) if is_url(path) else path).read()
