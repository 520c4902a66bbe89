"""Turns of lanes: what comes in a batch, what is put off, and what is taken later."""

from __future__ import annotations

import dataclasses
import itertools
import math
import queue
import threading
from collections.abc import Callable
from concurrent.futures import wait
from functools import partial
from typing import Any

import pytest

from transforms.work.lanes import Lanes
from transforms.work.turns import NotYet, Turn, Turns

HOUR = 3_600.0


def turn(
    name: str, *, lane: str = "a", new: bool = True, rest: float = 0, pause: float = 0
) -> Turn:
    return Turn("pages", lane, name, new, rest, pause)


def late(turns: Turns, one: Turn, job: Callable[[], object] = object) -> float:
    with pytest.raises(NotYet) as told:
        turns.take(one, job)
    return told.value.seconds


def test_without_a_budget_a_job_is_done_where_it_is_asked_for() -> None:
    turns = Turns(1)
    here = threading.get_ident()
    assert turns.take(turn("x", rest=HOUR), threading.get_ident) == here
    turns.begin(math.inf)
    assert turns.take(turn("x", rest=HOUR), threading.get_ident) == here


def test_a_turn_that_cannot_come_in_time_is_put_off_at_once_in_order() -> None:
    turns = Turns(1)
    turns.begin(60)
    places = [late(turns, turn(name, rest=HOUR, pause=7)) for name in "xyz"]
    assert places[0] >= HOUR
    for before, after in itertools.pairwise(places):
        assert 6.9 < after - before < 60
    # Another lane has a queue of its own.
    assert turns.take(turn("x", lane="b"), lambda: 1) == 1


def test_who_waits_goes_before_who_is_new() -> None:
    turns = Turns(1)
    turns.begin(60)
    late(turns, turn("old", rest=HOUR))
    turns.begin(60)
    late(turns, turn("new"))
    assert turns.take(turn("old", new=False), lambda: "old") == "old"
    assert turns.take(turn("new", new=False), lambda: "new") == "new"
    assert turns.take(turn("newer"), lambda: "newer") == "newer"


def test_a_job_that_has_begun_goes_on_and_is_taken_in_a_later_batch() -> None:
    turns, go, begun = Turns(1), threading.Event(), []

    def job() -> str:
        begun.append(1)
        # Only now is the batch over.
        turns.budget("pages").spend(60)
        go.wait(60)
        return "page"

    turns.begin(0.01)
    turns.budget("pages").spend(0.01)
    # It is over: nothing more begins.
    late(turns, turn("x"), job)
    assert begun == []
    turns.begin(60)
    late(turns, turn("x", new=False), job)
    turns.begin(60)
    # Its lane is busy, be it with what waits longer.
    late(turns, turn("y", new=False))
    go.set()
    assert turns.has("x")
    assert turns.take(turn("x", new=False), job) == "page"
    assert begun == [1]
    assert not turns.has("x")
    assert turns.take(turn("y", new=False), lambda: "y") == "y"


def test_what_a_job_raises_is_raised_where_it_is_taken() -> None:
    turns = Turns(1)
    turns.begin(60)
    with pytest.raises(ZeroDivisionError):
        turns.take(turn("x"), lambda: 1 / 0)


def test_for_more_than_a_few_the_batch_waits() -> None:
    turns = Turns(1)
    go = {lane: threading.Event() for lane in "ab"}
    turns.begin(60)
    put_off: queue.SimpleQueue[str] = queue.SimpleQueue()
    came: queue.SimpleQueue[str] = queue.SimpleQueue()

    def ask(lane: str) -> None:
        try:
            turns.take(turn(lane, lane=lane), lambda: go[lane].wait(60))
            came.put(lane)
        except NotYet:
            put_off.put(lane)

    threads = [threading.Thread(target=ask, args=(lane,)) for lane in go]
    for thread in threads:
        thread.start()
    while not (turns.has("a") and turns.has("b")):
        pass
    turns.budget("pages").spend(60)
    first = put_off.get(timeout=60)
    # It goes on, so the batch waits for the other.
    (other,) = go.keys() - {first}
    go[other].set()
    assert came.get(timeout=60) == other
    go[first].set()
    for thread in threads:
        thread.join()
    assert put_off.empty()


def test_only_time_without_results_is_spent() -> None:
    turns, go = Turns(1), threading.Event()
    turns.begin(0.05)
    lanes: Lanes[str] = Lanes(2, turns.budget("pages"))

    def slow() -> str:
        try:
            turns.take(turn("slow", lane="slow"), lambda: go.wait(60))
        except NotYet:
            return "put off"
        return "came"

    lanes.submit("quick", lambda: "quick")
    lanes.submit("slow", slow)
    assert {lanes.take(wait=True), lanes.take(wait=True)} == {"quick", "put off"}
    assert turns.budget("pages").left == 0
    go.set()
    lanes.close()


def test_jobs_that_go_first_are_waited_for_in_their_lane_alone() -> None:
    turns, done = Turns(1), []
    turns.begin(60, ["a", "a"])
    assert turns.take(turn("elsewhere", lane="b"), lambda: 1) == 1

    def page() -> None:
        turns.take(turn("page"), lambda: done.append("page"))

    thread = threading.Thread(target=page)
    thread.start()
    for name in ("feed", "feed of the same host"):
        first = dataclasses.replace(turn(name), goes_first=True)
        turns.take(first, partial(done.append, name))
        turns.went("a")
    thread.join(60)
    assert done == ["feed", "feed of the same host", "page"]
    # Nobody waits any more.
    turns.went("a")
    assert turns.take(turn("next"), lambda: 2) == 2


def test_what_waits_for_those_that_go_first_is_put_off_when_the_batch_is_over() -> None:
    turns = Turns(1)
    turns.begin(1, ["a"])
    turns.budget("pages").spend(1)
    late(turns, turn("page"))


def test_a_batch_that_failed_leaves_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_waiting = threading.Event()

    def noted(*given: Any, **options: Any) -> Any:
        is_waiting.set()
        return wait(*given, **options)

    monkeypatch.setattr("transforms.work.turns.wait", noted)
    turns = Turns(1)
    turns.begin(60, ["a"])
    taken: queue.SimpleQueue[object] = queue.SimpleQueue()
    threading.Thread(
        target=lambda: taken.put(turns.take(turn("page"), lambda: "page")), daemon=True
    ).start()
    assert is_waiting.wait(60)
    turns.begin(60)
    assert taken.get(timeout=60) == "page"
