"""Pages are kept where articles say they are, in a folder and in a store."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from transforms.errors import Unreadable
from transforms.records import Declared, Document, RawPage
from transforms.vocabulary import Media, Reason, TextSource
from transforms.write.raw import StageRaw, read_page

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def page(number: int) -> Document:
    url = Declared(url=f"https://a.example/{number}")
    content = f"<html>{number}</html>".encode()
    return Document(content, Media.HTML, TextSource.PAGE, NOON, declared=url)


def keep(staging: str, told: Path, *documents: Document) -> list[str]:
    """Keep pages; return where each document is said to be."""

    def note(document: Document) -> None:
        with told.open("a") as log:
            raw = document.raw
            place = f"{raw.path} {raw.offset} {raw.length}" if raw else "nowhere"
            log.write(f"{document.declared.url} {place}\n")

    told.write_text("")
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as root:
        kept, _ = (
            root
            | beam.Create(documents, reshuffle=False)
            | StageRaw(staging, "run-00000", "day")
        )
        kept | "Note" >> beam.Map(note)
    return told.read_text().splitlines()


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_what_two_bundles_keep_is_found_again(tmp_path: Path, scheme: str) -> None:
    staging = f"{scheme}{tmp_path}/set"
    feeds_own = Document("A text of a feed.", Media.TEXT, TextSource.FEED, NOON)
    lines = keep(staging, tmp_path / "told", page(1), feeds_own, page(2))
    lines += keep(staging, tmp_path / "told", page(3))
    assert lines.count("None nowhere") == 1
    found = {}
    for line in lines:
        url, path, *place = line.split()
        if place:
            raw = RawPage(path, *map(int, place))
            found[url] = read_page(staging, raw).content
    assert found == {
        f"https://a.example/{n}": f"<html>{n}</html>".encode() for n in (1, 2, 3)
    }
    assert len([*(tmp_path / "set").rglob("*.warc.gz")]) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        gzip.compress(b"<html></html>"),
        gzip.compress(b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 0\r\n\r\n"),
    ],
    ids=["nothing", "text", "a page", "another's record"],
)
def test_what_is_no_record_of_newsbeam_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.warc.gz").write_bytes(content)
    with pytest.raises(Unreadable) as raised:
        read_page(str(tmp_path), RawPage("a.warc.gz", 0, max(1, len(content))))
    assert raised.value.reason is Reason.MALFORMED
    assert "not a record of newsbeam" in raised.value.detail
