"""``kill -9`` of a stream at random moments: nothing lost, nothing doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kit import ROOT, Dataset
from wire import SETTINGS, Wire

# More of them: NEWSBEAM_KILLS=100 make test-slow
KILLS = int(os.environ.get("NEWSBEAM_KILLS", "4"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900 + 20 * KILLS)]


def start(wire: Wire, dataset: Dataset, *more: str) -> subprocess.Popen[bytes]:
    """Start a stream in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "stream",
        "--output",
        str(dataset.path),
    ]
    for feed in wire.feeds:
        command += ["--feed", feed]
    for setting in SETTINGS:
        command += ["--set", setting]
    return subprocess.Popen(
        [*command, *more],
        cwd=ROOT,
        env=os.environ | {"no_proxy": "127.0.0.1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def wait_for_work(process: subprocess.Popen[bytes], wire: Wire, requests: int) -> None:
    until = time.monotonic() + 200
    while len(wire.requests) < requests:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)


def check(wire: Wire, dataset: Dataset) -> None:
    """Let a last stream come to rest, and see that every version is there once."""
    with start(wire, dataset, "--until-idle") as process:
        _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    rows = dataset.rows()
    assert sorted(row["title"] for row in rows) == sorted(wire.versions())
    keys = [(row["id"], row["revision"]) for row in rows]
    assert len(set(keys)) == len(keys)
    for path in dataset.path.glob("_runs/*/report.json"):
        assert json.loads(path.read_bytes())["balanced"]


def test_a_killed_stream_is_taken_up_where_it_was(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "dataset")
    with Wire(seed=3) as wire:
        wire.publish(20)
        wire.delay = 0.1
        with start(wire, dataset) as process:
            wait_for_work(process, wire, 8)
            process.kill()
        wire.delay = 0
        wire.publish(10)
        check(wire, dataset)


def test_streams_that_are_killed_again_and_again(tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311 - the same moments again
    dataset = Dataset(tmp_path / "dataset")
    with Wire(seed=4, window=1000) as wire:
        for _ in range(KILLS):
            publishing = wire.publish_steadily(60, 6)
            with start(wire, dataset) as process:
                wait_for_work(process, wire, len(wire.requests) + 4)
                time.sleep(chance.uniform(0, 5))
                process.kill()
            assert process.returncode == -signal.SIGKILL
            publishing.join()
        check(wire, dataset)


def test_the_command_stops_cleanly_and_at_once_when_asked_twice(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "dataset")
    with Wire(seed=3) as wire:
        wire.publish(20)
        wire.delay = 0.3
        for signals, code in [((signal.SIGTERM,), 0), ((signal.SIGINT,) * 2, 130)]:
            before = len(wire.requests)
            with start(wire, dataset, "--log-format", "json") as process:
                wait_for_work(process, wire, before + 2)
                for number in signals:
                    process.send_signal(number)
                    time.sleep(0.2)
                _, said = process.communicate()
            assert process.returncode == code, said.decode()
            assert "Traceback" not in said.decode()
            if code == 0:
                assert len(dataset.rows()) == len(wire.versions())
                lines = [json.loads(line) for line in said.decode().splitlines()]
                assert any(line.get("new") == len(wire.versions()) for line in lines)
            wire.publish(20)
        wire.delay = 0
        check(wire, dataset)
