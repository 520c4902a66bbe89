"""The stream: feeds asked when they are due, until a stop is asked for.

Each time something is due it becomes a batch: a whole bounded pipeline and a commit,
exactly as in a run, since Beam's local runners never close a window of unbounded input.
In between the process sleeps until the next feed is due.  An hour of batches is a run with
a report of its own; small files are merged now and then.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
import sqlite3
from collections.abc import Callable, Mapping
from typing import TypeAlias

from pipeline.batches import Batch, Done, done_by, read_by
from pipeline.configuration.config import Config
from pipeline.configuration.runners import is_direct
from pipeline.dataset.contract import Home
from pipeline.dataset.home import home_of
from pipeline.process.signals import Signals
from pipeline.reports.board import Board, Figures
from pipeline.run import due_pages
from pipeline.sample import server as sample_server
from pipeline.state.database import State
from pipeline.state.feed_keys import feeds_of
from pipeline.stream.agenda import Agenda, stream_pace
from pipeline.stream.stint import Stints
from transforms.errors import ConfigError, RunError
from transforms.work.memory import give_back

log = logging.getLogger(__name__)

# The clock may be set, the machine may have slept: no sleep is trusted for longer.  It is
# also how often the health file says that the stream is alive.
_LONGEST_SLEEP = dt.timedelta(minutes=1)
# Batches that begin early, for the next page of a busy host, begin so far apart.
_BETWEEN_TURNS = dt.timedelta(seconds=5)
# With --until-idle, what is due later than this is not waited for, but for pages whose
# host is busy.
_SOON = dt.timedelta(seconds=10)
_FIRST_RETRY = dt.timedelta(seconds=5)
_LAST_RETRY = dt.timedelta(minutes=5)
# Merging happens beside the stream's own work: in pieces that need little memory.
_COMPACT_BYTES = 16_000_000
_TRIM_EVERY = dt.timedelta(minutes=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Until:
    """When a stream ends by itself.

    Attributes:
      moment: Then; None for never.
      idle: When a whole round has brought nothing new, or nothing is due soon.
    """

    moment: dt.datetime | None = None
    idle: bool = False


Watcher: TypeAlias = Callable[[Board], None]
"""Is called when the board has changed."""


def stream(
    read_config: Callable[[], Config],
    *,
    signals: Signals,
    board: Board,
    until: Until | None = None,
    watch: Watcher | None = None,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> None:
    """Ask feeds when they are due and look for files, until a stop is asked for.

    Args:
      read_config: Reads the configuration; called again at SIGHUP.
      signals: The signals of the process, taken.
      board: Where figures are kept.
      until: When to end by itself.
      watch: Is called when the board has changed.
      clock: The time.

    Raises:
      ConfigError: When the configuration, as it is at the start, cannot be followed.
      LockedError: When another run works on the dataset.
      RunError: When batches failed again and again; what was committed before stays.
    """
    config = _checked(read_config())
    with contextlib.ExitStack() as stack:
        home = home_of(config.output)
        state, recovered = stack.enter_context(home.opened())
        watcher = watch or (lambda _: None)
        work = _Stream(config, home, state, recovered, signals, board, watcher, clock)
        stack.callback(work.leave)
        try:
            work.go(until or Until(), read_config)
        except KeyboardInterrupt:
            if not signals.was_abandoned:
                raise
        if signals.was_abandoned:
            log.warning(
                "the batch in progress was given up, %g seconds after the stop was asked "
                "for; the next start does it again",
                signals.grace,
            )
        work.end()


def _checked(config: Config, before: Config | None = None) -> Config:
    if before is not None and config.output.place != before.output.place:
        raise ConfigError(
            "output.path: a stream cannot move to another; stop it and start it again"
        )
    if not is_direct(config.run.runner):
        raise ConfigError(
            f"run.runner: a stream works in its own process, not on "
            f"{config.run.runner}; leave it out"
        )
    return config


class _Stream:
    """A stream in progress."""

    def __init__(
        self,
        config: Config,
        home: Home,
        state: State,
        recovered: list[str],
        signals: Signals,
        board: Board,
        watch: Watcher,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._home = home
        self._state = state
        self._signals = signals
        self._board = board
        self._watch = watch
        self._clock = clock
        self._served = contextlib.ExitStack()
        now = clock()
        self._stints = Stints(home, state, now, recovered)
        self._compacted_at = self._retry_at = self._trimmed_at = self._seen_at = now
        self._is_broken = False
        before = home.cut_short("", state, now)
        self._follow(config, done_by((), before, is_lost=state.has_lost_rows))

    def _follow(self, config: Config, done: Done) -> None:
        """Work by a configuration from now on."""
        feeds = feeds_of(config, self._state.keys)
        memory = self._state.requests.memory(feeds)
        memory = memory.believed(self._clock(), stream_pace(config))
        is_read = read_by(config, self._state)
        agenda = Agenda(config, memory, done, feeds, is_read)
        self._served.close()
        serving = sample_server.serving(config.fetch.serve)
        self._addresses: Mapping[str, str] = self._served.enter_context(serving)
        self._agenda = agenda
        self._config = config
        self._options = config.stream
        self._pace = stream_pace(config)
        self._signals.grace = config.stream.stop_seconds

    def leave(self) -> None:
        """Let go of what is held beside the dataset."""
        self._served.close()

    def go(self, until: Until, read_config: Callable[[], Config]) -> None:
        """Work until a stop is asked for, or until ``until``."""
        while not self._signals.is_stopping:
            if self._signals.take_reload():
                self._reload(read_config)
            now = self._clock()
            if now < self._seen_at - _LONGEST_SLEEP:
                self._set_back(now)
            self._seen_at = now
            if until.moment is not None and now >= until.moment:
                return
            batch = self._batch(now) if now >= self._retry_at else None
            if batch is not None:
                self._work(batch, now)
                pause = dt.timedelta(seconds=self._options.pause_seconds)
                if self._state.waiting.has_turns():
                    pause = min(pause, _BETWEEN_TURNS)
                self._retry_at = max(self._retry_at, now + pause)
            self._keep_up()
            self._show()
            if until.idle and self._is_idle():
                return
            self._sleep(until)

    def _set_back(self, now: dt.datetime) -> None:
        """Forget what was planned by a clock that went before its time."""
        log.warning(
            "the clock was set back by %d minutes; what was planned by it is planned "
            "again",
            (self._seen_at - now).total_seconds() / 60,
        )
        self._compacted_at = self._retry_at = self._trimmed_at = now
        self._state.waiting.set_back(now)
        self._stints.end(now, self._config)
        self._follow(self._config, self._agenda.read)

    def _batch(self, now: dt.datetime) -> Batch | None:
        """Return what is to be done now, None if nothing is."""
        batch = self._agenda.batch(now)
        most = self._config.run.batch_files
        due = tuple(due_pages(self._config, self._state, now, most))
        if due:
            return dataclasses.replace(batch or Batch(), entries=due)
        return batch

    def _next_at(self) -> dt.datetime | None:
        """Return when there is something to do again; None for never."""
        moments = (self._agenda.next_at(), self._state.waiting.next_at())
        return min((moment for moment in moments if moment), default=None)

    def _is_idle(self) -> bool:
        if self._board.failures or not self._agenda.is_idle(self._clock() + _SOON):
            return False
        return not self._state.waiting.has_turns()

    def _sleep(self, until: Until) -> None:
        """Sleep until there is something to do, or a signal comes."""
        now = self._clock()
        wishes = (now + _LONGEST_SLEEP, self._board.next_at, until.moment)
        moments = [moment for moment in wishes if moment is not None]
        seconds = (min(moments) - now).total_seconds()
        if seconds > 0 and not self._signals.is_stopping:
            self._signals.wait(seconds)

    def _show(self) -> None:
        """Bring the board up to date."""
        now = self._clock()
        next_at = self._next_at()
        self._board.seen_at = now
        self._board.next_at = max(next_at, self._retry_at) if next_at else None
        self._board.counts = self._agenda.counts(now)
        self._board.waiting = self._state.waiting.counts()
        self._watch(self._board)

    def _work(self, batch: Batch, now: dt.datetime) -> None:
        """Work a batch; one that fails is tried again a little later."""
        board = self._board
        board.seen_at = board.working_since = now
        board.counts = self._agenda.counts(now)
        self._watch(board)
        try:
            with self._signals.busy():
                if self._is_broken:
                    self._home.recover(self._state)
                    self._is_broken = False
                figures, articles = self._stints.now.work(
                    self._config, batch, now, self._pace, self._addresses
                )
            memory = self._state.requests.memory(batch.feeds)
        except RunError as error:
            self._failed(error, now)
            return
        except (OSError, sqlite3.Error) as error:
            self._failed(RunError(f"{type(error).__name__}: {error}"), now)
            return
        finally:
            board.working_since = None
        put_off = self._stints.now.put_off
        self._agenda.done(batch, memory, now, put_off, is_news=figures.new > 0)
        seconds = (self._clock() - now).total_seconds()
        figures = dataclasses.replace(figures, seconds=seconds)
        board.committed(self._clock(), figures, articles)
        self._tell(figures)

    def _failed(self, error: RunError, now: dt.datetime) -> None:
        if self._signals.is_stopping:
            # An interruption within a stage comes out as an error of that stage.
            return
        self._is_broken = True
        self._board.failed(str(error))
        failures = self._board.failures
        if failures >= self._options.max_failures:
            raise error
        wait = min(_FIRST_RETRY * 2 ** (failures - 1), _LAST_RETRY)
        self._retry_at = now + wait
        log.error("%s; trying again in %d s", error, wait.total_seconds())

    def _tell(self, figures: Figures) -> None:
        is_worth_it = figures.new or figures.rejected
        log.log(
            logging.INFO if is_worth_it else logging.DEBUG,
            "%d new articles, %d rejected; %d feeds asked, %d files read in %.1f s",
            figures.new,
            sum(figures.rejected.values()),
            figures.feeds,
            figures.files,
            figures.seconds,
            extra={
                "new": figures.new,
                "rejected": dict(figures.rejected),
                "feeds": figures.feeds,
                "files": figures.files,
                "seconds": round(figures.seconds, 3),
            },
        )

    def _keep_up(self) -> None:
        """Merge small files and write a report, when it is time to."""
        now = self._clock()
        options = self._options
        if now - self._trimmed_at >= _TRIM_EVERY:
            self._trimmed_at = now
            # A pipeline that is over is garbage in cycles, with the files that it opened.
            give_back()
        is_full = now - self._stints.now.began >= dt.timedelta(
            minutes=options.report_minutes
        )
        if is_full and not self._signals.is_stopping:
            self._stints.end(now, self._config)
        is_due = now - self._compacted_at >= dt.timedelta(
            minutes=options.compact_minutes
        )
        if is_due and not self._signals.is_stopping:
            self._compacted_at = now
            with self._signals.busy():
                self._compact()

    def _compact(self) -> None:
        try:
            done = self._home.compact(
                self._state,
                target_bytes=_COMPACT_BYTES,
                closed_before=dt.date.max,
                at_least=self._options.compact_files,
            )
        except (RunError, sqlite3.Error) as error:
            log.warning("%s", error)
            return
        if done.partitions:
            log.info(
                "compaction: %d files of %d partitions became %d",
                done.files_before,
                done.partitions,
                done.files_after,
            )

    def end(self) -> None:
        """Write the last report."""
        self._board.is_stopping = True
        self._watch(self._board)
        self._stints.end(self._clock(), self._config)

    def _reload(self, read_config: Callable[[], Config]) -> None:
        try:
            config = _checked(read_config(), self._config)
            self._follow(config, self._agenda.read)
        except (ConfigError, OSError, sqlite3.Error) as error:
            log.error(  # noqa: TRY400 - in one line
                "the configuration is not taken over, the old one stays: %s",
                "; ".join(str(error).splitlines()),
            )
        else:
            log.info("the configuration was read again")
