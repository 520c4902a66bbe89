"""One run of a stream: batches for an hour or so, then a report like any other run's."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pipeline
from pipeline.batches import Batch
from pipeline.config import Config
from pipeline.counters import Counters
from pipeline.publish import RunFolder, published_files
from pipeline.reasons import FIRST, Rejected, first_rejects, log_rejects
from pipeline.report import Report, tally_articles
from pipeline.run import Flow, failures_told, new_run_id
from pipeline.state import State
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
    articles: tuple[Path, ...]


class Stint:
    """The run that a stream is in; figures are added up as batches are committed.

    Args:
      dataset: The dataset's folder.
      state: Its state.
      now: When it begins.
      told: What was repaired before.
    """

    def __init__(
        self, dataset: Path, state: State, now: dt.datetime, told: Sequence[str] = ()
    ) -> None:
        self.began = now
        self._folder = RunFolder(dataset, new_run_id(now))
        self._state = state
        self._started = time.monotonic()
        self._told = tuple(told)
        self._next = 0
        self._counters = Counters()
        # The one before shares its way to the web with the next.
        self._flow: Flow | None = None
        self._rejects: tuple[Rejected, ...] = ()
        self._tallies: dict[str, Counter[str]] = {
            name: Counter() for name in ("languages", "countries", "unserved")
        }

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was committed yet."""
        return not self._folder.manifests()

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
        folder = self._folder.batch(self._next)
        # Never twice: one that failed may have been committed before it did.
        self._next += 1
        with failures_told(self._folder):
            self._folder.begin(now)
            stamp = Stamp(self._folder.run_id, pipeline.__version__, now)
            scope = self._flow.scope if self._flow else None
            flow = Flow(config, stamp, self._state, pace=pace, scope=scope)
            counters = flow.commit(folder, batch, addresses, self._counters)
            self._flow = flow
        both = (self._counters.stages, counters.stages)
        self._counters = Counters.added_up(both)
        manifest = folder.read()
        rows, _ = published_files([manifest])
        articles = tuple(self._folder.files_of("articles", [manifest]))
        # At most as many are logged as a report shows.
        rejects = first_rejects(self._folder.files_of("rejects", [manifest]))
        rejects = rejects[: FIRST - len(self._rejects)]
        log_rejects(rejects)
        self._rejects += rejects
        # Now: a compaction may have merged these files when the report is due.
        tallies = tally_articles(list(articles))
        for name, counts in zip(self._tallies, tallies, strict=True):
            self._tallies[name].update(counts)
        return Committed(counters, rows, articles)

    def report(self, warnings: Mapping[str, str]) -> Report:
        """End the run: write its report and return it.

        Args:
          warnings: What is wrong with feeds.
        """
        manifests = self._folder.manifests()
        rows, files = published_files(manifests)
        report = Report(
            run_id=self._folder.run_id,
            started=self.began,
            seconds=time.monotonic() - self._started,
            counters=Counters.added_up(manifest["counters"] for manifest in manifests),
            dataset=self._folder.dataset,
            still_waiting=self._state.waiting.counts(),
            recovered=self._told,
            feed_warnings=warnings,
            first_rejects=self._rejects,
            rows=rows,
            files=files,
            languages=self._tallies["languages"],
            countries=self._tallies["countries"],
            unserved=self._tallies["unserved"],
        )
        self._folder.end(report.as_bytes())
        return report
