"""What is collected as a test is the same in every process, whenever and wherever it runs.

Several processes run the tests side by side, and each must collect the same ones: no
parameter and no id may rest on the clock, on chance, or on the order of a set or a folder.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from kit import ROOT

# A year later, and folders are listed the other way round.
_OTHERWISE = """
import os, pathlib, time

def later(name):
    now, ahead = getattr(time, name), 10**9 if name.endswith("_ns") else 1
    setattr(time, name, lambda: now() + 365 * 86_400 * ahead)

def backwards(place, name):
    list_up = getattr(place, name)
    setattr(place, name, lambda *a, **b: iter(list(list_up(*a, **b))[::-1]))

later("time")
later("time_ns")
for name in ("glob", "rglob", "iterdir"):
    backwards(pathlib.Path, name)
"""
_COLLECT = """
import sys, pytest
quietly = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
sys.exit(pytest.main(["--collect-only", "-m", "", *quietly]))
"""


def collecting(seed: str, zone: str, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", before + _COLLECT],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "PYTEST_ADDOPTS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_every_process_collects_the_same_tests() -> None:
    commands = [collecting("1", "UTC"), collecting("2", "Asia/Tokyo", _OTHERWISE)]
    printed = [command.communicate()[0] for command in commands]
    assert [command.returncode for command in commands] == [0, 0], printed[0][-2000:]
    here, there = [
        [line for line in text.splitlines() if "::" in line] for text in printed
    ]
    assert len(here) > 1_000
    assert set(here) ^ set(there) == set()
    assert here == there
