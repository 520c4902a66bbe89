"""An unbounded pipeline of the same stages, for an engine that runs such pipelines.

::

    shards ─ poll ─┬─ followed? ─ follow ─ extract ─ seen? ─ enrich ─ window ─ stage ─┐
      │            └─────────────────┴─ fetches, what waits ──────── window ─ stage ─┤
    all of them ──────────────────────── rejects ─────────────────── window ─ stage ─┤
                                                                                     │
      └─ due again ─ index ─ dataset ─ commit ─ a firing of a window after the other ─┘

Beam's in-process runner is not one of those engines: its windows never fire, and its memory
grows by megabytes a second (Beam 2.77).
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from types import FrameType
from typing import Any

import apache_beam as beam
from apache_beam.runners.runner import PipelineState
from apache_beam.transforms.error_handling import ErrorHandler

import pipeline
from pipeline.configuration.config import Config
from pipeline.configuration.engine import engine_options
from pipeline.configuration.runners import is_direct
from pipeline.counters import Counters
from pipeline.dataset.contract import StreamPlaces
from pipeline.dataset.home import home_of
from pipeline.process.signals import interruptible
from pipeline.reports.account import report_of
from pipeline.reports.report import Report
from pipeline.reports.status import warnings
from pipeline.run import new_run_id
from pipeline.sample import server as sample_server
from pipeline.state import indexed
from pipeline.state.feed_keys import feeds_of
from pipeline.stream.agenda import floored_pace
from transforms.dedup.articles import DropSeen
from transforms.dedup.sightings import NoteSightings
from transforms.encryption import Cipher
from transforms.enrich.stages import enrich
from transforms.errors import ConfigError, RunError
from transforms.extract.stages import extract_text
from transforms.feeds.pages import DropFollowed, FetchPages
from transforms.feeds.poll import PollFeeds
from transforms.feeds.shards import Shard, shards
from transforms.listings import Fetch, Waiting
from transforms.records import Stamp
from transforms.stories.signer import sign_articles
from transforms.vocabulary import FetchKind
from transforms.web.access import Memory, Web, forgetting
from transforms.web.waiting import resolving, waiting_of
from transforms.write.options import WindowOptions
from transforms.write.staging import StageRows
from transforms.write.store import put
from transforms.write.windows import (
    GatherFiles,
    into_windows,
    stamp_events,
    stamp_now,
)

log = logging.getLogger(__name__)

_WATCH_SECONDS = 0.5


def utc_now() -> dt.datetime:
    """Return the time; a name that workers find, too."""
    return dt.datetime.now(dt.UTC)


def build(
    root: beam.Pipeline,
    config: Config,
    feeds: Sequence[Shard],
    stamp: Stamp,
    web: Web,
    places: StreamPlaces,
    cipher: Cipher | None = None,
) -> None:
    """Add the unbounded flow to ``root``.

    Args:
      root: The pipeline.
      config: How to work, where to write.
      feeds: What to poll.
      stamp: What the rows of the run have in common.
      web: How to ask, and what is remembered; its time is a clock.
      places: Where to stage and to commit.
      cipher: What secrets in payloads are encrypted with.
    """
    known, pool = (
        partial(indexed.in_index, indexed.Articles, places.index),
        config.workers,
    )
    remember = dt.timedelta(days=config.windows.remember_days)
    stop, hold = places.stop, config.windows.hold
    stage_rows = partial(
        StageRows,
        staging=places.staging,
        stamp=stamp,
        options=config.output,
        clock=utc_now,
    )
    log_rows = partial(_StageLog, config.windows)
    stage_rejects = log_rows(stage_rows("rejects", cipher=cipher))
    with ErrorHandler("Stage rejects" >> stage_rejects) as rejects:
        known_entries = partial(indexed.Entries, cipher=cipher)
        waits = partial(indexed.in_index, known_entries, places.index)
        poll = PollFeeds(feeds, web, rejects, hold, stop, waits)
        listed, asked = root | "Poll" >> poll
        timed = listed | "Stamp entries" >> stamp_now(utc_now)
        entries, seen = timed | "Drop followed" >> DropFollowed(remember)
        documents, fetched, _ = entries | "Follow" >> FetchPages(
            web, waits, rejects, follows_all=True
        )
        articles = documents | "Extract" >> extract_text(
            config.extract,
            rejects,
            pool,
            config.known_sources,
            respects=config.fetch.respect_reservations,
        )
        stamped = articles | "Stamp events" >> stamp_events(config.windows)
        new, listed_by = stamped | "Drop seen" >> DropSeen(known, remember)
        sign = (sign_articles(config.stories),)
        tagged = new | "Enrich" >> enrich(config.enrich, rejects, pool, sign)
        windowed = tagged | "Window articles" >> into_windows(config.windows)
        staged = windowed | "Stage articles" >> stage_rows("articles", rejects=rejects)
    requests = (asked, fetched) | "All fetches" >> beam.Flatten()
    logged = (
        requests
        | "Forget" >> beam.Map(without_memory).with_output_types(Fetch)
        | "Stage fetches" >> log_rows(stage_rows("fetches"))
    )
    waiting = (
        fetched
        | "Waits" >> beam.FlatMap(waiting_of).with_output_types(Waiting)
        | "Stage waiting" >> log_rows(stage_rows("waiting", cipher=cipher))
    )
    listings = partial(indexed.in_index, indexed.Listings, places.index)
    sighted = (
        (listed_by, seen)
        | "Note sightings" >> NoteSightings(listings, remember)
        | "Stage sightings" >> log_rows(stage_rows("sightings"))
    )
    (
        (staged, rejects.output(), logged, waiting, sighted)
        | "All staged files" >> beam.Flatten()
        | "Gather" >> GatherFiles()
        | "Commit" >> beam.Map(places.commit)
    )


@dataclasses.dataclass(eq=False)
class _StageLog(beam.PTransform):
    """Rejects or fetches to staged files, windowed by when they come."""

    windows: WindowOptions
    stage: beam.PTransform

    def expand(self, records: beam.PCollection[Any]) -> beam.PCollection[Any]:
        return (
            records
            | "Stamp" >> stamp_now(utc_now)
            | "Window" >> into_windows(self.windows)
            | "Stage" >> self.stage
        )


def without_memory(fetch: Fetch) -> Fetch:
    """Return the fetch without what would keep a later run from asking again.

    It may be published before the articles that it speaks of, in another window: if the
    pipeline is killed in between, a state that is made of it must not run ahead of them.
    """
    if fetch.kind is FetchKind.FEED and fetch.state is not None:
        return dataclasses.replace(fetch, state=forgetting(fetch.state))
    if fetch.kind is FetchKind.PAGE and fetch.entry is not None:
        # Counts when the run has ended; see pipeline.state.waiting.
        return dataclasses.replace(fetch, entry=None, state=resolving(fetch.entry))
    return dataclasses.replace(fetch, waiting=None)


def run_unbounded(
    config: Config,
    *,
    run_id: str | None = None,
    beam_options: Sequence[str] = (),
    run_for: dt.timedelta | None = None,
) -> Report:
    """Run the unbounded pipeline on ``config.run.runner`` until a stop is asked for.

    SIGTERM and SIGINT, or the end of ``run_for``, end the poll: what was listed by then
    is finished and committed.  A second signal cancels the pipeline; what was
    committed stays.

    Args:
      config: What to read, how to work, where to write.
      run_id: Name of the run.
      beam_options: Options for Beam, as on its command line.
      run_for: How long to poll; None for as long as nobody stops it.

    Returns:
      The report; its counters are the engine's, which may count a bundle twice that it
      did twice.

    Raises:
      ConfigError: When the configuration asks for what an unbounded pipeline has not.
      LockedError: When another run works on the dataset.
      RunError: When the pipeline failed; what was committed before stays.
    """
    _check(config)
    began = time.monotonic()
    home = home_of(config.output)
    with home.opened() as (state, recovered):
        now = utc_now()
        run = home.run(run_id or new_run_id(now), state)
        if run.batches():
            raise ConfigError(
                f"--run-id {run.run_id!r}: it was used before; choose another one"
            )
        stamp = Stamp(run.run_id, pipeline.__version__, run.begin(now))
        feeds = feeds_of(config, state.keys)
        memory = _cautious(state.requests.memory(feeds))
        parts = shards(feeds, config.windows.shards)
        with sample_server.serving(config.fetch.serve) as addresses:
            web = Web(
                config.fetch,
                stamp.version,
                utc_now,
                memory,
                addresses,
                pace=floored_pace(config),
            )
            try:
                level = config.output.compression_level
                days = config.stories.days
                places = home.stream(run.run_id, state, level, days)
                root = _pipeline(config, beam_options)
                cipher = Cipher(state.keys.secret)
                build(root, config, parts, stamp, web, places, cipher)
                counters = _watch(root, places.stop, run_for)
            except BaseException:
                run.tidy()
                run.leave()
                raise
            run.tidy()
        report = report_of(
            run,
            state,
            began,
            recovered=recovered,
            feed_warnings=warnings(state, utc_now()),
            counters=counters,
        )
        run.end(report.as_bytes())
        home.prune(config.run.keep_runs)
        return report


def _check(config: Config) -> None:
    problems = []
    if is_direct(config.run.runner):
        problems.append(
            "run.runner: the in-process runner cannot run an unbounded pipeline; choose "
            "PrismRunner or FlinkRunner with --runner"
        )
    if not (config.source.feeds or config.source.opml):
        problems.append("source.feeds: nothing to poll; name feeds")
    if config.source.files:
        problems.append("source.files: files are read by newsbeam run, once")
    if config.output.raw:
        problems.append("output.raw: pages are kept by newsbeam run only")
    if problems:
        raise ConfigError(*problems)


def _cautious(memory: Memory) -> Memory:
    """Return the memory without what lets a feed answer "unchanged"."""
    feeds = {
        feed: dataclasses.replace(state, validators=None, body_hash=None)
        for feed, state in memory.feeds.items()
    }
    return dataclasses.replace(memory, feeds=feeds)


def _pipeline(config: Config, beam_options: Sequence[str]) -> beam.Pipeline:
    try:
        return beam.Pipeline(
            options=engine_options(config.run.runner, ["--streaming"], beam_options)
        )
    except ValueError as error:
        raise ConfigError(f"run.runner: {error}") from error


def _watch(root: beam.Pipeline, stop: str, run_for: dt.timedelta | None) -> Counters:
    """Run the pipeline to its end, and return its counters."""
    signals: list[int] = []
    try:
        with _listening(signals):
            return _counted(root, stop, run_for, signals)
    except KeyboardInterrupt:
        # Who called says by which signal it ended, as if nobody had listened.
        handler = signal.getsignal(signals[-1])
        if callable(handler):
            with interruptible():
                handler(signals[-1], None)
        raise


def _counted(
    root: beam.Pipeline, stop: str, run_for: dt.timedelta | None, signals: list[int]
) -> Counters:
    is_stopping = False
    try:
        result = root.run()
        until = time.monotonic() + run_for.total_seconds() if run_for else None
        while not PipelineState.is_terminal(result.state):
            is_due = until is not None and time.monotonic() >= until
            if (signals or is_due) and not is_stopping:
                log.warning("the poll ends; what was listed is finished")
                put(stop, b"")
                is_stopping = True
            if len(signals) > 1:
                result.cancel()
                raise KeyboardInterrupt
            time.sleep(_WATCH_SECONDS)
        if result.state != PipelineState.DONE:
            # It raises what the engine reports of the failure.
            result.wait_until_finish()
    except (RuntimeError, ValueError, OSError) as error:
        log.debug("the pipeline failed", exc_info=True)
        first = next(iter(str(error).splitlines()), "")
        raise RunError(
            f"the pipeline failed ({type(error).__name__}: {first}); what was "
            "committed stays; --log-level debug shows more"
        ) from error
    return Counters.of_flow(result)


@contextlib.contextmanager
def _listening(signals: list[int]) -> Iterator[None]:
    """Count signals to stop instead of obeying them at once."""

    def hear(number: int, frame: FrameType | None) -> None:
        del frame
        signals.append(number)

    wanted = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, hear) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
