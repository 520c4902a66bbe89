from __future__ import annotations

import threading
import time
from functools import partial

from transforms.work.lanes import Lanes
from transforms.work.turns import Budget


def everything(lanes: Lanes[tuple[str, int]]) -> list[tuple[str, int]]:
    found = []
    while (result := lanes.take(wait=True)) is not None:
        found.append(result)
    return found


def test_a_lane_keeps_its_order_and_all_results_come() -> None:
    lanes: Lanes[tuple[str, int]] = Lanes(4)
    for number in range(50):
        for lane in "abcdefgh":
            lanes.submit(lane, partial(lambda *pair: pair, lane, number))
    found = everything(lanes)
    assert len(found) == 400
    for lane in "abcdefgh":
        assert [number for name, number in found if name == lane] == list(range(50))
    assert lanes.pending == 0
    lanes.close()


def test_one_job_at_a_time_in_a_lane_and_lanes_side_by_side() -> None:
    lanes: Lanes[tuple[str, int]] = Lanes(2)
    busy: dict[str, int] = {"a": 0, "b": 0}
    most = {"a": 0, "b": 0}
    both = threading.Barrier(2, timeout=60)

    def job(lane: str) -> tuple[str, int]:
        busy[lane] += 1
        most[lane] = max(most[lane], busy[lane])
        both.wait()
        busy[lane] -= 1
        return lane, 0

    for lane in ("a", "b") * 5:
        lanes.submit(lane, partial(job, lane))
    assert len(everything(lanes)) == 10
    assert most == {"a": 1, "b": 1}
    lanes.close()


def test_a_slow_lane_holds_up_no_other() -> None:
    lanes: Lanes[tuple[str, int]] = Lanes(2)
    release = threading.Event()

    def slow() -> tuple[str, int]:
        release.wait(60)
        return "slow", 0

    lanes.submit("slow", slow)
    lanes.submit("quick", lambda: ("quick", 0))
    assert lanes.take(wait=True) == ("quick", 0)
    assert lanes.take(wait=False) is None
    release.set()
    assert lanes.take(wait=True) == ("slow", 0)
    lanes.close()


def test_closing_drops_what_waits() -> None:
    lanes: Lanes[tuple[str, int]] = Lanes(1)
    done: list[int] = []
    begun, release = threading.Event(), threading.Event()

    def job(number: int) -> tuple[str, int]:
        begun.set()
        release.wait(60)
        done.append(number)
        return "a", number

    for number in range(100):
        lanes.submit("a", partial(job, number))
    begun.wait(60)
    lanes.close()
    release.set()
    # It would take a moment to do them all.
    time.sleep(0.3)
    assert done in ([], [0])


def test_results_that_nobody_takes_hold_the_work_up() -> None:
    lanes: Lanes[tuple[str, int]] = Lanes(2)
    done: list[int] = []

    def job(number: int) -> tuple[str, int]:
        done.append(number)
        return "a", number

    for number in range(100):
        lanes.submit(str(number), partial(job, number))
    time.sleep(0.3)
    assert len(done) <= 10
    assert len(everything(lanes)) == 100
    lanes.close()


def test_a_budget_is_not_spent_while_a_job_is_at_work() -> None:
    budget, started = Budget(1.0), threading.Event()

    def job() -> str:
        with budget.at_work():
            started.set()
            while budget.worked < 1.5:
                time.sleep(0.01)
        return "parsed"

    lanes: Lanes[str] = Lanes(1, budget)
    lanes.submit("host", job)
    assert started.wait(60)
    assert lanes.take(wait=True) == "parsed"
    assert not budget.over.done()
    lanes.close()


def test_a_budget_is_spent_while_no_job_is_at_work() -> None:
    budget = Budget(0.2)
    with budget.at_work():
        pass
    lanes: Lanes[bool] = Lanes(1, budget)
    lanes.submit("host", lambda: budget.over.result(60) is None)
    assert lanes.take(wait=True) is True
    assert budget.left == 0
    lanes.close()
