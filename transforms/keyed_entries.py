"""Keyed entries: an entry goes on once, whichever feed lists it first; on any engine.

Entries go to the worker that has the host of their page, whose state holds the entries
that passed before.  So only one worker requests the pages of a host, and only what feeds
carry passes through the shuffle, not the pages.  The state has two halves: after a set
time the older one is dropped and the newer one takes its place.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import BooleanCoder, StrUtf8Coder
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import (
    ReadModifyWriteStateSpec,
    SetStateSpec,
    TimerSpec,
    on_timer,
)
from apache_beam.utils.timestamp import Duration, Timestamp

from transforms.entries import (
    FEED_DIGITS,
    entry_identity,
    entry_version,
    listing_of,
)
from transforms.pages import entry_lane
from transforms.records import Listed, Sighting, Stage
from transforms.sightings import sighting_of
from transforms.stage import Tally

_SEEN = "seen"


class _DropFollowedFn(beam.DoFn):
    """Remembers, by host, which entries went before."""

    YOUNG = SetStateSpec("young", StrUtf8Coder())
    OLD = SetStateSpec("old", StrUtf8Coder())
    IS_TURNING = ReadModifyWriteStateSpec("is_turning", BooleanCoder())
    TURN = TimerSpec("turn", TimeDomain.WATERMARK)

    def __init__(self, remember: dt.timedelta) -> None:
        self._remember = remember

    def setup(self) -> None:
        self._tally = Tally(Stage.PAGES)

    def process(
        self,
        keyed: tuple[str, Listed],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        young: Any = beam.DoFn.StateParam(YOUNG),
        old: Any = beam.DoFn.StateParam(OLD),
        is_turning: Any = beam.DoFn.StateParam(IS_TURNING),
        turn: Any = beam.DoFn.TimerParam(TURN),
    ) -> Iterator[Any]:
        _, listed = keyed
        names = _names(listed)
        known = {*young.read(), *old.read()}
        if names[0] in known and (names[-1] in known or names[1] not in known):
            # The next stage counts what goes in; this is one of its reasons not to.
            self._tally.add("in")
            self._tally.add("duplicate")
            yield TaggedOutput(_SEEN, sighting_of(listing_of(listed)))
            return
        for name in names:
            young.add(name)
        if not is_turning.read():
            is_turning.write(True)  # noqa: FBT003 - Beam's own
            turn.set(timestamp + self._period())
        yield listed

    @on_timer(TURN)
    def grow_old(
        self,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        young: Any = beam.DoFn.StateParam(YOUNG),
        old: Any = beam.DoFn.StateParam(OLD),
        is_turning: Any = beam.DoFn.StateParam(IS_TURNING),
        turn: Any = beam.DoFn.TimerParam(TURN),
    ) -> None:
        old.clear()
        names = list(young.read())
        for name in names:
            old.add(name)
        young.clear()
        if names:
            turn.set(timestamp + self._period())
        else:
            is_turning.clear()

    def _period(self) -> Duration:
        return Duration.of(self._remember.total_seconds())


def _names(listed: Listed) -> tuple[str, ...]:
    """Return what an entry is remembered by: itself, by its feed, and as it is now.

    A change is only seen by the feed that brought the entry first.
    """
    waited = listed.waited
    if waited is not None:
        # Each try of one that waits is a step of its own.
        name = f"{waited.entry}#{waited.tries}"
        return name, name
    name, version = entry_identity(listed), entry_version(listed)
    return name, name + version[:FEED_DIGITS], name + version


@dataclasses.dataclass(eq=False)
class DropFollowed(beam.PTransform):
    """Entries to those that did not go before.

    Attributes:
      remember: How long an entry is remembered at least, in event time.
    """

    remember: dt.timedelta

    def expand(
        self, entries: beam.PCollection[Listed]
    ) -> tuple[beam.PCollection[Listed], beam.PCollection[Sighting]]:
        """Return the entries that are new, and what went before."""
        results = (
            entries
            | "By host" >> beam.Map(_by_host).with_output_types(tuple[str, Listed])
            | "Drop followed"
            >> beam.ParDo(_DropFollowedFn(self.remember)).with_outputs(
                _SEEN, main="new"
            )
        )
        return results.new, results[_SEEN]


def _by_host(listed: Listed) -> tuple[str, Listed]:
    return entry_lane(listed), listed
