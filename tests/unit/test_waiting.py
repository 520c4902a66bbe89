from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from loopback import TROUBLES

from pipeline.state.database import State
from transforms.encryption import Cipher
from transforms.listings import Entry, Listed, Waited, Waiting
from transforms.records import Stamp
from transforms.tables import TABLES
from transforms.vocabulary import FetchOutcome, Reason
from transforms.web.policy import Pace
from transforms.web.response import FetchError
from transforms.web.waiting import (
    PATIENCE,
    Passing,
    is_busy,
    overdue,
    page_verdict,
    read_waiting,
    waiting_row,
    waits,
    waits_turn,
)

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LISTED = Listed(Entry(url="https://a.example/x?token=1", title="X"), "feed", "A", "PE")
DOWN = Passing(Reason.HOST_UNREACHABLE, "no connection")


def tries(pace: Pace, problem: Passing = DOWN) -> list[dt.timedelta]:
    """Return when an entry is asked for after its first try, if each try fails at once."""
    listed, now, moments = LISTED, NOW, []
    while (waiting := waits(listed, "0a", problem, now, pace)) is not None:
        now = max(waiting.next_at, now + dt.timedelta(seconds=1))
        moments.append(now - NOW)
        listed = dataclasses.replace(waiting.listed, waited=waiting.waited)
        assert len(moments) < 100
    return moments


def test_pauses_grow_and_the_last_try_is_after_two_days() -> None:
    hours = [moment / dt.timedelta(hours=1) for moment in tries(Pace())]
    five = 5 / 60
    assert hours[:5] == pytest.approx([five * n for n in (1, 4, 13, 40, 121)])
    assert hours[5:] == pytest.approx([five * 121 + 12 * n for n in (1, 2, 3)] + [48])


def test_a_shorter_interval_makes_shorter_pauses() -> None:
    moments = tries(Pace(interval=dt.timedelta(seconds=1)))
    assert moments[:4] == [dt.timedelta(seconds=n) for n in (1, 4, 13, 40)]
    assert moments[-1] == PATIENCE


def test_what_a_wrong_clock_noted_is_waited_for_from_now_on() -> None:
    ahead = Waited("0a", NOW + dt.timedelta(days=366), 3)
    listed = dataclasses.replace(LISTED, waited=ahead)
    waiting = waits(listed, "0a", DOWN, NOW, Pace())
    assert waiting is not None
    assert (waiting.waited.since, waiting.waited.tries) == (NOW, 4)
    assert NOW < waiting.next_at <= NOW + PATIENCE


def test_a_host_that_names_a_time_is_left_alone_until_then() -> None:
    until = NOW + dt.timedelta(hours=20)
    busy = Passing(Reason.HTTP_ERROR, "HTTP status 429", until)
    waiting = waits(LISTED, "0a", busy, NOW, Pace())
    assert waiting is not None
    assert waiting.next_at == until


def test_what_was_rejected_does_not_wait_again() -> None:
    assert waits(overdue(LISTED), "0a", DOWN, NOW, Pace()) is None


def again(waiting: Waiting) -> Listed:
    return dataclasses.replace(waiting.listed, waited=waiting.waited)


def test_to_wait_for_a_turn_is_no_try() -> None:
    first = waits_turn(LISTED, "0a", NOW, 7)
    assert first.next_at == NOW + dt.timedelta(seconds=7)
    assert (first.waited.tries, first.reason) == (0, Reason.HOST_BUSY)
    # Patience begins with the first request, be it days later.
    later = NOW + 2 * PATIENCE
    second = waits(again(first), "0a", DOWN, later, Pace())
    assert second is not None
    assert second.waited == Waited("0a", later, 1)
    assert second.next_at == later + dt.timedelta(minutes=5)
    third = waits_turn(again(second), "0a", later + PATIENCE, 7)
    assert third.waited == second.waited


def test_the_index_knows_who_waits_for_a_turn(tmp_path: Path) -> None:
    state, hour = State(tmp_path / "state.sqlite"), dt.timedelta(hours=1)

    def note(waiting: Waiting, at: dt.datetime) -> None:
        row = waiting_row(waiting, Stamp("run", "0", at))
        batch = pa.RecordBatch.from_pylist([row], schema=TABLES["waiting"])
        state.waiting.take([batch], 0)

    listed = dataclasses.replace(LISTED, entry=Entry(url="https://a.example/x"))
    turn = waits_turn(listed, "0a", NOW, 60)
    note(turn, NOW)
    assert state.waiting.has_turns()
    assert state.waiting.counts() == {"host_busy": 1}
    assert state.waiting.due(NOW) == []
    # Who waits for each turn takes it before its time.
    assert state.waiting.due(NOW, all_turns=True) == [again(turn)]
    state.waiting.set_back(NOW - hour)
    assert state.waiting.due(NOW - hour) == [again(turn)]
    tried = waits(again(turn), "0a", DOWN, NOW + hour, Pace())
    assert tried is not None
    note(tried, NOW + hour)
    assert not state.waiting.has_turns()
    assert state.waiting.due(NOW + hour, all_turns=True) == []
    assert state.waiting.due(NOW + 2 * hour) == [again(tried)]
    state.close()


def test_a_row_gives_back_the_entry_with_its_whole_link() -> None:
    waiting = waits(LISTED, "0a", DOWN, NOW, Pace())
    assert waiting is not None
    cipher = Cipher(b"of the dataset")
    row = waiting_row(waiting, Stamp("run", "0", NOW), cipher)
    assert "token=1" not in str(row)
    again = read_waiting(row["payload"], waiting.waited, cipher)
    assert again == dataclasses.replace(LISTED, waited=waiting.waited)
    assert read_waiting(row["payload"], waiting.waited, Cipher(b"another")) is None
    assert read_waiting(row["payload"][:-1], waiting.waited, cipher) is None


@pytest.mark.parametrize("trouble", TROUBLES)
def test_which_troubles_pass(trouble: FetchOutcome) -> None:
    lasting = {
        FetchOutcome.URL,
        FetchOutcome.ADDRESS,
        FetchOutcome.REDIRECT,
        FetchOutcome.TOO_LARGE,
    }
    verdict = page_verdict(FetchError(trouble, "failed", "https://a.example/x"))
    assert isinstance(verdict, Passing) is (trouble not in lasting)


def test_which_statuses_pass() -> None:
    passing = [status for status in range(200, 600) if is_busy(status)]
    assert passing == [408, 425, 429, *range(500, 600)]
