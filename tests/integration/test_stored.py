"""Runs whose dataset is in a store, on a real S3 server and in a folder."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from kit import ROOT, SEED, Dataset, Killed
from news_site import Site
from objects import Server, Stored, brief, use
from pytest_httpserver import HTTPServer

from pipeline.configuration.config import load
from pipeline.dataset.read import open_table
from pipeline.delta.home import DeltaHome
from pipeline.delta.run import DeltaBatch
from pipeline.delta.writer import DeltaWriter
from transforms.errors import ConfigError, LockedError

TEXT = (ROOT / SEED).read_text()
ONE = ('enrich.entities.models.fr=""',)
TWO = ("run.batch_files=2", *ONE)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    for number in range(3):
        (path / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
    (path / "empty.txt").write_text("")
    return path


@pytest.fixture
def bucket(tmp_path: Path, s3: Server, monkeypatch: pytest.MonkeyPatch) -> Stored:
    use(s3, monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Stored(f"s3://news/{tmp_path.name}", tmp_path / "state")


@pytest.fixture
def folder(tmp_path: Path) -> Stored:
    return Stored(f"file://{tmp_path}/set", tmp_path / "state")


@pytest.fixture
def container(
    tmp_path: Path, azurite: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Stored:
    for name, value in azurite.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Stored(f"az://news/{tmp_path.name}", tmp_path / "state")


# A folder that is used like a store is quicker than a server.
@pytest.fixture(
    params=[
        pytest.param("bucket", marks=pytest.mark.slow),
        pytest.param("container", marks=pytest.mark.engine),
        "folder",
    ]
)
def stored(request: pytest.FixtureRequest) -> Stored:
    found: Stored = request.getfixturevalue(request.param)
    return found


@pytest.mark.slow
def test_the_rows_of_a_local_run_and_nothing_twice(
    bucket: Stored, inbox: Path, dataset: Dataset
) -> None:
    stored = bucket
    dataset.run(inbox, settings=TWO)
    report = stored.run(inbox, settings=TWO)
    assert report.imbalances == []
    assert report.as_json()["dataset"] == stored.url
    assert report.languages == {"fr": 3}
    assert brief(stored.rows()) == brief(dataset.rows())
    assert len(stored.rows("rejects")) == len(dataset.rows("rejects")) == 1
    assert stored.named() == stored.data()
    assert stored.versions() == 2

    again = stored.run(inbox, settings=TWO)
    assert again.as_json()["unchanged"] == 3
    assert len(stored.rows()) == 3
    assert not list(stored.state.glob("runs/*"))


@pytest.mark.slow
def test_a_lost_index_is_rebuilt(stored: Stored, inbox: Path, tmp_path: Path) -> None:
    stored.run(inbox, settings=ONE)
    elsewhere = Stored(stored.url, tmp_path / "another machine")
    (inbox / "0.txt").write_text(f"{TEXT}\n\nNuméro zéro.")
    report = elsewhere.run(inbox, settings=ONE)
    assert report.as_json()["new"] == 1
    # The first machine's index is behind now.
    assert stored.run(inbox, settings=ONE).as_json()["new"] == 0
    assert sorted(row["revision"] for row in stored.rows()) == [0, 0, 0, 1]


@pytest.mark.slow
def test_a_state_of_another_dataset_is_not_believed(
    folder: Stored, inbox: Path, tmp_path: Path
) -> None:
    folder.run(inbox, settings=ONE)
    other = Stored(f"file://{tmp_path}/other", folder.state)
    assert other.run(inbox, settings=ONE).as_json()["new"] == 3


def killed_at(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, call: int
) -> None:
    """Let the process die, so to speak, before a call of a method."""
    original, calls = getattr(owner, name), iter(range(1_000))

    def dying(*arguments: Any, **options: Any) -> Any:
        if next(calls) == call:
            raise Killed
        return original(*arguments, **options)

    monkeypatch.setattr(owner, name, dying)
    # Nothing is cleaned up by a process that is killed.
    monkeypatch.setattr("pipeline.delta.run.DeltaRun.abandon", lambda _: (0, False))


@pytest.mark.parametrize(
    ("owner", "name", "visible", "run_id"),
    [
        (DeltaWriter, "append", 2, "slot"),
        pytest.param(DeltaBatch, "publish", 3, "another", marks=pytest.mark.slow),
        pytest.param(DeltaWriter, "append", 2, "another", marks=pytest.mark.slow),
        pytest.param(DeltaBatch, "publish", 3, "slot", marks=pytest.mark.slow),
    ],
)
def test_cut_short_beside_its_commit_it_is_whole_for_readers(
    stored: Stored,
    inbox: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    visible: int,
    run_id: str,
) -> None:
    with monkeypatch.context() as patch:
        killed_at(patch, owner, name, 1)
        with pytest.raises(Killed):
            stored.run(inbox, settings=TWO, run_id="slot")
    assert len(stored.rows()) + len(stored.rows("rejects")) == visible + (visible - 2)
    is_committed = visible == 3
    assert (stored.named() == stored.data()) == is_committed

    report = stored.run(inbox, settings=TWO, run_id=run_id)
    assert report.imbalances == []
    assert any("cut short" in line for line in report.recovered)
    assert any("continued after" in line for line in report.recovered)
    assert set(stored.named()) <= set(stored.data())
    assert len({row["id"] for row in stored.rows()}) == len(stored.rows()) == 3
    assert len(stored.rows("rejects")) == 1
    assert stored.run(inbox, settings=TWO).recovered == ()


@pytest.mark.slow
def test_of_two_runs_at_once_the_second_writes_what_is_new(
    stored: Stored, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Stored(stored.url, tmp_path / "another machine")
    more = tmp_path / "more.txt"
    more.write_text(f"{TEXT}\n\nEncore un.")
    append, meetings = DeltaWriter.append, iter([other])

    def meets_another(self: DeltaWriter, commit: Any) -> Any:
        for met in meetings:
            met.run(inbox, settings=ONE)
            # An article that both bring, in two versions.
            (inbox / "0.txt").write_text(f"{TEXT}\n\nNuméro zéro.")
        return append(self, commit)

    with monkeypatch.context() as patch:
        patch.setattr(DeltaWriter, "append", meets_another)
        report = stored.run(inbox, more, settings=ONE)
    assert report.imbalances == []
    assert report.rows["articles"] == 1
    assert len({row["id"] for row in stored.rows()}) == len(stored.rows()) == 4
    assert other.run(inbox, more, settings=ONE).as_json()["new"] == 1
    assert sorted(row["revision"] for row in stored.rows()) == [0, 0, 0, 0, 1]


def test_a_run_of_this_machine_locks_others_out(folder: Stored, inbox: Path) -> None:
    with (
        DeltaHome(folder.url, folder.state).opened(),
        pytest.raises(LockedError, match="another run is writing to file://"),
    ):
        folder.run(inbox)


@pytest.mark.slow
def test_feeds_are_asked_with_the_validators_that_the_store_remembers(
    folder: Stored, httpserver: HTTPServer, tmp_path: Path
) -> None:
    site = Site(httpserver)
    site.list("Lille")
    settings = (
        f'source.feeds=["{site.url}"]',
        "fetch.contact=https://example.org/me",
        'fetch.allowed_networks=["127.0.0.0/8"]',
        "fetch.feed_pause_seconds=0",
        "fetch.page_pause_seconds=0",
        "fetch.interval_minutes=0.0001",
    )
    assert folder.run(settings=settings).as_json()["new"] == 1
    elsewhere = Stored(folder.url, tmp_path / "another machine")
    report = elsewhere.run(settings=settings).as_json()
    assert (report["new"], report["feeds_unchanged"]) == (0, 1)
    assert len(folder.rows("fetches")) >= 3


@pytest.mark.slow
def test_old_runs_are_pruned_and_their_rows_stay(folder: Stored, inbox: Path) -> None:
    for number in range(3):
        (inbox / "0.txt").write_text(f"{TEXT}\n\nVersion {number}.")
        folder.run(
            inbox / "0.txt", settings=("run.keep_runs=1", *ONE), run_id=f"r{number}"
        )
    assert folder.store.names("_runs") == ["_runs/r2/report.json", "_runs/r2/run.json"]
    assert len(folder.rows()) == 3


def test_a_server_without_conditions_is_refused(
    folder: Stored, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What such a server would do: the second commit of a number is taken, too.
    monkeypatch.setattr("pipeline.delta.log._commit", lambda *_: None)
    with pytest.raises(ConfigError, match="ignores If-None-Match"):
        folder.run(inbox)


def test_what_is_kept_of_a_run_goes_when_nothing_was_heard_of_it(
    folder: Stored,
) -> None:
    home = DeltaHome(folder.url, folder.state)
    with home.opened() as (state, _):
        for name in ("dead", "unbounded"):
            home.run(name, state).begin(dt.datetime.now(dt.UTC))
        folder.store.write("_runs/unbounded/staged/a", b"")
        old = dt.datetime.now(dt.UTC).timestamp() - 9 * 86_400
        for name in ("dead", "unbounded"):
            os.utime(folder.store.path(f"_runs/{name}/run.json"), (old, old))
        home.prune(1)
    left = ["_runs/unbounded/run.json", "_runs/unbounded/staged/a"]
    assert folder.store.names("_runs") == left


def test_missing_credentials_are_reported_in_a_line(
    bucket: Stored, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    with pytest.raises(ConfigError, match="no credentials were found"):
        bucket.run(inbox)


def test_a_bucket_that_is_not_there_is_reported_in_a_line(
    bucket: Stored, inbox: Path
) -> None:
    with pytest.raises(ConfigError, match="'s3://nowhere/x'") as caught:
        Stored("s3://nowhere/x", bucket.state).run(inbox)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.slow
def test_the_command_line_writes_and_reads(
    bucket: Stored, inbox: Path, newsbeam: Callable[..., Any]
) -> None:
    source = ("run", "--files", inbox / "0.txt", "--output", bucket.url)
    quiet = ("--set", "pool.processes=0", "--set", "output.state=" + str(bucket.state))
    done = newsbeam(*source, *quiet)
    assert done.returncode == 0, done.stderr
    (article,) = bucket.rows()
    assert f"newsbeam show {bucket.url}" in done.stdout

    done = newsbeam("files", bucket.url)
    assert done.stdout.splitlines() == [f"{bucket.url}/{n}" for n in bucket.named()]
    assert newsbeam("files", bucket.url, "--sql").stdout.startswith("['s3://news/")
    done = newsbeam("show", bucket.url, article["id"])
    assert (done.returncode, done.stderr) == (0, "")
    assert article["id"] in done.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("run", "--files", SEED, "--output", "hdfs://b/x"), "must be a local folder"),
        (
            ("run", "--files", SEED, "--output", "x", "--set", "output.state=y"),
            "a plain folder has its own",
        ),
        (
            (
                "run",
                "--files",
                SEED,
                "--output",
                "s3://b/x",
                "--set",
                "output.state=s3://b/y",
            ),
            "must be a local folder",
        ),
    ],
)
def test_what_cannot_be_done_is_reported_in_a_line(
    newsbeam: Callable[..., Any], arguments: tuple[str, ...], expected: str
) -> None:
    done = newsbeam(*arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_dataset_is_of_one_kind(
    folder: Stored, inbox: Path, dataset: Dataset, tmp_path: Path
) -> None:
    folder.run(inbox / "0.txt", settings=ONE)
    # A folder of Delta tables is recognised without its URL.
    assert open_table(tmp_path / "set").count_rows() == 1
    dataset.run(inbox / "0.txt", settings=ONE)
    with pytest.raises(ConfigError, match="holds plain files"):
        Stored(f"file://{dataset.path}", folder.state).run(inbox)
    with pytest.raises(ConfigError, match="holds plain files"):
        dataset.run(inbox, settings=('output.format="delta"',))


def test_the_log_format_of_before_is_refused(folder: Stored, inbox: Path) -> None:
    folder.store.write("newsbeam.json", b"{}")
    with pytest.raises(ConfigError, match="write to another place"):
        folder.run(inbox)


def test_a_folder_that_asks_for_it_holds_delta_tables(
    dataset: Dataset, inbox: Path
) -> None:
    settings = ('output.format="delta"', *TWO)
    assert dataset.run(inbox, settings=settings).as_json()["new"] == 3
    table = DeltaTable(dataset.path / "articles")
    assert pa.table(table.to_pyarrow_dataset().to_table()).num_rows == 3
    # Afterwards it needs no word of it.
    assert dataset.run(inbox, settings=TWO).as_json()["unchanged"] == 3


@pytest.mark.parametrize(
    ("place", "table", "problem"),
    [
        ("set", "pages", "no table 'pages'; there are articles, "),
        ("{url}", "pages", "no table 'pages'"),
        ("{url}", "articles", "no newsbeam dataset; give one of a run"),
    ],
)
def test_what_is_not_there_is_said(
    place: str, table: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        open_table(place.format(url=tmp_path.as_uri()), table)


def test_the_index_of_a_store_is_among_what_is_kept_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def folder_of(url: str) -> Path:
        flags = {"output": {"path": url}}
        return load(None, (), flags, needs_source=False).output.state_folder

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    one, other = map(folder_of, ("s3://news/one", "s3://news/other"))
    assert one.parent == other.parent == tmp_path / "newsbeam"
    assert one != other
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert folder_of("s3://news/one").parent == tmp_path / "me/.cache/newsbeam"
