"""Pages that hang, crash or eat memory cost themselves and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from benchmarks.faulty import ORDERS, install_hook, spoil
from benchmarks.pages import write_pages
from kit import ROOT

# Processor time, many times what a page that is well needs.
DEADLINE = 3


def rows(dataset: Path, table: str) -> list[dict[str, Any]]:
    return ds.dataset(dataset / table).to_table().to_pylist()


def run(pages: Path, output: Path, environment: dict[str, str]) -> str:
    command = [
        *(sys.executable, "-m", "pipeline", "run"),
        *("--files", f"{pages}/*.html", "--output", str(output)),
        *("--set", f"pool.deadline_seconds={DEADLINE}"),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_bad_page_is_one_reject_and_the_run_ends(tmp_path: Path) -> None:
    environment = install_hook(tmp_path / "hook")
    pages = tmp_path / "pages"
    write_pages(pages, 24)
    expected = spoil(pages, 6, (*ORDERS, "100,000 links"))
    printed = run(pages, tmp_path / "out", environment)
    assert "LOST" not in printed
    assert "timeout 2, crashed 2" in printed or "crashed 2, timeout 2" in printed
    rejects = rows(tmp_path / "out", "rejects")
    assert {Path(row["key"]).name: row["reason"] for row in rejects} == expected
    assert {row["stage"] for row in rejects} == {"extract"}
    # What is left is what a run without the bad pages writes.
    for name in expected:
        (pages / name).unlink()
    shutil.rmtree(tmp_path / "hook")
    run(pages, tmp_path / "without", environment)
    written = [
        {(row["id"], row["content_hash"]) for row in rows(tmp_path / name, "articles")}
        for name in ("out", "without")
    ]
    assert written[0] == written[1]
    assert len(written[0]) == 20
