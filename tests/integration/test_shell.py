"""Queries one after another, at a terminal."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kit import NEWSBEAM
from rows import articles, write

from pipeline.desk.shell import converse


class Terminal:
    """A terminal at which the command was called."""

    def __init__(self, *arguments: str) -> None:
        self._side, other = pty.openpty()
        self.process = subprocess.Popen(
            [NEWSBEAM, *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            env=os.environ | {"TERM": "dumb", "COLUMNS": "120"},
            start_new_session=True,
        )
        os.close(other)

    def type(self, text: str) -> None:
        os.write(self._side, text.encode())

    def interrupt(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def until(self, wanted: str, again: Callable[[], None] | None = None) -> str:
        """Return what is printed up to ``wanted``; do something again until it is."""
        end, printed = time.monotonic() + 120, ""
        while wanted not in printed:
            ready, _, _ = select.select([self._side], [], [], 1)
            assert time.monotonic() < end, printed
            if not ready and again:
                again()
            if ready:
                printed += os.read(self._side, 65536).decode(errors="replace")
        return printed

    def close(self) -> int:
        try:
            return self.process.wait(250)
        finally:
            os.close(self._side)


def test_a_shell_where_lines_cannot_be_edited(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Not every system has it.
    monkeypatch.setitem(sys.modules, "readline", None)
    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT\n1;\n.views\n"))
    asked: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    try:
        converse(asked.append, ["articles"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert asked == ["SELECT\n1;"]
    assert "articles\n" in capsys.readouterr().out


def test_a_shell_at_a_terminal(tmp_path: Path) -> None:
    write(tmp_path, "articles", articles({"id": "a"}))
    terminal = Terminal("sql", str(tmp_path))
    terminal.until("newsbeam> ")
    terminal.type("SELECT count(*) AS n\n")
    terminal.until("...> ")
    # The tabulator completes the name of a view.
    terminal.type("FROM artic\t;\n")
    assert re.search(r"n\s+1\s", terminal.until("newsbeam> "))
    terminal.type("SELECT nothing FROM articles;\n")
    assert 'column "nothing" not found' in terminal.until("newsbeam> ")
    terminal.type(".views\n")
    assert "countries" in terminal.until("newsbeam> ")
    terminal.type(".schema people\n")
    assert "VARCHAR" in terminal.until("newsbeam> ")
    terminal.type(".help\n")
    assert ".schema" in terminal.until("newsbeam> ")
    terminal.type("SELECT what is dropped\n")
    terminal.until("...> ")
    terminal.interrupt()
    # Before it waits for a key, Python does not see that a signal has come.
    terminal.until("newsbeam> ", terminal.interrupt)
    # Ctrl-D.
    terminal.type("\x04")
    assert terminal.close() == 0
