"""A run is whole or did not happen, wherever it is cut short."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, SEED, Dataset, Killed

from pipeline.dataset import publish
from pipeline.dataset.contract import sealed_files
from pipeline.dataset.home import LocalHome
from pipeline.dataset.publish import BatchFolder
from pipeline.state.database import State
from pipeline.state.inventory import RUNS
from transforms.errors import LockedError, RunError

TEXT = (ROOT / SEED).read_text()
# The protocol's steps, each by the function whose call is its first moment.
STEPS = [
    (BatchFolder, "commit"),
    (publish, "write_durably"),
    (BatchFolder, "publish"),
    (os, "replace"),
    (State, "record"),
    (BatchFolder, "discard"),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_cut_short_is_finished_or_forgotten(
    source: Path,
    dataset: Dataset,
    step: tuple[object, str],
    moment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner, name = step
    original = getattr(owner, name)

    def cut(*arguments: object, **options: object) -> object:
        if moment == "after":
            original(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patch:
        # A killed process cleans nothing up.
        if name != "discard":
            patch.setattr(BatchFolder, "discard", lambda _: None)
        patch.setattr(owner, name, cut)
        with pytest.raises((Killed, RunError)):
            dataset.run(source)

    dataset.run(source)
    (row,) = dataset.rows()
    assert row["revision"] == 0
    assert not list((dataset.path / RUNS).glob("*/*/staging"))
    assert not list((dataset.path / RUNS).glob("*/*/discarded"))
    for path in (dataset.path / "articles").rglob("*"):
        assert path.is_dir() or path.suffix == ".parquet"


def test_a_crash_while_a_batch_is_removed_leaves_nothing_behind(
    source: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree

    def cut(path: Path, **options: Any) -> None:
        if Path(path).name == "discarded" and Path(path).exists():
            raise Killed
        remove(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", cut)
        with pytest.raises(Killed):
            dataset.run(source)
    assert list((dataset.path / RUNS).glob("*/*/discarded"))
    with LocalHome(dataset.path).opened() as (_, recovered):
        assert recovered == []
    assert not list((dataset.path / RUNS).glob("*/*/discarded"))
    assert len(dataset.rows()) == 1


@pytest.mark.slow
def test_a_staged_file_that_is_gone_ends_the_run(
    source: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = BatchFolder.commit

    def late(batch: BatchFolder, **options: Any) -> Any:
        for path in batch.staging.glob("articles/*/*.parquet"):
            path.unlink()
        return commit(batch, **options)

    with monkeypatch.context() as patch:
        patch.setattr(BatchFolder, "commit", late)
        with pytest.raises(RunError, match=r"staged file is gone: .*; run again"):
            dataset.run(source)
    assert dataset.rows() == []
    assert dataset.run(source).as_json()["new"] == 1


def test_a_failed_run_leaves_nothing_behind(
    source: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.run(source)
    before = sorted(path for path in dataset.path.rglob("*.parquet"))
    source.write_text(TEXT + "\n\nPlus.")
    with monkeypatch.context() as patch:
        patch.setattr("transforms.write.staging.stage_file", lambda *_, **__: 1 / 0)
        with pytest.raises(RunError, match="nothing was committed"):
            dataset.run(source)
    assert sorted(dataset.path.rglob("*.parquet")) == before
    assert not list((dataset.path / RUNS).glob("*/*/staging"))


def test_a_full_disk_is_reported_in_one_line_and_repaired_by_the_next_run(
    source: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RunError, match=r"disk under .* is full"):
            dataset.run(source)
    assert dataset.rows() == []
    assert dataset.run(source).as_json()["new"] == 1


def test_too_many_rejects_commit_nothing(tmp_path: Path, dataset: Dataset) -> None:
    (tmp_path / "good.txt").write_text(TEXT)
    (tmp_path / "bad.txt").write_text("")
    with pytest.raises(RunError, match="1 of 2 were rejected"):
        dataset.run(tmp_path / "*.txt", settings=("run.max_reject_rate=0.4",))
    assert dataset.rows() == []
    dataset.run(tmp_path / "*.txt", settings=("run.max_reject_rate=0.5",))
    assert len(dataset.rows()) == 1


def test_a_retry_under_the_same_run_id_repeats_nothing(
    source: Path, dataset: Dataset
) -> None:
    dataset.run(source, run_id="2026-11-24T06")
    files = dataset.files()
    dataset.run(source, run_id="2026-11-24T06")
    assert dataset.files() == files
    assert files[0].name.startswith("2026-11-24T06-00000.0-")


def test_only_one_run_at_a_time(source: Path, dataset: Dataset) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from pipeline.dataset.lock import locked\n"
        "with locked(Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    dataset.path.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(dataset.path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match="another run is writing"):
            dataset.run(source)
        # A dead owner's lock is free.
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert dataset.run(source).as_json()["new"] == 1


def test_the_flag_for_too_many_rejects_ends_in_one_line(
    tmp_path: Path, dataset: Dataset, newsbeam: Callable[..., Any]
) -> None:
    (tmp_path / "bad.txt").write_text("")
    arguments = ("--output", dataset.path, "--max-reject-rate", "0.5")
    done = newsbeam("run", "--files", tmp_path, *arguments)
    assert done.returncode == 1
    assert "1 of 1 were rejected" in done.stderr.splitlines()[-1]
    assert dataset.rows("rejects") == []


@pytest.mark.parametrize("table", ["articles", "rejects"])
def test_what_was_altered_after_its_commit_is_not_published(
    table: str, tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "good.txt").write_text(TEXT)
    (source / "bad.txt").write_text("")
    with monkeypatch.context() as patch:
        patch.setattr(BatchFolder, "publish", lambda *_: 1 / 0)
        with pytest.raises(RunError, match="finished by the next run"):
            dataset.run(source, run_id="cut")
    batch = dataset.path / RUNS / "cut" / "00000"
    assert (batch / "manifest.json").exists()
    altered = list((batch / "staging").glob(f"{table}/*/*.parquet"))
    for path in altered:
        # Its length stays: only its contents tell.
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
    assert altered
    for _ in range(2):
        with pytest.raises(
            RunError, match="was changed after it was committed"
        ) as told:
            dataset.run(source)
        assert str(batch) in str(told.value)
        # Neither are those that belong with it.
        assert dataset.rows() == dataset.rows("rejects") == []
    batch.rename(tmp_path / "aside")
    report = dataset.run(source)
    assert report.as_json()["new"] == 1
    assert len(dataset.rows()) == len(dataset.rows("rejects")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("is_published", [False, True])
def test_what_is_gone_after_its_commit_is_read_again(
    is_published: bool,
    tmp_path: Path,
    dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "good.txt").write_text(TEXT)
    (source / "bad.txt").write_text("")
    with monkeypatch.context() as patch:
        patch.setattr(
            State if is_published else BatchFolder,
            "record" if is_published else "publish",
            lambda *_: 1 / 0,
        )
        with pytest.raises(RunError, match="finished by the next run"):
            dataset.run(source, run_id="cut")
    where = dataset.path if is_published else dataset.path / RUNS / "cut/00000/staging"
    (path,) = where.glob("articles/*/*.parquet")
    path.unlink()
    report = dataset.run(source).as_json()
    assert report["new"] == 1
    assert any("is gone before it was counted" in line for line in report["recovered"])
    assert len(dataset.rows()) == len(dataset.rows("rejects")) == 1
    assert dataset.run(source).as_json()["recovered"] == []


def test_a_damaged_manifest_is_named(source: Path, dataset: Dataset) -> None:
    dataset.run(source, run_id="slot")
    batch = dataset.path / RUNS / "slot" / "00000"
    (batch / "manifest.json").write_text('{"files": [')
    with pytest.raises(RunError, match=r"manifest.json is damaged.*move .*slot/00000"):
        dataset.run(source, run_id="slot")
    batch.rename(dataset.path.parent / "aside")
    assert dataset.run(source, run_id="slot").as_json()["unchanged"] == 1


def test_a_flow_that_sealed_nothing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "seal.json"
    with pytest.raises(RunError, match="run r: the flow ended without sealing"):
        sealed_files(path.read_bytes, "r")
    path.write_text('[{"table": "articles"}]')
    assert sealed_files(path.read_bytes, "r") == [{"table": "articles"}]
