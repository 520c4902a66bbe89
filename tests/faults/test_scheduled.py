"""Scheduled runs as they are, each a process of its own: the hundredth costs the tenth."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from kit import ROOT, Dataset
from news_site import Site
from pytest_httpserver import HTTPServer

from pipeline.dataset.compact import compact

# Three hundred take a quarter of an hour: NEWSBEAM_RUNS=300 make test-slow
RUNS = int(os.environ.get("NEWSBEAM_RUNS", "15"))
# Before that caches fill and tables get their first files.
WARM = 5


@dataclasses.dataclass
class Cost:
    """What one run took."""

    peak_mb: float
    cpu_seconds: float


class Schedule:
    """A publisher, an inbox, and ``newsbeam run`` over both."""

    def __init__(self, site: Site, dataset: Dataset, folder: Path) -> None:
        self.site = site
        self.inbox = folder / "in"
        self.temporary = folder / "tmp"
        self.config = folder / "newsbeam.toml"
        self.inbox.mkdir()
        self.temporary.mkdir()
        self.config.write_text(
            f"""
            [source]
            files = ["{self.inbox}"]
            feeds = ["{site.url}"]
            [fetch]
            contact = "https://example.org/me"
            allowed_networks = ["127.0.0.0/8"]
            interval_minutes = 0
            feed_pause_seconds = 0
            page_pause_seconds = 0
            [enrich.entities.models]
            en = ""
            [output]
            path = "{dataset.path}"
            """
        )

    def add_news(self, number: int) -> None:
        """Publish an entry with its page, and change the one file of the inbox."""
        self.site.entries = self.site.entries[-5:]
        self.site.list(f"Town{number}")
        self.site.headers = {"ETag": f'"{number}"'}
        text = f"The council voted on day {number} to rebuild the old harbour bridge."
        (self.inbox / "daily.txt").write_text(text)

    def run(self, number: int) -> Cost:
        """Do one run to its end; return what it cost."""
        command = [sys.executable, "-m", "pipeline", "run", str(self.config)]
        process = subprocess.Popen(
            [*command, "--run-id", f"slot-{number:04}"],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(self.temporary)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        told = process.stderr.read().decode()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, told
        # Linux counts it in kilobytes.
        return Cost(usage.ru_maxrss / 1e3, usage.ru_utime + usage.ru_stime)


def growth(figures: list[float]) -> float:
    """Return how much a figure grows from the first run to the last, by its line."""
    line = statistics.linear_regression(range(len(figures)), figures)
    return line.slope * len(figures)


@pytest.mark.slow
@pytest.mark.timeout(120 + 20 * RUNS)
def test_no_run_costs_more_than_those_before(
    httpserver: HTTPServer,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    schedule = Schedule(Site(httpserver), dataset, tmp_path)
    costs = []
    for number in range(RUNS):
        schedule.add_news(number)
        costs.append(schedule.run(number))
        assert list(schedule.temporary.iterdir()) == []
    peaks = [cost.peak_mb for cost in costs[WARM:]]
    seconds = [cost.cpu_seconds for cost in costs[WARM:]]
    print(
        f"\n{RUNS} runs, peak {statistics.median(peaks):.0f} MB "
        f"({min(peaks):.0f} to {max(peaks):.0f}), {growth(peaks):+.1f} MB by the last; "
        f"{statistics.median(seconds):.2f} CPU seconds, {growth(seconds):+.2f}; "
        f"peaks of every tenth: {[round(peak) for peak in peaks[::10]]}"
    )
    assert growth(peaks) < 0.05 * statistics.median(peaks)
    rows = sorted(map(repr, dataset.rows()))
    assert len(rows) == 2 * RUNS
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    compact(dataset.path, target_bytes=64_000_000, closed_before=tomorrow)
    partitions = dataset.path.glob("*/date=*")
    assert {len(list(folder.glob("*.parquet"))) for folder in partitions} == {1}
    assert sorted(map(repr, dataset.rows())) == rows
