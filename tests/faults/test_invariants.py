"""Whatever happens in whatever order: nothing lost, nothing doubled, nothing ahead."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from kit import Dataset

import pipeline.run
from pipeline import compact as compaction
from pipeline.compact import compact
from pipeline.config import load
from pipeline.publish import BatchFolder
from pipeline.replay import Selection, replay
from pipeline.report import Report
from pipeline.state import FILE_NAME, State
from transforms import write

NAMES = st.sampled_from("abcdef")
SETTINGS = ('enrich.entities.models={en = ""}', "run.batch_files=2")
STEPS: list[tuple[Any, str]] = [
    (BatchFolder, "prepare"),
    (write, "stage_file"),
    (BatchFolder, "commit"),
    (BatchFolder, "publish"),
    (State, "record"),
    (BatchFolder, "discard"),
    (Report, "save"),
]


class Killed(BaseException):
    """What ``kill -9`` would be."""


class _Cut:
    """Kills at a step's call, or lets it pass a few times before."""

    def __init__(self, step: tuple[Any, str], moment: str, passes: int) -> None:
        self.owner, self.name = step
        self.original = getattr(self.owner, self.name)
        self.moment = moment
        self.passes = passes

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if self.passes:
            self.passes -= 1
            return self.original(*arguments, **options)
        if self.moment == "after":
            self.original(*arguments, **options)
        raise Killed


@contextlib.contextmanager
def killed(step: tuple[Any, str], moment: str, passes: int) -> Iterator[None]:
    cut = _Cut(step, moment, passes)

    def call(*arguments: Any, **options: Any) -> Any:
        return cut(*arguments, **options)

    with (
        patch.object(cut.owner, cut.name, call),
        # A killed process cleans nothing up.
        patch.object(pipeline.run, "failures_told", lambda _: contextlib.nullcontext()),
        patch.object(compaction, "clean_up", lambda _: None),
        contextlib.suppress(Killed, Exception),
    ):
        yield


class Desk(RuleBasedStateMachine):
    """An inbox of files that change, and a dataset that must keep up."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.inbox = self.folder / "in"
        self.inbox.mkdir()
        self.dataset = Dataset(self.folder / "out")
        # Text by file; None for one that is broken.
        self.files: dict[str, str | None] = {}
        self.ever: set[str] = set()
        self.count = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(name=NAMES)
    def write(self, name: str) -> None:
        """Put a new text into a file, new or not."""
        self.count += 1
        text = f"Report {self.count} on the harbour bridge of the town {name}."
        self.ever.add(text)
        self.files[name] = text
        (self.inbox / f"{name}.txt").write_text(text)

    @rule(name=NAMES)
    def spoil(self, name: str) -> None:
        """Leave nothing in a file."""
        self.files[name] = None
        (self.inbox / f"{name}.txt").write_text("")

    @rule()
    def work(self) -> None:
        """Do a run to its end."""
        report = self.dataset.run(self.inbox, settings=SETTINGS)
        assert report.imbalances == []
        self.check_all_there()

    @rule(
        step=st.sampled_from(STEPS),
        moment=st.sampled_from(["before", "after"]),
        passes=st.integers(0, 3),
        run_id=st.sampled_from([None, "slot"]),
    )
    def die(
        self, step: tuple[Any, str], moment: str, passes: int, run_id: str | None
    ) -> None:
        """Do a run that is killed."""
        with killed(step, moment, passes):
            self.dataset.run(self.inbox, settings=SETTINGS, run_id=run_id)

    @rule()
    def replay(self) -> None:
        """Send all rejects through again."""
        if not (self.dataset.path / "rejects").is_dir():
            return
        flags = {"output": {"path": self.dataset.path}}
        config = load(None, SETTINGS, flags, needs_source=False)
        report = replay(config, Selection())
        assert report.imbalances == []
        left = {row["run_id"] for row in self.dataset.rows("rejects")}
        assert left <= {report.run_id}
        keys = [row["key"] for row in self.dataset.rows("rejects")]
        assert len(keys) == len(set(keys))

    @rule(
        dies=st.booleans(),
        step=st.sampled_from(["write_table", "_exchange", "sync_folder"]),
    )
    def compact(self, dies: bool, step: str) -> None:
        """Merge all there is, to the end or not."""
        tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
        given = {"target_bytes": 10**8, "closed_before": tomorrow}
        if not self.dataset.path.is_dir():
            return
        before = sorted(map(repr, self.dataset.rows()))
        if dies:
            with killed((compaction, step), "before", 0):
                compact(self.dataset.path, **given)  # type: ignore[arg-type]
        else:
            compact(self.dataset.path, **given)  # type: ignore[arg-type]
        assert sorted(map(repr, self.dataset.rows())) == before

    @rule()
    def lose_the_state(self) -> None:
        """Remove what can be made anew."""
        for path in self.dataset.path.glob(f"{FILE_NAME}*"):
            path.unlink()

    def check_all_there(self) -> None:
        """Every text that is in a file now has its row."""
        texts = {row["text"] for row in self.dataset.rows()}
        assert {text for text in self.files.values() if text} <= texts

    @invariant()
    def nothing_is_doubled_or_made_up(self) -> None:
        if not hasattr(self, "dataset"):
            return
        rows = self.dataset.rows()
        versions = [(row["id"], row["revision"]) for row in rows]
        assert len(versions) == len(set(versions))
        texts = [row["text"] for row in rows]
        assert len(texts) == len(set(texts))
        assert set(texts) <= self.ever

    @invariant()
    def the_state_is_never_ahead(self) -> None:
        path = getattr(self, "dataset", Dataset(Path("/nowhere"))).path / FILE_NAME
        if not path.is_file():
            return
        with contextlib.closing(sqlite3.connect(path)) as state:
            known = state.execute("SELECT hex(id), hex(content_hash) FROM articles")
            claimed = {(one.lower(), two.lower()) for one, two in known}
        rows = {(row["id"], row["content_hash"]) for row in self.dataset.rows()}
        assert claimed <= rows


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_invariants_hold() -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
