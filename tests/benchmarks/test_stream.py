"""The benchmark of a stream: it measures a real one, and says what it said where it ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kit import ROOT

COMMAND = [
    *(sys.executable, "-m", "tests.benchmarks.stream", "--rate", "4"),
    *("--minutes", "0.1", "--hosts", "3", "--feeds", "3", "--poll", "1"),
]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_stream_is_measured_and_shown(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "performance.json", tmp_path)
    subprocess.run([*COMMAND, "--docs", str(tmp_path)], cwd=ROOT, check=True)
    page = (tmp_path / "performance.md").read_text()
    [row] = [
        line for line in page.splitlines() if line.endswith("--feeds 3 --poll 1` |")
    ]
    rate, _, median, _, most, missing, *_ = (
        cell.strip() for cell in row.strip("|").split("|")
    )
    assert (rate, missing) == ("4", "0")
    assert 0 < float(median) <= float(most)


def test_a_stream_that_ends_before_its_time_says_why() -> None:
    done = subprocess.run(
        [*COMMAND, "--set", "stream.oddity=1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "stream.oddity: unknown key" in done.stderr
