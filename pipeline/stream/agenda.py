"""The agenda of a stream: which feeds are due when, and which files are new.  No clock.

A feed is due when its state says so (:mod:`transforms.web.policy` made it, from what the feed
and its server wish), and not before its host wants to be asked.  Files are looked for at
intervals, and known by size and time of change.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pipeline.batches import Batch, Done, IsRead, source_files
from pipeline.configuration.config import Config
from pipeline.reports.board import Counts
from pipeline.state.files_read import FileState
from transforms.listings import Subscription
from transforms.text.dates import LONG_AGO
from transforms.web.access import Memory, feed_key, host_of
from transforms.web.feed_state import FeedState
from transforms.web.policy import Pace, due_at

# A file that changed so recently may still be in writing.
_SETTLING = dt.timedelta(seconds=2)
_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclasses.dataclass(slots=True)
class _Feed:
    """A feed, and what is remembered of it.

    Attributes:
      subscription: As configured.
      state: What is remembered.
      not_before: Not to be asked before, whatever the state says.
      is_quiet: It was asked after the last news, its own or another's.
      is_put_off: It was to be asked, and its host was busy.
    """

    subscription: Subscription
    state: FeedState
    not_before: dt.datetime = LONG_AGO
    is_quiet: bool = False
    is_put_off: bool = False


class Agenda:
    """What a stream has to do next.

    Args:
      config: What to read, and how often.
      memory: What is remembered of its feeds.
      done: What was read before the stream began.
      feeds: Its feeds with their keys.
      is_read: Tells which files were read before, as they are.
    """

    def __init__(
        self,
        config: Config,
        memory: Memory,
        done: Done,
        feeds: Iterable[Subscription],
        is_read: IsRead,
    ) -> None:
        self._options = config.stream
        self._threads = config.fetch.threads
        self._batch_files = config.run.batch_files
        self._hosts = dict(memory.hosts)
        self._feeds = {feed.url: _Feed(feed, memory.state_of(feed)) for feed in feeds}
        self._config = config
        self._is_read = is_read
        self._read = {file.path: file for file in done.files}
        self._waiting: list[FileState] = []
        self._unchanged = 0
        self._next_look = LONG_AGO if config.source.files else None
        self._files_are_quiet = not config.source.files

    def batch(self, now: dt.datetime) -> Batch | None:
        """Return what is to be done now, None if nothing is.

        A feed that was never asked brings its whole list, and its pages keep a thread
        busy for minutes: a batch has at most as many of those as there are threads.
        """
        due = sorted(
            (moment, url)
            for url, feed in self._feeds.items()
            if (moment := self._due_at(feed)) is not None and moment <= now
        )
        known: list[Subscription] = []
        fresh: list[Subscription] = []
        for _, url in due:
            feed = self._feeds[url]
            (fresh if feed.state.asked_at is None else known).append(feed.subscription)
        size = self._options.batch_feeds
        fresh = fresh[: min(size, self._threads)]
        feeds = [*known[: size - len(fresh)], *fresh]
        if self._next_look is not None and self._next_look <= now and not self._waiting:
            self._look(now)
        files = tuple(self._waiting[: self._batch_files])
        if not (feeds or files):
            return None
        return Batch(tuple(feeds), files, unchanged=self._unchanged)

    def done(
        self,
        batch: Batch,
        memory: Memory,
        now: dt.datetime,
        put_off: Mapping[str, float] = _NOTHING,
        *,
        is_news: bool,
    ) -> None:
        """Take note that a batch was committed.

        Args:
          batch: The batch.
          memory: What is remembered of its feeds now.
          now: When it began.
          put_off: Those of its feeds whose host was busy, by key; how many seconds after
            that their turn is likely to come.
          is_news: It brought new articles.
        """
        self._hosts = dict(memory.hosts)
        if is_news:
            for feed in self._feeds.values():
                feed.is_quiet = False
            self._files_are_quiet = not self._config.source.files
        for subscription in batch.feeds:
            feed = self._feeds[subscription.url]
            feed.state = memory.state_of(subscription)
            seconds = put_off.get(feed_key(subscription))
            feed.is_put_off = seconds is not None
            # One that was passed over, since its host fails, must not be due at once.
            wait = self._shortest if seconds is None else dt.timedelta(seconds=seconds)
            feed.not_before = now + wait
            feed.is_quiet = not is_news
        self._unchanged -= batch.unchanged
        self._read |= {file.path: file for file in batch.files}
        self._waiting = self._waiting[len(batch.files) :]

    def next_at(self) -> dt.datetime | None:
        """Return when there is something to do again; None for never."""
        moments = [self._due_at(feed) for feed in self._feeds.values()]
        moments.append(self._next_look)
        return min((moment for moment in moments if moment is not None), default=None)

    def is_idle(self, soon: dt.datetime) -> bool:
        """Return whether a whole round of feeds and files has brought nothing new.

        Args:
          soon: What is not due before does not count.
        """
        if self._waiting or any(feed.is_put_off for feed in self._feeds.values()):
            return False
        moments = [self._due_at(f) for f in self._feeds.values() if not f.is_quiet]
        if not self._files_are_quiet:
            moments.append(self._next_look)
        return all(moment is None or moment > soon for moment in moments)

    @property
    def read(self) -> Done:
        """Which files were read, for another agenda to go on from."""
        return Done(files=frozenset(self._read.values()))

    def counts(self, now: dt.datetime) -> Counts:
        """Return how the feeds are doing."""
        moments = [self._due_at(feed) for feed in self._feeds.values()]
        due = [moment for moment in moments if moment is not None and moment <= now]
        asked = [moment for moment in due if moment != LONG_AGO]
        states = [feed.state for feed in self._feeds.values()]
        return Counts(
            feeds=len(states),
            due=len(due),
            failing=sum(state.failures > 0 and not state.retired for state in states),
            retired=sum(state.retired for state in states),
            overdue=now - min(asked, default=now),
        )

    @property
    def _shortest(self) -> dt.timedelta:
        return dt.timedelta(seconds=self._options.shortest_poll_seconds)

    def _due_at(self, feed: _Feed) -> dt.datetime | None:
        moment = due_at(feed.state, self._hosts.get(host_of(feed.state.url)))
        return None if moment is None else max(moment, feed.not_before)

    def _look(self, now: dt.datetime) -> None:
        """Look for files that are new or have changed."""
        changed = []
        there: dict[str, FileState] = {}
        for file in source_files(self._config):
            before = self._read.get(file.path)
            if before != file and self._is_read(file):
                self._unchanged += 1
                before = file
            if before != file:
                changed.append(file)
            if before is not None:
                there[file.path] = before
        self._read = there
        settled = [one for one in changed if not _is_settling(one, now)]
        self._waiting = settled
        self._files_are_quiet = not changed
        wait = dt.timedelta(seconds=self._options.files_seconds)
        if len(settled) < len(changed):
            wait = min(wait, _SETTLING)
        self._next_look = now + wait


def _is_settling(found: FileState, now: dt.datetime) -> bool:
    changed = found.changed
    if changed is None:
        return False
    age = now.timestamp() - changed / 1e9
    return 0 <= age < _SETTLING.total_seconds()


def floored_pace(config: Config) -> Pace:
    """Return how often what polls without end asks a feed: not at once again."""
    pace = config.fetch.pace()
    shortest = dt.timedelta(seconds=config.stream.shortest_poll_seconds)
    return dataclasses.replace(pace, interval=max(pace.interval, shortest))


def stream_pace(config: Config) -> Pace:
    """Return how often a stream asks a feed."""
    return dataclasses.replace(floored_pace(config), rhythm=config.stream.rhythm)
