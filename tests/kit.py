"""A dataset to write to and read, and the seed: what tests of every kind work with."""

from __future__ import annotations

import os
import shutil
import sys
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from filelock import FileLock

from pipeline.configuration.config import load
from pipeline.reports.report import Report
from pipeline.run import run

ROOT = Path(__file__).resolve().parents[1]
NEWSBEAM = str(Path(sys.executable).with_name("newsbeam"))
"""The command as installed beside this Python."""
HELD_BACK = {
    name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"
}
"""The environment in which Python holds output back, as it does for most who call us."""
# ``urlopen`` keeps the proxy that a test had named when it was first called.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine."""
SEED = "seeds/000_cf868ebdfe4297f0.txt"


class Killed(BaseException):
    """What ``kill -9`` would be."""


class Dataset:
    """A dataset that a test writes to and reads."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(
        self, *files: str | Path, settings: tuple[str, ...] = (), **options: Any
    ) -> Report:
        flags = {
            "source": {"files": tuple(str(file) for file in files)},
            "output": {"path": self.path},
        }
        return run(load(None, settings, flags), **options)

    def rows(self, table: str = "articles") -> list[dict[str, Any]]:
        folder = self.path / table
        if not folder.is_dir():
            return []
        return ds.dataset(folder, partitioning="hive").to_table().to_pylist()

    def files(self) -> list[Path]:
        return sorted(self.path.glob("articles/**/*.parquet"))


class Nothing:
    """A dataset that holds nothing."""

    def revision(self, article_id: str, content_hash: str) -> int | None:
        del article_id, content_hash
        return None

    def latest(self, article_id: str) -> int | None:
        del article_id
        return None

    def with_text(self, mark: str) -> str | None:
        del mark
        return None

    def is_forgotten(self, names: Iterable[str]) -> bool:
        del names
        return False

    def at_path(self, path: str) -> str | None:
        del path
        return None


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]
) -> Path:
    """Return a folder of this process's own, a copy of one that is made once in a run.

    Args:
      factory: Where the processes that run tests have their folders side by side.
      name: Of the folder.
      make: Fills it.
    """
    base = factory.getbasetemp()
    is_one_of_many = "PYTEST_XDIST_WORKER" in os.environ
    made = (base.parent if is_one_of_many else base) / f"made-{name}"
    with FileLock(f"{made}.lock"):
        if not made.exists():
            making = made.with_suffix(f".{os.getpid()}")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            make(making)
            making.rename(made)
    return Path(shutil.copytree(made, factory.mktemp(name) / name))
