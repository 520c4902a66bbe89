"""``kill -9`` at each step of a run into Delta tables: each row once, no half batch."""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import ROOT
from meanwhile import meanwhile
from news_site import START
from objects import Server, Stored, use

from transforms.errors import ConfigError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STEPS = [
    "pipeline.delta.home:DeltaHome.recover",
    "pipeline.delta.run:DeltaRun.begin",
    "pipeline.delta.run:DeltaBatch.prepare",
    "transforms.write.staging:stage_file",
    "transforms.write.staging:write_seal",
    "pipeline.delta.run:DeltaBatch.commit",
    "pipeline.delta.log:DeltaTables.commit_first",
    "pipeline.delta.log:DeltaTables.complete",
    "pipeline.delta.run:DeltaBatch.publish",
    "pipeline.state.database:State.index",
    "pipeline.delta.run:DeltaRun.end",
    "pipeline.delta.home:DeltaHome.prune",
]
# Files that each run finds new: all of them are one batch, and one commit.
NEWS = 3


class Machine:
    """Files, and runs over them in processes that may die."""

    def __init__(self, stored: Stored, folder: Path) -> None:
        self.stored = stored
        self.inbox = folder / "in"
        self.inbox.mkdir()
        self.config = folder / "newsbeam.toml"
        self.config.write_text(
            f"""
            [source]
            files = ["{self.inbox}"]
            [enrich.entities.models]
            en = ""
            [pool]
            processes = 0
            [output]
            path = "{stored.url}"
            state = "{stored.state}"
            """
        )
        self.runs = 0
        self.written: list[str] = []

    def add_news(self) -> None:
        for _ in range(NEWS):
            path = self.inbox / f"Town{len(self.written)}.txt"
            path.write_text(
                f"The council of {path.stem} voted on Tuesday to rebuild its bridge, "
                "which engineers had closed last winter."
            )
            self.written.append(str(path))

    def run(self, *fault: str) -> int:
        self.runs += 1
        now = START + dt.timedelta(hours=2 * self.runs)
        script = str(Path(__file__).with_name("killed_run.py"))
        return subprocess.run(
            [sys.executable, script, str(self.config), now.isoformat(), *fault],
            cwd=ROOT,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ).returncode


@contextlib.contextmanager
def read_all_the_time(stored: Stored) -> Iterator[list[int]]:
    """Read as others do; a row twice, rows that go, or a part of a batch fail."""
    counts: list[int] = []

    def look() -> str | None:
        with contextlib.suppress(ConfigError):
            ids = [row["id"] for row in stored.rows()]
            if (
                len(ids) != len(set(ids))
                or len(ids) % NEWS
                or (counts and len(ids) < counts[-1])
            ):
                return f"{len(ids)} rows, {len(set(ids))} ids"
            counts.append(len(ids))
        return None

    with meanwhile(look):
        yield counts


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", ["s3://news", "file://"])
def test_at_each_step(
    s3: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    place: str,
) -> None:
    use(s3, monkeypatch)
    folder = tmp_path.name if place == "s3://news" else f"{tmp_path}/set".lstrip("/")
    stored = Stored(f"{place}/{folder}", tmp_path / "state")
    machine = Machine(stored, tmp_path)
    with read_all_the_time(stored) as counts:
        for step in STEPS:
            machine.add_news()
            assert machine.run(step, moment) == -signal.SIGKILL, step
        # What is known of the dataset may be lost as well.
        (stored.state / "state.sqlite").unlink()
        assert machine.run() == 0
    rows = stored.rows()
    assert sorted(row["path"] for row in rows) == sorted(machine.written)
    assert {row["revision"] for row in rows} == {0}
    assert set(stored.named()) <= set(stored.data())
    left = [name.rpartition("/")[2] for name in stored.store.names("_runs")]
    assert set(left) <= {"run.json", "report.json"}
    assert counts
    print(f"\n{len(STEPS)} kills, {len(counts)} reads, {len(rows)} rows")
