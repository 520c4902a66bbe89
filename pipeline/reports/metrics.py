"""Metrics for Prometheus: of the last run as a file, of a stream as a page.

The file is for a node exporter to collect, and is replaced whole.  It speaks of the last
run that ended, well or not; a run that never began (locked, badly configured) leaves it as
it is, so alert on the age of ``newsbeam_run_success_timestamp_seconds`` as well.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path

import prometheus_client as prometheus

from pipeline.reports.board import Board
from pipeline.reports.report import Report
from transforms.web.policy import believed

log = logging.getLogger(__name__)


def write_metrics(
    path: Path | None,
    *,
    started: dt.datetime,
    seconds: float,
    report: Report | None,
    succeeded_at: dt.datetime | None,
) -> None:
    """Write the metrics of a run; that they cannot be written fails no run.

    Args:
      path: The file, which must end in ``.prom`` to be collected; None for none.
      started: When the run began.
      seconds: How long it took.
      report: Its report; None when it failed.
      succeeded_at: When a run last ended well; None if none ever did.
    """
    if path is None:
        return
    registry = prometheus.CollectorRegistry()

    def gauge(name: str, meaning: str, *labels: str) -> prometheus.Gauge:
        return prometheus.Gauge(f"newsbeam_{name}", meaning, labels, registry=registry)

    gauge("run_success", "1 if the last run ended well, else 0.").set(
        report is not None
    )
    gauge("run_start_timestamp_seconds", "When the last run began.").set(
        started.timestamp()
    )
    gauge("run_duration_seconds", "How long the last run took.").set(seconds)
    if succeeded_at is not None:
        gauge("run_success_timestamp_seconds", "When a run last ended well.").set(
            succeeded_at.timestamp()
        )
    if report is not None:
        _add_figures(gauge, report)
    try:
        prometheus.write_to_textfile(str(path), registry)
    except OSError as error:
        log.warning("%s: metrics not written: %s", path, error.strerror)


def _add_figures(gauge: Callable[..., prometheus.Gauge], report: Report) -> None:
    figures = report.as_json()
    articles = gauge("run_articles", "Articles of the last run.", "outcome")
    for outcome in ("new", "unchanged", "duplicates"):
        articles.labels(outcome).set(figures[outcome])
    rejected = gauge("run_rejects", "Rejects of the last run.", "reason")
    for reason, count in figures["rejected"].items():
        rejected.labels(reason).set(count)
    stages = gauge("run_stage_count", "What a stage counted.", "stage", "counter")
    for stage, counters in report.counters.stages.items():
        for name, count in counters.items():
            stages.labels(stage, name).set(count)
    feeds = gauge("run_feeds", "Feeds of the last run.", "outcome")
    for outcome in ("asked", "with_news", "unchanged"):
        feeds.labels(outcome).set(figures[f"feeds_{outcome}"])
    gauge("feeds_to_look_at", "Feeds that fail, are gone or fell silent.").set(
        len(report.feed_warnings)
    )


def last_success(path: Path | None, now: dt.datetime) -> dt.datetime | None:
    """Return when a run last ended well, as the file of an earlier run says.

    Args:
      path: The file; None for none.
      now: The time; what lies ahead of it was noted by a clock that was wrong.
    """
    if path is None:
        return None
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("newsbeam_run_success_timestamp_seconds "):
            moment = dt.datetime.fromtimestamp(float(line.split()[1]), dt.UTC)
            return believed(moment, now)
    return None


def stream_metrics(board: Board, now: dt.datetime) -> bytes:
    """Return the metrics of a stream as Prometheus reads them.

    Args:
      board: What the stream is at.
      now: The time.
    """
    registry = prometheus.CollectorRegistry()

    def gauge(name: str, meaning: str, value: float) -> None:
        prometheus.Gauge(f"newsbeam_{name}", meaning, registry=registry).set(value)

    def counter(name: str, meaning: str, value: float) -> None:
        prometheus.Counter(f"newsbeam_{name}", meaning, registry=registry).inc(value)

    gauge("stream_start_timestamp_seconds", "Its start.", board.started.timestamp())
    if board.succeeded_at is not None:
        moment = board.succeeded_at.timestamp()
        gauge("stream_success_timestamp_seconds", "The last commit.", moment)
    counter("stream_batches_total", "Batches that were committed.", board.batches)
    counter("stream_articles_total", "New articles.", board.total.new)
    counter("stream_requests_total", "Requests for a feed.", board.total.feeds)
    counter("stream_work_seconds_total", "Time in batches.", board.total.seconds)
    rejected = prometheus.Counter(
        "newsbeam_stream_rejects_total", "Rejects.", ["reason"], registry=registry
    )
    for reason, count in board.total.rejected.items():
        rejected.labels(reason).inc(count)
    gauge("stream_failures", "Batches in a row that failed.", board.failures)
    gauge("stream_feeds", "Feeds that are asked.", board.counts.feeds)
    gauge("stream_feeds_due", "Feeds that may be asked now.", board.counts.due)
    gauge("stream_feeds_failing", "Feeds that brought none.", board.counts.failing)
    overdue = board.counts.overdue.total_seconds()
    gauge("stream_lag_seconds", "Since when the first due feed waits.", overdue)
    gauge("stream_articles_per_minute", "Over ten minutes.", board.per_minute(now))
    return prometheus.generate_latest(registry)
