"""What a stage does to one element, without Beam: its function and the results.

A stage is a plain function from one element to any number of results, each a record
for the next stage, a :class:`~transforms.records.Reject` or a :class:`Skip`.  Stages that
follow each other at once, each with one result, can be run in one go: an article that is
tagged in a child process crosses to it once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

from transforms.errors import Unreadable
from transforms.listings import Fetch, Sighting
from transforms.origin import Origin
from transforms.records import Reject
from transforms.vocabulary import Reason, Stage

In = TypeVar("In")
Out = TypeVar("Out")

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Skip:
    """An element that goes no further for a good reason, which is counted."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Note(Skip):
    """A count for an element that still goes on."""


Function = Callable[[In], Iterable[Out | Reject | Skip]]


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One stage of a series.

    Attributes:
      stage: Which stage this is: the namespace of its counters.
      make: Called once in each worker to build the function; loads models and the
        like, so that nothing heavy is pickled.
    """

    stage: Stage
    make: Callable[[], Function[Any, Any]]


SeriesResult: TypeAlias = tuple[int, Any]
"""The number of the step at which an element left the series, and as what."""


class Series:
    """Stages made ready to run one after the other.

    Args:
      steps: The stages; all but the first must be such that give one result each.
      origin: Names an element for a reject: the key it is known by, and what a replay
        would need.

    Attributes:
      looks_ahead: Whether a stage benefits from :meth:`look_ahead`.

    Raises:
      Exception: Whatever ``make`` raises: what cannot be loaded fails the run, once,
        and not every article.
    """

    def __init__(self, steps: Sequence[Step], origin: Callable[[Any], Origin]) -> None:
        self._made = [(step.stage, step.make()) for step in steps]
        self.looks_ahead = any(hasattr(made, "look_ahead") for _, made in self._made)
        self._origin = origin

    def __call__(self, element: Any) -> Iterator[SeriesResult]:
        """Yield what becomes of ``element``; an unforeseen exception is a reject."""
        return self._from(0, element)

    def look_ahead(self, elements: Sequence[Any]) -> None:
        """Show each stage that benefits from it what it is about to be called with.

        It only makes the calls faster.  What fails here fails again, and is reported, when
        its own element is processed.
        """
        for stage, function in self._made:
            ahead = getattr(function, "look_ahead", None)
            if ahead is not None:
                try:
                    ahead(elements)
                except Exception:
                    log.warning("%s failed to look ahead", stage, exc_info=True)
                return
            elements = list(self._passed(function, elements))

    def _passed(
        self, function: Function[Any, Any], elements: Sequence[Any]
    ) -> Iterator[Any]:
        """Yield what goes on to the next stage."""
        for element in elements:
            with contextlib.suppress(Exception):
                for result in function(element):
                    if not isinstance(result, (Reject, Skip, Fetch)):
                        yield result

    def _from(self, number: int, element: Any) -> Iterator[SeriesResult]:
        is_last = number + 1 == len(self._made)
        for result in self._safely(number, element):
            if is_last or isinstance(result, (Reject, Skip, Fetch, Sighting)):
                yield number, result
            else:
                yield from self._from(number + 1, result)

    def _safely(self, number: int, element: Any) -> Iterator[Any]:
        stage, function = self._made[number]
        try:
            yield from function(element)
        except Exception as error:
            key, _ = self._origin(element)
            log.warning("%s failed on %s", stage, key, exc_info=True)
            out_of_memory = isinstance(error, MemoryError)
            reason = Reason.CRASHED if out_of_memory else Reason.INTERNAL_ERROR
            problem = Unreadable(reason, f"{type(error).__name__}: {error}")
            yield rejected(stage, self._origin(element), problem)


def rejected(
    stage: Stage, origin: Origin, problem: Unreadable, feed: str | None = None
) -> Reject:
    """Return the reject of an element.

    Args:
      stage: The stage that gives it up.
      origin: Names the element, and what a replay would need.
      problem: Why it is given up.
      feed: The feed that listed it, if one did.
    """
    key, payload = origin
    return Reject(stage, problem.reason, key, problem.detail, json.dumps(payload), feed)
