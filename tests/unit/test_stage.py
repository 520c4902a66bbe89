from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.error_handling import CollectingErrorHandler

from transforms.records import Reject
from transforms.vocabulary import Reason, Stage
from transforms.work.stage import Work
from transforms.work.steps import Skip

IN_PROCESS = PipelineOptions(["--runner=FnApiRunner"])


def decide(number: int) -> Iterator[int | Reject | Skip]:
    if number == 0:
        raise ZeroDivisionError("nobody foresaw this")
    if number % 2:
        yield Skip("odd")
    elif number == 4:
        yield Reject(Stage.EXTRACT, Reason.EMPTY, "4", "four", "{}")
    else:
        yield number * 10
        yield number * 100


def make() -> Callable[[int], Iterator[int | Reject | Skip]]:
    return decide


def fail() -> Callable[[int], Iterator[int]]:
    raise OSError("the model is missing")


def named(number: int) -> tuple[str, dict[str, int]]:
    return f"number {number}", {"number": number}


def run(numbers: list[int]) -> dict[str, int]:
    root = beam.Pipeline(options=IN_PROCESS)
    with CollectingErrorHandler() as rejects:
        results = (
            root | beam.Create(numbers) | Work(Stage.EXTRACT, make, named, rejects)
        )
    assert_that(results, equal_to([20, 200]), label="results")
    reasons = rejects.output() | beam.Map(lambda reject: (reject.key, reject.reason))
    expected = [("number 0", Reason.INTERNAL_ERROR), ("4", Reason.EMPTY)]
    assert_that(reasons, equal_to(expected), label="rejects")
    result = root.run()
    return {
        counter.key.metric.name: counter.result
        for counter in result.metrics().query()["counters"]
        if counter.key.metric.namespace == "extract"
    }


def test_results_rejects_and_skips_are_routed_and_counted() -> None:
    assert run([0, 1, 2, 3, 4]) == {
        "in": 5,
        "out": 2,
        "odd": 2,
        "rejected-empty": 1,
        "rejected-internal_error": 1,
    }


def test_a_forgotten_error_handler_is_refused() -> None:
    rejects = CollectingErrorHandler()
    root = beam.Pipeline(options=IN_PROCESS)
    root | beam.Create([1]) | Work(Stage.EXTRACT, make, named, rejects)
    with pytest.raises(
        RuntimeError, match=r"Unclosed error handler|output to be retrieved"
    ):
        root.run()


def test_a_stage_that_cannot_be_made_fails_the_run() -> None:
    root = beam.Pipeline(options=IN_PROCESS)
    with CollectingErrorHandler() as rejects:
        root | beam.Create([1]) | Work(Stage.EXTRACT, partial(fail), named, rejects)
    rejects.output() | beam.Map(print)
    with pytest.raises(OSError, match="the model is missing"):
        root.run()
