"""Window write: the staged files of a window, in; one file a partition, out.

Workers stage the rows of a bundle as files (:mod:`transforms.write.staging`), which are small on an
engine.  Only their names pass through the shuffle (:mod:`transforms.write.windows`).  The
worker that receives the files of a firing of a window merges them.  Names and contents
depend only on the window, the partition and the rows, and the number of a firing only on
its files.  So an engine that does the work twice gets the same result.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from transforms.records import StagedFile
from transforms.tables import TABLES, in_order
from transforms.write.parquet import read_rows, stage_file

# Enough for all firings of a stream, few enough for a folder's name.
_NUMBER_BITS = 60


@dataclasses.dataclass(frozen=True, slots=True)
class Firing:
    """What one firing of a window brought together.

    Attributes:
      number: Names it: the same files of the same window have the same number.
      window: When the window begins.
      files: The files that were staged for it.
    """

    number: int
    window: dt.datetime
    files: tuple[StagedFile, ...]

    @property
    def rows(self) -> int:
        """How many rows the files have."""
        return sum(file.rows for file in self.files)

    @property
    def inputs(self) -> dict[str, Any]:
        """What its commit says was worked on.

        It says nothing of what is done with: what a poll asked for is never left out.
        """
        return {"feeds": [], "files": [], "window": self.window.isoformat()}


def firing(window: dt.datetime, files: Iterable[StagedFile]) -> Firing:
    """Return the firing of ``files``, whatever order they come in."""
    ordered = tuple(sorted(files, key=lambda file: file.path))
    named = "\n".join((window.isoformat(), *(file.path for file in ordered)))
    digits = hashlib.blake2b(named.encode(), digest_size=8).digest()
    number = int.from_bytes(digits) >> (64 - _NUMBER_BITS)
    return Firing(number, window, ordered)


def merge(
    firing: Firing, staging: Path | str, *, prefix: str, compression_level: int
) -> list[StagedFile]:
    """Write the rows of a firing, one file for each table and partition.

    Args:
      firing: The firing; its files must be there.
      staging: An empty folder for the files; or the URL of the dataset, where they are
        written under their published names at once.
      prefix: What their names begin with.
      compression_level: zstd level.

    Raises:
      OSError: When a file is gone or cannot be written.
    """
    places: dict[tuple[str, str], list[StagedFile]] = {}
    for file in firing.files:
        places.setdefault((file.table, file.partition), []).append(file)
    return [
        _merged(
            places[place],
            staging,
            f"{prefix}-{firing.window:%Y%m%dT%H%M%SZ}",
            compression_level,
        )
        for place in sorted(places)
    ]


def _merged(
    files: Sequence[StagedFile], staging: Path | str, name: str, compression_level: int
) -> StagedFile:
    table, partition = files[0].table, files[0].partition
    rows = pa.concat_tables(read_rows(file.path) for file in files).cast(TABLES[table])
    rows = in_order(rows, table)
    return stage_file(
        rows,
        name=table,
        folder=partition,
        staging=staging,
        compression_level=compression_level,
        published=name,
    )
