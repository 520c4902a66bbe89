"""A file that was read whole is read again only when it has changed, or its rows are gone."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, SEED, Dataset
from streaming import Streaming

import pipeline
from pipeline.configuration.config import load
from pipeline.state.inventory import FILE_NAME
from pipeline.stream.loop import Until
from transforms.errors import RunError

Command = Callable[..., Any]
PASSING = "source.reread=false"
"""Tests read all files again, but for these."""
TEXT = (ROOT / SEED).read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    for number in range(3):
        (path / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
    return path


def later() -> dt.datetime:
    """Return a time from which on a file that was just written is not being written."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)


def read(dataset: Dataset, folder: Path, *settings: str) -> tuple[int, int]:
    """Return how many files a run has read, and how many it has passed over."""
    given = (PASSING, *settings)
    figures = dataset.run(folder, settings=given, now=later()).as_json()
    assert figures["balanced"]
    return figures["files_read"], figures["files_unchanged"]


def test_a_file_is_read_again_when_it_has_changed(
    folder: Path, dataset: Dataset
) -> None:
    assert read(dataset, folder) == (3, 0)
    assert read(dataset, folder) == (0, 3)
    edited = folder / "0.txt"
    before = edited.stat()
    edited.write_text(f"{TEXT}\n\nNuméro 7.")
    # Whoever copies files may bring their times, too.
    os.utime(edited, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert edited.stat().st_size == before.st_size
    (folder / "new.txt").write_text(f"{TEXT}\n\nNuméro 9.")
    assert read(dataset, folder) == (2, 2)
    assert read(dataset, folder) == (0, 4)
    assert sorted(row["revision"] for row in dataset.rows()) == [0, 0, 0, 0, 1]


def test_a_file_that_may_be_in_writing_is_read_once_more(
    folder: Path, dataset: Dataset
) -> None:
    now = dt.datetime.now(dt.UTC)
    for expected in (3, 3):
        figures = dataset.run(folder, settings=(PASSING,), now=now).as_json()
        assert figures["files_read"] == expected


def test_a_file_of_which_something_was_rejected_is_read_each_time(
    folder: Path, dataset: Dataset
) -> None:
    (folder / "empty.txt").write_text("")
    records = [{"url": "https://a.example/1", "text": TEXT}, {"text": ""}]
    lines = "\n".join(map(json.dumps, records))
    (folder / "records.jsonl").write_text(f"{lines}\n")
    assert read(dataset, folder) == (5, 0)
    assert {row["key"].rpartition("/")[2][:7] for row in dataset.rows("rejects")} == {
        "empty.t",
        "records",
    }
    assert read(dataset, folder) == (2, 3)


@pytest.mark.parametrize("what", ["rows", "index"])
def test_what_is_gone_is_read_again(folder: Path, dataset: Dataset, what: str) -> None:
    assert read(dataset, folder) == (3, 0)
    if what == "rows":
        shutil.rmtree(dataset.path / "articles")
    else:
        (dataset.path / FILE_NAME).unlink()
    assert read(dataset, folder) == (3, 0)
    assert len(dataset.rows()) == 3
    assert read(dataset, folder) == (0, 3)


def test_other_options_or_another_version_read_all_files(
    folder: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(dataset, folder) == (3, 0)
    assert read(dataset, folder, "source.reread=true") == (3, 0)
    assert read(dataset, folder, "extract.min_words=20") == (3, 0)
    assert read(dataset, folder, "extract.min_words=20") == (0, 3)
    monkeypatch.setattr(pipeline, "__version__", "99")
    assert read(dataset, folder) == (3, 0)


def test_a_dry_run_lists_what_would_be_read(
    newsbeam: Command, folder: Path, dataset: Dataset
) -> None:
    def listed() -> list[str]:
        more = ("--output", dataset.path, "--dry-run", "--set", PASSING)
        done = newsbeam("run", "--files", folder, *more)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    assert listed()[-1] == "3 files would be read: .txt 3"
    assert read(dataset, folder) == (3, 0)
    assert listed() == [
        "0 files would be read: none",
        "3 files unchanged since read",
    ]
    # What the next run makes again cannot be asked.
    (dataset.path / FILE_NAME).write_bytes(b"damaged")
    assert listed()[-1] == "3 files would be read: .txt 3"


def test_a_file_with_rejects_hides_behind_those_that_are_passed_over(
    folder: Path, dataset: Dataset
) -> None:
    few = ("run.max_reject_rate=0.4",)
    (folder / "empty.txt").write_text("")
    assert read(dataset, folder, *few) == (4, 0)
    assert read(dataset, folder, *few) == (1, 3)


def test_a_folder_in_the_place_of_another_is_read(
    tmp_path: Path, folder: Path, dataset: Dataset
) -> None:
    link = tmp_path / "inbox"
    link.symlink_to(folder)
    assert read(dataset, link) == (3, 0)
    assert read(dataset, link) == (0, 3)
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    for number, file in enumerate(sorted(other.iterdir())):
        file.write_text(f"{TEXT}\n\nNuméro {number + 5}.")
        at = (folder / file.name).stat().st_mtime_ns
        os.utime(file, ns=(at, at))
    link.unlink()
    link.symlink_to(other)
    assert read(dataset, link) == (3, 0)
    assert len(dataset.rows()) == 6


def test_a_retry_counts_what_is_passed_over_once(
    folder: Path, dataset: Dataset
) -> None:
    assert read(dataset, folder) == (3, 0)
    (folder / "new.txt").write_text(f"{TEXT}\n\nNuméro 9.")
    for _ in range(2):
        report = dataset.run(folder, settings=(PASSING,), now=later(), run_id="nightly")
        figures = report.as_json()
        assert (figures["files_read"], figures["files_unchanged"]) == (1, 3)
    assert len([*dataset.path.glob("_runs/nightly/*/manifest.json")]) == 1


def test_a_run_that_fails_has_read_nothing(folder: Path, dataset: Dataset) -> None:
    for number in range(3):
        (folder / f"{number}.txt").write_text("")
    (folder / "good.txt").write_text(TEXT)
    with pytest.raises(RunError, match="max_reject_rate"):
        read(dataset, folder, "run.max_reject_rate=0.1")
    assert read(dataset, folder) == (4, 0)
    assert read(dataset, folder) == (3, 1)


def test_a_stream_begins_where_a_run_ended(folder: Path, dataset: Dataset) -> None:
    assert read(dataset, folder) == (3, 0)
    fresh = folder / "new.txt"
    fresh.write_text(f"{TEXT}\n\nNuméro 9.")
    # Nobody waits for what may still be in writing.
    os.utime(fresh, (0, 0))
    flags = {
        "source": {"files": (str(folder),)},
        "output": {"path": dataset.path},
    }
    made = load(None, (PASSING, "stream.files_seconds=0.2"), flags)
    board = Streaming().go(lambda: made, until=Until(idle=True))
    assert board is not None
    manifests = dataset.path.glob("_runs/*/*/manifest.json")
    named = [json.loads(path.read_bytes())["inputs"]["files"] for path in manifests]
    assert sorted(len(files) for files in named if files) == [1, 3]
