"""A stream at a terminal: its screen, its health, and what it does when that is gone."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest
from kit import DIRECT, NEWSBEAM

pytestmark = pytest.mark.slow

LONG = 250


def read_until(side: int, wanted: str) -> str:
    end, printed = time.monotonic() + LONG, ""
    while not re.search(wanted, printed):
        assert time.monotonic() < end, printed
        if select.select([side], [], [], 1)[0]:
            printed += os.read(side, 65_536).decode(errors="replace")
    return printed


@pytest.mark.parametrize(
    "stdout", [pytest.param("the terminal", marks=pytest.mark.slow), "a file"]
)
def test_a_stream_whose_terminal_is_closed_ends_well(
    tmp_path: Path, stdout: str
) -> None:
    side, other = pty.openpty()
    (tmp_path / "in").mkdir()
    given = ("--files", tmp_path / "in", "--output", tmp_path / "out")
    told = ("--health-port", "0", "--log-level", "info")
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            # Who leads a session and opens a terminal gets a signal when it goes.
            [
                *("/bin/sh", "-c", 'exec "$@" < "$0"', os.ttyname(other)),
                *(NEWSBEAM, "stream", *given, *told),
            ],
            stdout=said if stdout == "a file" else other,
            stderr=other,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
            start_new_session=True,
        )
    os.close(other)
    printed = read_until(side, "nothing to ask")
    found = re.search(r"health at (http://127\.0\.0\.1:\d+/healthz)", printed)
    assert found
    with DIRECT.open(found[1]) as answer:
        assert json.load(answer)["status"] == "ok"
    # The kernel sends SIGHUP; to a stream without a terminal it means another thing.
    os.close(side)
    assert process.wait(LONG) == 0
    if stdout == "a file":
        assert (tmp_path / "said").read_text().startswith("stream")
