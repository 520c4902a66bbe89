"""Stored texts are tagged again: rows of an earlier release get what this one knows."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit import Dataset
from objects import Stored

import pipeline
from pipeline.configuration.config import Config, load
from pipeline.dataset.publish import BatchFolder
from pipeline.delta.run import DeltaBatch
from pipeline.reprocess import reprocess
from pipeline.upkeep.forget import forget

Command = Callable[..., Any]
NO_MODEL = ('enrich.entities.models={en=""}',)
VERSION_1 = Path(__file__).with_name("version_1")
COUNT = 5
# What tells two revisions of the same text apart.
RUNS_OWN = {"revision", "newsbeam_version", "run_id", "ingested_at"}


@contextlib.contextmanager
def cut_short(kind: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Expect what is run to be interrupted at the commit of its second batch."""
    original = kind.commit

    def cut(batch: Any, **options: Any) -> Any:
        if batch.number == 1:
            raise KeyboardInterrupt
        return original(batch, **options)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "commit", cut)
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    lines = [
        {
            "url": f"https://news.example/{number}",
            "title": f"Bridge {number}",
            "text": f"The mayor of Lima in Peru opened bridge {number} on Monday.",
            "authors": ["Ana Lopez"],
            "published_at": f"2026-11-{10 + number % 2}",
        }
        for number in range(COUNT)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def config_of(place: str, *settings: str, **output: str) -> Config:
    flags = {"output": {"path": place, **output}, "pool": {"processes": 0}}
    return load(None, (*NO_MODEL, *settings), flags, needs_source=False)


def older(dataset: Dataset | Stored, source: Path) -> None:
    """Write rows of an earlier release."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "__version__", "0.0.1")
        dataset.run(source, settings=NO_MODEL)


def by_revision(rows: list[dict[str, Any]], number: int) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows if row["revision"] == number}


@pytest.mark.slow
def test_each_article_becomes_a_revision_with_the_same_text(
    dataset: Dataset, source: Path
) -> None:
    older(dataset, source)
    config = config_of(str(dataset.path), "run.batch_files=2")
    report = reprocess(config, from_text=True)
    assert report.imbalances == []
    assert report.as_json()["new"] == COUNT
    old, new = (by_revision(dataset.rows(), number) for number in (0, 1))
    assert old.keys() == new.keys()
    for key, row in new.items():
        assert {name for name in row if row[name] != old[key][name]} <= RUNS_OWN
        assert row["newsbeam_version"] == pipeline.__version__
        assert row["country_codes"] == ["PE"]
        assert row["authors"] == ["Ana Lopez"]
    # Of this version there is nothing to be done; with --all there is.
    assert reprocess(config, from_text=True).as_json()["new"] == 0
    assert reprocess(config, from_text=True, everything=True).as_json()["new"] == COUNT
    # What is to be fetched after that is nothing yet.
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    done = reprocess(config, from_text=True, everything=True, since=later)
    assert done.as_json()["new"] == 0
    # The file brings nothing new by it.
    assert dataset.run(source, settings=NO_MODEL).as_json()["new"] == 0


def test_rows_of_the_first_schema_get_the_columns_of_today(tmp_path: Path) -> None:
    shutil.copytree(VERSION_1 / "dataset", tmp_path / "set")
    dataset = Dataset(tmp_path / "set")
    before = dataset.rows()
    assert reprocess(config_of(str(dataset.path)), from_text=True, everything=True)
    rows = dataset.rows()
    assert len(rows) == 2 * len({row["id"] for row in before})
    for row in rows:
        if row["revision"]:
            assert row["signature"] is not None or row["word_count"] < 30
            assert row["newsbeam_version"] == pipeline.__version__


@pytest.mark.slow
@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("kind", ["folder", "delta"])
def test_one_cut_short_is_continued(
    tmp_path: Path,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    everything: bool,
) -> None:
    place = tmp_path / "set"
    if kind == "folder":
        dataset: Dataset | Stored = Dataset(place)
        config = config_of(str(place), "run.batch_files=2")
    else:
        dataset = Stored(place.as_uri(), tmp_path / "state")
        config = config_of(dataset.url, "run.batch_files=2", state=str(dataset.state))
    older(dataset, source)
    folder: Any = BatchFolder if kind == "folder" else DeltaBatch
    with cut_short(folder, monkeypatch):
        reprocess(config, from_text=True, everything=everything)
    assert len(dataset.rows()) == COUNT + 2
    report = reprocess(config, from_text=True, everything=everything)
    assert report.as_json()["new"] == COUNT - 2
    revisions = sorted(row["revision"] for row in dataset.rows())
    assert revisions == [0] * COUNT + [1] * COUNT


def test_the_command(newsbeam: Command, dataset: Dataset, source: Path) -> None:
    older(dataset, source)
    done = newsbeam(
        *("reprocess", dataset.path, "--from-text", "--set", NO_MODEL[0]),
        *("--set", "pool.processes=0"),
    )
    assert done.returncode == 0, done.stderr
    assert "read             5 stored texts\n" in done.stdout
    assert "new              5 articles" in done.stdout


@pytest.mark.slow
def test_what_is_taken_out_meanwhile_stays_out(
    dataset: Dataset, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(dataset, source)
    config = config_of(str(dataset.path), "run.batch_files=2")
    with cut_short(BatchFolder, monkeypatch):
        reprocess(config, from_text=True, run_id="again")
    tagged = by_revision(dataset.rows(), 1).keys()
    left = by_revision(dataset.rows(), 0).keys() - tagged
    # One that was tagged again already, and one whose turn would have come.
    gone = {min(tagged), min(left)}
    forget(str(dataset.path), gone)
    assert not gone & {row["id"] for row in dataset.rows()}
    assert reprocess(config, from_text=True, run_id="again").imbalances == []
    assert reprocess(config, from_text=True, everything=True).imbalances == []
    assert dataset.run(source, settings=NO_MODEL).imbalances == []
    assert {row["id"] for row in dataset.rows()} == (tagged | left) - gone
