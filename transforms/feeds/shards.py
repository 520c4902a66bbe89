"""Shards: feeds that are polled together, and what is remembered of them.

A shard's state is a restriction of Beam's, so part of every checkpoint of the engine.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable, Mapping

import pydantic
from apache_beam.coders import Coder
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker

from transforms.listings import Subscription
from transforms.web.access import host_of
from transforms.web.feed_state import FeedState


@dataclasses.dataclass(frozen=True, slots=True)
class Shard:
    """Feeds that are polled together: all those of some hosts.

    Attributes:
      number: Names it.
      feeds: The feeds.
      share: Which part of the pages to retry is this shard's too, and of how many parts.
    """

    number: int
    feeds: tuple[Subscription, ...]
    share: tuple[int, int] = (0, 1)


@dataclasses.dataclass(frozen=True, slots=True)
class ShardState:
    """What is remembered of the feeds of a shard, by the keys that their states have.

    Attributes:
      feeds: Their states.
      listed: The entries that each listed last, by identity.
      again: The entries that went out again last, with the number of their tries.
      is_over: Nothing is left to do.
    """

    feeds: Mapping[str, FeedState] = dataclasses.field(default_factory=dict)
    listed: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    again: tuple[tuple[str, int], ...] = ()
    is_over: bool = False


def shards(feeds: Iterable[Subscription], count: int) -> list[Shard]:
    """Return ``feeds`` in at most ``count`` shards, each host's in one."""
    found: dict[int, list[Subscription]] = {}
    for feed in feeds:
        number = zlib.crc32(host_of(feed.url).encode()) % count
        found.setdefault(number, []).append(feed)
    return [
        Shard(number, tuple(found[number]), (place, len(found)))
        for place, number in enumerate(sorted(found))
    ]


class ShardTracker(RestrictionTracker):
    """Beam's tracker of a shard's state: it can be deferred between two rounds, never split.

    A round is claimed with the state that results from it, when its work is done and
    before its results are passed on.  If the engine has deferred the state meanwhile,
    the claim fails, and whoever resumes it repeats the round.

    Args:
      known: What was remembered when the round began.
    """

    def __init__(self, known: ShardState) -> None:
        self._state = known
        self._is_claimed = False

    def current_restriction(self) -> ShardState:
        """Return the state."""
        return self._state

    def current_progress(self) -> RestrictionProgress:
        """Return the progress: one round is left, or none."""
        left = 0 if self._state.is_over else 1
        return RestrictionProgress(completed=1 - left, remaining=left)

    def try_claim(self, after: ShardState) -> bool:
        """Put ``after`` in the place of the state, unless that was given away."""
        if self._state.is_over:
            return False
        self._state, self._is_claimed = after, True
        return True

    def try_split(self, fraction: float) -> tuple[ShardState, ShardState] | None:
        """Give away all that is left, or nothing."""
        if self._state.is_over or (fraction and not self._is_claimed):
            return None
        residual = self._state
        self._state = ShardState(is_over=True)
        return self._state, residual

    def check_done(self) -> bool:
        """Return True if nothing is left; raises ValueError otherwise."""
        if not self._state.is_over:
            raise ValueError("the poll of a shard ended with rounds left to do")
        return True

    def is_bounded(self) -> bool:
        """Return False: the poll has no end."""
        return False


class ShardStateCoder(Coder):
    """A shard's state as compressed JSON, which later versions of newsbeam read too."""

    _TYPE = pydantic.TypeAdapter(ShardState)

    def encode(self, value: ShardState) -> bytes:
        """Return the state as bytes."""
        return zlib.compress(self._TYPE.dump_json(value))

    def decode(self, encoded: bytes) -> ShardState:
        """Return the state that :meth:`encode` was given."""
        return self._TYPE.validate_json(zlib.decompress(encoded))

    def is_deterministic(self) -> bool:
        """Return False: equal states may differ in bytes."""
        return False
