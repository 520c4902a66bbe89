"""Records of WARC files: a bad one costs itself alone."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import zstandard
from archived import LIMIT, PAGE, read, record

from transforms.vocabulary import Reason

BAD_RECORDS = {
    "no target": (record("bad", uri=False), Reason.MALFORMED),
    "no length": (
        record("bad").replace(b"Content-Length:", b"X-Length:", 1),
        Reason.MALFORMED,
    ),
    "length in words": (record("bad", length=b"many"), Reason.MALFORMED),
    "negative length": (record("bad", length=-1), Reason.MALFORMED),
    "no http": (
        record("bad")
        .replace(b"HTTP/1.1 200 OK", b"<html>")
        .replace(b"\r\n\r\n<", b"<"),
        Reason.MALFORMED,
    ),
    "unknown coding": (
        record("bad", headers=b"Content-Encoding: dcb\r\n", body=b"\0\1\2"),
        Reason.MALFORMED,
    ),
    "broken gzip": (
        record(
            "bad",
            headers=b"Content-Encoding: gzip\r\n",
            body=gzip.compress(PAGE * 50)[:40],
        ),
        Reason.MALFORMED,
    ),
    "length in thousands of digits": (
        record("bad", length=b"9" * 5_000),
        Reason.MALFORMED,
    ),
    "no type": (record("bad").replace(b"WARC-Type", b"X-Type"), Reason.MALFORMED),
    "unknown version": (record("bad").replace(b"/1.0", b"/9.9"), Reason.MALFORMED),
    "no content": (record("bad", whole=b""), Reason.MALFORMED),
    "only headers": (
        b"WARC/1.0\r\nWARC-Type: response\r\n",
        Reason.MALFORMED,
    ),
    "not found": (record("bad").replace(b"200 OK", b"404 No"), Reason.HTTP_ERROR),
    "picture": (record("bad").replace(b"text/html", b"image/png"), Reason.UNSUPPORTED),
    "empty": (record("bad", body=b""), Reason.EMPTY),
    "too large": (record("bad", body=b"x" * (LIMIT + 1)), Reason.TOO_LARGE),
    "far too large": (record("bad", body=b"x" * (3 * LIMIT)), Reason.TOO_LARGE),
}


@pytest.mark.parametrize("position", ["first", "middle", "last"])
@pytest.mark.parametrize("name", BAD_RECORDS)
def test_a_bad_record_costs_itself_alone(
    name: str, position: str, tmp_path: Path
) -> None:
    bad, reason = BAD_RECORDS[name]
    good = [record("one"), record("two")]
    good.insert({"first": 0, "middle": 1, "last": 2}[position], bad)
    documents, rejects = read(tmp_path / "crawl.warc", b"".join(good))
    urls = [document.declared.url for document in documents]
    assert urls == ["https://port.example/one", "https://port.example/two"]
    assert [reject.reason for reject in rejects] == [reason]


@pytest.mark.parametrize("error", [-5, -1, 1, 200, 5_000])
def test_a_wrong_length_costs_no_record(error: int, tmp_path: Path) -> None:
    right = record("bad").partition(b"\r\n\r\n")[2]
    wrong = record("bad", length=len(right) - 4 + error)
    data = record("one") + wrong + record("two") + record("three")
    documents, rejects = read(tmp_path / "crawl.warc", data)
    assert [str(document.path).rpartition(":")[2] for document in documents] == [
        "one>",
        "bad>",
        "two>",
        "three>",
    ]
    assert all(b"sails again.</p></article>" in d.content for d in documents)
    assert not rejects


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        (b"br", brotli.compress),
        (b"gzip", gzip.compress),
        (b"zstd", zstandard.ZstdCompressor().compress),
        (b"UTF-8", bytes),
        (b"gzip", bytes),
        (b"", gzip.compress),
    ],
    ids=["br", "gzip", "zstd", "charset", "not applied", "not declared"],
)
def test_codings_of_records(
    coding: bytes, encode: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    headers = b"Content-Encoding: %s\r\n" % coding if coding else b""
    data = record("one", headers=headers, body=encode(PAGE % b"Riga"))
    documents, rejects = read(tmp_path / "crawl.warc", data + record("two"))
    assert [document.content for document in documents] == [
        PAGE % b"Riga",
        PAGE % b"two",
    ]
    assert not rejects


def test_chunks_are_joined(tmp_path: Path) -> None:
    page = PAGE % b"Riga"
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(page), page)
    data = record("one", headers=b"Transfer-Encoding: chunked\r\n", body=chunked)
    documents, _ = read(tmp_path / "crawl.warc", data)
    assert [document.content for document in documents] == [page]
