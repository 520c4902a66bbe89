"""What is taken out of a dataset is in none of its files, and is not read again."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from kit import Dataset
from news_site import BODY, Reader, Site, page
from objects import Server, Stored, use
from warcio.archiveiterator import ArchiveIterator

from pipeline.dataset.compact import compact
from pipeline.dataset.lock import locked
from pipeline.delta.run import DeltaBatch
from pipeline.replay import Selection, replay
from pipeline.reprocess import reprocess
from pipeline.upkeep.forget import forget
from transforms.errors import ConfigError, LockedError

Command = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("dead_proxy_for_others")
NO_MODEL = ('enrich.entities.models={en=""}',)
TABLES = ("articles", "fetches", "rejects", "waiting", "sightings", "stories")


@pytest.fixture
def read(site: Site, reader: Reader) -> Reader:
    """Three articles with their pages; that of Oslo in two versions."""
    reader.settings = ("output.raw=true",)
    for city in ("Lima", "Oslo", "Bern"):
        site.list(city)
    reader.read(site.url)
    correct(site, "Oslo", "first")
    assert reader.read(site.url).as_json()["new"] == 1
    return reader


def correct(site: Site, city: str, how: str) -> None:
    site.headers = {"ETag": f'"{how}"'}
    for entry in site.entries:
        if entry["city"] == city:
            entry["summary"] = f"Corrected: {how}"
    site.pages[f"/{city}"] = (200, page(city, f"{BODY}<p>Correction, the {how}.</p>"))


def mentions(dataset: Path, word: str) -> list[str]:
    """Return where in a dataset a word is: in rows, kept pages or the index."""
    contents: dict[Path, bytes] = {}
    for table in TABLES:
        for path in (dataset / table).rglob("*.parquet"):
            contents[path] = repr(pq.read_table(path).to_pylist()).encode()
    for path in (dataset / "raw").rglob("*.warc.gz"):
        contents[path] = gzip.decompress(path.read_bytes())
    for path in dataset.glob("state.sqlite*"):
        contents[path] = path.read_bytes()
    return [str(path) for path, held in contents.items() if word.encode() in held]


def cities(dataset: Dataset) -> list[tuple[str, int]]:
    return sorted((row["title"], row["revision"]) for row in dataset.rows())


def test_an_article_leaves_every_table_the_pages_and_the_index(
    site: Site, read: Reader
) -> None:
    path = read.dataset.path
    assert len(mentions(path, "Oslo")) >= 6
    gone = forget(str(path), [site.server.url_for("/Oslo")])
    assert (gone.rows["articles"], gone.pages) == (2, 2)
    assert (gone.rows["fetches"], gone.rows["sightings"]) == (2, 1)
    assert mentions(path, "Oslo") == []
    assert cities(read.dataset) == [("Bern", 0), ("Lima", 0)]
    # Its entry is listed with another text: nobody asks for its page.
    correct(site, "Oslo", "second")
    site.list("Riga")
    site.requests.clear()
    report = read.read(site.url)
    assert report.imbalances == []
    assert (report.as_json()["forgotten"], report.as_json()["new"]) == (1, 1)
    assert "forgotten" in "".join(map(str, report.__rich__().renderables))
    assert site.asked("/Oslo") == []
    assert mentions(path, "Oslo") == []


@pytest.mark.slow
def test_it_stays_out_when_the_index_is_rebuilt(site: Site, read: Reader) -> None:
    (row,) = (r for r in read.dataset.rows() if r["title"] == "Lima")
    forget(str(read.dataset.path), [row["id"]])
    (read.dataset.path / "state.sqlite").unlink()
    correct(site, "Lima", "second")
    report = read.read(site.url)
    assert report.recovered == ()
    assert (report.as_json()["forgotten"], report.as_json()["new"]) == (1, 0)
    assert mentions(read.dataset.path, "Lima") == []


def test_a_link_that_leads_to_it_is_not_followed_to_its_end(
    site: Site, read: Reader
) -> None:
    forget(str(read.dataset.path), [site.server.url_for("/Oslo")])
    site.headers = {"ETag": '"other"'}
    site.list("short")
    site.pages["/short"] = (302, site.server.url_for("/Oslo"))
    report = read.read(site.url)
    assert report.imbalances == []
    assert report.as_json()["forgotten"] == 2
    assert mentions(read.dataset.path, "Oslo") == []
    # It is done with: the next run passes it over.
    site.headers = {"ETag": '"once more"'}
    site.requests.clear()
    read.read(site.url)
    assert site.asked("/short") == []


@pytest.mark.slow
def test_the_other_pages_stay_where_articles_say_they_are(
    site: Site, read: Reader
) -> None:
    forget(str(read.dataset.path), [site.server.url_for("/Lima")])
    for path in (read.dataset.path / "raw").rglob("*.warc.gz"):
        with path.open("rb") as file:
            kinds = [record.rec_type for record in ArchiveIterator(file)]
        assert set(kinds) <= {"resource", "metadata"}
    site.requests.clear()
    report = reprocess(read.config(site.url), everything=True)
    assert report.imbalances == []
    assert report.as_json()["rejected"] == {}
    assert cities(read.dataset) == [
        *(("Bern", revision) for revision in (0, 1)),
        *(("Oslo", revision) for revision in (0, 1, 2)),
    ]


@pytest.mark.slow
def test_what_waits_and_what_was_rejected_of_it_goes_too(
    site: Site, read: Reader
) -> None:
    site.headers = {"ETag": '"more"'}
    for city, status in (("Kyiv", 404), ("Rome", 503)):
        site.list(city)
        site.pages[f"/{city}"] = (status, "")
    read.read(site.url)
    urls = [site.server.url_for(f"/{city}") for city in ("Kyiv", "Rome")]
    gone = forget(str(read.dataset.path), urls)
    assert (gone.rows["rejects"], gone.rows["waiting"]) == (1, 1)
    assert [mentions(read.dataset.path, city) for city in ("Kyiv", "Rome")] == [[], []]
    for city in ("Kyiv", "Rome"):
        site.pages[f"/{city}"] = (200, page(city))
    assert replay(read.config(site.url), Selection()).imbalances == []
    read.hours = 48
    assert read.read(site.url).imbalances == []
    assert len(cities(read.dataset)) == 4


@pytest.mark.slow
def test_a_reject_that_names_its_kept_page_goes_too(site: Site, read: Reader) -> None:
    rows = {row["title"]: row for row in read.dataset.rows() if not row["revision"]}
    (read.dataset.path / rows["Lima"]["raw"]["path"]).unlink()
    report = reprocess(read.config(site.url), everything=True)
    assert sum(report.as_json()["rejected"].values()) == 2
    gone = forget(str(read.dataset.path), [site.server.url_for("/Lima")])
    assert gone.rows["rejects"] == 1
    assert mentions(read.dataset.path, "Lima") == []
    (left,) = read.dataset.rows("rejects")
    assert json.loads(left["payload"])["raw"] == rows["Bern"]["raw"]


@pytest.mark.slow
def test_a_compaction_keeps_what_was_forgotten(site: Site, read: Reader) -> None:
    path = str(read.dataset.path)
    forget(path, [site.server.url_for("/Oslo")])
    forget(path, [site.server.url_for("/Lima")])
    before = len(read.dataset.rows("forgotten"))
    later = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=400)
    compact(
        read.dataset.path,
        target_bytes=64_000_000,
        closed_before=later,
        delete_before=later - dt.timedelta(days=30),
    )
    assert read.dataset.rows() == []
    assert len(read.dataset.rows("forgotten")) == before
    (read.dataset.path / "state.sqlite").unlink()
    report = read.read(site.url)
    assert report.as_json()["forgotten"] == 2
    assert cities(read.dataset) == [("Bern", 0)]


def test_tombstones_hold_no_address(site: Site, read: Reader) -> None:
    forget(str(read.dataset.path), [site.server.url_for("/Oslo")])
    for row in read.dataset.rows("forgotten"):
        assert len(row["name"]) == len(row["article_id"]) == 32
        assert "Oslo" not in repr(row)
    db = sqlite3.connect(read.dataset.path / "state.sqlite")
    assert db.execute("SELECT count(*) FROM forgotten").fetchone()[0] >= 3


def test_the_command(newsbeam: Command, site: Site, read: Reader) -> None:
    path = read.dataset.path
    before = {file: file.stat().st_mtime_ns for file in read.dataset.files()}
    url = site.server.url_for("/Oslo")
    trial = newsbeam("forget", path, url, "--dry-run")
    assert (trial.returncode, trial.stderr) == (0, "")
    assert "Oslo\nwould go: articles 2, " in trial.stdout
    assert {f: f.stat().st_mtime_ns for f in read.dataset.files()} == before
    with locked(path):
        assert newsbeam("forget", path, url).returncode == 3
    for wanted, problem in (
        ("https://no.example/a", "there is nothing of https://no.example/a"),
        ("xy", "'xy': give a URL, or an id or at least 4 digits of it"),
        ("0" * 32, "has the id"),
    ):
        done = newsbeam("forget", path, url, wanted)
        assert (done.returncode, done.stdout) == (2, "")
        assert problem in done.stderr
        assert done.stderr.count("\n") == 1
    done = newsbeam("forget", path, url)
    assert "gone: articles 2" in done.stdout
    again = newsbeam("forget", path, url)
    assert (again.returncode, again.stdout) == (
        0,
        "1 article had been taken out before\n",
    )
    key = read.dataset.rows("forgotten")[0]["article_id"]
    again = newsbeam("forget", path, key[:8])
    assert (again.returncode, again.stdout) == (
        0,
        "1 article had been taken out before\n",
    )
    with pytest.raises(ConfigError, match="no newsbeam dataset"):
        forget(str(path / "nowhere"), [url])


@pytest.fixture(params=[pytest.param("s3", marks=pytest.mark.slow), "file"])
def stored(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stored:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if request.param == "file":
        return Stored(f"file://{tmp_path}/set", tmp_path / "state")
    server: Server = request.getfixturevalue("s3")
    use(server, monkeypatch)
    return Stored(f"s3://news/{tmp_path.name}", tmp_path / "state")


@pytest.mark.slow
def test_of_delta_tables_the_earlier_versions_go(
    stored: Stored, tmp_path: Path
) -> None:
    source = tmp_path / "in.jsonl"
    names = ("alpha", "omega", "sigma")
    source.write_text(
        "\n".join(
            json.dumps(
                {
                    "url": f"https://news.example/{name}",
                    "text": f"The council of {name} voted to rebuild the harbour.",
                }
            )
            for name in names
        )
    )
    stored.run(source, settings=NO_MODEL)
    version = stored.tables.open("articles").version()
    gone = forget(stored.url, ["https://news.example/omega"])
    assert gone.rows["articles"] == 1
    rows = stored.rows()
    assert sorted(row["url"][-5:] for row in rows) == ["alpha", "sigma"]
    # Nothing of it lies in the store: no file of an earlier version, no page.
    for name in stored.data():
        assert b"omega" not in stored.store.read(name)
    with pytest.raises(Exception, match=r"(?i)not found|no such file"):
        stored.tables.open("articles", version).to_pyarrow_table()
    # The machine that runs follows the log; another makes its index from the tables.
    os.utime(source)
    assert stored.run(source, settings=NO_MODEL).as_json()["forgotten"] == 1
    other = Stored(stored.url, tmp_path / "other")
    assert other.run(source, settings=NO_MODEL).as_json()["forgotten"] == 1
    assert len(stored.rows()) == 2
    assert forget(stored.url, ["https://news.example/omega"]).before == 1


def two_texts(source: Path, *texts: str) -> Path:
    lines = [
        {"url": f"https://news.example/{name}", "text": text}
        for name, text in zip(("omega", "alpha"), texts, strict=True)
    ]
    source.write_text("\n".join(map(json.dumps, lines)))
    return source


def test_a_run_that_commits_later_does_not_bring_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stored = Stored(f"file://{tmp_path}/set", tmp_path / "state")
    source = tmp_path / "in.jsonl"
    old = "The council of {} voted to rebuild the harbour."
    stored.run(two_texts(source, old.format("omega"), old.format("alpha")))
    original = DeltaBatch.commit

    def overtaken(batch: DeltaBatch, **options: Any) -> Any:
        if batch.run.folder == stored.state:
            forget(stored.url, ["https://news.example/omega"])
        return original(batch, **options)

    new = "The council of {} voted once more on the harbour, and will rebuild it."
    two_texts(source, new.format("omega"), new.format("alpha"))
    with monkeypatch.context() as patch:
        patch.setattr(DeltaBatch, "commit", overtaken)
        report = stored.run(source)
    assert report.imbalances == []
    rows = sorted((row["url"][-5:], row["revision"]) for row in stored.rows())
    assert rows == [("alpha", 0), ("alpha", 1)]


@pytest.mark.slow
def test_a_forget_that_was_overtaken_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stored = Stored(f"file://{tmp_path}/set", tmp_path / "state")
    source = tmp_path / "in.jsonl"
    old = "The council of {} voted to rebuild the harbour."
    stored.run(two_texts(source, old.format("omega"), old.format("alpha")))
    original = DeltaBatch.commit
    calls: list[int] = []

    def overtaken(batch: DeltaBatch, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            two_texts(source, old.format("omega, again,"), old.format("alpha"))
            stored.run(source)
        return original(batch, **options)

    with monkeypatch.context() as patch:
        patch.setattr(DeltaBatch, "commit", overtaken)
        with pytest.raises(LockedError, match="call it again"):
            forget(stored.url, ["https://news.example/omega"])
    assert len(stored.rows()) == 3
    assert forget(stored.url, ["https://news.example/omega"]).rows["articles"] == 2
    assert [row["url"][-5:] for row in stored.rows()] == ["alpha"]
