from __future__ import annotations

import datetime as dt
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import apache_beam as beam
import pytest
from apache_beam.metrics.metric import MetricResults
from apache_beam.runners.runner import PipelineState
from kit import SEED

from pipeline import unbounded
from pipeline.dataset.publish import RunFolder

Command = Callable[..., Any]
FEED = ("--feed", "http://127.0.0.1:9/feed")
CONTACT = ("--set", "fetch.contact=https://example.org/me")
DELTA = ("--set", "output.format=delta")
PRISM = ("--runner", "PrismRunner")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--runner", "DirectRunner", *FEED), "in-process runner cannot run"),
        (("--runner", "Nonsense", *FEED), "run.runner: not a runner; known: "),
        pytest.param(
            ("--runner", "DataflowRunner", *FEED),
            "Missing required option: project",
            marks=pytest.mark.slow,
        ),
        ((*PRISM, "--set", f'source.files=["{SEED}"]'), "nothing to poll; name feeds"),
        ((*PRISM, *FEED, "--set", "output.raw=true"), "pages are kept by newsbeam run"),
        ((*PRISM, *FEED, "--set", "windows.minutes=0"), "windows.minutes"),
        ((*PRISM, *FEED, "--for", "10"), "--for '10': write a time as 90s, 30m"),
        (("--runner", "DirectRunner", *FEED, "--for", "2m"), "in-process runner"),
        ((*PRISM, *FEED, "--output", "hdfs://host/x"), "must be a local folder"),
    ],
)
def test_what_an_unbounded_pipeline_has_not_is_reported_in_a_line(
    newsbeam: Command, tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    config = tmp_path / "my.toml"
    config.write_text(f'[output]\npath = "{tmp_path / "dataset"}"\n')
    done = newsbeam("unbounded", config, *CONTACT, *arguments)
    assert done.returncode == 2, done.stderr
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_an_engine_that_is_not_there_is_reported_and_leaves_nothing(
    newsbeam: Command, tmp_path: Path
) -> None:
    config = tmp_path / "my.toml"
    config.write_text(f'[output]\npath = "{tmp_path / "dataset"}"\n')
    missing = f"--prism_location={tmp_path / 'prism'}"
    done = newsbeam("unbounded", config, *CONTACT, *PRISM, *FEED, missing)
    assert done.returncode == 1
    assert "make sure the file exists" in done.stderr
    assert list((tmp_path / "dataset" / "_runs").iterdir()) == []


def test_a_run_id_is_used_once(newsbeam: Command, tmp_path: Path) -> None:
    dataset, config = tmp_path / "dataset", tmp_path / "my.toml"
    config.write_text(f'[output]\npath = "{dataset}"\n')
    earlier = RunFolder(dataset, "slot")
    earlier.begin(dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    # A firing of a window was committed.
    earlier.batch(1).path.mkdir()
    done = newsbeam("unbounded", config, *CONTACT, *PRISM, *FEED, "--run-id", "slot")
    assert done.returncode == 2
    assert "--run-id 'slot': it was used before; choose another one" in done.stderr
    assert earlier.batch(1).path.exists()


class Running:
    """A pipeline on an engine, which ends when the file is there that asks it to.

    Args:
      stop: The file.
      signals: Which signals come to newsbeam meanwhile, each when it is asked how it is.
      is_failing: It fails instead.
    """

    def __init__(self, stop: Path, signals: list[int], *, is_failing: bool) -> None:
        self.stop = stop
        self.signals = signals
        self.is_failing = is_failing
        self.is_cancelled = False

    @property
    def state(self) -> str:
        if self.signals:
            os.kill(os.getpid(), self.signals.pop())
            return str(PipelineState.RUNNING)
        if self.is_failing:
            return str(PipelineState.FAILED)
        return str(PipelineState.DONE if self.stop.exists() else PipelineState.RUNNING)

    def cancel(self) -> None:
        self.is_cancelled = True

    def wait_until_finish(self) -> NoReturn:
        raise RuntimeError("the engine is out of memory\nand more")

    def metrics(self) -> MetricResults:
        return Empty()


class Empty(MetricResults):
    """What an engine counted: nothing."""

    def query(self, filter: Any = None) -> dict[str, list[Any]]:  # noqa: A002
        del filter
        return {self.COUNTERS: [], self.DISTRIBUTIONS: [], self.GAUGES: []}


@pytest.mark.parametrize(
    ("arguments", "signals", "is_failing", "code", "said"),
    [
        (("--for", "1s"), [], False, 0, "the poll ends; what was listed is finished"),
        ((), [signal.SIGTERM], False, 0, "the poll ends; what was listed is finished"),
        (DELTA, [signal.SIGTERM], False, 0, "the poll ends; what was listed is"),
        ((), [signal.SIGINT] * 2, False, 130, "interrupted; what was committed stays"),
        ((), [signal.SIGTERM] * 2, False, 143, "interrupted; what was committed stays"),
        ((), [], True, 1, "failed (RuntimeError: the engine is out of memory); what"),
    ],
)
def test_it_ends_as_it_is_asked_to(
    newsbeam: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    signals: list[int],
    is_failing: bool,
    code: int,
    said: str,
) -> None:
    dataset = tmp_path / "dataset"
    config = tmp_path / "my.toml"
    config.write_text(f'[output]\npath = "{dataset}"\n')
    begun: list[Running] = []

    def run(_: beam.Pipeline) -> Running:
        stop = dataset / "_runs" / "slot" / "stop"
        begun.append(Running(stop, list(signals), is_failing=is_failing))
        return begun[0]

    monkeypatch.setattr(beam.Pipeline, "run", run)
    monkeypatch.setattr(unbounded, "_WATCH_SECONDS", 0.01)
    given = (*CONTACT, *PRISM, *FEED, "--run-id", "slot", *arguments)
    done = newsbeam("unbounded", config, *given)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert begun[0].is_cancelled == (len(signals) == 2)
    left = sorted(path.name for path in (dataset / "_runs").rglob("*.*"))
    if code:
        # It committed nothing: nothing of it is left.
        assert left == []
    else:
        assert left == ["report.json", "run.json"]
        report = json.loads((dataset / "_runs" / "slot" / "report.json").read_bytes())
        assert (report["run_id"], report["new"]) == ("slot", 0)
    assert not begun[0].stop.exists()
