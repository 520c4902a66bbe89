"""One run: lock, recover, then batch by batch flow, commit, publish; then the report."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence

import pipeline
from pipeline.batches import Batch, Done, done_by, planned, read_by
from pipeline.configuration.config import Config
from pipeline.dataset import disk
from pipeline.dataset.contract import OpenRun
from pipeline.dataset.home import home_of
from pipeline.flow import Flow, Settle, what_is_left
from pipeline.process.signals import interruptible
from pipeline.reports.account import report_of
from pipeline.reports.metrics import last_success, write_metrics
from pipeline.reports.progress import Progress
from pipeline.reports.reasons import log_rejects
from pipeline.reports.report import Report
from pipeline.reports.status import log_warnings, warnings
from pipeline.state.database import State
from pipeline.state.feed_keys import feeds_of
from transforms.encryption import Cipher
from transforms.errors import NewsbeamError, RunError
from transforms.listings import Listed
from transforms.records import Stamp

log = logging.getLogger(__name__)


Plan = Callable[[State, Done], list[Batch]]
"""From what is remembered and what was committed before, what there is to do."""


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
            due_pages(config, state, now, all_turns=True),
            feeds_of(config, state.keys),
            read_by(config, state),
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
    home = home_of(config.output, config.fetch.share)
    with home.opened() as (state, recovered):
        folder = home.run(run_id or new_run_id(now), state)
        own = folder.manifests()
        before = home.cut_short(folder.run_id, state, now)
        with (
            _measured(config, now) as measured,
            failures_reported(folder),
            progress or contextlib.nullcontext(),
            interruptible(),
        ):
            batches = plan(state, done_by(own, before, is_lost=state.has_lost_rows))
            if own or before:
                committed = len(own) + len(before)
                recovered.append(
                    f"continued after {committed} batches that were committed"
                )
            stamp = Stamp(folder.run_id, pipeline.__version__, folder.begin(now))
            flow = Flow(config, stamp, state, beam_options, settle)
            flow.work(folder, batches)
            report = report_of(
                folder,
                state,
                started,
                recovered=recovered,
                feed_warnings=warnings(state, now),
            )
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
            log_warnings(report.feed_warnings)
            return report


def due_pages(
    config: Config,
    state: State,
    now: dt.datetime,
    most: int = -1,
    *,
    all_turns: bool = False,
) -> list[Listed]:
    """Return the entries whose pages are to be retried.

    Args:
      config: How the web is asked; none where it does not say who asks.
      state: The dataset's.
      now: The time.
      most: At most this many; a negative number for all.
      all_turns: Those that wait for the turn of their host too, whenever it comes.
    """
    if not config.fetch.contact.strip() or state.waiting.next_at() is None:
        return []
    share = config.fetch.share
    cipher = Cipher(state.keys.secret)
    due = state.waiting.due(now, cipher, most, all_turns=all_turns)
    return [listed for listed in due if share.holds_feed(listed.feed)]


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
        write_metrics(
            path,
            started=started,
            seconds=time.monotonic() - begun,
            report=reports[0] if reports else None,
            succeeded_at=(
                dt.datetime.now(dt.UTC) if reports else last_success(path, started)
            ),
        )


@contextlib.contextmanager
def failures_reported(folder: OpenRun) -> Iterator[None]:
    """Clean up after a failure, and say in one line what it means for the dataset."""
    try:
        yield
    except BaseException as error:
        committed, unfinished = folder.abandon()
        if isinstance(error, NewsbeamError) or not isinstance(error, Exception):
            raise
        log.debug("the run failed", exc_info=True)
        state = what_is_left(committed, unfinished=unfinished)
        if disk.is_full(error):
            raise RunError(
                f"the disk under {folder.where} is full; {state}: make room and run "
                "again"
            ) from error
        raise RunError(
            f"the run failed ({type(error).__name__}: {error}); {state}; "
            "--log-level debug shows more"
        ) from error
