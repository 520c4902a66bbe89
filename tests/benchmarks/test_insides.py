"""What private parts bring: each way extracts, and the page says what it costs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from kit import ROOT

from tests.benchmarks import document, insides
from tests.benchmarks.pages import write_pages


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_each_way_is_measured_and_shown(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages", 3, 1)
    figures = insides.compare(tmp_path / "pages", rounds=1)
    assert figures["pages"] == 3
    assert list(figures["costs"]) == list(insides.WITHOUT)
    assert all(cost > 0 for costs in figures["costs"].values() for cost in costs)
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(ROOT / "docs" / "performance.json", docs)
    document.add("insides", figures | {"command": "insides PAGES"}, docs)
    page = (docs / "performance.md").read_text()
    assert "`insides PAGES`: extraction of 3 pages" in page
    assert all(f"| {way} | " in page for way in insides.WITHOUT)
    whole = next(line for line in page.splitlines() if "| as newsbeam does it" in line)
    assert whole.endswith("| 1.00× |")


# A program of the system, which no registry of packages has: only this benchmark needs it.
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is missing")
def test_instructions_are_the_same_however_busy_the_machine_is() -> None:
    command = [sys.executable, "-S", "-c", "for _ in range(20_000): pass"]
    nothing = [sys.executable, "-S", "-c", "pass"]
    counted = [insides.instructions(command) for _ in range(2)]
    assert counted[1] == pytest.approx(counted[0], rel=0.01)
    assert min(counted) > insides.instructions(nothing)
