"""What Prometheus is told of runs, and who is warned of silent feeds."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path

import pytest
from kit import Dataset
from news_site import START, Reader, Site
from prometheus_client.parser import text_string_to_metric_families
from pytest_httpserver import HTTPServer

from pipeline.reports.board import Board, Figures
from pipeline.reports.metrics import last_success, stream_metrics
from pipeline.run import run
from pipeline.state.inventory import FILE_NAME
from transforms.errors import RunError


def samples(path: Path) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }


@pytest.mark.slow
def test_a_run_leaves_its_figures_and_a_failed_one_says_so(
    tmp_path: Path, dataset: Dataset
) -> None:
    metrics = tmp_path / "newsbeam.prom"
    settings = (f"run.metrics_file={metrics}",)
    (tmp_path / "good.txt").write_text("The council of Lima voted for a bridge.")
    (tmp_path / "bad.txt").write_text("")
    dataset.run(tmp_path / "*.txt", settings=settings)
    found = samples(metrics)
    assert found["newsbeam_run_success",] == 1
    assert found["newsbeam_run_articles", "new"] == 1
    assert found["newsbeam_run_rejects", "empty"] == 1
    assert found["newsbeam_run_stage_count", "in", "read"] == 2
    assert found["newsbeam_run_duration_seconds",] > 0
    with pytest.raises(RunError):
        dataset.run(tmp_path / "*.txt", settings=(*settings, "run.max_reject_rate=0"))
    failed = samples(metrics)
    assert failed["newsbeam_run_success",] == 0
    # The time of the last success outlives the failure, for an alarm on its age.
    name = ("newsbeam_run_success_timestamp_seconds",)
    assert failed[name] == pytest.approx(found[name])


def test_metrics_that_cannot_be_written_fail_no_run(
    tmp_path: Path, dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "good.txt").write_text("The council of Lima voted for a bridge.")
    settings = (f"run.metrics_file={tmp_path / 'nowhere' / 'x.prom'}",)
    report = dataset.run(tmp_path / "good.txt", settings=settings)
    assert report.as_json()["new"] == 1
    assert "metrics not written" in caplog.text


@pytest.mark.slow
@pytest.mark.usefixtures("dead_proxy")
def test_a_feed_that_used_to_bring_news_and_brings_none_is_reported(
    httpserver: HTTPServer,
    dataset: Dataset,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    site, reader = Site(httpserver), Reader(dataset)
    site.honours_validators = False
    for city in ("Lima", "Oslo", "Bonn", "Bern", "Rome"):
        site.list(city)
        assert reader.read(site.url).feed_warnings == {}
    # The same feed, from now on without anything new.
    later = START + dt.timedelta(days=9)
    report = run(reader.config(site.url), now=later)
    assert list(report.feed_warnings) == [site.url]
    assert "silent for" in report.feed_warnings[site.url]
    assert f"{site.url} silent for" in caplog.text
    # What is usual is known from the dataset alone.
    (dataset.path / FILE_NAME).unlink()
    again = run(reader.config(site.url), now=later + dt.timedelta(hours=2))
    assert list(again.feed_warnings) == [site.url]


def test_metrics_that_say_nothing_of_a_success(tmp_path: Path) -> None:
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    path = tmp_path / "newsbeam.prom"
    assert last_success(path, now) is None
    path.write_text("newsbeam_run_articles 3\n")
    assert last_success(path, now) is None
    path.write_text(f"newsbeam_run_success_timestamp_seconds {now.timestamp()}\n")
    assert last_success(path, now) == now


def test_figures_of_a_stream(tmp_path: Path) -> None:
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    board = Board(tmp_path, now - dt.timedelta(hours=2), now)
    board.committed(now, Figures(2, 5, 1, {"no_text": 3}, 1.5), [])
    path = tmp_path / "stream.prom"
    path.write_bytes(stream_metrics(board, now))
    found = samples(path)
    assert found["newsbeam_stream_success_timestamp_seconds",] == now.timestamp()
    assert found["newsbeam_stream_articles_total",] == 2
    assert found["newsbeam_stream_rejects_total", "no_text"] == 3
    assert found["newsbeam_stream_failures",] == 0
    assert found["newsbeam_stream_articles_per_minute",] == pytest.approx(0.2)
