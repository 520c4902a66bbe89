"""One run: lock, recover, then batch by batch flow, commit, publish; then the report."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.worker import statesampler

import pipeline
from pipeline import disk, graph, sample_server
from pipeline.batches import Batch, Done, done_by, planned
from pipeline.config import Config, is_direct
from pipeline.counters import Counters
from pipeline.engine import engine_options
from pipeline.feed_keys import feeds_of
from pipeline.home import OpenBatch, OpenRun, home_of
from pipeline.metrics import last_success, write_metrics
from pipeline.progress import Progress
from pipeline.publish import BatchFolder, Rewrite, published_files
from pipeline.reasons import first_rejects, log_rejects
from pipeline.report import Report, tally_articles
from pipeline.signals import interruptible
from pipeline.state import State
from pipeline.status import warnings
from transforms.errors import NewsbeamError, RunError
from transforms.policy import Pace
from transforms.records import Listed, Stage, Stamp
from transforms.sealing import Seal
from transforms.stage import LIVE
from transforms.web import Network, Web

log = logging.getLogger(__name__)

# Beam 2.77 makes of "DirectRunner" another runner by the network's mood and the
# pipeline's shape; newsbeam means this one by it.
_IN_PROCESS = "FnApiRunner"
# After its default, five minutes, Beam 2.77 takes a job that still runs for failed.
_PATIENCE = f"--job_server_timeout={7 * 86_400}"
# Of feeds to look at, at most this many are logged; newsbeam status shows all.
_WARNINGS = 10


Plan = Callable[[State, Done], list[Batch]]
"""From what is remembered and what was committed before, what there is to do."""
Settle = Callable[[Batch, BatchFolder], list[Rewrite]]
"""Decides, when the flow of a batch is over, which published files change with it."""


def run(
    config: Config,
    *,
    run_id: str | None = None,
    beam_options: Sequence[str] = (),
    now: dt.datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """Do one bounded run over what the configuration names, and return its report.

    Args:
      config: What to read, how to work, where to write.
      run_id: Name of the run; a retry under the same name goes on where the first
        attempt ended, and writes the same files.
      beam_options: Options for Beam, as on its command line.
      now: The time that the run takes for now.
      progress: Shows the work while it is done.

    Raises:
      ConfigError: When the output cannot be written to.
      LockedError: When another run works on the dataset.
      RunError: When the flow failed; what was committed before stays.
    """
    now = now or dt.datetime.now(dt.UTC)
    return work(
        config,
        lambda state, done: planned(
            config,
            done,
            due_pages(config, state, now),
            feeds_of(config, state.keys),
        ),
        run_id=run_id,
        beam_options=beam_options,
        now=now,
        progress=progress,
    )


def work(
    config: Config,
    plan: Plan,
    *,
    settle: Settle | None = None,
    run_id: str | None = None,
    beam_options: Sequence[str] = (),
    now: dt.datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """Do the batches of ``plan``, one after the other; see :func:`run`."""
    started = time.monotonic()
    now = now or dt.datetime.now(dt.UTC)
    is_retried = not is_direct(config.run.runner)
    home = home_of(config.output, beam_options, is_retried=is_retried)
    with home.opened() as (state, told):
        folder = home.run(run_id or new_run_id(now), state)
        own = folder.manifests()
        before = home.cut_short(folder.run_id, state, now)
        with (
            _measured(config, now) as measured,
            failures_told(folder),
            progress or contextlib.nullcontext(),
            interruptible(),
        ):
            batches = plan(state, done_by(own, before))
            if own or before:
                committed = len(own) + len(before)
                told.append(f"continued after {committed} batches that were committed")
            stamp = Stamp(folder.run_id, pipeline.__version__, folder.begin(now))
            flow = Flow(config, stamp, state, beam_options, settle)
            flow.work(folder, batches)
            report = report_of(folder, state, started, now, tuple(told))
            folder.end(report.as_bytes())
            home.prune(config.run.keep_runs)
            measured.append(report)
            log_rejects(report.first_rejects)
            if report.unserved:
                log.warning(
                    "no names in %s: of these articles only countries and capitals are "
                    "known; enrich.entities.models may name a model",
                    ", ".join(sorted(report.unserved)),
                )
            for feed, problem in list(report.feed_warnings.items())[:_WARNINGS]:
                log.warning("%s %s", feed, problem)
            return report


def due_pages(
    config: Config, state: State, now: dt.datetime, most: int = -1
) -> list[Listed]:
    """Return the entries whose pages are to be retried.

    Args:
      config: How the web is asked; none where it does not say who asks.
      state: The dataset's.
      now: The time.
      most: At most this many; a negative number for all.
    """
    if not config.fetch.contact.strip() or state.waiting.next_at() is None:
        return []
    return state.waiting.due(now, Seal(state.keys.secret), most)


class Flow:
    """Does the batches of one run.

    Args:
      config: How to work.
      stamp: The run and its time.
      state: The dataset's, which holds what earlier runs remember.
      beam_options: Options for Beam.
      settle: Decides which published files change with a batch.
      pace: How often a feed is asked, where it is not as the configuration says.
      scope: That of a flow before this one, which shares its way to the web.
    """

    def __init__(
        self,
        config: Config,
        stamp: Stamp,
        state: State,
        beam_options: Sequence[str] = (),
        settle: Settle | None = None,
        pace: Pace | None = None,
        scope: str | None = None,
    ) -> None:
        self._config = config
        self._stamp = stamp
        self._state = state
        self._beam_options = beam_options
        self._settle = settle
        self._pace = pace
        # Held from batch to batch, of the flow that follows too: a host has its pauses
        # between them.
        self.scope = scope or uuid.uuid4().hex
        self._network: Network | None = None

    def work(self, folder: OpenRun, batches: Sequence[Batch]) -> None:
        """Work one batch after the other, each committed before the next begins."""
        LIVE.clear()
        LIVE[Stage.READ.value, "matched"] = sum(batch.matched for batch in batches)
        first = max((batch.number + 1 for batch in folder.batches()), default=0)
        counted = [manifest["counters"] for manifest in folder.manifests()]
        with sample_server.serving(self._config.fetch.serve) as addresses:
            for number, batch in enumerate(batches, first):
                one = folder.batch(number)
                before = Counters.added_up(counted)
                counted.append(self.commit(one, batch, addresses, before).stages)
                log.info(
                    "batch %d of %d is committed", number + 1, first + len(batches)
                )

    def commit(
        self,
        folder: OpenBatch,
        batch: Batch,
        addresses: Mapping[str, str],
        before: Counters,
    ) -> Counters:
        """Work one batch, commit and publish it.

        Args:
          folder: The batch's.
          batch: What to work on.
          addresses: Hosts that newsbeam serves itself, with where they answer.
          before: What the batches of this run before it have counted.

        Returns:
          What this one has counted.
        """
        counters = self._flow(folder, batch, addresses)
        so_far = Counters.added_up([before.stages, counters.stages])
        _check_rejects(self._config, so_far, folder.number)
        rewrites = []
        # Published files change in folders only; see OutputOptions.folder.
        if self._settle and isinstance(folder, BatchFolder):
            rewrites = self._settle(batch, folder)
        folder.commit(
            inputs=batch.inputs(), counters=counters.stages, rewrites=rewrites
        )
        folder.publish(self._state)
        return counters

    def _flow(
        self, folder: OpenBatch, batch: Batch, addresses: Mapping[str, str]
    ) -> Counters:
        """Run the graph and return its counters."""
        folder.prepare()
        places = folder.places()
        fetch, stamp = self._config.fetch, self._stamp
        memory = self._state.requests.memory(() if batch.again else batch.feeds)
        memory = memory.believed(stamp.at, self._pace or fetch.pace())
        web = Web(
            fetch, stamp.version, stamp.at, memory, addresses, self.scope, self._pace
        )
        if batch.feeds or batch.entries:
            self._network = web.network()
        root = beam.Pipeline(options=_options(self._config, self._beam_options))
        # A killed run would leave this one, which is empty, to nobody.
        os.rmdir(root.local_tempdir)
        root.local_tempdir = str(places.scratch)
        # A file that is read has no secret that a replay would need.
        is_asking = bool(batch.feeds or batch.entries)
        seal = Seal(self._state.keys.secret) if is_asking else None
        graph.build(
            root, self._config, batch, folder.number, places, self._stamp, web, seal
        )
        try:
            result = root.run()
            result.wait_until_finish()
        finally:
            _stop_sampling()
        offered = {
            Stage.READ.value: {"matched": batch.matched},
            Stage.FEEDS.value: {"replayed": len(batch.entries)},
        }
        return Counters.added_up([Counters.of_flow(result).stages, offered])


def _stop_sampling() -> None:
    """Stop the thread that samples what this one is at, where Beam has not.

    Beam 2.77 forgets it when it is interrupted while it starts it; Python would wait for
    it for ever.
    """
    sampler = statesampler.get_current_tracker()
    if sampler is not None and not sampler.finished:
        sampler.stop()


def new_run_id(now: dt.datetime) -> str:
    """Return a run id that sorts by time: ``20261124T034510Z-1a2b``."""
    return f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}"


@contextlib.contextmanager
def _measured(config: Config, started: dt.datetime) -> Iterator[list[Report]]:
    """Write the metrics of what is done within, well or not, if they are wanted.

    Yields:
      A list for the report.
    """
    begun = time.monotonic()
    reports: list[Report] = []
    path = config.run.metrics_file
    try:
        yield reports
    finally:
        if path is not None:
            try:
                write_metrics(
                    path,
                    started=started,
                    seconds=time.monotonic() - begun,
                    report=reports[0] if reports else None,
                    succeeded_at=(
                        dt.datetime.now(dt.UTC)
                        if reports
                        else last_success(path, started)
                    ),
                )
            except OSError as error:
                log.warning("%s: metrics not written: %s", path, error.strerror)


@contextlib.contextmanager
def failures_told(folder: OpenRun) -> Iterator[None]:
    """Clean up after a failure, and say in one line what it means for the dataset."""
    try:
        yield
    except BaseException as error:
        committed, unfinished = folder.abandon()
        if isinstance(error, NewsbeamError) or not isinstance(error, Exception):
            raise
        log.debug("the run failed", exc_info=True)
        state = _what_is_left(committed, unfinished=unfinished)
        if disk.is_full(error):
            raise RunError(
                f"the disk under {folder.where} is full; {state}: make room and run "
                "again"
            ) from error
        raise RunError(
            f"the run failed ({type(error).__name__}: {error}); {state}; "
            "--log-level debug shows more"
        ) from error


def _what_is_left(committed: int, *, unfinished: bool) -> str:
    if unfinished:
        return "what is committed will be finished by the next run"
    if committed:
        batches = "batch is" if committed == 1 else "batches are"
        return f"{committed} {batches} committed, the next run goes on from there"
    return "nothing was committed"


def _options(config: Config, beam_options: Sequence[str]) -> PipelineOptions:
    if is_direct(config.run.runner):
        return PipelineOptions([f"--runner={_IN_PROCESS}", *beam_options])
    return engine_options(config.run.runner, [_PATIENCE], beam_options)


def _check_rejects(config: Config, counters: Counters, committed: int) -> None:
    rejected, offered = sum(counters.rejected.values()), counters.offered
    if offered and rejected / offered > config.run.max_reject_rate:
        state = _what_is_left(committed, unfinished=False)
        raise RunError(
            f"{rejected} of {offered} were rejected, more than run.max_reject_rate = "
            f"{config.run.max_reject_rate} allows; {state}"
        )


def report_of(
    folder: OpenRun,
    state: State,
    started: float,
    now: dt.datetime,
    told: tuple[str, ...],
) -> Report:
    """Return the report of a run that is over, from what it committed.

    Args:
      folder: The run's folder.
      state: The dataset's state.
      started: When this process began with it, by the monotonic clock.
      now: The time that feeds are judged by.
      told: What was repaired before it began.
    """
    manifests = folder.manifests()
    rows, files = published_files(manifests)
    languages, countries, unserved = tally_articles(
        folder.files_of("articles", manifests)
    )
    return Report(
        run_id=folder.run_id,
        started=folder.began or dt.datetime.now(dt.UTC),
        seconds=time.monotonic() - started,
        counters=Counters.added_up(manifest["counters"] for manifest in manifests),
        rows=rows,
        files=files,
        languages=languages,
        countries=countries,
        unserved=unserved,
        dataset=folder.where,
        still_waiting=state.waiting.counts(),
        recovered=told,
        feed_warnings=warnings(state, now),
        first_rejects=first_rejects(folder.files_of("rejects", manifests)),
    )
