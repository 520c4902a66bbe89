"""How a stage works inside Beam: its function, its counters and its rejects.

:class:`Work` runs a stage's function (:mod:`transforms.work.steps`) on a PCollection, counts
what goes in and what comes out, sends rejects to the pipeline's error handler, and turns
an exception that nobody foresaw into a reject too: one bad page never stops the run.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, Generic

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.transforms.window import BoundedWindow, GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from transforms.errors import Unreadable
from transforms.listings import Fetch, Sighting
from transforms.origin import Origin
from transforms.records import Reject
from transforms.vocabulary import Reason, Stage
from transforms.work.child import Died, Outcome, PoolOptions
from transforms.work.lanes import Lanes
from transforms.work.pool import Pool, pool_for
from transforms.work.steps import (
    Function,
    In,
    Out,
    Series,
    SeriesResult,
    Skip,
    Step,
    rejected,
)
from transforms.work.turns import Budget

_REJECTS = "rejects"
_NOTES = "notes"

# Workers of engines start their threads at once: what stages share is loaded by the first.
_MAKING = threading.Lock()

LIVE: collections.Counter[tuple[str, str]] = collections.Counter()
"""What this process has counted so far, by stage and counter.

Beam's local runner answers with its metrics only when the run is over; progress is read
from here instead, and the report from Beam's metrics, which hold on every runner.
"""


class Tally:
    """The counters of one stage, kept both in Beam's metrics and in :data:`LIVE`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._counters: dict[str, Any] = {}

    def add(self, name: str, amount: int = 1) -> None:
        """Count ``amount`` under ``name`` (kebab-case)."""
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = Metrics.counter(self._stage.value, name)
        counter.inc(amount)
        LIVE[self._stage.value, name] += amount


@dataclasses.dataclass(eq=False)
class _WorkFn(beam.DoFn):
    """Runs a series of stages on one element after the other."""

    steps: tuple[Step, ...]
    origin: Callable[[Any], Origin]

    def setup(self) -> None:
        self._tallies = [Tally(step.stage) for step in self.steps]
        # Made for the first element: a run that finds nothing new loads no model.
        self._series: Series | None = None

    def process(self, element: Any) -> Iterator[Any]:
        for result in self._begin()(element):
            yield from self._route(result)

    def _begin(self) -> Series:
        self._tallies[0].add("in")
        if self._series is None:
            with _MAKING:
                self._series = Series(self.steps, self.origin)
        return self._series

    def _route(self, result: SeriesResult) -> Iterator[Any]:
        last, outcome = result
        for number in range(last):
            self._tallies[number].add("out")
            self._tallies[number + 1].add("in")
        tally = self._tallies[last]
        if isinstance(outcome, Reject):
            tally.add(f"rejected-{outcome.reason}")
            yield TaggedOutput(_REJECTS, outcome)
        elif isinstance(outcome, Fetch):
            tally.add(f"fetch-{outcome.outcome}")
            yield TaggedOutput(_NOTES, outcome)
        elif isinstance(outcome, Sighting):
            yield TaggedOutput(_NOTES, outcome)
        elif isinstance(outcome, Skip):
            tally.add(outcome.reason)
        else:
            tally.add("out")
            yield outcome


@dataclasses.dataclass(eq=False)
class _PoolFn(_WorkFn):
    """Runs a series of stages in child processes, the results in the elements' order.

    While children are at work the thread that Beam calls goes on: it reads what comes
    next and writes what is done.  With a single child it waits for each element, so that
    every result leaves with the window and the time of its own element, which runners
    other than the local one ask for.
    """

    options: PoolOptions

    def setup(self) -> None:
        super().setup()
        self._waits = self.options.size == 1
        self._pool: Pool | None = None

    def start_bundle(self) -> None:
        self._pending: collections.deque[tuple[Any, Future[Outcome]]] = (
            collections.deque()
        )

    def process(self, element: Any) -> Iterator[Any]:
        self._tallies[0].add("in")
        if self._pool is None:
            make = partial(Series, self.steps, self.origin)
            self._pool = pool_for(make, self.options)
        pool = self._pool
        self._pending.append((element, pool.submit(element)))
        while self._pending and (
            self._waits
            or pool.is_full
            or len(self._pending) > _MOST_PENDING
            or self._pending[0][1].done()
        ):
            yield from self._next()

    def finish_bundle(self) -> Iterator[Any]:
        while self._pending:
            yield from map(in_global_window, self._next())

    def teardown(self) -> None:
        # After a failure nothing waits for them any more.
        for _, future in getattr(self, "_pending", ()):
            future.cancel()

    def _next(self) -> Iterator[Any]:
        element, future = self._pending.popleft()
        outcome = future.result()
        if self._pool is not None and _ran_out_of_memory(outcome):
            # What was there may have been taken by the elements before it.
            outcome = self._pool.submit(element, alone=True).result()
        if isinstance(outcome, Died):
            origin = self.origin(element)
            problem = Unreadable(outcome.reason, outcome.detail)
            outcome = [(0, rejected(self.steps[0].stage, origin, problem))]
        for result in outcome:
            yield from self._route(result)


def _ran_out_of_memory(outcome: Outcome) -> bool:
    return not isinstance(outcome, Died) and any(
        isinstance(result, Reject) and result.reason is Reason.CRASHED
        for _, result in outcome
    )


@dataclasses.dataclass(eq=False)
class _LanesFn(_WorkFn):
    """Runs a stage's function in threads, the results as they come.

    The threads only work; counting and emitting stay with the thread that Beam calls,
    which meanwhile does the stages that follow.
    """

    lane_of: Callable[[Any], str]
    threads: int
    budget: Callable[[Stage], Budget]

    def start_bundle(self) -> None:
        budget = self.budget(self.steps[0].stage)
        self._lanes: Lanes[list[SeriesResult]] = Lanes(self.threads, budget)

    def process(self, element: Any) -> Iterator[Any]:
        series = self._begin()
        self._lanes.submit(self.lane_of(element), lambda: list(series(element)))
        # At most as many results wait as jobs are running: memory stays bounded.
        is_full = self._lanes.pending > _WAITING_PER_THREAD * self.threads
        while (results := self._lanes.take(wait=is_full)) is not None:
            for result in results:
                yield from self._route(result)
            is_full = self._lanes.pending > _WAITING_PER_THREAD * self.threads

    def finish_bundle(self) -> Iterator[Any]:
        while (results := self._lanes.take(wait=True)) is not None:
            for result in results:
                yield from map(in_global_window, self._route(result))
        self._lanes.close()


# Elements that may be with the children, or wait for an earlier one, at most.
_MOST_PENDING = 1_000
# Jobs that a thread may hold at most; most of them wait for their lane.
_WAITING_PER_THREAD = 50


def in_global_window(result: Any) -> Any:
    """Return what ``finish_bundle`` must yield for a result, tagged or not."""
    return in_window(result, GlobalWindow())


def in_window(result: Any, window: BoundedWindow) -> Any:
    """Return a result, tagged or not, as one of ``window``."""
    if isinstance(result, TaggedOutput):
        return TaggedOutput(result.tag, in_window(result.value, window))
    return WindowedValue(result, window.max_timestamp(), [window])


@dataclasses.dataclass(eq=False)
class _Staged(beam.PTransform, Generic[In, Out]):
    """Run a stage's function on every element.

    Attributes:
      stage: Which stage this is: the namespace of its counters.
      make: Called once for each worker to build the function, when the first element
        arrives; loads models and the like, so that nothing heavy is pickled.
      origin: Names an element for a reject: the key it is known by, and what a replay
        would need.
      rejects: Where rejects go.
    """

    stage: Stage
    make: Callable[[], Function[In, Out]]
    origin: Callable[[In], Origin]
    rejects: ErrorHandler


@dataclasses.dataclass(eq=False)
class Work(_Staged[In, Out]):
    """Run a stage's function, which computes, on every element.

    Attributes:
      then: Stages that follow at once, each with one result.
      pool: The child processes to work in, for work that may hang or crash; None, or
        none of them, to work in the process itself.
    """

    then: tuple[Step, ...] = ()
    pool: PoolOptions | None = None

    def expand(self, elements: beam.PCollection[In]) -> beam.PCollection[Out]:
        """Return the results."""
        steps = (Step(self.stage, self.make), *self.then)
        if self.pool is not None and self.pool.size:
            work: _WorkFn = _PoolFn(steps, self.origin, self.pool)
        else:
            work = _WorkFn(steps, self.origin)
        results, _ = _routed(elements, work, self.rejects)
        return results


def _endless(_stage: Stage) -> Budget:
    return Budget()


@dataclasses.dataclass(eq=False)
class WorkWithNotes(_Staged[In, Out]):
    """Run a stage's function that also gives notes: what was requested, who lists what.

    Attributes:
      lane_of: The lane of an element, for work that waits: lanes move side by side,
        the elements of one lane one after the other.  None for work that computes.
      threads: How many lanes move at once.
      budget: Returns what a stage spends while it waits for results.
    """

    lane_of: Callable[[In], str] | None = None
    threads: int = 1
    budget: Callable[[Stage], Budget] = _endless

    def expand(
        self, elements: beam.PCollection[In]
    ) -> tuple[beam.PCollection[Out], beam.PCollection[Fetch | Sighting]]:
        """Return the results and the notes."""
        steps = (Step(self.stage, self.make),)
        if self.lane_of is None:
            work = _WorkFn(steps, self.origin)
        else:
            work = _LanesFn(steps, self.origin, self.lane_of, self.threads, self.budget)
        return _routed(elements, work, self.rejects)


def _routed(
    elements: beam.PCollection[Any], work: _WorkFn, rejects: ErrorHandler
) -> tuple[beam.PCollection[Any], beam.PCollection[Fetch | Sighting]]:
    """Return the results and the notes; rejects go to their handler."""
    results = elements | beam.ParDo(work).with_outputs(_REJECTS, _NOTES, main="results")
    rejects.add_error_pcollection(results[_REJECTS])
    return results.results, results[_NOTES]
