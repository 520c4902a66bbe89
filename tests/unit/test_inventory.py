from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pipeline.dataset import reconcile
from pipeline.state.database import State
from pipeline.state.inventory import day_named, files_of, fingerprint_of, is_ours, taken
from transforms.errors import DatasetError

NAME = "20261124T034510Z-1a2b-00000.0-0123456789ab"


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("articles", f"{NAME}.parquet"),
        ("articles", f"{NAME}-compact-0123456789ab.parquet"),
        ("articles", "slot.6_a-b-00012.13-0123456789ab.parquet"),
        ("fetches", "first-20261124T034500Z-0123456789ab.parquet"),
        # A run may be called like a merged file.
        ("rejects", "my-compact-run-00000.0-0123456789ab.parquet"),
        ("rejects", "my-compact-0123456789ab.parquet"),
        ("raw", "20261124T034510Z-1a2b-00000.0.warc.gz"),
    ],
)
def test_files_that_newsbeam_names_are_ours(table: str, name: str) -> None:
    assert is_ours(table, name)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("articles", f"{NAME} (1).parquet"),
        ("articles", f"{NAME} copy.parquet"),
        ("articles", f"{NAME} - Copy.parquet"),
        ("articles", f"{NAME} (conflicted copy 2026-11-24).parquet"),
        ("articles", f"{NAME}.sync-conflict-20261124-034510-ABCDEFG.parquet"),
        ("articles", f"{NAME}-LAPTOP.parquet"),
        ("articles", f"Copy of {NAME}.parquet"),
        ("articles", f"._{NAME}.parquet"),
        ("articles", f".{NAME}.parquet.swp"),
        ("articles", f"{NAME}.parquet~"),
        ("articles", f"{NAME}.parquet.tmp"),
        ("articles", f"{NAME}.parquet\n"),
        ("articles", f"{NAME}.PARQUET"),
        ("articles", "part-0.parquet"),
        ("articles", "_SUCCESS"),
        ("articles", ""),
        ("articles", f"{NAME}.warc.gz"),
        ("raw", f"{NAME}.parquet"),
        ("raw", "crawl.warc.gz"),
    ],
)
def test_what_others_name_is_not(table: str, name: str) -> None:
    assert not is_ours(table, name)


@pytest.mark.parametrize(
    ("folder", "day"),
    [
        ("date=2026-11-24", dt.date(2026, 11, 24)),
        ("date=2026-11-31", None),
        ("date=2026-11-24 (1)", None),
        ("date=20261124", None),
        ("date=", None),
        ("2026-11-24", None),
    ],
)
def test_partitions_are_days(folder: str, day: dt.date | None) -> None:
    assert day_named(folder) == day


def test_ten_years_are_compared_without_opening_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(State(tmp_path / "state.sqlite")) as state:
        with state.transaction():
            for number in range(3_650):
                day = dt.date(2016, 1, 1) + dt.timedelta(days=number)
                path = tmp_path / "articles" / f"date={day}" / f"{NAME}.parquet"
                path.parent.mkdir(parents=True)
                path.touch()
                name = str(path.relative_to(tmp_path))
                state.catalog.add(name, fingerprint_of(path), 0)
        listed = []
        scan = os.scandir
        monkeypatch.setattr(
            os,
            "scandir",
            lambda folder: listed.append(folder) or scan(folder),
        )
        # Nothing in them could be read.
        assert reconcile.reconcile(tmp_path, state, is_trusted=True) == []
    # Each folder once: those of the days, and those of the tables that there may be.
    assert 3_650 < len(listed) < 3_660


def test_a_link_that_leads_nowhere_is_a_stray(tmp_path: Path) -> None:
    folder = tmp_path / "articles" / "date=2026-11-24"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.parquet").symlink_to("gone")
    (tmp_path / "articles" / "date=2026-11-25").symlink_to("gone")
    (tmp_path / "articles" / "date=2026-11-26").write_bytes(b"")
    # One that leads to itself, too.
    own = folder / f"{NAME}-compact-0123456789ab.parquet"
    own.symlink_to(own)
    day = tmp_path / "articles" / "date=2026-11-27"
    day.symlink_to(day)
    # And others past a file, and to no name that there can be.
    for place in (folder, folder.parent):
        (place / "x.txt").write_bytes(b"")
    for number, target in enumerate(("x.txt/y", "x" * 300)):
        (folder / f"{NAME[:-1]}{number}.parquet").symlink_to(target)
        (tmp_path / "articles" / f"date=2026-11-{number + 28}").symlink_to(target)
    assert taken(tmp_path).files == {}
    assert len(taken(tmp_path).strays) == 11
    assert files_of(tmp_path, "articles") == []


class Unread:
    """An entry of a folder that the disk does not say anything of, but for its name."""

    def __init__(self, entry: os.DirEntry[str], fails: str) -> None:
        self._entry = entry
        self._fails = fails

    def __getattr__(self, name: str) -> Any:
        if name == self._fails:
            return self._fail
        return getattr(self._entry, name)

    def _fail(self) -> NoReturn:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("fails", ["is_dir", "is_file", "stat"])
def test_a_file_that_the_disk_does_not_show_is_not_taken_for_gone(
    tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "articles" / "date=2026-11-24" / f"{NAME}.parquet"
    path.parent.mkdir(parents=True)
    path.touch()
    scan = os.scandir

    @contextlib.contextmanager
    def failing(folder: str) -> Iterator[Iterator[Unread]]:
        with scan(folder) as found:
            yield (Unread(entry, fails) for entry in found)

    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(DatasetError, match="cannot be read: Input/output error"):
        taken(tmp_path)


def test_a_file_in_the_place_of_a_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "articles").write_bytes(b"")
    said = "articles cannot be listed: Not a directory; nothing was done"
    with pytest.raises(DatasetError, match=said):
        taken(tmp_path)
