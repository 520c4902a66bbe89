"""The summary and the log say why things failed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit import NEWSBEAM, Dataset

from pipeline.reports.logs import REJECTS_LOG

Command = Callable[..., Any]


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NEWSBEAM, "run", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_private_address_names_the_key_that_permits_it(tmp_path: Path) -> None:
    feed = "http://127.0.0.1:9/feed"
    done = run(
        *("--feed", feed, "--output", "data"),
        *("--set", "fetch.contact=https://example.org/me", "--log-format", "json"),
        cwd=tmp_path,
    )
    (line,) = (line for line in done.stdout.splitlines() if feed in line)
    assert line.strip().startswith(f"{feed}: http_error: the address is private")
    assert "fetch.allowed_networks" in line
    records = [
        json.loads(text) for text in done.stderr.splitlines() if text.startswith("{")
    ]
    (logged,) = (record for record in records if record["logger"] == REJECTS_LOG)
    assert logged["event"].startswith(f"rejected: {feed}: http_error: ")
    (path,) = (tmp_path / "data" / "_runs").glob("*/report.json")
    (reject,) = json.loads(path.read_text())["first_rejects"]
    assert reject["key"] == feed


def test_the_first_ten_are_shown_whatever_their_names(
    newsbeam: Command, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(14):
        (inbox / f"[red]{number:02}\x1b[31m[bold].txt").write_text("")
    done = newsbeam("run", "--files", inbox, "--output", tmp_path / "data")
    shown = [line for line in done.stdout.splitlines() if ".txt: empty" in line]
    assert len(shown) == 10
    assert all("[red]" in line and "[bold]" in line for line in shown)
    assert "\x1b" not in done.stdout
    assert len(Dataset(tmp_path / "data").rows("rejects")) == 14
