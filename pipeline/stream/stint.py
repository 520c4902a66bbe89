"""The runs of a stream: batches for an hour or so, then a report like any other run's."""

from __future__ import annotations

import datetime as dt
import logging
import math
import sqlite3
import time
from collections.abc import Mapping, Sequence

import pipeline
from pipeline.batches import Batch
from pipeline.configuration.config import Config
from pipeline.counters import Counters
from pipeline.dataset.contract import Home
from pipeline.flow import Flow
from pipeline.reports.account import Account, published, report_of
from pipeline.reports.board import Figures, Seen, last_articles
from pipeline.reports.metrics import write_metrics
from pipeline.reports.reasons import log_rejects
from pipeline.reports.report import Report
from pipeline.reports.status import log_warnings, warnings
from pipeline.run import failures_reported, new_run_id
from pipeline.state.database import State
from transforms.records import Stamp
from transforms.web.policy import Pace

log = logging.getLogger(__name__)

_WARN_EVERY = dt.timedelta(days=1)


class Stint:
    """The run that a stream is in; figures are added up as batches are committed.

    Args:
      home: The dataset.
      state: Its state.
      now: When it begins.
      recovered: What was repaired before.
      before: The one before, which shares its way to the web.

    Attributes:
      flow: That of the latest batch, which shares its way to the web with the next.
    """

    def __init__(
        self,
        home: Home,
        state: State,
        now: dt.datetime,
        recovered: Sequence[str] = (),
        before: Stint | None = None,
    ) -> None:
        self.began = now
        self._run = home.run(new_run_id(now), state)
        self._state = state
        self._started = time.monotonic()
        self._recovered = recovered
        self._next = 0
        self._counters = Counters()
        self.flow: Flow | None = before.flow if before else None
        self._account = Account()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was committed yet."""
        return not self._run.manifests()

    def work(
        self,
        config: Config,
        batch: Batch,
        now: dt.datetime,
        pace: Pace,
        addresses: Mapping[str, str],
    ) -> tuple[Figures, list[Seen]]:
        """Work one batch, commit and publish it; return what it did, and its articles.

        Args:
          config: How to work.
          batch: What to work on.
          now: The time that the batch takes for now.
          pace: How often feeds are asked.
          addresses: Hosts that newsbeam serves itself, with where they answer.

        Raises:
          RunError: When the flow failed; what was committed before stays.
        """
        one = self._run.batch(self._next)
        # Never twice: one that failed may have been committed before it did.
        self._next += 1
        with failures_reported(self._run):
            self._run.begin(now)
            stamp = Stamp(self._run.run_id, pipeline.__version__, now)
            budget = config.stream.batch_seconds or math.inf
            flow = Flow(config, stamp, self._state, pace=pace, budget=budget)
            if self.flow is not None:
                flow.scope = self.flow.scope
            manifest = flow.commit(one, batch, addresses, self._counters)
            self.flow = flow
        counters = Counters(manifest["counters"])
        both = (self._counters.stages, counters.stages)
        self._counters = Counters.added_up(both)
        # Now: a compaction may have merged these files when the report is due.
        log_rejects(self._account.add(self._run, [manifest]))
        rows, _ = published([manifest])
        figures = Figures(
            new=rows.get("articles", 0),
            feeds=counters.feeds_asked,
            files=len(batch.files),
            rejected=counters.rejected,
        )
        return figures, last_articles(self._run.files_of("articles", [manifest]))

    @property
    def put_off(self) -> Mapping[str, float]:
        """Feeds whose turn did not come in the last batch, by key.

        How many seconds after its beginning it is likely to come.
        """
        return self.flow.put_off if self.flow else {}

    def report(self, feed_warnings: Mapping[str, str]) -> Report:
        """End the run: write its report and return it.

        Args:
          feed_warnings: What is wrong with feeds.
        """
        report = report_of(
            self._run,
            self._state,
            self._started,
            recovered=self._recovered,
            feed_warnings=feed_warnings,
            account=self._account,
        )
        self._run.end(report.as_bytes())
        return report


class Stints:
    """The runs of a stream, one after the other.

    Args:
      home: The dataset.
      state: Its state.
      now: When the first begins.
      recovered: What was repaired before.

    Attributes:
      now: The run that the stream is in.
    """

    def __init__(
        self, home: Home, state: State, now: dt.datetime, recovered: Sequence[str]
    ) -> None:
        self.now = Stint(home, state, now, recovered)
        self._home = home
        self._state = state
        self._warned_at: dt.datetime | None = None

    def end(self, now: dt.datetime, config: Config) -> None:
        """End the run that the stream is in with its report, and begin the next.

        Args:
          now: The time.
          config: How many runs are kept, and where metrics are written.
        """
        stint = self.now
        self.now = Stint(self._home, self._state, now, before=stint)
        if stint.is_empty:
            return
        found: Mapping[str, str] = {}
        last = self._warned_at
        try:
            # The clock may have been set back.
            if last is None or not last <= now < last + _WARN_EVERY:
                # It looks at all fetches of the dataset.
                self._warned_at = now
                found = warnings(self._state, now)
            report = stint.report(found)
        except (OSError, sqlite3.Error) as error:
            # What was committed stays; the folder looks like that of a run cut short.
            log.warning("the report of a run is not written: %s", error)
            return
        self._home.prune(config.run.keep_runs)
        for problem in report.imbalances:
            log.error("LOST: %s; a fault of newsbeam, please report it", problem)
        log_warnings(found)
        write_metrics(
            config.run.metrics_file,
            started=report.started,
            seconds=report.seconds,
            report=report,
            succeeded_at=now,
        )
        log.info(
            "run %s: %d new articles", report.run_id, report.rows.get("articles", 0)
        )
