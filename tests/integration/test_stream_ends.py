"""How a stream ends: signals, batches that take too long, times and failures."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import signal

import pytest
from kit import Dataset
from streaming import LONG, Streaming, config, stop, titles, wait_for
from wire import Wire

from pipeline.reports.board import Board
from pipeline.stream.loop import Until
from transforms.errors import RunError

pytestmark = pytest.mark.usefixtures("dead_proxy_for_others")


@pytest.mark.slow
def test_it_stops_between_batches_and_within_one(wire: Wire, dataset: Dataset) -> None:
    wire.publish(6)
    wire.delay = 0.2

    def meanwhile(_: Board) -> None:
        wait_for(lambda: any("/story/" in path for path in wire.requests))
        stop()

    board = Streaming().go(lambda: config(dataset, *wire.feeds), meanwhile)
    # The batch was finished, and the run has its report.
    assert titles(dataset) == sorted(wire.versions())
    assert board.batches == 1
    (report,) = dataset.path.glob("_runs/*/report.json")
    figures = json.loads(report.read_bytes())
    assert figures["new"] == len(wire.versions())
    assert figures["balanced"]


@pytest.mark.slow
def test_a_batch_that_takes_too_long_is_given_up_and_done_by_the_next_start(
    wire: Wire, dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    wire.publish(6)
    wire.delay = 1.0
    patient = config(dataset, *wire.feeds)
    hasty = config(dataset, *wire.feeds, settings=("stream.stop_seconds=0.2",))

    def meanwhile(_: Board) -> None:
        wait_for(lambda: len(wire.requests) > 1)
        stop()

    Streaming().go(lambda: hasty, meanwhile)
    assert "given up" in caplog.text
    assert titles(dataset) == []
    wire.delay = 0
    Streaming().go(lambda: patient, until=Until(idle=True))
    assert titles(dataset) == sorted(wire.versions())


def test_a_second_signal_does_what_it_did_before(wire: Wire, dataset: Dataset) -> None:
    wire.publish(6)
    wire.delay = 1.0
    heard = []

    def heed(number: int, frame: object) -> None:
        del frame
        heard.append(number)
        raise KeyboardInterrupt

    def meanwhile(board: Board) -> None:
        wait_for(lambda: len(wire.requests) > 1)
        stop()
        wait_for(lambda: board.is_stopping)
        stop()

    before = signal.signal(signal.SIGTERM, heed)
    try:
        # Whether it surfaces as itself or as the stage's error is up to Beam.
        with contextlib.suppress(KeyboardInterrupt):
            Streaming().go(lambda: config(dataset, *wire.feeds), meanwhile)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
    assert titles(dataset) == []


@pytest.mark.slow
def test_it_ends_after_a_time_or_when_it_is_idle(wire: Wire, dataset: Dataset) -> None:
    wire.publish(10)
    board = Streaming().go(lambda: config(dataset, *wire.feeds), until=Until(idle=True))
    assert titles(dataset) == sorted(wire.versions())
    # One round with news, and one without.
    assert all(wire.requests.count(f"/feed/{number}") == 2 for number in range(4))
    assert board.batches == 2
    began = dt.datetime.now(dt.UTC)
    until = Until(began + dt.timedelta(seconds=2))
    Streaming().go(lambda: config(dataset, *wire.feeds), until=until)
    assert 2 <= (dt.datetime.now(dt.UTC) - began).total_seconds() < LONG / 2


@pytest.mark.slow
def test_what_was_planned_by_a_clock_that_is_set_back_is_planned_again(
    wire: Wire,
    dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # It looks at the clock when it wakes up, once a minute at least.
    pause = dt.timedelta(seconds=0.2)
    monkeypatch.setattr("pipeline.stream.loop._LONGEST_SLEEP", pause)
    wire.publish(6)
    ahead = [dt.timedelta(days=366)]

    def meanwhile(board: Board) -> None:
        wait_for(lambda: board.batches > 0)
        ahead.append(dt.timedelta())
        wait_for(lambda: "the clock was set back by 527" in caplog.text)
        wire.publish(4)
        wait_for(lambda: board.total.new == len(wire.versions()))
        stop()

    Streaming().go(
        lambda: config(dataset, *wire.feeds),
        meanwhile,
        clock=lambda: dt.datetime.now(dt.UTC) + ahead[-1],
    )
    assert titles(dataset) == sorted(wire.versions())
    # The run of the wrong clock has ended, and what came then is in another.
    assert len([*dataset.path.glob("_runs/*/report.json")]) == 2


@pytest.mark.slow
def test_what_is_not_due_soon_is_not_waited_for(wire: Wire, dataset: Dataset) -> None:
    wire.publish(10)
    hourly = config(dataset, *wire.feeds, settings=("fetch.interval_minutes=60",))
    board = Streaming().go(lambda: hourly, until=Until(idle=True))
    assert board.batches == 1
    assert board.next_at is not None
    left = board.next_at - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=58) < left <= dt.timedelta(minutes=60)
    assert Streaming().go(lambda: hourly, until=Until(idle=True)).batches == 0


@pytest.mark.slow
def test_batches_that_fail_are_tried_again_and_the_stream_gives_up_in_the_end(
    wire: Wire,
    dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wire.publish(6)
    monkeypatch.setattr("pipeline.stream.loop._FIRST_RETRY", dt.timedelta(seconds=0.2))
    patch = monkeypatch.context()
    with patch as broken:
        broken.setattr("transforms.write.staging.stage_file", lambda *_, **__: 1 / 0)

        def meanwhile(board: Board) -> None:
            wait_for(lambda: board.failures == 2)
            broken.undo()
            wait_for(lambda: board.batches > 0)
            assert board.failures == 0
            stop()

        Streaming().go(lambda: config(dataset, *wire.feeds), meanwhile)
    assert titles(dataset) == sorted(wire.versions())
    assert "trying again in" in caplog.text
    wire.publish(6)
    monkeypatch.setattr("transforms.write.staging.stage_file", lambda *_, **__: 1 / 0)
    with pytest.raises(RunError):
        Streaming().go(
            lambda: config(dataset, *wire.feeds, settings=("stream.max_failures=2",))
        )
