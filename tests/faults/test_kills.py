"""``kill -9`` at each step and at random moments: every article once, none half."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from four_readers import readers
from kit import ROOT
from meanwhile import meanwhile
from news_site import Site
from pytest_httpserver import HTTPServer
from towns import Towns

# A hundred take five minutes: NEWSBEAM_KILLS=100 make test-slow
KILLS = int(os.environ.get("NEWSBEAM_KILLS", "10"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900 + 20 * KILLS)]
STEPS = [
    "pipeline.dataset.publish:RunFolder.begin",
    "pipeline.dataset.publish:BatchFolder.prepare",
    "transforms.write.staging:stage_file",
    "transforms.write.parquet:put",
    "pipeline.dataset.publish:BatchFolder.commit",
    "pipeline.dataset.publish:write_durably",
    "pipeline.dataset.publish:BatchFolder.publish",
    "pipeline.dataset.publish:_make_folders",
    "os:replace",
    "pipeline.state.database:State.record",
    "pipeline.state.database:State.index",
    "pipeline.dataset.publish:BatchFolder.discard",
    "shutil:rmtree",
    "pipeline.dataset.publish:RunFolder.end",
    "pipeline.dataset.home:LocalHome.prune",
]


class Machine(Towns):
    """Runs in processes that may die."""

    def start(self, *fault: str) -> subprocess.Popen[bytes]:
        script = str(Path(__file__).with_name("killed_run.py"))
        return subprocess.Popen(
            [sys.executable, script, str(self.config), self.next_run(), *fault],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def finish(self) -> None:
        """Run to the end, and check that all is there once and nothing else is."""
        # The pages that a killed run asked for are asked for by the next.
        for _ in range(2):
            assert self.start().wait() == 0
        self.check_nothing_is_lost()
        left = [*self.dataset.path.glob("_runs/*/*/staging")]
        assert [*left, *self.dataset.path.glob("_runs/*/*/discarded")] == []
        for table in ("articles", "rejects", "fetches"):
            for path in (self.dataset.path / table).rglob("*"):
                assert path.is_dir() or path.suffix == ".parquet"


@pytest.fixture
def machine(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Machine:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    return Machine(Site(httpserver), tmp_path, batch_files=3)


@contextlib.contextmanager
def polled(folder: Path) -> Iterator[list[int]]:
    """Read with every reader all the time; a partial file, or a row twice, fails."""
    counts: list[int] = []

    def look() -> str | None:
        for reader in readers(folder):
            if not any((folder / "articles").rglob("*.parquet")):
                continue
            ids = reader()
            if len(ids) != len(set(ids)) or (counts and len(ids) < counts[-1]):
                return f"{len(ids)} rows, {len(set(ids))} ids"
            counts.append(len(ids))
        return None

    with meanwhile(look):
        yield counts


@pytest.mark.parametrize("moment", ["before", "after"])
def test_at_each_step(machine: Machine, moment: str) -> None:
    machine.work_alone()
    with polled(machine.dataset.path) as counts:
        for step in STEPS:
            machine.add_news()
            assert machine.start(step, moment).wait() == -signal.SIGKILL, step
        machine.finish()
    assert counts


def test_at_random_moments(machine: Machine) -> None:
    machine.add_news()
    began = time.monotonic()
    assert machine.start().wait() == 0
    whole = time.monotonic() - began
    chance = random.Random(7)  # noqa: S311 - moments, no secrets
    with polled(machine.dataset.path) as counts:
        for _ in range(KILLS):
            machine.add_news()
            process = machine.start()
            # The first half goes into imports: most deaths come after.
            time.sleep(whole * chance.uniform(0.4, 1.1))
            machine.kill(process)
        machine.finish()
    print(f"\n{KILLS} kills, {len(counts)} reads, {len(machine.written)} entries")
    shutil.rmtree(machine.dataset.path)
