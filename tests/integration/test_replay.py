"""Rejects go through again, each to an article or to one new reject."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, SEED, Dataset, Killed
from news_site import Reader, Site
from pytest_httpserver import HTTPServer

from pipeline import replay as module
from pipeline.configuration.config import Config, load
from pipeline.dataset.publish import BatchFolder
from pipeline.replay import Selection, replay
from pipeline.reports.report import Report
from transforms.errors import ConfigError
from transforms.vocabulary import Reason, Stage

TEXT = (ROOT / SEED).read_text()


@pytest.fixture
def broken(tmp_path: Path, dataset: Dataset) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text("")
    (folder / "odd!name.bin").write_bytes(bytes(9))
    dataset.run(folder)
    return folder


def config(dataset: Dataset, *settings: str) -> Config:
    flags = {"output": {"path": dataset.path}}
    return load(None, settings, flags, needs_source=False)


def again(dataset: Dataset, *settings: str, **selection: object) -> Report:
    return replay(config(dataset, *settings), Selection(**selection))  # type: ignore[arg-type]


def test_repaired_files_become_articles_and_their_rejects_go(
    broken: Path, dataset: Dataset
) -> None:
    assert len(dataset.rows("rejects")) == 4
    (broken / "0.txt").write_text(TEXT)
    report = again(dataset)
    assert report.imbalances == []
    assert [row["path"] for row in dataset.rows()] == [str(broken / "0.txt")]
    rejects = dataset.rows("rejects")
    assert len(rejects) == 3
    assert {row["run_id"] for row in rejects} == {report.run_id}
    assert len(list((dataset.path / "rejects").rglob("*.parquet"))) == 1


@pytest.mark.slow
def test_only_what_is_selected_is_replayed(broken: Path, dataset: Dataset) -> None:
    before = {row["key"]: row["run_id"] for row in dataset.rows("rejects")}
    report = again(dataset, reasons=[Reason.EMPTY], stages=[Stage.READ])
    after = {row["key"]: row["run_id"] for row in dataset.rows("rejects")}
    assert after.keys() == before.keys()
    empty = {str(broken / f"{number}.txt") for number in range(3)}
    assert {key for key in after if after[key] == report.run_id} == empty
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert again(dataset, since=tomorrow).as_json()["rejected"] == {}
    assert len(dataset.rows("rejects")) == len(before)


@pytest.mark.parametrize(
    "moment",
    [
        "commit",
        pytest.param("publish", marks=pytest.mark.slow),
        pytest.param("discard", marks=pytest.mark.slow),
    ],
)
def test_a_replay_cut_short_loses_no_reject(
    broken: Path, dataset: Dataset, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = sorted(row["key"] for row in dataset.rows("rejects"))
    (broken / "1.txt").write_text(TEXT)
    original = getattr(BatchFolder, moment)

    def cut(folder: BatchFolder, *given: object, **options: object) -> object:
        if folder.number == 1:
            raise Killed
        return original(folder, *given, **options)

    with monkeypatch.context() as patch:
        if moment != "discard":
            # A killed process cleans nothing up.
            patch.setattr(BatchFolder, "discard", lambda _: None)
        patch.setattr(BatchFolder, moment, cut)
        with pytest.raises(Killed):
            again(dataset, "run.batch_files=1")
    again(dataset, "run.batch_files=1")
    left = sorted(row["key"] for row in dataset.rows("rejects"))
    assert left == [key for key in keys if not key.endswith("1.txt")]
    assert len(dataset.rows()) == 1


@pytest.mark.usefixtures("dead_proxy")
def test_a_page_is_fetched_again_with_all_that_its_feed_said(
    httpserver: HTTPServer, dataset: Dataset
) -> None:
    site, reader = Site(httpserver), Reader(dataset)
    site.list("Lima")
    good = site.pages["/Lima"]
    site.pages["/Lima"] = (404, "")
    reader.read(site.url)
    (reject,) = dataset.rows("rejects")
    assert (reject["stage"], reject["reason"]) == ("pages", "http_error")
    site.pages["/Lima"] = good
    given = reader.config(site.url)
    report = replay(given, Selection())
    assert report.imbalances == []
    (row,) = dataset.rows()
    assert row["feeds"] == [site.url]
    assert row["source_name"] == "City News"
    assert row["modified_at"] is not None
    assert dataset.rows("rejects") == []


@pytest.mark.slow
@pytest.mark.usefixtures("dead_proxy")
def test_a_feed_is_asked_again_even_if_it_is_not_due(
    httpserver: HTTPServer, dataset: Dataset
) -> None:
    site, reader = Site(httpserver), Reader(dataset)
    site.list("Lima")
    site.feed_status = 404
    reader.read(site.url)
    assert [row["stage"] for row in dataset.rows("rejects")] == ["feeds"]
    site.feed_status = 200
    given = reader.config(site.url)
    # What is in the table needs no list of feeds.
    source = given.source.model_copy(update={"feeds": ()})
    replay(given.model_copy(update={"source": source}), Selection())
    assert [row["title"] for row in dataset.rows()] == ["Lima"]
    assert dataset.rows("rejects") == []


@pytest.mark.usefixtures("dead_proxy")
def test_a_feed_whose_host_wants_to_rest_is_named_and_left_alone(
    httpserver: HTTPServer,
    dataset: Dataset,
    caplog: pytest.LogCaptureFixture,
) -> None:
    site, reader = Site(httpserver), Reader(dataset)
    site.feed_status = 404
    reader.read(site.url)
    site.feed_status, site.headers = 503, {"Retry-After": str(5 * 3_600)}
    replay(reader.config(site.url), Selection())
    asked = len(site.requests)
    report = replay(reader.config(site.url), Selection())
    assert report.is_idle
    assert len(site.requests) == asked
    assert len(dataset.rows("rejects")) == 1
    assert "rejected feeds of hosts that want to rest: 1" in caplog.text


@pytest.mark.slow
@pytest.mark.usefixtures("dead_proxy")
def test_a_feed_with_a_secret_is_asked_by_its_configuration_alone(
    httpserver: HTTPServer,
    dataset: Dataset,
    caplog: pytest.LogCaptureFixture,
) -> None:
    site, reader = Site(httpserver), Reader(dataset)
    site.list("Lima")
    site.feed_status = 404
    feed = f"{site.url}?key=a1b2c3d4e5f6a7b8c9d0"
    reader.read(feed)
    site.feed_status = 200
    asked = len(site.requests)
    report = again(dataset)
    assert report.is_idle
    assert len(site.requests) == asked
    assert "which only the configuration knows: 1; give it with --config" in caplog.text
    assert len(dataset.rows("rejects")) == 1
    replay(reader.config(feed), Selection())
    assert [row["title"] for row in dataset.rows()] == ["Lima"]
    assert dataset.rows("rejects") == []


def test_every_payload_names_a_target(broken: Path, dataset: Dataset) -> None:
    targets = [module.target_of(row) for row in dataset.rows("rejects")]
    assert {Path(target.path) for target in targets if target and target.path} == {
        broken / name for name in ("0.txt", "1.txt", "2.txt", "odd!name.bin")
    }


@pytest.mark.usefixtures("dead_proxy")
def test_who_may_be_reached_is_asked_for_before_anything_is_fetched(
    httpserver: HTTPServer, dataset: Dataset
) -> None:
    site, reader = Site(httpserver), Reader(dataset)
    site.feed_status = 404
    reader.read(site.url)
    with pytest.raises(ConfigError, match="--config"):
        again(dataset)
    assert len(dataset.rows("rejects")) == 1


def test_nothing_to_do_is_said_and_is_no_failure(
    newsbeam: Callable[..., Any], dataset: Dataset, tmp_path: Path
) -> None:
    path = dataset.path
    dataset.run(ROOT / SEED)
    assert not (path / "rejects").exists()
    for command, said in {
        ("replay", path): f"there is nothing to replay in {path}",
        ("reprocess", path): f"there is nothing to reprocess in {path}",
        ("compact", path): "there is nothing to compact",
        ("files", path, "rejects"): "",
    }.items():
        done = newsbeam(*command)
        assert (done.returncode, done.stdout.strip()) == (0, said), done.stderr
    nowhere = newsbeam("replay", tmp_path / "nowhere")
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "no newsbeam dataset" in nowhere.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("broken")
def test_nothing_to_do_where_all_was_rejected(
    newsbeam: Callable[..., Any], dataset: Dataset
) -> None:
    path = dataset.path
    assert not (path / "articles").exists()
    for command, said in {
        ("replay", path, "--reason", "robots"): "there is nothing to replay in",
        ("reprocess", path, "--from-text"): "there is nothing to reprocess in",
        ("compact", path): "there is nothing to compact",
        ("files", path): "",
    }.items():
        done = newsbeam(*command)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(said)
    assert len(dataset.rows("rejects")) == 4
