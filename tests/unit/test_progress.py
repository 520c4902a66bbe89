from __future__ import annotations

import datetime as dt
import io
import logging
import time
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.commands.run import tell
from pipeline.counters import Counters
from pipeline.reports import logs
from pipeline.reports.progress import Progress
from pipeline.reports.report import Report
from transforms.errors import RunError
from transforms.vocabulary import Stage
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


def test_what_is_lost_between_and_in_stages_is_named() -> None:
    figures: dict[str, dict[str, int]] = {
        Stage.READ: {"matched": 3, "in": 2, "out": 2},
        Stage.FEEDS: {"in": 4, "fetch-news": 3},
        Stage.EXTRACT: {"in": 1, "rejected-no_text": 1},
        Stage.DEDUP: {"in": 2, "out": 1, "duplicate": 1},
        Stage.LANGUAGE: {"in": 1},
    }
    assert Counters(figures).imbalances == [
        "read: files matched are not the files read",
        "feeds: not every feed has an outcome",
        "extract: 2 were sent on, 1 arrived",
        "dedup: 0 were sent on, 2 arrived",
        "language: 1 went in, 0 came out",
    ]


def test_lost_articles_fail_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lost = Counters({Stage.LANGUAGE: {"in": 1}})
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    with pytest.raises(RunError, match="the counters do not add up"):
        tell(Report("r", now, 1.0, lost, {}, {}, {}, {}, {}, tmp_path))
    assert "language: 1 went in, 0 came out" in capsys.readouterr().out
