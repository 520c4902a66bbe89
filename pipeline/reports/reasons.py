"""Why things failed: the first rejects of a run, for its summary and its log."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.reports.logs import REJECTS_LOG
from transforms.text.strings import one_line

FIRST = 10
"""Rejects that are shown; the table of rejects has the others."""
_COLUMNS = ["stage", "reason", "key", "detail"]
# Characters of a key or a detail; longer ones are cut.
_LONGEST = 200

log = logging.getLogger(REJECTS_LOG)


class Rejected(NamedTuple):
    """What the row of a reject says of it.

    Attributes:
      stage: The stage that gave it up.
      reason: Why, from a closed list.
      key: Its URL or path.
      detail: What was wrong, for a person.
    """

    stage: str
    reason: str
    key: str
    detail: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{_short(self.key)}: {self.reason}: {_short(self.detail)}"


def _short(text: str) -> str:
    # It comes from the web: nothing in it may steer a terminal.
    line = one_line(text) or ""
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def first_rejects(files: Iterable[Path | pa.BufferReader]) -> tuple[Rejected, ...]:
    """Return the first rejects in files of them, :data:`FIRST` at most."""
    found: list[Rejected] = []
    for file in files:
        parquet = pq.ParquetFile(file)
        for batch in parquet.iter_batches(FIRST, columns=_COLUMNS):
            columns = (batch.column(name).to_pylist() for name in _COLUMNS)
            found += map(Rejected._make, zip(*columns, strict=True))
            if len(found) >= FIRST:
                return tuple(found[:FIRST])
    return tuple(found)


def log_rejects(rejects: Iterable[Rejected]) -> None:
    """Log a line for each reject."""
    for reject in rejects:
        log.info("rejected: %s", reject)
