"""How a stage works inside Beam: its function, its counters, its way out for failures.

A stage is a plain function from one element to any number of results, each a record
for the next stage, a :class:`~transforms.records.Reject` or a :class:`Skip`.  :class:`Work` runs
such a function on a PCollection, counts what goes in and what comes out, sends rejects
to the pipeline's error handler, and turns an exception that nobody foresaw into a
reject too: one bad page never stops the run.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.transforms.window import BoundedWindow, GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from transforms.lanes import Lanes
from transforms.origin import Origin
from transforms.records import Fetch, Reason, Reject, Stage

In = TypeVar("In")
Out = TypeVar("Out")


@dataclasses.dataclass(frozen=True, slots=True)
class Skip:
    """An element that goes no further for a good reason, which is counted."""

    reason: str


Function = Callable[[In], Iterable[Out | Reject | Skip]]

log = logging.getLogger(__name__)

_REJECTS = "rejects"
_FETCHES = "fetches"

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


class _WorkFn(beam.DoFn):
    """Runs a stage's function on one element after the other."""

    def __init__(
        self,
        stage: Stage,
        make: Callable[[], Function[Any, Any]],
        origin: Callable[[Any], Origin],
    ) -> None:
        self._stage = stage
        self._make = make
        self._origin = origin

    def setup(self) -> None:
        self._tally = Tally(self._stage)
        # Made for the first element: a run that finds nothing new loads no model.
        self._function: Function[Any, Any] | None = None

    def process(self, element: Any) -> Iterator[Any]:
        self._begin()
        for result in self._safely(element):
            yield from self._route(result)

    def _begin(self) -> None:
        self._tally.add("in")
        if self._function is None:
            # Outside the net below: what cannot be loaded fails the run, once, and
            # not every article.
            with _MAKING:
                self._function = self._make()

    def _safely(self, element: Any) -> Iterator[Any]:
        """Yield the results; an exception that nobody foresaw ends in a reject."""
        assert self._function is not None  # noqa: S101 - see _begin
        try:
            yield from self._function(element)
        except Exception as error:
            key, payload = self._origin(element)
            log.warning("%s failed on %s", self._stage, key, exc_info=True)
            yield Reject(
                self._stage,
                Reason.INTERNAL_ERROR,
                key,
                f"{type(error).__name__}: {error}",
                json.dumps(payload),
            )

    def _route(self, result: Any) -> Iterator[Any]:
        if isinstance(result, Reject):
            self._tally.add(f"rejected-{result.reason}")
            yield TaggedOutput(_REJECTS, result)
        elif isinstance(result, Fetch):
            self._tally.add(f"fetch-{result.outcome}")
            yield TaggedOutput(_FETCHES, result)
        elif isinstance(result, Skip):
            self._tally.add(result.reason)
        else:
            self._tally.add("out")
            yield result


class _LanesFn(_WorkFn):
    """Runs a stage's function in threads, the results as they come.

    The threads only work; counting and emitting stay with the thread that Beam calls,
    which meanwhile does the stages that follow.
    """

    def __init__(
        self,
        stage: Stage,
        make: Callable[[], Function[Any, Any]],
        origin: Callable[[Any], Origin],
        lane_of: Callable[[Any], str],
        threads: int,
    ) -> None:
        super().__init__(stage, make, origin)
        self._lane_of = lane_of
        self._threads = threads

    def start_bundle(self) -> None:
        self._lanes: Lanes[list[Any]] = Lanes(self._threads)

    def process(self, element: Any) -> Iterator[Any]:
        self._begin()
        self._lanes.submit(self._lane_of(element), lambda: list(self._safely(element)))
        # As many results may wait as jobs are at work: memory stays bounded.
        is_full = self._lanes.pending > _WAITING_PER_THREAD * self._threads
        while (results := self._lanes.take(wait=is_full)) is not None:
            for result in results:
                yield from self._route(result)
            is_full = self._lanes.pending > _WAITING_PER_THREAD * self._threads

    def finish_bundle(self) -> Iterator[Any]:
        while (results := self._lanes.take(wait=True)) is not None:
            for result in results:
                yield from map(in_global_window, self._route(result))
        self._lanes.close()


# So many jobs a thread may have in hand, most of them waiting for their lane.
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
class Work(beam.PTransform, Generic[In, Out]):
    """Run a stage's function on every element.

    Attributes:
      stage: Which stage this is: the namespace of its counters.
      make: Called once for each worker to build the function, when the first element
        arrives; loads models and the like, so that nothing heavy is pickled.
      origin: Names an element for a reject: the key it is known by, and what a replay
        would need.
      rejects: Where rejects go.
      lane_of: The lane of an element, for work that waits: lanes move side by side,
        the elements of one lane one after the other.  None for work that computes.
      threads: How many lanes move at once.
    """

    stage: Stage
    make: Callable[[], Function[In, Out]]
    origin: Callable[[In], Origin]
    rejects: ErrorHandler
    lane_of: Callable[[In], str] | None = None
    threads: int = 1

    def expand(
        self, elements: beam.PCollection[In]
    ) -> beam.PCollection[Out] | tuple[beam.PCollection[Out], beam.PCollection[Fetch]]:
        """Return the results, with lanes a pair of the results and the fetches."""
        if self.lane_of is None:
            work = _WorkFn(self.stage, self.make, self.origin)
            results = elements | beam.ParDo(work).with_outputs(_REJECTS, main="results")
            self.rejects.add_error_pcollection(results[_REJECTS])
            return results.results
        lanes = _LanesFn(self.stage, self.make, self.origin, self.lane_of, self.threads)
        results = elements | beam.ParDo(lanes).with_outputs(
            _REJECTS, _FETCHES, main="results"
        )
        self.rejects.add_error_pcollection(results[_REJECTS])
        return results.results, results[_FETCHES]
