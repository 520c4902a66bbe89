"""The log of commits: in order, each once, found without reading it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.store import commit_log
from pipeline.store.commit_log import commits, committed_files, latest_summary, name_of
from pipeline.store.commit_writer import CommitWriter
from transforms.errors import LockedError, RunError
from transforms.write.store import Store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(commit_log, "_FOLDER", 3)
    return Store(f"file://{tmp_path}/set")


def commit(run_id: str, batch: int) -> dict[str, Any]:
    file = {
        "path": f"articles/date=2026-11-24/{run_id}-{batch}.parquet",
        "table": "articles",
        "partition": "date=2026-11-24",
        "rows": 1,
        "size": 100,
        "sha256": "0",
    }
    return {"run_id": run_id, "batch": batch, "files": [file], "counters": {}}


def paths(files: list[dict[str, Any]]) -> list[str]:
    return [file["path"].rpartition("/")[2] for file in files]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 7, 14, 31])
def test_every_commit_is_found(store: Store, count: int) -> None:
    writer = CommitWriter(store, "run", 0)
    for number in range(count):
        writer.append(commit("run", number))
    expected = [f"run-{number}.parquet" for number in range(count)]
    assert paths(committed_files(store)) == expected
    assert [number for number, _ in commits(store, 0)] == list(range(count))
    assert [number for number, _ in commits(store, 2)] == list(range(2, count))
    # Who reads goes back to the start of the last folder at most.
    summary = latest_summary(store)
    assert summary.after == max(0, (count - 1) // 3 * 3)
    assert len(summary.files) == summary.after
    assert summary.runs == [("run", n) for n in range(summary.after)][-3:]


def test_a_commit_that_is_repeated_changes_nothing(store: Store) -> None:
    writer = CommitWriter(store, "run", 0)
    for _ in range(2):
        writer.append(commit("run", 5))
        CommitWriter(store, "run", 0).append(commit("run", 5))
    assert store.names("_commits") == [name_of(0)]


def test_an_answer_that_is_lost_is_no_second_commit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Store.create

    def lost(self: Store, name: str, data: bytes) -> bool:
        create(self, name, data)
        return False

    monkeypatch.setattr(Store, "create", lost)
    CommitWriter(store, "run", 0).append(commit("run", 0))
    assert store.names("_commits") == [name_of(0)]


def test_of_two_runs_one_learns_that_it_came_second(store: Store) -> None:
    first, second = CommitWriter(store, "one", 0), CommitWriter(store, "two", 0)
    first.append(commit("one", 0))
    with pytest.raises(LockedError, match="run one has committed"):
        second.append(commit("two", 0))
    first.append(commit("one", 1))
    CommitWriter(store, "two", 2).append(commit("two", 0))
    assert paths(committed_files(store)) == [
        "one-0.parquet",
        "one-1.parquet",
        "two-0.parquet",
    ]


def test_two_attempts_of_one_run_are_two_writers(store: Store) -> None:
    one, other = commit("run", 0), commit("run", 0)
    other["files"][0]["path"] += ".other"
    CommitWriter(store, "run", 0).append(one)
    with pytest.raises(LockedError):
        CommitWriter(store, "run", 0).append(other)


def test_a_store_that_takes_nothing_is_an_error(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "create", lambda *_: False)
    with pytest.raises(RunError, match="neither be created nor read"):
        CommitWriter(store, "run", 0).append(commit("run", 0))
