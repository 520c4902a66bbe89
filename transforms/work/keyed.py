"""Keyed: what stages remember by key in the engine's state, and for how long.

The state of a key expires when the key was not heard of for a set time, in event time.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import apache_beam as beam
from apache_beam.coders import BooleanCoder
from apache_beam.transforms import userstate
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.utils.timestamp import Duration, Timestamp

from transforms.vocabulary import Stage
from transforms.work.stage import Tally

Value = TypeVar("Value")


def put_off(expiry: Any, heard_at: Timestamp, remember: dt.timedelta | None) -> None:
    """Let the state of a key expire a set time after it was heard of; never for None."""
    if remember is not None:
        expiry.set(heard_at + Duration.of(remember.total_seconds()))


@dataclasses.dataclass(eq=False)
class FirstFn(beam.DoFn, Generic[Value]):
    """Lets the first value of each key pass.

    Attributes:
      remember: How long a key is remembered after it was heard of last; None for as long
        as the pipeline runs.
      stage: Where the others count as duplicates; None to count nothing.
    """

    PASSED = userstate.ReadModifyWriteStateSpec("passed", BooleanCoder())
    EXPIRY = userstate.TimerSpec("expiry", TimeDomain.WATERMARK)

    remember: dt.timedelta | None
    stage: Stage | None = None

    def setup(self) -> None:
        """Open the counters."""
        self._tally = Tally(self.stage) if self.stage else None

    def process(
        self,
        keyed: tuple[str, Value],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        passed: Any = beam.DoFn.StateParam(PASSED),
        expiry: Any = beam.DoFn.TimerParam(EXPIRY),
    ) -> Iterator[Value]:
        """Yield the value, or nothing."""
        put_off(expiry, timestamp, self.remember)
        if not passed.read():
            passed.write(True)  # noqa: FBT003 - Beam's own
            yield keyed[1]
        elif self._tally is not None:
            # What goes on is counted by the next step; this does not.
            self._tally.add("in")
            self._tally.add("duplicate")

    @userstate.on_timer(EXPIRY)
    def expire(self, passed: Any = beam.DoFn.StateParam(PASSED)) -> None:
        """Forget the key."""
        passed.clear()
