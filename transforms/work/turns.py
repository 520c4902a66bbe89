"""Turns: a lane's next job has to wait for its turn; a batch waits for it only so long.

In a run each job waits for as long as it takes.  A stream commits batch after batch, and a
slow lane must not hold back what the others have brought.  So a batch has a
:class:`Budget`.  When it is spent, a job whose turn has not come is put off to a later
batch.  One that has begun is not broken off: it goes on in its thread, and the batch in
which it is wanted again takes its result.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, TypeVar

Result = TypeVar("Result")

# Results that nobody has taken for so long are let go: what wanted them is gone.
_KEPT_SECONDS = 600.0
# Before that a job that goes on is not looked at again.
_SHORTEST_SECONDS = 1.0


class NotYet(Exception):  # noqa: N818 - it is no error
    """A job's turn does not come in this batch.

    Attributes:
      seconds: How long after the beginning of the batch it is likely to come.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__("the turn does not come in this batch")
        self.seconds = seconds


class Budget:
    """Seconds, in all, that who takes results waits for them while there are none.

    Only idle time counts: while results that came are worked on, a slow lane delays
    nobody.  Neither does it count while a job is :meth:`at_work`.
    """

    def __init__(self, seconds: float = math.inf) -> None:
        self._left = seconds
        self._lock = threading.Lock()
        self._at_work = 0
        self._since = self._worked = 0.0
        self.over: Future[None] = Future()
        """Is done when the budget is spent."""

    @property
    def left(self) -> float:
        """Seconds that are left; infinite where waiting has no limit."""
        return self._left

    @property
    def worked(self) -> float:
        """Seconds during which any job was at work so far."""
        with self._lock:
            now = time.monotonic() if self._at_work else self._since
            return self._worked + now - self._since

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Let a job work on what it waited for."""
        with self._lock:
            if not self._at_work:
                self._since = time.monotonic()
            self._at_work += 1
        try:
            yield
        finally:
            with self._lock:
                self._at_work -= 1
                if not self._at_work:
                    self._worked += time.monotonic() - self._since

    def spend(self, seconds: float) -> None:
        """Note that the one who takes results has waited."""
        self._left = max(self._left - seconds, 0.0)
        if not self._left and not self.over.done():
            self.over.set_result(None)


@dataclasses.dataclass(frozen=True, slots=True)
class Turn:
    """A job that waits for its lane.

    Attributes:
      stage: The stage that it belongs to; each has a budget of its own.
      lane: Its lane.
      name: What it brings: who asks for the same gets the same, and keeps its place.
      is_new: It was not put off before; those that were go first.
      rest: Seconds until the lane may do it.
      pause: Seconds that the lane rests after it.
      goes_first: It is among those that others of the lane wait for, see
        :meth:`Turns.begin`.
    """

    stage: str
    lane: str
    name: str
    is_new: bool
    rest: float
    pause: float
    goes_first: bool = False


@dataclasses.dataclass(slots=True, eq=False)
class _Going:
    """A job that has begun, or is done and not taken."""

    began: float
    future: Future[Any] = dataclasses.field(default_factory=Future)
    is_left: bool = False


@dataclasses.dataclass(slots=True, eq=False)
class _Ahead:
    """Jobs of a lane that go first, and what is done when all have."""

    left: int = 0
    gone: Future[None] = dataclasses.field(default_factory=Future)


class Turns:
    """The turns of lanes, from batch to batch; may be shared by threads.

    Args:
      most: Jobs that may go on beyond their batch; for more the batch waits.
    """

    def __init__(self, most: int) -> None:
        self._seconds = math.inf
        self._budgets: dict[str, Budget] = {}
        self._most = most
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._going: dict[str, _Going] = {}
        self._busy: dict[str, _Going] = {}
        self._ahead: dict[str, _Ahead] = {}
        # Who waits for a lane, in the order in which they were put off, and until when.
        self._queues: dict[str, dict[str, float]] = {}
        # The latest of these moments, and how long the lane's last job took.
        self._last: dict[str, float] = {}
        self._took: dict[str, float] = {}

    def begin(self, seconds: float, first: Iterable[str] = ()) -> None:
        """Begin a batch.

        Args:
          seconds: The budget of each of its stages.
          first: The lanes of jobs that go before all others of their lanes; whoever is done
            with one of them calls :meth:`went`.
        """
        ahead: dict[str, _Ahead] = {}
        for lane in first:
            ahead.setdefault(lane, _Ahead()).left += 1
        with self._lock:
            before, self._ahead = self._ahead, ahead
            self._seconds, self._budgets = seconds, {}
            self._began = now = time.monotonic()
            for name, going in list(self._going.items()):
                if going.future.done() and now - going.began > _KEPT_SECONDS:
                    del self._going[name]
        # A batch that failed has left them.
        for one in before.values():
            one.gone.set_result(None)

    def went(self, lane: str) -> None:
        """Note that one of the jobs that go first in a lane is done, or does not come."""
        with self._lock:
            ahead = self._ahead.get(lane)
            if ahead is None:
                return
            ahead.left -= 1
            if ahead.left:
                return
            del self._ahead[lane]
        ahead.gone.set_result(None)

    def budget(self, stage: str) -> Budget:
        """Return a stage's budget in this batch; endless unless :meth:`begin` was called."""
        with self._lock:
            return self._budgets.setdefault(stage, Budget(self._seconds))

    def take(self, turn: Turn, job: Callable[[], Result]) -> Result:
        """Do a job when its turn has come, and return its result.

        Raises:
          NotYet: When the budget is spent before that.
          Exception: Whatever the job raises.
        """
        budget = self.budget(turn.stage)
        if math.isinf(budget.left):
            return job()
        going = self._joined(turn) or self._begun(turn, job, budget)
        wait((going.future, budget.over), return_when=FIRST_COMPLETED)
        if not going.future.done():
            self._leave(going, turn)
        result: Future[Result] = going.future
        wait((result,))
        with self._lock:
            self._going.pop(turn.name, None)
            self._queues.get(turn.lane, {}).pop(turn.name, None)
        return result.result()

    def has(self, name: str) -> bool:
        """Return whether a job that brings this has begun and was not taken."""
        return name in self._going

    def _joined(self, turn: Turn) -> _Going | None:
        """Return the job that brings the same, if one has begun."""
        with self._lock:
            going = self._going.get(turn.name)
            if going is not None:
                going.is_left = False
            return going

    def _begun(self, turn: Turn, job: Callable[[], Any], budget: Budget) -> _Going:
        """Begin a job when its lane has rested, and return it."""
        ahead = None if turn.goes_first else self._ahead.get(turn.lane)
        if ahead is not None:
            wait((ahead.gone, budget.over), return_when=FIRST_COMPLETED)
        with self._lock:
            is_late = (
                budget.over.done()
                or turn.rest > budget.left
                or turn.lane in self._busy
                or (turn.is_new and self._has_queue(turn))
            )
        if turn.rest > 0 and not is_late:
            wait((budget.over,), timeout=turn.rest)
            is_late = budget.over.done()
        if is_late:
            raise self._put_off(turn)
        going = _Going(time.monotonic())
        with self._lock:
            self._going[turn.name] = self._busy[turn.lane] = going

        def work() -> None:
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - raised where it is taken
                self._end(turn.lane, going)
                going.future.set_exception(error)
            else:
                self._end(turn.lane, going)
                going.future.set_result(result)

        # A daemon: a stream that ends does not wait for a server that does not answer.
        threading.Thread(target=work, daemon=True).start()
        return going

    def _end(self, lane: str, going: _Going) -> None:
        with self._lock:
            self._took[lane] = time.monotonic() - going.began
            if self._busy.get(lane) is going:
                del self._busy[lane]

    def _has_queue(self, turn: Turn) -> bool:
        """Return whether others wait for the lane; forget those that never came."""
        queue = self._queues.get(turn.lane, {})
        end = time.monotonic() - _KEPT_SECONDS
        while queue and queue[first := next(iter(queue))] < end:
            del queue[first]
        return len(queue) > (turn.name in queue)

    def _leave(self, going: _Going, turn: Turn) -> None:
        """Let a job go on beyond its batch, if few others do."""
        now = time.monotonic()
        with self._lock:
            others = sum(
                one.is_left and not one.future.done() for one in self._going.values()
            )
            if others >= self._most:
                return
            going.is_left = True
            # As long again as it has taken: it is looked at a few times, however long.
            after = max(now - going.began, _SHORTEST_SECONDS)
            self._place(turn, now + after)
        raise NotYet(now + after - self._began)

    def _put_off(self, turn: Turn) -> NotYet:
        """Give a job a place at the end of its lane's queue."""
        now = time.monotonic()
        with self._lock:
            took, at = self._took.get(turn.lane, 0.0), now + turn.rest
            going = self._busy.get(turn.lane)
            if going is not None:
                took = max(took, now - going.began)
                at = max(at, now + took)
            each = turn.pause + took
            if self._queues.get(turn.lane):
                at = max(at, self._last[turn.lane] + each)
            self._place(turn, at)
        return NotYet(at - self._began)

    def _place(self, turn: Turn, at: float) -> None:
        queue = self._queues.setdefault(turn.lane, {})
        last = self._last.get(turn.lane, at) if queue else at
        queue.pop(turn.name, None)
        queue[turn.name] = at
        self._last[turn.lane] = max(last, at)
