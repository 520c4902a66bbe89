"""One run of a stream: batches for an hour or so, then a report like any other run's."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

import pipeline
from pipeline.batches import Batch
from pipeline.config import Config
from pipeline.contract import Home
from pipeline.counters import Counters
from pipeline.flow import Flow
from pipeline.reasons import log_rejects
from pipeline.report import Report
from pipeline.run import failures_reported, new_run_id
from pipeline.state import State
from pipeline.tally import Tally, published, report_of
from transforms.policy import Pace
from transforms.records import Stamp


@dataclasses.dataclass(frozen=True, slots=True)
class Committed:
    """What a batch has published.

    Attributes:
      counters: What was counted.
      rows: Rows by table.
      articles: The files with its new articles.
    """

    counters: Counters
    rows: Mapping[str, int]
    articles: tuple[Path | pa.BufferReader, ...]


class Stint:
    """The run that a stream is in; figures are added up as batches are committed.

    Args:
      home: The dataset.
      state: Its state.
      now: When it begins.
      recovered: What was repaired before.
    """

    def __init__(
        self, home: Home, state: State, now: dt.datetime, recovered: Sequence[str] = ()
    ) -> None:
        self.began = now
        self._run = home.run(new_run_id(now), state)
        self._state = state
        self._started = time.monotonic()
        self._recovered = recovered
        self._next = 0
        self._counters = Counters()
        # The one before shares its way to the web with the next.
        self._flow: Flow | None = None
        self._tally = Tally()

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
    ) -> Committed:
        """Work one batch, commit and publish it.

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
            scope = self._flow.scope if self._flow else None
            flow = Flow(config, stamp, self._state, pace=pace, scope=scope)
            manifest = flow.commit(one, batch, addresses, self._counters)
            self._flow = flow
        counters = Counters(manifest["counters"])
        both = (self._counters.stages, counters.stages)
        self._counters = Counters.added_up(both)
        # Now: a compaction may have merged these files when the report is due.
        log_rejects(self._tally.add(self._run, [manifest]))
        rows, _ = published([manifest])
        articles = self._run.files_of("articles", [manifest])
        return Committed(counters, rows, tuple(articles))

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
            tally=self._tally,
        )
        self._run.end(report.as_bytes())
        return report
