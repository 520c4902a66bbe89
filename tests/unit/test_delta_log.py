"""The Delta log: each batch once in every table, none beside that of another run."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import itertools
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.delta.actions import Commit
from pipeline.delta.follow import made
from pipeline.delta.log import DeltaTables, LogCutError, RefusedError, in_a_line
from pipeline.delta.writer import DeltaWriter, Revise
from transforms.errors import LockedError, RunError
from transforms.tables import TABLES
from transforms.write.parquet import stage_file
from transforms.write.store import Store

DAY = "date=2026-11-24"


@pytest.fixture
def tables(tmp_path: Path) -> DeltaTables:
    found = DeltaTables(Store(f"file://{tmp_path}/a set"))
    found.create()
    return found


def commit(run_id: str, batch: int, *names: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "batch": batch,
        "files": [
            {
                "path": f"{name}/{DAY}/{run_id}-{batch}.parquet",
                "table": name,
                "partition": DAY,
                "rows": 1,
                "size": 100,
            }
            for name in names or ("articles", "rejects")
        ],
        "counters": {},
        "rewrites": [],
    }


def never(_: Any) -> Any:
    raise AssertionError


def writer_of(
    tables: DeltaTables, run_id: str, first: int = 1, revise: Revise = never
) -> DeltaWriter:
    return DeltaWriter(tables, run_id, first, revise)


def names(tables: DeltaTables, table: str = "articles") -> list[str]:
    return [file.name.rpartition("/")[2] for file in tables.files(table)[1]]


def manifests(tables: DeltaTables, first: int = 1) -> list[Any]:
    return [found.manifest for found in tables.commits("articles", first)]


def test_every_commit_is_found_in_order(tables: DeltaTables) -> None:
    writer = writer_of(tables, "run")
    for number in range(3):
        writer.append(commit("run", number))
    assert names(tables) == names(tables, "rejects")
    assert names(tables) == [f"run-{number}.parquet" for number in range(3)]
    assert manifests(tables) == [commit("run", number) for number in range(3)]
    assert list(tables.commits("articles", 4)) == []
    assert [one.version for one in tables.latest_commits("articles", 3, 2)] == [3, 2]
    (one,) = tables.commits("rejects", 3)
    name = f"rejects/{DAY}/run-2.parquet"
    assert one == Commit(3, (name,), (), {"run_id": "run", "batch": 2})


def test_a_commit_that_is_repeated_changes_nothing(tables: DeltaTables) -> None:
    writer = writer_of(tables, "run")
    for _ in range(2):
        writer.append(commit("run", 5))
        writer_of(tables, "run").append(commit("run", 5))
    assert len(manifests(tables)) == 1
    assert names(tables, "rejects") == ["run-5.parquet"]


def test_what_a_kill_kept_from_the_other_tables_is_added(tables: DeltaTables) -> None:
    tables.commit_first(0, commit("run", 0))
    assert names(tables, "rejects") == []
    for _ in range(2):
        tables.complete(commit("run", 0))
    assert names(tables, "rejects") == ["run-0.parquet"]


@pytest.mark.parametrize("meetings", [1, 99])
def test_of_two_that_add_to_another_table_each_adds_its_own_once(
    tables: DeltaTables, meetings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    others, opening = iter(range(meetings)), DeltaTables.open

    def overtaken(self: DeltaTables, table: str, version: int | None = None) -> Any:
        opened = opening(self, table, version)
        with monkeypatch.context() as patch:
            patch.setattr(DeltaTables, "open", opening)
            for number in itertools.islice(others, 1):
                tables.complete(commit("other", number))
        return opened

    with monkeypatch.context() as patch:
        patch.setattr(DeltaTables, "open", overtaken)
        if meetings == 1:
            tables.complete(commit("run", 0))
        else:
            with pytest.raises(RunError, match="rejects: others commit without pause"):
                tables.complete(commit("run", 0))
    met = names(tables, "rejects")
    assert met.count("run-0.parquet") == (meetings == 1)
    tables.complete(commit("run", 0))
    assert sorted(names(tables, "rejects")) == sorted({*met, "run-0.parquet"})


def test_a_log_that_is_taken_away_is_no_other_writer(
    tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = DeltaTables.open

    def broken(self: DeltaTables, table: str, version: int | None = None) -> Any:
        opened = opening(self, table, version)
        shutil.rmtree(self.store.path(f"{table}/_delta_log"))
        return opened

    monkeypatch.setattr(DeltaTables, "open", broken)
    with pytest.raises(OSError, match="Invalid table version"):
        tables.commit_first(0, commit("run", 0))


def test_an_answer_that_is_lost_is_no_second_commit(
    tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_first = DeltaTables.commit_first

    def lost(self: DeltaTables, after: int, manifest: Any) -> None:
        commit_first(self, after, manifest)
        raise RefusedError

    monkeypatch.setattr(DeltaTables, "commit_first", lost)
    writer_of(tables, "run").append(commit("run", 0))
    assert len(manifests(tables)) == 1
    assert names(tables, "rejects") == ["run-0.parquet"]


def test_of_two_runs_the_second_revises_its_batch(tables: DeltaTables) -> None:
    revised = commit("two", 0) | {"files": commit("two", 9)["files"]}
    first = writer_of(tables, "one")
    second = writer_of(tables, "two", revise=lambda _: revised)
    first.append(commit("one", 0))
    assert second.append(commit("two", 0)) == revised
    # It knows now what the first has brought, and is asked only about what is new.
    assert second.append(commit("two", 1)) == commit("two", 1)
    assert names(tables) == ["one-0.parquet", "two-1.parquet", "two-9.parquet"]
    assert names(tables, "rejects") == names(tables)


def test_two_attempts_of_one_run_are_two_writers(tables: DeltaTables) -> None:
    one, other = commit("run", 0), commit("run", 0)
    other["files"][0]["path"] += ".other"
    writer_of(tables, "run").append(one)
    with pytest.raises(LockedError):
        writer_of(tables, "run").append(other)


def test_a_store_that_takes_nothing_is_an_error(
    tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise RefusedError

    monkeypatch.setattr(DeltaTables, "commit_first", refuse)
    with pytest.raises(RunError, match="neither be created nor read"):
        writer_of(tables, "run").append(commit("run", 0))


def test_files_that_others_merge_are_no_commit_of_another_run(
    tables: DeltaTables,
) -> None:
    writer = writer_of(tables, "run")
    some = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    row = {
        field.name: some if pa.types.is_timestamp(field.type) else "some"
        for field in TABLES["rejects"]
    }
    rows = pa.Table.from_pylist([row], schema=TABLES["rejects"])
    for number in range(2):
        staged = stage_file(
            rows,
            name="rejects",
            folder=DAY,
            staging=tables.store.url,
            compression_level=1,
        )
        one = commit("run", number, "articles", "rejects")
        one["files"][1] |= {
            "path": staged.path.removeprefix(f"{tables.store.url}/"),
            "size": staged.size,
        }
        writer.append(one)
    # As anybody's tool does it.
    tables.open("rejects").optimize.compact()
    writer.append(commit("run", 2))
    assert len(names(tables, "rejects")) == 2
    (merged,) = (one for one in tables.commits("rejects", 1) if not one.manifest)
    assert (len(merged.added), len(merged.removed)) == (1, 2)


def test_a_log_that_was_cut_is_not_taken_for_its_end(tables: DeltaTables) -> None:
    writer = writer_of(tables, "run")
    for number in range(3):
        writer.append(commit("run", number))
    tables.open("articles").create_checkpoint()
    log = "articles/_delta_log"
    tables.store.remove(f"{log}/{version:020d}.json" for version in range(3))
    assert len(names(tables)) == 3
    # It is a dataset without its first commit: that one goes after a month.
    assert tables.is_there()
    tables.create()
    assert len(names(tables)) == 3
    with pytest.raises(LogCutError):
        list(tables.commits("articles", 1))
    assert [one.version for one in tables.commits("articles", 3)] == [3]
    assert [one.version for one in tables.latest_commits("articles", 3, 9)] == [3]


def test_a_tree_of_causes_is_a_line() -> None:
    error = OSError("Kernel error -> no\n   \x1b[31m↳\x1b[0m because\n")
    assert in_a_line(error) == "Kernel error -> no: because"


def test_several_make_a_dataset_at_once(tmp_path: Path) -> None:
    tables = DeltaTables(Store(f"file://{tmp_path}/many"))
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        found = set(threads.map(made, [tables] * 8))
    assert len(found) == 1
    for table in TABLES:
        assert tables.open(table).version() <= 1


def test_a_table_that_an_earlier_newsbeam_had_not_is_made(tables: DeltaTables) -> None:
    shutil.rmtree(tables.store.path("sightings"))
    made(tables)
    assert names(tables, "sightings") == []
