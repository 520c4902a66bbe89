"""Pages are kept as WARC and made anew without a fetch."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from kit import Dataset
from news_site import Reader, Site
from warcio.archiveiterator import ArchiveIterator

import pipeline
from pipeline.dataset.publish import BatchFolder
from pipeline.replay import Selection, replay
from pipeline.reprocess import reprocess

KEEP = ("output.raw=true",)
NO_MODEL = ('enrich.entities.models={en=""}',)
# What tells two revisions of the same text apart.
RUNS_OWN = {"revision", "newsbeam_version", "run_id", "ingested_at"}


@pytest.fixture
def reader(site: Site, dataset: Dataset, dead_proxy: None) -> Reader:
    del dead_proxy
    reader = Reader(dataset)
    reader.settings = KEEP
    site.list("Lima")
    site.list("Oslo", updated="2026-11-21T09:00:00Z")
    report = reader.read(site.url)
    assert report.imbalances == []
    return reader


def warcs(dataset: Dataset) -> list[Path]:
    return sorted((dataset.path / "raw").rglob("*.warc.gz"))


def test_each_article_says_where_its_page_is(reader: Reader) -> None:
    rows = reader.dataset.rows()
    assert len(rows) == 2
    for row in rows:
        place = row["raw"]
        path = reader.dataset.path / place["path"]
        assert path.name.endswith(".0.warc.gz")
        with path.open("rb") as file:
            file.seek(place["offset"])
            record = next(iter(ArchiveIterator(file)))
            body = record.content_stream().read().decode()
            assert file.tell() >= place["offset"] + place["length"]
        assert record.rec_headers.get_header("WARC-Target-URI") == row["url"]
        assert f"{row['title']} rebuilds its bridge" in body


def test_whoever_reads_warc_reads_them(reader: Reader, tmp_path: Path) -> None:
    other = Dataset(tmp_path / "other")
    other.run(reader.dataset.path / "raw", settings=NO_MODEL)
    texts = [{row["text"] for row in each.rows()} for each in (reader.dataset, other)]
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_articles_of_an_earlier_version_become_revisions(
    site: Site, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = reader.config(site.url)
    # Of this version there is nothing to be made anew.
    assert reprocess(config).as_json()["documents"] == 0
    site.requests.clear()
    monkeypatch.setattr(pipeline, "__version__", "9.9.9")
    report = reprocess(config)
    assert report.imbalances == []
    assert site.requests == []
    rows = reader.dataset.rows()
    assert len(rows) == 4
    first, second = (
        {row["id"]: row for row in rows if row["revision"] == revision}
        for revision in (0, 1)
    )
    for article_id, row in second.items():
        old = first[article_id]
        assert (old["newsbeam_version"], row["newsbeam_version"]) == ("0.1.0", "9.9.9")
        changed = {key for key in row if row[key] != old[key]}
        assert changed == RUNS_OWN
    assert reprocess(config).as_json()["documents"] == 0
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert reprocess(config, everything=True, since=later).as_json()["documents"] == 0
    # The feed brings nothing new by it.
    assert reader.read(site.url).as_json()["new"] == 0


@pytest.mark.slow
def test_what_the_feed_carried_is_kept_with_its_page(
    site: Site, reader: Reader, tmp_path: Path
) -> None:
    site.list("Bern", summary="The council of Bern, \N{SNOWMAN}, voted for a bridge.")
    site.pages["/Bern"] = (200, "<html><body><nav>Home</nav></body></html>")
    site.headers = {"ETag": '"v2"'}
    assert reader.read(site.url).imbalances == []
    (row,) = (row for row in reader.dataset.rows() if row["title"] == "Bern")
    assert row["text_source"] == "feed"
    assert "\N{SNOWMAN}" in row["text"]
    # The page is as empty as it was: the feed's own text, from beside it, is taken again.
    site.requests.clear()
    assert reprocess(reader.config(site.url), everything=True).imbalances == []
    assert site.requests == []
    again = {
        row["revision"]: row for row in reader.dataset.rows() if row["title"] == "Bern"
    }
    assert set(again) == {0, 1}
    assert {k for k in row if again[0][k] != again[1][k]} <= RUNS_OWN
    assert reader.dataset.rows("rejects") == []
    # Other readers of WARC pass over it.
    other = Dataset(tmp_path / "other")
    report = other.run(reader.dataset.path / "raw", settings=NO_MODEL)
    assert report.as_json()["documents"] == 3


@pytest.mark.slow
def test_one_cut_short_is_finished_by_the_next(
    site: Site, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "__version__", "9.9.9")
    config = reader.config(site.url)
    run = config.run.model_copy(update={"batch_files": 1})
    config = config.model_copy(update={"run": run})
    original = BatchFolder.commit

    def cut(folder: BatchFolder, **options: object) -> object:
        if folder.number == 1:
            raise KeyboardInterrupt
        return original(folder, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(BatchFolder, "commit", cut)
        with pytest.raises(KeyboardInterrupt):
            reprocess(config)
    reprocess(config)
    revisions = sorted((row["title"], row["revision"]) for row in reader.dataset.rows())
    assert revisions == [("Lima", 0), ("Lima", 1), ("Oslo", 0), ("Oslo", 1)]


def test_a_page_that_is_gone_is_a_reject(
    site: Site, reader: Reader, tmp_path: Path
) -> None:
    kept = {path: path.read_bytes() for path in warcs(reader.dataset)}
    for path in kept:
        path.unlink()
    report = reprocess(reader.config(site.url), everything=True)
    assert report.imbalances == []
    rejects = reader.dataset.rows("rejects")
    assert {row["reason"] for row in rejects} == {"unreadable"}
    assert set(json.loads(rejects[0]["payload"])) == {"raw"}
    # A file with a bad record beside them: its good one is no new revision.
    lines = tmp_path / "in.jsonl"
    lines.write_text(
        '{"text": "The council of Bern voted for a bridge."}\n{"url": 3}\n'
    )
    reader.dataset.run(lines, settings=NO_MODEL)
    # What is put back is made anew by a replay.
    for path, data in kept.items():
        path.write_bytes(data)
    assert replay(reader.config(site.url), Selection()).imbalances == []
    (left,) = reader.dataset.rows("rejects")
    assert left["key"].startswith(str(lines))
    assert sorted(row["revision"] for row in reader.dataset.rows()) == [0, 0, 0, 1, 1]
