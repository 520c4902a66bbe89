"""Files to be read, the dataset that they became, and copies of its index."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from kit import Dataset

from pipeline.reports.report import Report
from pipeline.state.inventory import FILE_NAME

FAST = ('enrich.entities.models={en = ""}', "extract.min_words=5", "pool.processes=0")
TODAY = dt.datetime.now(dt.UTC).date()


class Desk:
    """Files to be read, a dataset, and copies of its index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = folder / "in"
        self.dataset = Dataset(folder / "out")
        self.index = self.dataset.path / FILE_NAME
        self.aged = folder / "aged.sqlite"

    def make(self) -> None:
        """Fill the dataset by three runs of a file each."""
        self.inbox.mkdir()
        for name in "abc":
            self.add(name)
            self.run()
            if name == "a":
                shutil.copy(self.index, self.aged)

    def add(self, name: str) -> None:
        text = f"The council of the town {name} voted to rebuild its harbour bridge."
        (self.inbox / f"{name}.txt").write_text(text)

    def run(self, **options: Any) -> Report:
        return self.dataset.run(self.inbox, settings=FAST, **options)

    def remove_index(self) -> None:
        for path in self.dataset.path.glob(f"{FILE_NAME}*"):
            path.unlink()

    def known(self) -> dict[str, list[Any]]:
        """Return what the index holds of articles and files."""
        with contextlib.closing(sqlite3.connect(self.index)) as db:
            return {
                table: db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                for table in ("articles", "paths", "files")
            }

    def file(self, number: int = 0) -> Path:
        return self.dataset.files()[number]
