"""The engines that tests run on, and newsbeam in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT

PRISM = ROOT / "build" / "prism"
FLINK = ROOT / "build" / "flink.jar"


def prism() -> list[str]:
    """Return the options for Prism, or skip and say what is missing."""
    if not PRISM.exists():
        pytest.skip("Prism is not there: make prism builds it, which needs Go")
    return ["--runner=PrismRunner", f"--prism_location={PRISM}"]


def flink() -> list[str]:
    """Return the options for an embedded Flink, or skip and say what is missing."""
    if not FLINK.exists():
        pytest.skip("Beam's Flink job server is not there: make flink fetches it")
    if shutil.which("java") is None:
        pytest.skip("Flink needs Java 17, and there is no java")
    return [
        "--runner=FlinkRunner",
        f"--flink_job_server_jar={FLINK}",
        "--flink_master=[local]",
        "--environment_type=LOOPBACK",
    ]


ENGINES = [pytest.param(prism, id="prism"), pytest.param(flink, id="flink")]


def toml(path: Path, sections: dict[str, dict[str, Any]]) -> Path:
    """Write a configuration."""
    # JSON's strings, numbers, booleans and flat lists are TOML's too.
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    path.write_text("\n".join(lines) + "\n")
    return path


class Newsbeam:
    """The command line in a process of its own, its log in a file."""

    def __init__(self, log: Path, *arguments: str | Path) -> None:
        self.log = log
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline", *map(str, arguments)],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it and all that it started, as a machine that loses its power does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, seconds: float) -> int:
        """Ask it to end, wait so long, and return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        finally:
            if self._process.poll() is None:
                self.kill()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wait_for(self, path: Path, pattern: str, seconds: float) -> None:
        """Wait until a file of that pattern is there."""
        until = time.monotonic() + seconds
        while not any(path.glob(pattern)):
            assert self.is_alive(), self.log.read_text()[-3_000:]
            assert time.monotonic() < until, self.log.read_text()[-3_000:]
            time.sleep(0.2)
