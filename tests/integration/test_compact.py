"""Compaction keeps the rows, whoever reads meanwhile and wherever it is cut short."""

from __future__ import annotations

import ctypes
import datetime as dt
import errno
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kit import ROOT, SEED, Dataset, Killed

from pipeline.dataset import compact as module
from pipeline.dataset.compact import clean_up, compact
from pipeline.dataset.contract import Compaction
from pipeline.dataset.index import opened_index
from pipeline.state.inventory import FILE_NAME, RUNS
from transforms.errors import RunError
from transforms.write.parquet import write_table

TEXT = (ROOT / SEED).read_text()
TODAY = dt.datetime.now(dt.UTC).date()
# However late in the day the tests began.
LATER = TODAY + dt.timedelta(days=2)
NO_MODELS = ('enrich.entities.models={fr = ""}',)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five runs, each with one article, one revision and one reject."""
    folder = tmp_path_factory.mktemp("grown")
    source = folder / "in"
    source.mkdir()
    for number in range(5):
        (source / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
        (source / "same.txt").write_text(f"{TEXT}\n\nStand {number}.")
        (source / f"bad{number}.txt").write_text("")
        Dataset(folder / "out").run(source, settings=NO_MODELS)
    return folder


@pytest.fixture
def source(template: Path) -> Path:
    return template / "in"


@pytest.fixture
def grown(template: Path, dataset: Dataset) -> Dataset:
    shutil.copytree(template / "out", dataset.path)
    return dataset


def rows(dataset: Dataset, table: str = "articles") -> list[str]:
    return sorted(map(repr, dataset.rows(table)))


def merge(dataset: Dataset, **options: Any) -> Compaction:
    given: dict[str, Any] = {"target_bytes": 10**8, "closed_before": LATER} | options
    return compact(dataset.path, **given)


@pytest.mark.slow
def test_rows_are_the_same_in_fewer_files(grown: Dataset) -> None:
    articles, rejects = rows(grown), rows(grown, "rejects")
    state = (grown.path / FILE_NAME).read_bytes()
    done = merge(grown)
    assert (done.files_before, done.files_after) == (15, 3)
    assert len(grown.files()) == 1
    assert rows(grown) == articles
    assert rows(grown, "rejects") == rejects
    assert not (grown.path / RUNS / module.STAGING).exists()
    (file,) = grown.files()
    columns = pq.read_table(file)["fetched_at"].to_pylist()
    assert columns == sorted(columns)
    # A second time there is nothing to do.
    assert merge(grown) == Compaction()
    assert (grown.path / FILE_NAME).read_bytes() == state


@pytest.mark.slow
def test_runs_go_on_as_if_nothing_had_happened(grown: Dataset, source: Path) -> None:
    merge(grown)
    report = grown.run(source, settings=NO_MODELS)
    assert report.as_json()["unchanged"] == 6
    assert report.as_json()["new"] == 0
    # The state, made anew from the compacted files, knows the same.
    (grown.path / FILE_NAME).unlink()
    with opened_index(grown.path):
        pass
    report = grown.run(source, settings=NO_MODELS)
    assert report.as_json()["unchanged"] == 6
    same = source / "same.txt"
    before = same.read_text()
    same.write_text(f"{TEXT}\n\nStand 5.")
    grown.run(source, settings=NO_MODELS)
    same.write_text(before)
    revisions = [row["revision"] for row in grown.rows() if "Stand 5" in row["text"]]
    assert revisions == [5]


def test_what_was_done_is_a_line() -> None:
    done = Compaction(3, 1_500, 3, 20_340_000, 1_260_000, 2)
    assert str(done.__rich__()) == (
        "3 partitions: 1,500 files (20.3 MB) became 3 (1.3 MB); 2 partitions deleted"
    )


def test_open_partitions_and_large_files_are_left_alone(grown: Dataset) -> None:
    files = grown.files()
    assert merge(grown, closed_before=TODAY) == Compaction()
    assert merge(grown, target_bytes=1) == Compaction()
    assert grown.files() == files


def test_files_reach_the_target_and_no_more(grown: Dataset) -> None:
    sizes = [file.stat().st_size for file in grown.files()]
    merge(grown, target_bytes=max(sizes) * 2 + 1)
    assert len(grown.files()) == 3


@pytest.mark.parametrize(
    "step",
    [
        "_exchange",
        pytest.param("write_table", marks=pytest.mark.slow),
        pytest.param("sync_folder", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    "moment", ["before", pytest.param("after", marks=pytest.mark.slow)]
)
def test_a_crash_changes_no_row(
    grown: Dataset, step: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(grown)
    original = getattr(module, step)

    def cut(*arguments: object, **options: object) -> None:
        if moment == "after":
            original(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, step, cut)
        # A killed process cleans nothing up.
        patch.setattr(module, "clean_up", lambda _: None)
        with pytest.raises(Killed):
            merge(grown)
    assert rows(grown) == before
    clean_up(grown.path)
    assert rows(grown) == before
    merge(grown)
    assert rows(grown) == before
    assert len(grown.files()) == 1


@pytest.mark.parametrize("renames", [0, 1, 2, 3])
def test_without_exchange_a_crash_changes_no_row_either(
    grown: Dataset, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(grown)
    original, left = Path.rename, [renames]

    def cut(path: Path, target: Path) -> Path:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return original(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "CDLL", lambda *_, **__: object())
        patch.setattr(Path, "rename", cut)
        patch.setattr(module, "clean_up", lambda _: None)
        with pytest.raises(Killed):
            merge(grown)
    clean_up(grown.path)
    assert rows(grown) == before


@pytest.mark.slow
def test_a_full_disk_leaves_the_dataset_as_it_was(
    grown: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(grown)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RunError, match="No space left"):
            merge(grown)
    assert rows(grown) == before
    assert not (grown.path / RUNS / module.STAGING).exists()


def test_a_merged_file_that_lacks_a_row_is_not_taken(
    grown: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(grown)

    def losing(table: pa.Table, path: Path, level: int) -> None:
        write_table(table.slice(1), path, level)

    monkeypatch.setattr(module, "_LISTING_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_table", losing)
        with pytest.raises(RunError, match=r"\d rows instead of \d"):
            merge(grown)
    assert rows(grown) == before
    assert not (grown.path / RUNS / module.STAGING).exists()


@pytest.mark.parametrize(
    ("number", "files"), [(errno.EINVAL, 1), (errno.ENOSYS, 1), (errno.EIO, 5)]
)
def test_a_file_system_that_exchanges_no_folders_changes_no_row(
    grown: Dataset, number: int, files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(grown)

    class Library:
        """A C library whose kernel refuses."""

        def renameat2(self, *_: Any) -> int:
            ctypes.set_errno(number)
            return -1

    monkeypatch.setattr(module, "_LISTING_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "CDLL", lambda *_, **__: Library())
        if number == errno.EIO:
            with pytest.raises(RunError, match=os.strerror(number)):
                merge(grown)
        else:
            merge(grown)
    assert rows(grown) == before
    assert len(grown.files()) == files


@pytest.mark.parametrize(("seconds", "left"), [(0.0, 1), (60.0, 3)])
def test_what_was_replaced_goes_when_readers_have_listed_it(
    grown: Dataset, seconds: float, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(grown)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_LISTING_SECONDS", seconds)
        patch.setattr(module, "clean_up", lambda _: None)
        merge(grown)
    staging = grown.path / RUNS / module.STAGING
    assert len({file.parent for file in staging.rglob("*.parquet")}) == left
    assert rows(grown) == before


def test_old_partitions_are_deleted(grown: Dataset) -> None:
    done = merge(grown, delete_before=LATER)
    assert done.deleted == 3
    assert grown.rows() == []
    assert grown.rows("rejects") == []


def test_readers_see_all_rows_or_an_error(grown: Dataset) -> None:
    glob = f"{grown.path}/articles/**/*.parquet"
    count = len(grown.rows())
    seen: set[int] = set()
    over = threading.Event()

    def poll() -> None:
        connection = duckdb.connect()
        query = f"SELECT count(*) FROM read_parquet('{glob}')"  # noqa: S608
        while not over.is_set():
            for ask in (
                lambda: connection.execute(query).fetchone()[0],
                lambda: pl.scan_parquet(glob).select(pl.len()).collect().item(),
            ):
                try:
                    seen.add(ask())
                except (duckdb.Error, OSError, pl.exceptions.PolarsError):
                    # It had listed files that are gone: an error, no wrong answer.
                    continue

    readers = [threading.Thread(target=poll) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for target in (1_000, 40_000, 80_000, 10**8):
            merge(grown, target_bytes=target)
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert seen == {count}
