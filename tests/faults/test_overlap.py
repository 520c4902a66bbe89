"""Twenty runs started at once: one works, nineteen exit with 3."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kit import ROOT, SEED, Dataset

TEXT = (ROOT / SEED).read_text()
RUNS = 20


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_one_of_twenty_works(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    # Enough for the first to be at work when the last one starts.
    for number in range(3_000):
        (source / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
    dataset = Dataset(tmp_path / "out")
    command = [sys.executable, "-m", "pipeline", "run", "--files", str(source)]
    command += ["--output", str(dataset.path), "--set"]
    command += ['enrich.entities.models={fr = "", en = ""}']
    processes = [
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(RUNS)
    ]
    told = [process.communicate()[1] for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes == [0] + [3] * (RUNS - 1)
    assert sum(b"another run is writing" in line for line in told) == RUNS - 1
    assert len(dataset.rows()) == 3_000
