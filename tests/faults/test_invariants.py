"""Whatever happens in whatever order: nothing lost, nothing doubled, nothing ahead."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias
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
from kit import Dataset, Killed
from news_site import START, Site, page
from pytest_httpserver import HTTPServer

import pipeline.run
from pipeline.configuration.config import Config, load
from pipeline.dataset import compact as compaction
from pipeline.dataset.compact import compact
from pipeline.dataset.publish import BatchFolder, RunFolder
from pipeline.replay import Selection, replay
from pipeline.reports.report import Report
from pipeline.reprocess import reprocess
from pipeline.run import run
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from transforms.write import staging as write

NAMES = st.sampled_from("abcdef")
SETTINGS = (
    'enrich.entities.models={en = ""}',
    "extract.min_words=5",
    "run.batch_files=2",
    "source.reread=false",
)
FETCH = {
    "contact": "https://example.org/me",
    "allowed_networks": ("127.0.0.0/8",),
    "feed_pause_seconds": 0,
    "page_pause_seconds": 0,
}
STEPS: list[tuple[Any, str]] = [
    (BatchFolder, "prepare"),
    (write, "stage_file"),
    (BatchFolder, "commit"),
    (BatchFolder, "publish"),
    (State, "record"),
    (BatchFolder, "discard"),
    (RunFolder, "end"),
]
Death: TypeAlias = tuple[tuple[Any, str], str, int]
"""The step, the moment, and how often it passes before."""
DEATHS = st.tuples(
    st.sampled_from(STEPS), st.sampled_from(["before", "after"]), st.integers(0, 3)
)


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
        patch.object(
            pipeline.run, "failures_reported", lambda _: contextlib.nullcontext()
        ),
        patch.object(compaction, "clean_up", lambda _: None),
        contextlib.suppress(Killed, Exception),
    ):
        yield


class Desk(RuleBasedStateMachine):
    """An inbox and a publisher that change, and a dataset that must keep up."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.inbox = self.folder / "in"
        self.inbox.mkdir()
        self.dataset = Dataset(self.folder / "out")
        self.server = HTTPServer()
        self.server.start()
        self.site = Site(self.server)
        # What must be there after a run, by file or page.
        self.texts: dict[str, str] = {}
        # Pages that came back after they were missing, which a run does not ask again.
        self.corrected: dict[str, str] = {}
        self.ever: set[str] = set()
        # Runs that make kept pages anew: known texts, as new revisions.
        self.remaking: set[str] = set()
        self.count = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.server.stop()
            shutil.rmtree(self.folder)

    def new_text(self, name: str) -> str:
        self.count += 1
        text = f"Report {self.count} on the harbour bridge of the town {name}."
        self.ever.add(text)
        return text

    def config(self) -> Config:
        flags = {
            "source": {"files": (str(self.inbox),), "feeds": (self.site.url,)},
            "fetch": FETCH,
            "output": {"path": self.dataset.path, "raw": True},
        }
        return load(None, SETTINGS, flags)

    def now(self) -> dt.datetime:
        """Return a time at which the feed is due again."""
        self.count += 1
        return START + dt.timedelta(hours=2 * self.count)

    def run(self, run_id: str | None = None) -> Report:
        return run(self.config(), run_id=run_id, now=self.now())

    @rule(name=NAMES)
    def write(self, name: str) -> None:
        """Put a new text into a file, new or not."""
        path = self.inbox / f"{name}.txt"
        self.texts[path.name] = self.new_text(name)
        path.write_text(self.texts[path.name])

    @rule(name=NAMES)
    def spoil(self, name: str) -> None:
        """Leave nothing in a file."""
        self.texts.pop(f"{name}.txt", None)
        (self.inbox / f"{name}.txt").write_text("")

    @rule(name=NAMES)
    def write_half(self, name: str) -> None:
        """Write a file of which one record is good and one is broken."""
        path = self.inbox / f"{name}.jsonl"
        self.texts[path.name] = self.new_text(name)
        good = json.dumps({"id": name, "text": self.texts[path.name]})
        path.write_text(f"{good}\n{{}}\n")

    @rule(name=NAMES, is_there=st.booleans())
    def publish(self, name: str, is_there: bool) -> None:
        """List a page, new or changed, that is there or is not."""
        text = self.new_text(name)
        moment = f"{START - dt.timedelta(days=9) + dt.timedelta(minutes=self.count)}"
        entries = [entry for entry in self.site.entries if entry["city"] != name]
        self.site.entries = [*entries, {"city": name, "updated": moment}]
        self.site.headers = {"ETag": f'"{self.count}"'}
        content = page(name, f"<p>{text}</p>")
        self.site.pages[f"/{name}"] = (200 if is_there else 404, content)
        self.corrected.pop(name, None)
        self.texts.pop(name, None)
        if is_there:
            self.texts[name] = text

    @rule()
    def mend_pages(self) -> None:
        """Let what was missing be there."""
        for path, (status, content) in self.site.pages.items():
            if status != 200:
                self.site.pages[path] = (200, content)
                (text,) = re.findall(r"<p>(.*)</p>", content)
                self.corrected[path.removeprefix("/")] = text

    @rule()
    def miss_kept_pages(self) -> None:
        """Reprocess while the archive is gone, as a disk that is not mounted."""
        raw, hidden = self.dataset.path / "raw", self.folder / "raw"
        if raw.exists():
            raw.rename(hidden)
            self.reprocess(None)
            hidden.rename(raw)

    @rule()
    def work(self) -> None:
        """Do a run to its end."""
        report = self.run()
        assert report.imbalances == []
        there = {row["text"] for row in self.dataset.rows()}
        assert set(self.texts.values()) <= there

    @rule(death=DEATHS, run_id=st.sampled_from([None, "slot"]))
    def die(self, death: Death, run_id: str | None) -> None:
        """Do a run that is killed."""
        with killed(*death):
            self.run(run_id)

    @rule(death=st.none() | DEATHS)
    def replay(self, death: Death | None) -> None:
        """Send all rejects through again, to the end or not."""
        if not (self.dataset.path / "rejects").is_dir():
            return
        keys = {row["key"] for row in self.dataset.rows("rejects")}
        run_id = self.remake()
        if death is not None:
            with killed(*death):
                replay(self.config(), Selection(), run_id=run_id)
            return
        report = replay(self.config(), Selection(), run_id=run_id)
        assert report.imbalances == []
        rejects = self.dataset.rows("rejects")
        assert {row["run_id"] for row in rejects} <= {run_id}
        targets = [row["payload"] for row in rejects]
        assert len(targets) == len(set(targets))
        there = {row["text"] for row in self.dataset.rows()}
        for name, text in self.corrected.items():
            assert text in there or self.server.url_for(f"/{name}") not in keys

    @rule(death=st.none() | DEATHS)
    def reprocess(self, death: Death | None) -> None:
        """Make all kept pages anew, to the end or not."""
        if not (self.dataset.path / "articles").is_dir():
            return
        run_id = self.remake()
        if death is not None:
            with killed(*death):
                reprocess(self.config(), everything=True, run_id=run_id)
            return
        report = reprocess(self.config(), everything=True, run_id=run_id)
        assert report.imbalances == []
        pages = {row["id"] for row in self.dataset.rows() if row["raw"]}
        made = report.rows.get("articles", 0) + report.rows.get("rejects", 0)
        assert made == len(pages)

    def remake(self) -> str:
        self.count += 1
        self.remaking.add(f"again-{self.count}")
        return f"again-{self.count}"

    @rule(
        dies=st.booleans(),
        step=st.sampled_from(["write_table", "_exchange", "sync_folder"]),
    )
    def compact(self, dies: bool, step: str) -> None:
        """Merge all there is, to the end or not."""
        later = START.date() + dt.timedelta(days=999)
        given = {"target_bytes": 10**8, "closed_before": later}
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

    @invariant()
    def nothing_is_doubled_or_made_up(self) -> None:
        if not hasattr(self, "dataset"):
            return
        rows = self.dataset.rows()
        versions = [(row["id"], row["revision"]) for row in rows]
        assert len(versions) == len(set(versions))
        anew = [row for row in rows if row["raw"] and row["run_id"] in self.remaking]
        remade = [(row["id"], row["text"], row["run_id"]) for row in anew]
        assert len(remade) == len(set(remade))
        texts = [row["text"] for row in rows if row not in anew]
        assert len(texts) == len(set(texts))
        assert {row["text"] for row in rows} <= self.ever

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


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")


@pytest.mark.slow
def test_kept_pages_and_files_are_replayed_at_once() -> None:
    """The path that chance finds late: rejects of both, beside articles that are known."""
    desk = Desk()
    desk.begin()
    desk.publish("a", is_there=True)
    desk.write_half("b")
    desk.work()
    desk.miss_kept_pages()
    kinds = {row["key"].rpartition(".")[2][:2] for row in desk.dataset.rows("rejects")}
    assert kinds == {"gz", "js"}
    desk.replay(None)
    desk.nothing_is_doubled_or_made_up()
    desk.the_state_is_never_ahead()
    revisions = sorted(
        (row["text_source"], row["revision"]) for row in desk.dataset.rows()
    )
    assert revisions == [("file", 0), ("page", 0), ("page", 1)]
    desk.teardown()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_invariants_hold() -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            suppress_health_check=list(HealthCheck),
        ),
    )
