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
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.records import Article, Reason, Reject, Stage
from transforms.urls import redact

In = TypeVar("In")
Out = TypeVar("Out")


@dataclasses.dataclass(frozen=True, slots=True)
class Skip:
    """An element that goes no further for a good reason, which is counted."""

    reason: str


Function = Callable[[In], Iterable[Out | Reject | Skip]]

log = logging.getLogger(__name__)

_REJECTS = "rejects"

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


def article_origin(article: Article) -> tuple[str, dict[str, Any]]:
    """Return the key that an article is known by, and what a replay of it needs."""
    key = article.path or article.url or article.id
    return redact(key), {"path": article.path, "url": article.url}


class _WorkFn(beam.DoFn):
    def __init__(
        self,
        stage: Stage,
        make: Callable[[], Function[Any, Any]],
        origin: Callable[[Any], tuple[str, dict[str, Any]]],
    ) -> None:
        self._stage = stage
        self._make = make
        self._origin = origin

    def setup(self) -> None:
        self._tally = Tally(self._stage)
        # Made for the first element: a run that finds nothing new loads no model.
        self._function: Function[Any, Any] | None = None

    def process(self, element: Any) -> Iterator[Any]:
        self._tally.add("in")
        if self._function is None:
            # Outside the net below: what cannot be loaded fails the run, once, and
            # not every article.
            self._function = self._make()
        try:
            for result in self._function(element):
                if isinstance(result, Reject):
                    yield self._reject(result)
                elif isinstance(result, Skip):
                    self._tally.add(result.reason)
                else:
                    self._tally.add("out")
                    yield result
        except Exception as error:
            key, payload = self._origin(element)
            log.warning("%s failed on %s", self._stage, key, exc_info=True)
            yield self._reject(
                Reject(
                    self._stage,
                    Reason.INTERNAL_ERROR,
                    key,
                    f"{type(error).__name__}: {error}",
                    json.dumps(payload),
                )
            )

    def _reject(self, reject: Reject) -> TaggedOutput:
        self._tally.add(f"rejected-{reject.reason}")
        return TaggedOutput(_REJECTS, reject)


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
    """

    stage: Stage
    make: Callable[[], Function[In, Out]]
    origin: Callable[[In], tuple[str, dict[str, Any]]]
    rejects: ErrorHandler

    def expand(self, elements: beam.PCollection[In]) -> beam.PCollection[Out]:
        """Return the results; the rejects are with the error handler."""
        results = elements | beam.ParDo(
            _WorkFn(self.stage, self.make, self.origin)
        ).with_outputs(_REJECTS, main="results")
        self.rejects.add_error_pcollection(results[_REJECTS])
        return results.results
