from __future__ import annotations

import io
import logging
import time

import pytest
from rich.console import Console

from pipeline.counters import Counters
from pipeline.reports import logs
from pipeline.reports.progress import Progress
from transforms.work.stage import LIVE


def test_files_feeds_and_entries_add_up() -> None:
    counters = {
        ("read", "matched"): 10,
        ("read", "in"): 4,
        ("read", "out"): 99,
        ("feeds", "in"): 5,
        ("feeds", "fetch-news"): 2,
        ("feeds", "not-due"): 1,
        ("feeds", "out"): 20,
        ("pages", "out"): 7,
        ("pages", "seen"): 2,
        ("pages", "fetch-page"): 9,
        ("extract", "in"): 50,
    }
    assert Counters.so_far(counters).progress == (16, 35)
    assert Counters().progress == (0, 0)


def test_a_terminal_sees_a_bar() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    LIVE.clear()
    LIVE["read", "matched"] = 8
    LIVE["read", "in"] = 3
    with Progress(console):
        while "3/8" not in screen.getvalue():
            time.sleep(0.05)
    LIVE.clear()


def test_elsewhere_a_line_is_logged_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(None, as_json=False)
    LIVE.clear()
    LIVE["read", "matched"] = 8
    LIVE["read", "in"] = 3
    told = ""
    with Progress(Console(file=io.StringIO()), every=0.01):
        while told.count("3 of 8 files, feeds and entries done") < 2:
            told += capsys.readouterr().err
    LIVE.clear()


@pytest.mark.parametrize(
    ("level", "is_shown"), [(None, True), ("warning", False), ("info", True)]
)
def test_progress_is_shown_unless_a_level_says_otherwise(
    level: str | None, *, is_shown: bool
) -> None:
    logs.configure(level, as_json=False)
    assert logging.getLogger(logs.PROGRESS_LOG).isEnabledFor(logging.INFO) is is_shown
    assert logging.getLogger("pipeline.run").isEnabledFor(logging.INFO) is (
        level == "info"
    )
