from __future__ import annotations

import io
import time

from rich.console import Console

from pipeline.progress import Progress, work_done
from transforms.stage import LIVE


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
    assert work_done(counters) == (16, 35)
    assert work_done({}) == (0, 0)


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
