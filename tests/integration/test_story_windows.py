"""Stories in an unbounded pipeline: assigned where a window is committed."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import wires
from kit import Dataset
from objects import Stored
from wires import NOON

from pipeline.dataset.index import opened_index
from pipeline.dataset.publish import RunFolder
from pipeline.dataset.window_commit import commit
from pipeline.delta.home import DeltaHome
from pipeline.delta.windows import FiringCommitter
from pipeline.state.database import State
from transforms.records import Article, StagedFile, Stamp
from transforms.stories.likeness import Link, LinkKind
from transforms.stories.signer import sign
from transforms.tables import TABLES
from transforms.write.parquet import stage_file
from transforms.write.rows import article_row
from transforms.write.window_write import firing

STAMP = Stamp("run", "0", NOON)
WIRE, COPY, ELSEWHERE, LATE = (f"{number:032x}" for number in (1, 2, 3, 4))
TEXTS = {WIRE: wires.REPORT, COPY: wires.cut(wires.REPORT), ELSEWHERE: wires.ELSEWHERE}
DAYS = 7
# After the versions that make the table and try it.
FIRST = 2


def signed(articles: Iterable[Article]) -> pa.Table:
    """Return the rows of articles, signed and assigned to nothing."""
    rows = [
        article_row(dataclasses.replace(one, signature=sign(one)), STAMP)
        for one in articles
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["articles"])


def staged(staging: Path | str, *numbers: int) -> StagedFile:
    """Stage articles as a worker does."""
    texts = {**TEXTS, LATE: f"LOBOS (UPN) - {wires.REPORT}"}
    articles = [wires.article(texts[f"{number:032x}"], number) for number in numbers]
    return stage_file(
        signed(articles),
        name="articles",
        folder="date=2026-03-02",
        staging=staging,
        compression_level=1,
    )


def said(rows: Iterable[dict[str, Any]]) -> dict[str, tuple[str, str | None]]:
    return {row["id"]: (row["story_id"], row["duplicate_of"]) for row in rows}


EXPECTED = {
    WIRE: (WIRE, None),
    COPY: (WIRE, WIRE),
    ELSEWHERE: (ELSEWHERE, None),
    LATE: (WIRE, WIRE),
}


def links(rows: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(row["article_id"], row["linked_to"]) for row in rows}


def test_a_window_in_a_folder_says_what_belongs_together(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "dataset", "run")
    run.dataset.mkdir()
    with opened_index(run.dataset):
        run.begin(NOON)
    work = run.path / "staged"
    first = firing(NOON, [staged(work, 1, 3), staged(work, 2)])
    second = firing(NOON.replace(hour=13), [staged(work, 4)])
    for fired in (first, first, second):
        commit(fired, run, 1, DAYS)
    dataset = Dataset(run.dataset)
    assert said(dataset.rows()) == EXPECTED
    found = links(dataset.rows("stories"))
    assert found == {(COPY, WIRE), (LATE, WIRE)}


def test_a_window_in_a_store_says_the_same(tmp_path: Path) -> None:
    dataset = Stored(f"file://{tmp_path}/set", tmp_path / "state")
    with DeltaHome(dataset.url, dataset.state).opened() as (state, _):
        DeltaHome(dataset.url, dataset.state).run("run", state).begin(NOON)
    work = f"{dataset.url}/_runs/run/staged"
    first = firing(NOON, [staged(work, 1, 3), staged(work, 2)])
    second = firing(NOON.replace(hour=13), [staged(work, 4)])
    one = FiringCommitter(dataset.tables, dataset.state, "run", FIRST, 1, DAYS)
    assert [one(first), one(first), one(second)] == [3, 3, 1]
    assert said(dataset.rows()) == EXPECTED
    assert links(dataset.rows("stories")) == {(COPY, WIRE), (LATE, WIRE)}


def test_a_link_that_files_tell_is_as_strong_as_it_was_found(tmp_path: Path) -> None:
    row: dict[str, Any] = {"article_id": COPY, "story_id": WIRE, "linked_to": WIRE}
    row |= {"link": "story", "run_id": "run", "batch": 1, "at": NOON}
    articles = signed(wires.article(wires.REPORT, number) for number in (1, 2))
    with (
        contextlib.closing(State(tmp_path / "state.sqlite")) as state,
        state.transaction(),
    ):
        state.stories.take(articles.to_batches(), NOON.toordinal())
        # Four bytes say 1.11 as a little less.
        for strength in (1.11, 1.75, 3.8):
            said = [row | {"strength": strength}]
            table = pa.Table.from_pylist(said, schema=TABLES["stories"])
            state.stories.links.take(table.to_batches(), NOON.toordinal())
            [(_, link)] = state.stories.links.tree(bytes.fromhex(WIRE)).links.values()
            assert link == Link(LinkKind.STORY, strength)


def test_where_there_are_too_many_the_oldest_are_compared_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.state.stories.window._MOST_ARTICLES", 3)
    articles = [
        wires.article(text, number)
        for number, text in enumerate([wires.REPORT, wires.ELSEWHERE] * 3)
    ]
    path = tmp_path / "state.sqlite"
    with contextlib.closing(State(path)) as state, state.transaction():
        state.stories.take(signed(articles).to_batches(), NOON.toordinal())
    with contextlib.closing(sqlite3.connect(path)) as db:
        left = db.execute("SELECT lower(hex(id)) FROM story_articles ORDER BY id")
        assert [key for (key,) in left] == [f"{number:032x}" for number in (3, 4, 5)]
        (keys,) = db.execute(
            "SELECT count(*) FROM story_keys WHERE number NOT IN "
            "(SELECT number FROM story_articles)"
        ).fetchone()
        assert keys == 0
