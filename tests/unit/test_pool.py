"""Real children that really hang, crash and bloat."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.error_handling import CollectingErrorHandler
from misbehaving import cannot, dies, make

from transforms.vocabulary import Reason, Stage
from transforms.work.child import Died, PoolOptions
from transforms.work.pool import Pool
from transforms.work.stage import Work
from transforms.work.steps import Step

# The limit by the clock has room: on a busy machine, who works gets little time.
SHORT = PoolOptions(
    processes=2, deadline_seconds=0.5, wall_seconds=100, max_megabytes=200
)
IMPATIENT = SHORT.model_copy(update={"deadline_seconds": 60, "wall_seconds": 1.5})


def work(orders: list[str], options: PoolOptions = SHORT) -> list[object]:
    pool = Pool(make, options)
    futures = [pool.submit(order) for order in orders]
    return [future.result(timeout=250) for future in futures]


def test_results_come_back_by_element() -> None:
    orders = [f"order {number}" for number in range(200)]
    assert work(orders) == [[order.upper()] for order in orders]


@pytest.mark.parametrize(
    ("order", "options", "reason", "detail"),
    [
        ("hang", SHORT, Reason.TIMEOUT, "more than 0.5 s of processor time"),
        ("hang in C", SHORT, Reason.TIMEOUT, "more than 0.5 s of processor time"),
        ("sleep", IMPATIENT, Reason.TIMEOUT, "not done after 1.5 s by the clock"),
        pytest.param(
            *("sleep in C", IMPATIENT, Reason.TIMEOUT),
            "not done after 1.5 s by the clock",
            marks=pytest.mark.slow,
        ),
        ("segfault", SHORT, Reason.CRASHED, "SIGSEGV"),
        ("exit", SHORT, Reason.CRASHED, "exit code 7"),
    ],
)
def test_one_element_falls_and_the_others_stand(
    order: str, options: PoolOptions, reason: Reason, detail: str
) -> None:
    orders = ["a", "b", order, "c", "d", "e", order, "f"]
    outcomes = work(orders, options)
    for given, outcome in zip(orders, outcomes, strict=True):
        if given == order:
            assert isinstance(outcome, Died)
            assert outcome.reason is reason
            assert detail in outcome.detail
            assert outcome.detail.endswith("; tried again alone")
        else:
            assert outcome == [given.upper()]


def resident(pid: str) -> int:
    """Return the memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) // 1_000


# Others than glibc have no way to be asked for what they keep.
@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="there is no malloc_trim"
)
def test_a_child_that_waits_gives_back_what_it_does_not_use() -> None:
    pool = Pool(make, SHORT.model_copy(update={"processes": 1, "deadline_seconds": 60}))
    found = pool.submit("pid").result(timeout=250)
    assert isinstance(found, list)
    [pid] = found
    before = resident(pid)
    assert pool.submit("hoard").result(timeout=250) == ["HOARD"]
    until = time.monotonic() + 120
    while resident(pid) > before + 40:
        assert time.monotonic() < until, f"{before} MB before, {resident(pid)} after"
        time.sleep(0.1)
    # It is the same child.
    assert pool.submit("pid").result(timeout=250) == found


@pytest.mark.parametrize(
    ("deed", "options"),
    [
        ("hang", SHORT),
        ("sleep", IMPATIENT),
        ("segfault", SHORT),
        ("exit", SHORT),
    ],
)
def test_what_ends_a_child_once_is_no_reject(
    deed: str, options: PoolOptions, tmp_path: Path
) -> None:
    orders = ["a", f"{deed} once {tmp_path / 'mark'}", "b", "c"]
    assert work(orders, options) == [[order.upper()] for order in orders]
    assert (tmp_path / "mark").exists()


def test_a_second_try_has_a_new_child_to_itself(tmp_path: Path) -> None:
    one = PoolOptions(processes=1)
    pool = Pool(make, one)
    orders = ["pid", "pid", f"exit once {tmp_path / 'mark'}", "pid", "pid"]
    first, second, _, fourth, fifth = [
        future.result(timeout=250)
        for future in [pool.submit(order) for order in orders]
    ]
    assert first == second != fourth == fifth
    alone = [pool.submit("pid", alone=True) for _ in range(2)]
    pids = {str(future.result(timeout=250)) for future in alone}
    assert len(pids) == 2
    assert str(fifth) not in pids


def test_a_busy_machine_costs_no_element() -> None:
    # It waits for longer than its deadline, as on a machine where others want the cores.
    assert work(["doze", "a"]) == [["DOZE"], ["A"]]


@pytest.mark.parametrize(
    ("options", "order"),
    [
        pytest.param(SHORT, "load and hang", id="processor", marks=pytest.mark.slow),
        pytest.param(IMPATIENT, "load and sleep", id="clock", marks=pytest.mark.slow),
    ],
)
def test_a_deadline_does_not_run_while_a_model_is_loaded(
    options: PoolOptions, order: str
) -> None:
    loaded, ended = work(["load", order], options)
    assert loaded == ["LOAD"]
    assert isinstance(ended, Died)
    assert ended.reason is Reason.TIMEOUT


def test_the_clock_allows_many_times_the_deadline() -> None:
    assert PoolOptions(deadline_seconds=3).clock_seconds == 60
    assert PoolOptions(deadline_seconds=3, wall_seconds=5).clock_seconds == 5


def test_a_child_that_has_grown_is_replaced_and_no_other() -> None:
    one = PoolOptions(processes=1, max_megabytes=200)
    assert len(set(map(str, work(["pid"] * 500, one)))) == 1
    # 1 MB each: half of what it may take is gone before it has done the half of them.
    pids = [str(outcome) for outcome in work(["leak", "pid"] * 250, one)[1::2]]
    assert 1 < len(set(pids)) < 5


def test_a_child_that_may_take_more_is_replaced_long_before() -> None:
    one = PoolOptions(processes=1, max_megabytes=4_000)
    # 100 MB while it warms up, as many after.
    pids = [str(outcome) for outcome in work(["leak", "pid"] * 300, one)[1::2]]
    assert len(set(pids)) == 2


def test_what_a_child_logs_is_said_by_its_parent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert work(["log"]) == [["LOG"]]
    assert ("newsbeam.test", logging.WARNING, "a word from the child") in (
        caplog.record_tuples
    )


def test_how_a_child_failed_is_said_by_its_parent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert work(["log a failure"]) == [["LOG A FAILURE"]]
    [record] = [one for one in caplog.records if one.name == "newsbeam.test"]
    assert record.getMessage() == "it failed"
    assert str(record.exc_text).endswith("ZeroDivisionError: nobody foresaw this")


def test_a_result_that_cannot_be_read_is_an_error_and_the_pool_goes_on() -> None:
    pool = Pool(make, PoolOptions(processes=1))
    with pytest.raises(ValueError, match="only the child can read this"):
        pool.submit("give what nobody can read").result(timeout=250)
    assert pool.submit("a").result(timeout=250) == ["A"]


@pytest.mark.parametrize(
    ("broken", "error", "message"),
    [
        (cannot, OSError, "the model is missing"),
        (dies, RuntimeError, "ended before it began.*exit code 3"),
    ],
)
def test_children_that_cannot_work_at_all_are_no_fault_of_the_elements(
    broken: Callable[[], Callable[[str], Iterator[str]]],
    error: type[Exception],
    message: str,
) -> None:
    pool = Pool(broken, SHORT)
    with pytest.raises(error, match=message):
        pool.submit("a").result(timeout=250)


def counted(orders: list[str], options: PoolOptions) -> dict[str, int]:
    root = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    with CollectingErrorHandler() as rejects:
        results = (
            root
            | beam.Create(orders)
            | Work(
                Stage.LANGUAGE,
                make,
                named,
                rejects,
                then=(Step(Stage.ENTITIES, make),),
                pool=options,
            )
        )
    good = [order.upper() for order in orders if order in {"a", "b", "c"}]
    assert_that(results, equal_to(good), label="results")
    failed = rejects.output() | beam.Map(
        lambda reject: (reject.stage, reject.reason, json.loads(reject.payload))
    )
    assert_that(
        failed,
        equal_to(
            [
                (Stage.LANGUAGE, Reason.TIMEOUT, {"path": "hang"}),
                (Stage.LANGUAGE, Reason.CRASHED, {"path": "bloat"}),
                (Stage.LANGUAGE, Reason.INTERNAL_ERROR, {"path": "raise"}),
            ]
        ),
        label="rejects",
    )
    found = root.run().metrics().query()["counters"]
    return {
        f"{counter.key.metric.namespace} {counter.key.metric.name}": counter.result
        for counter in found
    }


def test_what_finds_no_memory_is_tried_again_in_a_new_child(tmp_path: Path) -> None:
    order = f"bloat once {tmp_path / 'mark'}"
    root = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    with CollectingErrorHandler() as rejects:
        results = (
            root
            | beam.Create([order])
            | Work(Stage.LANGUAGE, make, named, rejects, pool=SHORT)
        )
    assert_that(results, equal_to([order.upper()]), label="results")
    assert_that(rejects.output(), equal_to([]), label="rejects")
    root.run()
    assert (tmp_path / "mark").exists()


def named(order: str) -> tuple[str, dict[str, str]]:
    return order, {"path": order}


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_a_stage_counts_and_rejects_what_its_children_do_not_survive(
    processes: int,
) -> None:
    options = SHORT.model_copy(update={"processes": processes})
    assert counted(["a", "hang", "b", "raise", "bloat", "c"], options) == {
        "language in": 6,
        "language out": 3,
        "language rejected-timeout": 1,
        "language rejected-crashed": 1,
        "language rejected-internal_error": 1,
        "entities in": 3,
        "entities out": 3,
    }


@pytest.mark.slow
def test_children_do_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pids"
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from misbehaving import make\n"
        "from transforms.work.child import PoolOptions\n"
        "from transforms.work.pool import Pool\n"
        "if __name__ == '__main__':\n"
        "    pool = Pool(make, PoolOptions(processes=2, deadline_seconds=0.5))\n"
        "    pids = [pool.submit('pid').result()[0] for _ in range(20)]\n"
        f"    open({str(told)!r}, 'w').write(' '.join(set(pids)))\n"
        "    pool.submit('hang')\n"
        "    time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)])
    deadline = time.monotonic() + 200
    while not told.exists() or not told.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    pids = [int(pid) for pid in told.read_text().split()]
    while any(_is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """Tell whether a process is there and has not ended; a container may keep zombies."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def test_a_pool_ends_while_its_children_are_at_work() -> None:
    pool = Pool(make, PoolOptions(processes=2))
    pids = [pool.submit("pid").result()[0] for _ in range(10)]
    futures = [pool.submit("hang") for _ in range(40)]
    while not futures[0].running():
        time.sleep(0.01)
    pool.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    for future in futures:
        assert future.cancelled() or future.exception(timeout=250) or future.result()


def test_one_child_a_core_unless_configured() -> None:
    assert PoolOptions().size == len(os.sched_getaffinity(0))
    assert PoolOptions(processes=0).size == 0
    assert partial(PoolOptions, processes=3)().size == 3
