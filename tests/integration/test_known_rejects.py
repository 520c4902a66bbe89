"""A bad file is rejected in each run, and written to the table once until it changes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from kit import Dataset

from pipeline.configuration.config import load
from pipeline.replay import Selection, replay
from pipeline.reports.report import Report
from pipeline.state.inventory import FILE_NAME

SETTINGS = (
    'enrich.entities.models={en = ""}',
    "extract.min_words=5",
    "pool.processes=0",
)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "empty.txt").write_text("")
    good = json.dumps({"id": 1, "text": "The harbour bridge is to be rebuilt at last."})
    (folder / "half.jsonl").write_text(f"{good}\n{{}}\nno JSON\n")
    return folder


def read(dataset: Dataset, inbox: Path) -> tuple[int, int, int]:
    """Return what a run counted, what of it was known, and what is in the table."""
    report = dataset.run(inbox, settings=SETTINGS)
    return figures(report, dataset)


def figures(report: Report, dataset: Dataset) -> tuple[int, int, int]:
    assert report.imbalances == []
    counted = sum(report.counters.rejected.values())
    return counted, report.as_json()["known_rejects"], len(dataset.rows("rejects"))


@pytest.mark.slow
def test_rejects_of_unchanged_files_are_counted_and_not_written_again(
    dataset: Dataset, inbox: Path
) -> None:
    assert read(dataset, inbox) == (3, 0, 3)
    assert read(dataset, inbox) == (3, 3, 3)
    # One more with the same name, length and age, which only the kernel can tell.
    path = inbox / "empty.txt"
    path.rename(inbox / "aside")
    os.utime(inbox / "aside", (1, 1))
    (inbox / "aside").rename(path)
    assert read(dataset, inbox) == (3, 2, 4)
    # From the table alone.
    (dataset.path / FILE_NAME).unlink()
    assert read(dataset, inbox) == (3, 3, 4)
    # What is no longer in the table is written again.
    for file in (dataset.path / "rejects").rglob("*.parquet"):
        file.unlink()
    assert read(dataset, inbox) == (3, 0, 3)


@pytest.mark.slow
def test_a_replay_writes_each_reject_again(dataset: Dataset, inbox: Path) -> None:
    assert read(dataset, inbox) == (3, 0, 3)
    flags = {"output": {"path": dataset.path}}
    config = load(None, SETTINGS, flags, needs_source=False)
    for _ in range(2):
        report = replay(config, Selection())
        assert figures(report, dataset) == (3, 0, 3)
        assert {row["run_id"] for row in dataset.rows("rejects")} == {report.run_id}
    assert read(dataset, inbox) == (3, 3, 3)
    # What a replay made an article of is no longer known as a reject.
    (inbox / "empty.txt").write_text("The harbour bridge of Oslo is to be rebuilt too.")
    assert figures(replay(config, Selection()), dataset) == (2, 0, 2)
    (inbox / "empty.txt").write_text("")
    assert read(dataset, inbox) == (3, 2, 3)
