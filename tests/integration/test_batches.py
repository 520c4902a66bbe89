"""A run works batch by batch, and goes on where it was cut short."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from kit import ROOT, SEED, Dataset, Killed

from pipeline.dataset.publish import BatchFolder
from pipeline.state.inventory import RUNS
from transforms.errors import RunError

TEXT = (ROOT / SEED).read_text()
TWO = ("run.batch_files=2",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    for number in range(5):
        (path / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
    return path


def cut_after(commits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    original = BatchFolder.prepare

    def cut(batch: BatchFolder) -> None:
        if batch.number == commits:
            raise Killed
        original(batch)

    monkeypatch.setattr(BatchFolder, "prepare", cut)


def die_after_one(
    folder: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commit one batch of the run ``slot``, and be killed."""
    with monkeypatch.context() as patch:
        cut_after(1, patch)
        with pytest.raises(Killed):
            dataset.run(folder, settings=TWO, run_id="slot")


@pytest.mark.slow
def test_each_batch_is_a_commit(folder: Path, dataset: Dataset) -> None:
    report = dataset.run(folder, settings=TWO, run_id="slot")
    assert len(dataset.rows()) == 5
    assert report.as_json()["new"] == 5
    assert report.imbalances == []
    manifests = sorted((dataset.path / RUNS / "slot").glob("*/manifest.json"))
    read = [len(json.loads(path.read_bytes())["inputs"]["files"]) for path in manifests]
    assert read == [2, 2, 1]
    assert {path.name.split("-")[1][:5] for path in dataset.files()} == {
        "00000",
        "00001",
        "00002",
    }


@pytest.mark.slow
def test_what_is_committed_stays_when_a_later_batch_has_too_many_rejects(
    folder: Path, dataset: Dataset
) -> None:
    for number in range(2, 5):
        (folder / f"{number}.txt").write_text("")
    strict = (*TWO, "run.max_reject_rate=0.4")
    with pytest.raises(RunError) as raised:
        dataset.run(folder, settings=strict)
    assert str(raised.value) == (
        "2 of 4 were rejected, more than run.max_reject_rate = 0.4 allows; 1 batch is "
        "committed, the next run goes on from there"
    )
    assert len(dataset.rows()) == 2


@pytest.mark.parametrize(
    "run_id", ["slot", pytest.param("another", marks=pytest.mark.slow)]
)
def test_what_was_committed_is_not_read_again(
    folder: Path, dataset: Dataset, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after_one(folder, dataset, monkeypatch)
    assert len(dataset.rows()) == 2
    # A file that changed meanwhile is no longer done.
    (folder / "0.txt").write_text(f"{TEXT}\n\nNuméro zéro.")
    report = dataset.run(folder, settings=TWO, run_id=run_id)
    manifests = (dataset.path / RUNS / run_id).glob("*/manifest.json")
    read = sum(
        len(json.loads(path.read_bytes())["inputs"]["files"]) for path in manifests
    )
    assert read == {"slot": 6, "another": 4}[run_id]
    assert report.as_json()["unchanged"] == 0
    texts = sorted(
        (row["text"].rsplit("\n\n", 1)[1], row["revision"]) for row in dataset.rows()
    )
    assert texts == sorted(
        [(f"Numéro {number}.", 0) for number in range(5)] + [("Numéro zéro.", 1)]
    )


def test_what_was_committed_and_is_gone_is_read_again(
    folder: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after_one(folder, dataset, monkeypatch)
    shutil.rmtree(dataset.path / "articles")
    dataset.run(folder, settings=TWO)
    assert len(dataset.rows()) == 5


@pytest.mark.slow
def test_a_run_that_ended_leaves_nothing_to_go_on_from(
    folder: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after_one(folder, dataset, monkeypatch)
    dataset.run(folder, settings=TWO)
    report = dataset.run(folder, settings=TWO)
    assert report.as_json()["unchanged"] == 5
    assert report.recovered == ()


@pytest.mark.slow
def test_a_retry_writes_identical_files(
    folder: Path, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC)
    dataset.run(folder, settings=TWO, run_id="slot", now=slot)
    other = Dataset(tmp_path / "other")
    with monkeypatch.context() as patch:
        cut_after(1, patch)
        with pytest.raises(Killed):
            other.run(folder, settings=TWO, run_id="slot", now=slot)
    # The first attempt's time is the run's, whenever the retry comes.
    later = slot + dt.timedelta(hours=1)
    other.run(folder, settings=TWO, run_id="slot", now=later)
    # A name has the hash of its file's content in it.
    assert [path.name for path in other.files()] == [
        path.name for path in dataset.files()
    ]
    assert {row["ingested_at"] for row in other.rows()} == {slot}


@pytest.mark.slow
def test_a_later_batch_with_too_many_rejects_keeps_the_earlier_ones(
    folder: Path, dataset: Dataset
) -> None:
    for number in (7, 8, 9):
        (folder / f"{number}.txt").write_text("")
    settings = (*TWO, "run.max_reject_rate=0.2")
    with pytest.raises(RunError, match="3 batches are committed"):
        dataset.run(folder, settings=settings)
    assert len(dataset.rows()) == 5


@pytest.mark.slow
def test_only_the_last_runs_are_kept(folder: Path, dataset: Dataset) -> None:
    for number in range(4):
        dataset.run(folder, settings=("run.keep_runs=2",), run_id=f"slot-{number}")
    kept = sorted(path.name for path in (dataset.path / RUNS).iterdir())
    assert kept == ["slot-2", "slot-3"]
    assert len(dataset.rows()) == 5
