"""Each command works on Delta tables as on plain files, in a folder and in a store."""

from __future__ import annotations

import datetime as dt
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from kit import ROOT, SEED
from news_site import Site
from objects import Server, Stored, use
from pytest_httpserver import HTTPServer

from pipeline.configuration.config import Config, load
from pipeline.delta.home import DeltaHome
from pipeline.delta.log import DeltaTables
from pipeline.replay import Selection, replay
from pipeline.reprocess import reprocess
from pipeline.upkeep.forget import forget
from transforms.errors import RunError

TEXT = (ROOT / SEED).read_text()
NO_NAMES = 'enrich.entities.models={en="",fr=""}'
# However late in the day the tests began.
LATER = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)


@pytest.fixture
def folder(tmp_path: Path) -> Stored:
    return Stored(f"file://{tmp_path}/set", tmp_path / "set" / "_state")


@pytest.fixture
def bucket(tmp_path: Path, s3: Server, monkeypatch: pytest.MonkeyPatch) -> Stored:
    use(s3, monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Stored(f"s3://news/{tmp_path.name}", tmp_path / "state")


@pytest.fixture(params=[pytest.param("bucket", marks=pytest.mark.slow), "folder"])
def stored(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stored:
    found: Stored = request.getfixturevalue(request.param)
    monkeypatch.setenv("NEWSBEAM_OUTPUT__STATE", str(found.state))
    return found


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    for number in range(4):
        (path / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
    (path / "empty.txt").write_text("")
    return path


def config(stored: Stored, *settings: str) -> Config:
    flags = stored.flags()
    del flags["source"]
    return load(None, settings, flags, needs_source=False)


def as_tables(stored: Stored, table: str = "articles") -> int:
    """Return the rows that other programs see."""
    remote = stored.url.startswith("s3:")
    options = {"allow_http": "true"} if remote else None
    url = f"{stored.url}/{table}"
    found = DeltaTable(url, storage_options=options).to_pyarrow_dataset().count_rows()
    seen: Any = pl.scan_delta(url, storage_options=options).select(pl.len()).collect()
    assert seen.item() == found
    return int(found)


@pytest.mark.slow
def test_rejects_go_through_again(stored: Stored, inbox: Path) -> None:
    stored.run(inbox, settings=(NO_NAMES,))
    (inbox / "empty.txt").write_text(f"{TEXT}\n\nNuméro cinq.")
    report = replay(config(stored, NO_NAMES), Selection())
    assert report.imbalances == []
    assert report.as_json()["new"] == 1
    assert as_tables(stored, "rejects") == 0
    assert as_tables(stored) == 5
    # The file is read once more, since its rejects are forgotten.
    (inbox / "empty.txt").write_text("")
    assert stored.run(inbox, settings=(NO_NAMES,)).as_json()["rejected"] == {"empty": 1}


def of_site(site: Site) -> tuple[str, ...]:
    """Return the settings of a run that keeps a site's pages."""
    return (
        f'source.feeds=["{site.url}"]',
        "fetch.contact=https://example.org/me",
        'fetch.allowed_networks=["127.0.0.0/8"]',
        "fetch.page_pause_seconds=0",
        "output.raw=true",
        NO_NAMES,
    )


@pytest.mark.slow
def test_kept_pages_are_extracted_again(stored: Stored, httpserver: HTTPServer) -> None:
    site = Site(httpserver)
    site.list("Lille")
    assert stored.run(settings=of_site(site)).as_json()["new"] == 1
    (row,) = stored.rows()
    assert stored.store.exists(row["raw"]["path"])
    asked = len(site.requests)
    report = reprocess(config(stored, NO_NAMES), everything=True)
    assert report.as_json()["new"] == 1
    assert sorted(row["revision"] for row in stored.rows()) == [0, 1]
    assert len(site.requests) == asked


@pytest.mark.slow
def test_kept_pages_lose_what_is_taken_out(
    folder: Stored, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSBEAM_OUTPUT__STATE", str(folder.state))
    site = Site(httpserver)
    for city in ("Lille", "Riga"):
        site.list(city)
    assert folder.run(settings=of_site(site)).as_json()["new"] == 2
    pages = {row["title"]: row["raw"]["path"] for row in folder.rows()}
    gone = forget(folder.url, [httpserver.url_for("/Riga")])
    assert (gone.rows["articles"], gone.pages) == (1, 1)
    kept = [
        gzip.decompress(folder.store.read(name)) for name in folder.store.names("raw")
    ]
    assert not any(b"Riga" in content for content in kept)
    # The other page is where its article says it is.
    report = reprocess(config(folder, NO_NAMES), everything=True)
    assert report.as_json()["new"] == 1
    assert {row["raw"]["path"] for row in folder.rows()} == {pages["Lille"]}


@pytest.mark.slow
def test_small_files_are_merged_and_what_is_too_old_goes(
    stored: Stored, inbox: Path, newsbeam: Callable[..., Any]
) -> None:
    for number in range(3):
        stored.run(inbox / f"{number}.txt", settings=(NO_NAMES,))
    assert len(stored.named()) == 3
    rows = sorted(row["id"] for row in stored.rows())
    earlier = DeltaHome(stored.url, stored.state).tables.open("articles").version()

    done = newsbeam("compact", stored.url, "--closed-days", "0")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "there is nothing to compact\n"
    home = DeltaHome(stored.url, stored.state)
    with home.opened() as (state, _):
        result = home.compact(state, target_bytes=10**8, closed_before=LATER)
    # Two of them are copies, which the table stories says.
    assert (result.files_before, result.files_after) == (5, 2)
    assert len(stored.named()) == 1
    assert sorted(row["id"] for row in stored.rows()) == rows
    assert as_tables(stored) == 3
    # Who reads the version of before finds its files.
    assert len(home.tables.open("articles", earlier).file_uris()) == 3
    assert len(stored.data()) == 4
    # What is known stays known, here and where the index is made again.
    assert stored.run(inbox, settings=(NO_NAMES,)).as_json()["new"] == 1
    (stored.state / "state.sqlite").unlink()
    assert stored.run(inbox, settings=(NO_NAMES,)).as_json()["new"] == 0

    with home.opened() as (state, _):
        result = home.compact(
            state, target_bytes=1, closed_before=LATER, delete_before=LATER
        )
    assert result.deleted >= 1
    assert stored.rows() == []
    assert stored.run(inbox, settings=(NO_NAMES,)).as_json()["new"] == 0


def test_files_of_nobody_go_when_no_run_can_need_them(
    folder: Stored, inbox: Path
) -> None:
    folder.run(inbox, settings=(NO_NAMES,))
    day = Path(folder.store.path(folder.named()[0])).parent
    stray, fresh = day / "dead.parquet", day / "fresh.parquet"
    for path in (stray, fresh):
        path.write_bytes(b"")
    old = dt.datetime.now(dt.UTC).timestamp() - 9 * 86_400
    os.utime(stray, (old, old))
    home = DeltaHome(folder.url, folder.state)
    with home.opened() as (state, _):
        home.compact(state, target_bytes=1, closed_before=LATER)
    assert not stray.exists()
    assert fresh.exists()
    assert len(folder.rows()) == 4


@pytest.mark.slow
def test_a_compaction_that_another_run_overtakes_changes_nothing(
    folder: Stored, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        folder.run(inbox / f"{number}.txt", settings=(NO_NAMES,))
    # As of another machine, which keeps an index of its own.
    other = Stored(folder.url, tmp_path / "other")
    exchange = DeltaTables.exchange

    def overtaken(*arguments: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(DeltaTables, "exchange", exchange)
            other.run(inbox / "2.txt", settings=(NO_NAMES,))
        exchange(*arguments)

    home = DeltaHome(folder.url, folder.state)
    with home.opened() as (state, _):
        with monkeypatch.context() as patch:
            patch.setattr(DeltaTables, "exchange", overtaken)
            with pytest.raises(RunError, match="a run has committed meanwhile"):
                home.compact(state, target_bytes=10**8, closed_before=LATER)
        assert len(folder.rows()) == len(folder.named()) == 3
        assert home.compact(state, target_bytes=10**8, closed_before=LATER).partitions
    assert len(folder.rows()) == 3
    assert len(folder.named()) == 1


@pytest.mark.slow
def test_a_stream_and_its_status(
    stored: Stored,
    httpserver: HTTPServer,
    tmp_path: Path,
    newsbeam: Callable[..., Any],
) -> None:
    site = Site(httpserver)
    site.list("Lille")
    site.list("Riga")
    path = tmp_path / "stream.toml"
    path.write_text(
        f"""
        [source]
        feeds = ["{site.url}"]
        [fetch]
        contact = "https://example.org/me"
        allowed_networks = ["127.0.0.0/8"]
        page_pause_seconds = 0
        [enrich.entities.models]
        en = ""
        [pool]
        processes = 0
        [output]
        path = "{stored.url}"
        """
    )
    done = newsbeam("stream", path, "--until-idle")
    assert done.returncode == 0, done.stderr
    assert as_tables(stored) == 2
    done = newsbeam("status", stored.url)
    assert done.returncode == 0, done.stderr
    assert "City News  ok" in done.stdout
    assert " 2 " in done.stdout
    done = newsbeam("status", stored.url, "--reset", site.url)
    assert "will be asked again" in done.stdout
    done = newsbeam("show", stored.url)
    assert "Lille" in done.stdout
    assert done.returncode == 0
