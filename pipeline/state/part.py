"""Part: what the parts of the index have in common, and the views on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import pyarrow as pa


class Part:
    """A part of an index that is open, or a view on it.

    Args:
      db: The index.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def _do(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Run a statement."""
        return self._db.execute(statement, values)

    def _one(self, query: str, *values: Any) -> Any | None:
        """Return the first column of the first row, None where there is no row."""
        row = self._db.execute(query, values).fetchone()
        return row[0] if row else None


class TablePart(Protocol):
    """What the index holds of one table."""

    @property
    def columns(self) -> Sequence[str] | None:
        """The columns that it is made from; None for all."""

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over rows; ``day`` is that of their partition, as an ordinal."""
