"""What a stream shows of itself, and the spans of time that it takes."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.commands.options import span
from pipeline.reports.board import Board, Counts, Figures, Seen
from pipeline.stream.health import health
from pipeline.stream.screen import board_view, summary
from transforms.errors import ConfigError

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
SEEN = Seen("Lima [red]rebuilds[/] its bridge", "The Post", "en", ("PE", "CL"), NOW)


@pytest.fixture
def board() -> Board:
    made = Board(Path("data/x"), NOW - dt.timedelta(hours=2), NOW)
    made.counts = Counts(12, due=3, failing=2, retired=1, overdue=4 * SECOND)
    made.next_at = NOW + 41 * SECOND
    made.committed(NOW, Figures(2, 5, 1, {"no_text": 3}, 1.5), [SEEN] * 30)
    return made


def drawn(
    board: Board, height: int = 24, width: int = 100, *, is_terminal: bool = False
) -> str:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=is_terminal, height=height
    )
    console.print(board_view(board, NOW, height))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_it_tells_what_is_due_how_fast_it_goes_and_what_came(board: Board) -> None:
    board.waiting = {"host_busy": 3, "http_error": 1}
    text = drawn(board)
    for told in (
        "data/x · up 2:00:00",
        "12 feeds, 3 due (for 4 s), 2 failing, 1 gone",
        "next poll in 41 s",
        "2 articles · batches 1 · 0.2 a minute · last batch 2 in 1.5 s",
        "no_text 3",
        "4 pages: host_busy 3, http_error 1",
        "en PE CL",
        "The Post",
        "Lima [red]rebuilds[/] its bridge",
        "Ctrl-C finishes the batch",
    ):
        assert told in text
    board.working_since = NOW - 3 * SECOND
    board.failed("the disk is full")
    board.stop()
    text = drawn(board)
    for told in ("working for 3 s", "the disk is full", "Ctrl-C stops at once"):
        assert told in text


PLANS = {
    "next poll in 41 s": dt.timedelta(seconds=41),
    "beginning": dt.timedelta(),
    "next poll in 2 days 3 h": dt.timedelta(days=2, hours=3),
    "nothing to ask": None,
}


@pytest.mark.parametrize("plan", PLANS)
def test_it_tells_what_comes_next(board: Board, plan: str) -> None:
    wait = PLANS[plan]
    board.next_at = None if wait is None else NOW + wait
    assert plan in drawn(board)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 12), (200, 50)])
def test_it_fits_the_terminal(board: Board, width: int, height: int) -> None:
    board.failed("x" * 500)
    board.waiting = {"host_busy": 3, "http_error": 1}
    lines = drawn(board, height, width).splitlines()
    assert len(lines) < height
    assert max(map(len, lines)) <= width


def test_no_colour_where_none_is_wanted(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32m" in drawn(board, is_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in drawn(board, is_terminal=True)


def test_the_summary_adds_up(board: Board) -> None:
    board.committed(NOW, Figures(3, 1, 0, {"no_text": 1, "empty": 1}), [])
    board.waiting = {"host_busy": 1}
    console = Console(file=io.StringIO(), width=80)
    console.print(summary(board, NOW))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "5 articles" in text
    assert "no_text 4, empty 1" in text
    assert "1 page: host_busy 1" in text


def test_health_has_a_word_for_each_trouble(board: Board) -> None:
    stalled = dt.timedelta(minutes=30)

    def status(later: dt.timedelta) -> str:
        return str(health(board, NOW + later, stalled)["status"])

    assert status(SECOND) == "ok"
    assert status(dt.timedelta(minutes=6)) == "silent"
    board.working_since = NOW
    assert status(dt.timedelta(minutes=6)) == "ok"
    assert status(dt.timedelta(minutes=31)) == "stalled"
    board.working_since = None
    board.failed("full")
    assert status(SECOND) == "failing"
    assert health(board, NOW, stalled)["problem"] == "full"
    board.committed(NOW, Figures(), [])
    assert status(SECOND) == "ok"
    board.stop()
    assert status(SECOND) == "stopping"


def test_the_rate_is_that_of_the_last_ten_minutes(board: Board) -> None:
    assert board.per_minute(NOW) == pytest.approx(0.2)
    later = NOW + dt.timedelta(minutes=11)
    assert board.per_minute(later) == 0
    board.committed(later, Figures(20), [])
    assert board.per_minute(later) == pytest.approx(2)


def test_spans_of_time() -> None:
    assert span("90s") == dt.timedelta(seconds=90)
    assert span("1h30m") == dt.timedelta(minutes=90)
    assert span("2d") == dt.timedelta(days=2)
    for wrong in ("", "10", "2 hours", "h", "-5s", "9" * 30 + "d"):
        with pytest.raises(ConfigError, match="--for"):
            span(wrong)
