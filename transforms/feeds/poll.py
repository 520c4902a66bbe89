"""Poll: shards of feeds in, what they list out, as long as the pipeline runs.

The poll is a splittable DoFn.  What it remembers of the feeds of a shard (when each is
due, with which validators, which entries it listed last) is its restriction, the
:class:`ShardState`, and so part of every checkpoint of the engine: what was emitted and what
is remembered of it are kept or lost together.  The feeds of a host share a shard, and a
shard is with one worker at a time, so that a host is asked by one worker alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias

import apache_beam as beam
from apache_beam.coders import Coder
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.utils.timestamp import Duration, Timestamp

from transforms.dedup.entries import entry_identity, entry_version
from transforms.errors import Unreadable
from transforms.feeds.ask import FeedAsker, subscription_origin
from transforms.feeds.shards import Shard, ShardState, ShardStateCoder, ShardTracker
from transforms.listings import Fetch, Listed, Subscription
from transforms.records import Reject
from transforms.redaction import redact_feed
from transforms.text.dates import LONG_AGO
from transforms.vocabulary import Reason, Stage
from transforms.web import access, policy
from transforms.web.feed_state import Answer, FeedState
from transforms.work.lanes import Lanes
from transforms.work.stage import Tally
from transforms.work.steps import Skip, rejected
from transforms.write.store import is_there

log = logging.getLogger(__name__)

TICK = dt.timedelta(seconds=5)
"""Longest pause of a shard: the watermark and a request to stop are at most this late."""
# How often the committed entries are checked for those that are due again.
_LOOK = dt.timedelta(minutes=1)
# Feeds that a shard requests between two checkpoints, per thread.
_FEEDS_PER_THREAD = 4
_REJECTS = "rejects"
_FETCHES = "fetches"

PollResult: TypeAlias = Listed | Fetch | Reject | Skip
_Asked: TypeAlias = tuple[str, str | None, list[PollResult]]
"""A feed, its state as JSON if there is a new one, and the result of the request."""


class Waits(Protocol):
    """What is known of entries whose pages are retried."""

    def due(self, now: dt.datetime) -> list[Listed]:
        """Return the entries that are due."""

    def close(self) -> None:
        """Close it."""


class Poller:
    """Asks the feeds of a shard that are due: the function of :class:`PollFeeds`.

    Args:
      web: How to ask.
      open_waits: Opens what is known of entries whose pages are retried; None if no
        pages are retried.
    """

    def __init__(
        self, web: access.Web, open_waits: Callable[[], Waits] | None = None
    ) -> None:
        self._web = web
        self._hosts = web.network().hosts
        self._pace = web.pace or web.options.pace()
        self._open_waits = open_waits
        self._looked: dict[int, dt.datetime] = {}

    def __call__(
        self, shard: Shard, known: ShardState
    ) -> tuple[ShardState, list[PollResult]]:
        """Return the state that follows, and what was listed and fetched."""
        memory = self._memory(known)
        asker = FeedAsker(dataclasses.replace(self._web, memory=memory))
        states, listed = dict(known.feeds), dict(known.listed)
        results: list[PollResult] = []
        due = self._due(shard, memory)
        threads = min(len(due), self._web.options.threads)
        lanes: Lanes[_Asked] = Lanes(threads)
        for feed in due:
            lanes.submit(
                access.host_of(feed.url),
                partial(self._ask, asker, feed, memory.state_of(feed)),
            )
        while (answer := lanes.take(wait=True)) is not None:
            key, state, found = answer
            if state is not None:
                states[key] = access.read_state(state)
            entries = {
                entry_identity(result) + entry_version(result): result
                for result in found
                if isinstance(result, Listed)
            }
            before = frozenset(listed.get(key, ()))
            results += (r for r in found if not isinstance(r, Listed))
            results += (r for name, r in entries.items() if name not in before)
            if entries:
                listed[key] = tuple(entries)
        lanes.close()
        again = known.again
        waiting = self._again(shard)
        if waiting is not None:
            results += (one for token, one in waiting.items() if token not in again)
            again = tuple(waiting)
        return ShardState(states, listed, again), results

    def _again(self, shard: Shard) -> dict[tuple[str, int], Listed] | None:
        """Return the entries that are due again; None if they were not checked."""
        now = self._web.now
        every = min(_LOOK, max(self._pace.interval, TICK))
        looked = self._looked.get(shard.number)
        if self._open_waits is None or (
            # Not by a clock that has been set back since.
            looked is not None and dt.timedelta() <= now - looked < every
        ):
            return None
        self._looked[shard.number] = now
        with contextlib.closing(self._open_waits()) as waits:
            due = waits.due(now)
        place, places = shard.share
        return {
            (one.waited.entry, one.waited.tries): one
            for one in due
            if one.waited is not None
            and zlib.crc32(access.host_of(one.entry.url or one.feed).encode()) % places
            == place
        }

    def pause(self, shard: Shard, known: ShardState) -> dt.timedelta:
        """Return how long the shard has nothing to do, at most a tick."""
        now = self._web.now
        memory = self._memory(known)
        if self._due(shard, memory):
            return dt.timedelta()
        planned = (memory.state_of(feed).next_poll for feed in shard.feeds)
        ahead = [moment - now for moment in planned if moment and moment > now]
        return min([TICK, *ahead])

    def _memory(self, known: ShardState) -> access.Memory:
        pace = self._web.pace or self._web.options.pace()
        return access.Memory(known.feeds).believed(self._web.now, pace)

    def _due(self, shard: Shard, memory: access.Memory) -> list[Subscription]:
        """Return what is due, longest waiting first, at most what is requested at once."""
        now = self._web.now
        due = []
        for feed in shard.feeds:
            state = memory.state_of(feed)
            at = state.next_poll or LONG_AGO
            if not (state.retired or at > now or self._hosts.wants_rest(state.url)):
                due.append((at, feed.url, feed))
        due.sort(key=lambda item: item[:2])
        most = _FEEDS_PER_THREAD * self._web.options.threads
        return [feed for _, _, feed in due[:most]]

    def _ask(self, asker: FeedAsker, feed: Subscription, state: FeedState) -> _Asked:
        key, shown = access.feed_key(feed), redact_feed(feed.url)
        try:
            found = list(asker(feed))
        except Exception as error:
            log.warning("%s failed on %s", Stage.FEEDS, shown, exc_info=True)
            # It is asked less often from now on, like any feed that fails.
            after = policy.decide(
                state, Answer(state.url, None), self._web.now, self._pace
            )
            detail = f"{type(error).__name__}: {error}"
            problem = Unreadable(Reason.INTERNAL_ERROR, detail)
            reject = rejected(Stage.FEEDS, subscription_origin(feed), problem, shown)
            return key, access.write_state(after), [reject]
        states = [result.state for result in found if isinstance(result, Fetch)]
        return key, states[-1] if states else None, found


_BY_HAND = ManualWatermarkEstimator.default_provider()


@dataclasses.dataclass(eq=False)
class _PollFn(beam.DoFn, RestrictionProvider):
    """Polls one shard round by round."""

    web: access.Web
    hold: dt.timedelta
    stop: str | None
    open_waits: Callable[[], Waits] | None

    def setup(self) -> None:
        self._tally = Tally(Stage.FEEDS)
        self._poll = Poller(self.web, self.open_waits)

    def initial_restriction(self, shard: Shard) -> ShardState:
        known = self.web.memory.feeds
        keys = map(access.feed_key, shard.feeds)
        return ShardState({key: known[key] for key in keys if key in known})

    def create_tracker(self, restriction: ShardState) -> ShardTracker:
        return ShardTracker(restriction)

    def restriction_coder(self) -> Coder:
        return ShardStateCoder()

    def restriction_size(self, shard: Shard, restriction: ShardState) -> int:
        return 0 if restriction.is_over else len(shard.feeds)

    def truncate(self, shard: Shard, restriction: ShardState) -> None:
        """Drop what is left of a shard's state when the engine drains the pipeline."""
        del shard, restriction

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        shard: Shard,
        tracker: Any = beam.DoFn.RestrictionParam(),
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(_BY_HAND),
    ) -> Iterator[Any]:
        if self.stop is not None and is_there(self.stop):
            tracker.try_claim(ShardState(is_over=True))
            return
        after, results = self._poll(shard, tracker.current_restriction())
        if not tracker.try_claim(after):
            return
        reached = Timestamp.of((self.web.now - self.hold).timestamp())
        for result in results:
            yield from self._route(result)
        if reached > (watermark.current_watermark() or Timestamp(0)):
            watermark.set_watermark(reached)
        pause = self._poll.pause(shard, after)
        tracker.defer_remainder(Duration.of(pause.total_seconds()))

    def _route(self, result: PollResult) -> Iterator[Any]:
        if isinstance(result, Reject):
            self._tally.add(f"rejected-{result.reason}")
            yield TaggedOutput(_REJECTS, result)
        elif isinstance(result, Fetch):
            # A feed is asked again and again: each time is an element of the stage.
            self._tally.add("in")
            self._tally.add(f"fetch-{result.outcome}")
            yield TaggedOutput(_FETCHES, result)
        elif isinstance(result, Listed):
            self._tally.add("out")
            yield result


@dataclasses.dataclass(eq=False)
class PollFeeds(beam.PTransform):
    """Shards of feeds to the entries that are new in them, without end.

    The watermark follows the clock at the distance of ``hold``: what was published
    since is on time, what is older is late.

    Attributes:
      shards: The feeds.
      web: How to ask, and what is remembered; its time is a clock.
      rejects: Where feeds go that gave none.
      hold: How far the watermark stays behind the clock.
      stop: A file, or its URL; when it appears, the poll ends, and so does the pipeline.
      open_waits: Opens, in the worker, what is known of entries whose pages are asked
        for again: they go out with the new ones, when they are due.
    """

    shards: Sequence[Shard]
    web: access.Web
    rejects: ErrorHandler
    hold: dt.timedelta
    stop: str | None = None
    open_waits: Callable[[], Waits] | None = None

    def expand(
        self, root: beam.pvalue.PBegin
    ) -> tuple[beam.PCollection[Listed], beam.PCollection[Fetch]]:
        """Return the entries and the fetches."""
        results = (
            root
            | "Shards" >> beam.Create(self.shards, reshuffle=False)
            | "Spread shards" >> beam.Reshuffle()
            | "Poll shards"
            >> beam.ParDo(
                _PollFn(self.web, self.hold, self.stop, self.open_waits)
            ).with_outputs(_REJECTS, _FETCHES, main="entries")
        )
        self.rejects.add_error_pcollection(results[_REJECTS])
        return results.entries, results[_FETCHES]
