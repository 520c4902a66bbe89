"""Parquet: tables as files, whole and on the disk or absent."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.locations import is_url
from transforms.records import StagedFile
from transforms.store import put


def stage_file(
    rows: pa.Table,
    *,
    name: str,
    folder: str,
    staging: Path | str,
    compression_level: int,
    prefix: str = "",
) -> StagedFile:
    """Write ``rows`` as one Parquet file, whole and on disk when this returns.

    Args:
      rows: The rows, under the schema of their table.
      name: The table they belong to.
      folder: Their partition.
      staging: The run's staging folder, or its URL.
      compression_level: zstd level.
      prefix: What the file's name begins with.

    Raises:
      OSError: When the file cannot be written.
    """
    path = f"{staging}/{name}/{folder}/{prefix}{uuid.uuid4().hex}.parquet"
    if is_url(path):
        data = encode(rows, compression_level)
        put(path, data)
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        data = write_table(rows, Path(path), compression_level)
    return StagedFile(
        path=path,
        table=name,
        partition=folder,
        rows=rows.num_rows,
        size=data.size,
        sha256=hashlib.sha256(data).hexdigest(),
    )


# Of row groups of 1,000 to a million articles these are the best compromise between
# queries over a column and the search for one article; docs/performance.md has the table.
_ROW_GROUP_ROWS = 10_000


def write_table(rows: pa.Table, path: Path, compression_level: int) -> pa.Buffer:
    """Write ``rows`` as a new Parquet file; it is on the disk when this returns.

    Args:
      rows: The rows, under the schema of their table.
      path: The file, which must not be there; its name is for the caller to sync.
      compression_level: zstd level.

    Returns:
      The contents of the file.

    Raises:
      OSError: When the file cannot be written.
    """
    data = encode(rows, compression_level)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return data


def encode(rows: pa.Table, compression_level: int) -> pa.Buffer:
    """Return ``rows`` as the contents of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        compression_level=compression_level,
        row_group_size=_ROW_GROUP_ROWS,
    )
    return sink.getvalue()
