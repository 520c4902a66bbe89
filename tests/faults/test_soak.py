"""Hundreds of runs in one process: nothing grows but the dataset."""

from __future__ import annotations

import ctypes
import datetime as dt
import gc
import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from kit import Dataset
from news_site import START, Reader, Site
from pytest_httpserver import HTTPServer

from pipeline.dataset.compact import compact

# The same variable as for runs that are processes of their own.
RUNS = 5 * int(os.environ.get("NEWSBEAM_RUNS", "15"))
WARM = 50
KEPT = 20


def memory_mb() -> float:
    """Return what this process holds, in MB."""
    gc.collect()
    # What was freed, by this test or one before, is given back: it is held by nobody.
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.slow
@pytest.mark.timeout(900 + 4 * RUNS)
def test_nothing_grows(
    httpserver: HTTPServer,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    site, reader = Site(httpserver), Reader(dataset)
    reader.settings = (f"run.keep_runs={KEPT}",)
    figures = []
    for number in range(RUNS):
        site.entries = site.entries[-5:]
        # The publisher lives in this process too, and must not count.
        site.requests.clear()
        site.pages.clear()
        httpserver.clear_log()
        site.list(f"Town{number}")
        site.headers = {"ETag": f'"{number}"'}
        assert reader.read(site.url).as_json()["new"] == 1
        left = sum(1 for _ in temporary.iterdir())
        figures.append((memory_mb(), open_files(), left))
    warm, last = figures[WARM], figures[-1]
    per_run = (last[0] - warm[0]) / (RUNS - WARM)
    print(f"\nmemory {warm[0]:.0f} → {last[0]:.0f} MB, {per_run * 1000:.0f} kB a run")
    print(f"open files {warm[1]} → {last[1]}, temporary files {warm[2]} → {last[2]}")
    assert per_run < 0.2
    assert last[1] <= warm[1] + 3
    assert last[2] <= warm[2]
    assert len(list((dataset.path / "_runs").iterdir())) == KEPT
    before = sorted(map(repr, dataset.rows()))
    assert len(before) == RUNS
    tomorrow = START.date() + dt.timedelta(days=999)
    done = compact(dataset.path, target_bytes=64_000_000, closed_before=tomorrow)
    # Each run left an article, its requests, where the article was seen and, but for the
    # first, which of the earlier ones it copies.
    assert done.files_before == 4 * RUNS - 1
    per_partition = [
        len(list(folder.glob("*.parquet"))) for folder in dataset.path.glob("*/date=*")
    ]
    assert set(per_partition) == {1}
    assert sorted(map(repr, dataset.rows())) == before
