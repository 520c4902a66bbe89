"""Files as archives really hold them: padding, odd types, odd containers."""

from __future__ import annotations

import bz2
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from archived import LIMIT, read, record
from kit import Dataset

from transforms.files.file import SourceFile
from transforms.files.formats import _READERS, HEAD_BYTES, FileFormat
from transforms.records import Document
from transforms.vocabulary import Media, Reason

COMPRESSORS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize("padding", [b"", bytes(512), b"trailing junk", b"\n"])
def test_members_are_joined_and_padding_is_passed_over(
    suffix: str, padding: bytes, tmp_path: Path
) -> None:
    compress: Any = COMPRESSORS[suffix]
    parts = [b"The ferry sails again. ", b"x" * 100_000, b" It was late."]
    data = b"".join(map(compress, parts)) + padding
    documents, rejects = read(tmp_path / f"a.txt{suffix}", data)
    assert [document.content for document in documents] == [b"".join(parts).decode()]
    assert not rejects


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_member_that_breaks_off_is_reported(suffix: str, tmp_path: Path) -> None:
    compress: Any = COMPRESSORS[suffix]
    whole = b" ".join(b"%d" % number for number in range(5_000))
    data = compress(b"The ferry sails again. ") + compress(whole)[:-20]
    documents, rejects = read(tmp_path / f"a.txt{suffix}", data)
    assert not documents
    assert [reject.reason for reject in rejects] == [Reason.UNREADABLE]


def test_records_before_a_broken_member_are_read(tmp_path: Path) -> None:
    data = gzip.compress(record("one")) + gzip.compress(record("two"))[:-10]
    documents, rejects = read(tmp_path / "crawl.warc.gz", data)
    assert [document.declared.url for document in documents][:1] == [
        "https://port.example/one"
    ]
    assert [reject.reason for reject in rejects] == [Reason.UNREADABLE]


TEXT = "The ferry to Riga sails again."


def declared(tmp_path: Path, **fields: Any) -> Document:
    line = json.dumps({"text": TEXT, **fields}).encode()
    documents, rejects = read(tmp_path / "a.jsonl", line)
    assert not rejects
    return documents[0]


@pytest.mark.parametrize("key", ["articleBody", "content", "body", "maintext"])
@pytest.mark.parametrize("empty", [None, "", "  ", [], {}, 7])
def test_the_first_text_that_has_a_value(key: str, empty: Any, tmp_path: Path) -> None:
    line = json.dumps({"text": empty, key: TEXT}).encode()
    documents, rejects = read(tmp_path / "a.jsonl", line)
    assert [document.content for document in documents] == [TEXT]
    assert not rejects


SCHEMA_ORG = {
    "publisher": ({"@type": "Organization", "name": "Port News"}, "source_name"),
    "image": (
        [{"@type": "ImageObject", "url": "https://port.example/i.jpg"}],
        "image_url",
    ),
    "author": ([{"@type": "Person", "name": "Ruth Adler"}], "authors"),
    "headline": (["Ferry sails again"], "title"),
    "mainEntityOfPage": ({"@id": "https://port.example/a"}, "url"),
    "keywords": ("ferry, port", "tags"),
    "articleSection": (["Harbour", "Sea"], "section"),
}
EXPECTED = {
    "source_name": "Port News",
    "image_url": "https://port.example/i.jpg",
    "authors": ("Ruth Adler",),
    "title": "Ferry sails again",
    "url": "https://port.example/a",
    "tags": ("ferry", "port"),
    "section": "Harbour",
}


@pytest.mark.parametrize("key", SCHEMA_ORG)
def test_objects_of_schema_org(key: str, tmp_path: Path) -> None:
    value, column = SCHEMA_ORG[key]
    assert (
        getattr(declared(tmp_path, **{key: value}).declared, column) == EXPECTED[column]
    )


@pytest.mark.parametrize("key", [*SCHEMA_ORG, "url", "date", "tags", "source_country"])
@pytest.mark.parametrize("odd", [True, [[1]], {"a": {"b": 1}}, [{}, None]], ids=str)
def test_an_odd_type_costs_its_column_alone(key: str, odd: Any, tmp_path: Path) -> None:
    document = declared(tmp_path, **{key: odd}, title="Ferry")
    assert document.content == TEXT
    assert document.declared.title == "Ferry"


def test_an_odd_column_is_reported_once_a_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    line = json.dumps({"text": TEXT, "title": True}).encode()
    documents, _ = read(tmp_path / "a.jsonl", b"\n".join([line] * 5))
    assert len(documents) == 5
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}/a.jsonl!#1: the value of 'title' cannot be used and is left out; "
        "the record stays"
    ]


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ('["Ruth Adler", "Sam Poe"]', ("Ruth Adler", "Sam Poe")),
        ("['Ruth Adler', 'Sam Poe']", ("Ruth Adler", "Sam Poe")),
        ([{"givenName": "Ruth", "familyName": "Adler"}], ("Ruth Adler",)),
        ({"@list": [{"name": "Ruth Adler"}]}, ("Ruth Adler",)),
        ([None, "Ruth Adler", 7], ("Ruth Adler",)),
        ("Ruth Adler", ("Ruth Adler",)),
    ],
)
def test_authors(authors: Any, names: tuple[str, ...], tmp_path: Path) -> None:
    assert declared(tmp_path, author=authors).declared.authors == names


def test_markup_in_a_text_is_markup(tmp_path: Path) -> None:
    html = "<p>The ferry to Riga &amp; Oslo</p><p>sails again.</p>"
    document = declared(tmp_path, text=html, title="Riga &amp; Oslo")
    assert document.media is Media.FRAGMENT
    assert document.declared.title == "Riga & Oslo"


RECORDS = [{"text": TEXT, "title": "One"}, {"text": TEXT, "title": "Two"}]
CONTAINERS = {
    "list": json.dumps(RECORDS),
    "list, a line each": "[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]",
    "pretty": "\n".join(json.dumps(record, indent=2) for record in RECORDS),
    "glued": "".join(map(json.dumps, RECORDS)),
    "of an API": json.dumps({"status": "ok", "total": 2, "articles": RECORDS}),
    "sequence": "".join("\x1e" + json.dumps(record) + "\n" for record in RECORDS),
    "lines": "\n".join(map(json.dumps, RECORDS)),
    "lines with commas": ",\n".join(map(json.dumps, RECORDS)) + ",\n",
}


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_records_in_whatever_contains_them(
    name: str, encoding: str, tmp_path: Path
) -> None:
    data = CONTAINERS[name].encode(encoding)
    documents, rejects = read(tmp_path / "a.json", data)
    assert [document.declared.title for document in documents] == ["One", "Two"]
    assert not rejects
    if name.startswith(("lines", "list, a line")):
        documents, rejects = read(tmp_path / "a.jsonl", data)
        assert [document.declared.title for document in documents] == ["One", "Two"]
        assert not rejects


def test_separators_within_a_string_end_no_record(tmp_path: Path) -> None:
    line = json.dumps({"text": "The ferry\u2028sails\x85again."}, ensure_ascii=False)
    for encoding in ("utf-8", "utf-16"):
        data = io.StringIO(f"{line}\n{line}\n").getvalue().encode(encoding)
        documents, rejects = read(tmp_path / "a.jsonl", data)
        assert len(documents) == 2
        assert not rejects


WHOLE_FILES: dict[str, tuple[str, bytes, Reason, str]] = {
    "an empty list": ("a.json", b"[]", Reason.EMPTY, "an empty list"),
    "blank lines": ("a.jsonl", b"\n \n", Reason.EMPTY, "nothing in it"),
    "no line of JSON": (
        *("a.jsonl", b"no\n" * 500, Reason.MALFORMED),
        "no line is an article; not JSON",
    ),
    "a deep nest": ("a.json", b"[" * 200_000, Reason.MALFORMED, "nested too deeply"),
    "a number": ("a.json", b"7", Reason.MALFORMED, "not a JSON object"),
    "no text": ("a.txt", b"\x01\x02\x03" * 99, Reason.MALFORMED, "not text in any"),
    "broken data": (
        *("a.txt.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 99, Reason.UNREADABLE),
        "broken compressed data",
    ),
    "too much in a record": (
        "a.warc",
        record(
            "one",
            headers=b"Content-Encoding: gzip\r\n",
            body=gzip.compress(bytes(2 * LIMIT)),
        ),
        Reason.TOO_LARGE,
        f"{LIMIT:,} bytes",
    ),
}


@pytest.mark.parametrize("what", WHOLE_FILES)
def test_a_file_with_nothing_to_read_is_one_reject(what: str, tmp_path: Path) -> None:
    name, data, reason, detail = WHOLE_FILES[what]
    documents, [reject] = read(tmp_path / name, data)
    assert not documents
    assert reject.reason is reason
    assert detail in reject.detail


def test_what_is_no_record_in_a_list_costs_itself_alone(tmp_path: Path) -> None:
    data = json.dumps([{"text": TEXT}, 7, {"text": TEXT}]).encode()
    documents, [reject] = read(tmp_path / "a.json", data)
    assert [document.content for document in documents] == [TEXT, TEXT]
    assert (reject.reason, reject.key[-4:]) == (Reason.MALFORMED, "n!#2")
    assert reject.detail == "not a JSON object"


def test_json_lines_are_read_whatever_the_file_is_called(tmp_path: Path) -> None:
    line = json.dumps({"text": TEXT})
    data = f"{line}\n{{broken}}\n{line}\n".encode()
    documents, [reject] = read(tmp_path / "a.json", data)
    assert [document.content for document in documents] == [TEXT, TEXT]
    assert reject.key.endswith("a.json!#2")


@pytest.mark.parametrize("before", [0, HEAD_BYTES])
def test_a_json_feed_is_read_whatever_the_file_is_called(
    before: int, tmp_path: Path
) -> None:
    item = {"id": "1", "url": "https://port.example/1", "content_text": TEXT}
    feed = {
        "description": "x" * before,
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Port",
        "items": [item],
    }
    documents, rejects = read(tmp_path / "a.json", json.dumps(feed).encode())
    assert [document.content for document in documents] == [f"<p>{TEXT}</p>"]
    assert [document.declared.url for document in documents] == [item["url"]]
    assert not rejects


def test_a_number_may_be_a_title_and_words_no_date(tmp_path: Path) -> None:
    found = declared(tmp_path, title=1984, published_at="when it is ready").declared
    assert found.title == "1984"
    assert found.published is None


def test_a_failure_that_nobody_foresaw_costs_its_file_alone(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(file: SourceFile) -> Iterator[Document]:
        raise ZeroDivisionError(file.path)

    monkeypatch.setitem(_READERS, FileFormat.HTML, broken)
    for name in ("a.txt", "b.html", "c.txt"):
        (tmp_path / name).write_text(f"{TEXT} Of {name}.")
    dataset.run(*tmp_path.glob("?.*"))
    [reject] = dataset.rows("rejects")
    assert (reject["stage"], reject["reason"]) == ("read", "internal_error")
    # It can be sent through again.
    assert json.loads(reject["payload"])["path"] == reject["key"]
    assert reject["key"] == str(tmp_path / "b.html")
    assert len(dataset.rows()) == 2
