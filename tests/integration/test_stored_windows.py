"""Firings of windows, committed to a store."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from objects import Stored
from rows import LISTED
from streams import NOON, article

from pipeline.delta.follow import followed_index
from pipeline.delta.home import DeltaHome
from pipeline.delta.log import DeltaTables
from pipeline.delta.windows import FiringCommitter
from pipeline.state import indexed
from transforms.errors import RunError
from transforms.records import StagedFile, Stamp
from transforms.tables import TABLES
from transforms.text.strings import digest
from transforms.write.parquet import stage_file
from transforms.write.rows import article_row
from transforms.write.store import Store
from transforms.write.window_write import Firing, firing

STAMP = Stamp("run", "0", NOON)
# After those that make the table and try it.
FIRST = 2


def committer(dataset: Stored) -> FiringCommitter:
    return FiringCommitter(dataset.tables, dataset.state, "run", FIRST, 1)


@pytest.fixture
def dataset(tmp_path: Path) -> Stored:
    found = Stored(f"file://{tmp_path}/set", tmp_path / "state")
    with DeltaHome(found.url, found.state).opened() as (state, _):
        DeltaHome(found.url, found.state).run("run", state).begin(NOON)
    return found


def staged(dataset: Stored, *numbers: int) -> StagedFile:
    rows = [article_row(article(number), STAMP) for number in numbers]
    return stage_file(
        pa.Table.from_pylist(rows, schema=TABLES["articles"]),
        name="articles",
        folder="date=2026-11-24",
        staging=f"{dataset.url}/_runs/run/staged",
        compression_level=1,
    )


def made(dataset: Stored) -> Firing:
    return firing(NOON, [staged(dataset, 1, 2), staged(dataset, 3)])


def ids(dataset: Stored) -> Counter[str]:
    return Counter(row["id"] for row in dataset.rows())


THREE = Counter(article(number).id for number in (1, 2, 3))


def test_a_firing_that_is_committed_again_changes_nothing(dataset: Stored) -> None:
    fired = made(dataset)
    for _ in range(2):
        one = committer(dataset)
        assert one.commit(fired) == 3
        assert one.commit(fired) == 3
    assert ids(dataset) == THREE
    assert set(dataset.named()) <= set(dataset.data())
    assert dataset.store.names("_runs/run/staged") == []
    assert dataset.versions() == 1


@pytest.mark.parametrize(
    ("owner", "where"),
    [
        (Store, "write"),
        (DeltaTables, "commit_first"),
        (DeltaTables, "complete"),
        (Store, "remove"),
    ],
)
@pytest.mark.parametrize("who", ["the engine", "the next start"])
def test_cut_short_anywhere_it_is_whole_or_absent(
    dataset: Stored, monkeypatch: pytest.MonkeyPatch, owner: Any, where: str, who: str
) -> None:
    fired = made(dataset)

    def fail(*_: object, **__: object) -> None:
        raise OSError("cut short")

    with monkeypatch.context() as patch:
        patch.setattr(owner, where, fail)
        with pytest.raises(OSError, match="cut short"):
            committer(dataset).commit(fired)
    committed = where in {"complete", "remove"}
    assert ids(dataset) == (THREE if committed else Counter())
    if who == "the engine":
        assert committer(dataset).commit(fired) == 3
        assert ids(dataset) == THREE
    else:
        with DeltaHome(dataset.url, dataset.state).opened() as (_, told):
            assert len(told) == 1
        assert ids(dataset) == (THREE if committed else Counter())
        assert dataset.store.names("_runs/run/staged") == []
    assert set(dataset.named()) <= set(dataset.data())


def test_what_another_run_has_brought_is_not_written_again(dataset: Stored) -> None:
    other = FiringCommitter(dataset.tables, dataset.state, "other", FIRST, 1)
    both = firing(NOON, [staged(dataset, 2, 3, 4)])
    late = committer(dataset)
    assert not late._writer.has(0)  # noqa: SLF001 - it knows the tables as they are now
    other(both)
    late(made(dataset))
    assert ids(dataset) == THREE + Counter([article(4).id])
    assert {row["revision"] for row in dataset.rows()} == {0}


def test_bundles_that_are_done_twice_commit_once_and_are_indexed(
    dataset: Stored,
) -> None:
    firings = [made(dataset), firing(NOON, [staged(dataset, 4)])]
    options = ["--runner=FnApiRunner", "--direct_runner_bundle_repeat=1"]
    with beam.Pipeline(options=PipelineOptions(options)) as root:
        root | beam.Create(firings) | beam.Map(committer(dataset))
    assert ids(dataset) == THREE + Counter([article(4).id])
    assert len(dataset.named()) == 2
    known = indexed.in_index(indexed.Articles, lambda: dataset.state / "state.sqlite")
    assert known.latest(article(3).id) == 0


def test_a_committed_file_that_is_gone_is_reported(dataset: Stored) -> None:
    committer(dataset).commit(made(dataset))
    dataset.store.remove(dataset.named())
    with pytest.raises(RunError, match="is committed and cannot be read"):
        followed_index(dataset.tables, dataset.state / "new", "it")


@pytest.mark.parametrize(
    ("left", "is_waiting"),
    [(["run.json"], True), (["report.json", "run.json"], False), ([], False)],
)
def test_a_page_is_waited_for_until_the_run_that_has_it_has_ended(
    dataset: Stored, left: list[str], is_waiting: bool
) -> None:
    entry = digest("entry")
    row = {
        "entry": entry,
        "feed": "https://news.example/feed",
        "tries": 1,
        "reason": "host_unreachable",
        "detail": "down",
        "payload": LISTED,
        "since": NOON,
        "next_at": NOON,
        "at": NOON,
        "run_id": "earlier",
    }
    rows = pa.Table.from_pylist([row], schema=TABLES["waiting"])
    home = DeltaHome(dataset.url, dataset.state)
    with home.opened() as (state, _), state.transaction():
        state.waiting.take(rows.to_batches(), NOON.toordinal())
        state.waiting.resolve(entry, "run")
    dataset.store.remove(dataset.store.names("_runs/run"))
    for name in left:
        dataset.store.write(f"_runs/run/{name}", b"{}")
    with home.opened() as (state, _):
        assert state.waiting.has(bytes.fromhex(entry)) == is_waiting
        # In another run, where this one has not brought the article.
        assert (state.waiting.next_at() == NOON) == is_waiting
