"""Commands in processes of their own, which die at a given step."""

from __future__ import annotations

import os
import subprocess
import sys

from kit import ROOT, Dataset

from pipeline.dataset.compact import STAGING
from pipeline.state.inventory import RUNS

# No models and no children: the steps of the commands themselves are what matters.
ALONE = {
    "NEWSBEAM_ENRICH__ENTITIES__MODELS": '{"en": ""}',
    "NEWSBEAM_POOL__PROCESSES": "0",
}


def start(*command: str, step: str = "-", moment: str = "-") -> subprocess.Popen[bytes]:
    script = str(ROOT / "tests/faults/killed_command.py")
    return subprocess.Popen(
        [sys.executable, script, step, moment, *command],
        cwd=ROOT,
        env=os.environ | ALONE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def nothing_is_left(dataset: Dataset) -> None:
    assert not (dataset.path / RUNS / STAGING).exists()
    assert [*dataset.path.glob("_runs/*/*/staging")] == []
    assert [*dataset.path.glob("_runs/*/*/discarded")] == []
    for table in ("articles", "rejects", "fetches"):
        for path in (dataset.path / table).rglob("*"):
            assert path.is_dir() or path.suffix == ".parquet"
