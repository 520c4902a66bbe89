"""Index: what the index of a dataset in a folder says, to who only asks.

It is read beside a run.  One that is lost, damaged or of another version says nothing: then
the tables are asked, which takes longer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.state.inventory import FILE_NAME
from transforms.write.locations import is_url

_BUSY_SECONDS = 5.0
ID_DIGITS = 32


class Index:
    """The index, open for reading.

    Args:
      db: The file; None where there is none.
    """

    def __init__(self, db: sqlite3.Connection | None) -> None:
        self._db = db

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
def opened(dataset: Path | str) -> Iterator[Index]:
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
