"""Signals to the command, and where it keeps what it needs meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, SEED, Dataset
from rows import articles, write
from typer.main import get_command

from pipeline.cli import app
from pipeline.process.command import COMMITTING
from transforms.fast.insides import permitted


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
        (signal.SIGINT, 130),
    ],
)
def test_a_signal_ends_the_run_and_keeps_what_is_committed(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    text = (ROOT / SEED).read_text()
    for name in range(2_000):
        (folder / f"{name}.txt").write_text(f"{text}\n\n{name}")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "pipeline", "run", "--files", str(folder)]
    with subprocess.Popen(
        [*command, "--output", out, "--set", "run.batch_files=10"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        env=os.environ | {"NO_COLOR": "1"},
    ) as process:
        while not list(out.glob("_runs/*/00001/staging")):
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait() == code
    assert not list(out.glob("_runs/*/*/staging"))
    batches = len(list(out.glob("_runs/*/*/manifest.json")))
    assert 0 < batches < 200
    assert len(Dataset(out).rows()) == 10 * batches


# A signal comes when Beam has just started a thread of its own, and not yet noted that.
_IN_A_START = """
import os, signal
from apache_beam.runners.worker import statesampler as beam
from pipeline import cli

def start(sampler):
    beam.set_current_tracker(sampler)
    super(beam.StateSampler, sampler).start()
    os.kill(os.getpid(), signal.SIGTERM)

beam.StateSampler.start = start
cli.main()
"""


# It comes where Python has to drop what is raised.
_IN_A_CALLBACK = """
import os, signal, weakref
from apache_beam.runners.worker import statesampler as beam
from pipeline import cli

begin = beam.StateSampler.start

def start(sampler):
    begin(sampler)
    weakref.finalize(set(), os.kill, os.getpid(), signal.SIGTERM)

beam.StateSampler.start = start
cli.main()
"""


# Without private parts of Beam nobody stops its thread.
_STOPPED = pytest.mark.skipif(not permitted(), reason="left to Beam in the plain way")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(_IN_A_START, marks=[_STOPPED, pytest.mark.slow]),
        _IN_A_CALLBACK,
    ],
)
def test_a_signal_at_a_bad_moment_ends_the_run_too(tmp_path: Path, script: str) -> None:
    command = [sys.executable, "-c", script, "run", "--files", SEED]
    done = subprocess.run(
        [*command, "--output", tmp_path / "out", "--set", "pool.processes=0"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 143, done.stderr
    assert done.stderr.endswith("newsbeam: interrupted; what was committed stays\n")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out/articles").exists()


def test_a_command_that_only_reads_says_no_more_than_that_it_ends(
    tmp_path: Path,
) -> None:
    write(tmp_path, "articles", articles({"id": "0" * 32}), day="2026-11-24")
    query = "SELECT range FROM range(100_000_000_000)"
    command = [sys.executable, "-m", "pipeline", "sql", str(tmp_path), query]
    with subprocess.Popen(
        [*command, "--format", "jsonl"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == '{"range": 0}\n'
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=200)
    assert (process.returncode, said) == (130, "newsbeam: interrupted\n")


def test_what_commits_is_a_command() -> None:
    group: Any = get_command(app)
    assert set(group.commands) > COMMITTING


@pytest.mark.slow
def test_a_long_name_of_the_temporary_folder_is_no_error(tmp_path: Path) -> None:
    temporary = tmp_path / ("long" * 20)
    temporary.mkdir()
    command = [sys.executable, "-m", "pipeline", "run", "--files", SEED]
    done = subprocess.run(
        [*command, "--output", tmp_path / "out"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not list(temporary.iterdir())
