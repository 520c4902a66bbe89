"""A folder with one good and one broken file of each kind: each is told apart."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from kit import Dataset
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.configuration.config import load
from transforms.errors import ConfigError

TOPICS = {
    "text": "Lisbon",
    "html": "Nairobi",
    "rss": "Bogotá",
    "atom": "Helsinki",
    "rdf": "Ankara",
    "jsonfeed": "Manila",
    "lines": "Lima",
    "json": "Oslo",
    "warc": "Dakar",
    "wet": "Vienna",
    "gz": "Athens",
    "bz2": "Dublin",
    "zst": "Tunis",
    "latin": "Québec",
    "utf16": "Prague",
}


def prose(city: str) -> str:
    return (
        f"The city council of {city} voted on Tuesday to rebuild the old harbour bridge, "
        "which engineers closed last winter after finding cracks in three of its "
        "pillars.\n\n"
        "The work is to begin in spring and will take two years, the mayor told reporters "
        "after the session. Ferries will carry pedestrians across until the new bridge "
        "opens, and buses will be diverted along the ring road.\n\n"
        f"Residents of {city} had asked for a tunnel, which the council rejected as too "
        "expensive for a town of its size and too slow to build."
    )


def page(city: str) -> str:
    body = "".join(f"<p>{part}</p>" for part in prose(city).split("\n\n"))
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{city} rebuilds its bridge</title>"
        f"<link rel='canonical' href='https://news.example.org/{city.lower()}'>"
        "<meta property='article:published_time' content='2026-11-20T08:30:00+01:00'>"
        f"</head><body><nav>Home | World</nav><article><h1>{city} rebuilds its bridge</h1>"
        f"{body}</article><footer>All rights reserved</footer></body></html>"
    )


def record(city: str, **more: Any) -> dict[str, Any]:
    return {
        "url": f"https://news.example.org/{city.lower()}",
        "title": f"{city} rebuilds its bridge",
        "text": prose(city),
        "published_at": "2026-11-20T08:30:00Z",
        "authors": ["Ana Costa"],
        **more,
    }


def rss(city: str) -> str:
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
        "<title>City News</title><link>https://news.example.org/</link><description/>"
        f"<item><title>{city} rebuilds its bridge</title>"
        f"<link>https://news.example.org/{city.lower()}</link><guid>{city}</guid>"
        "<pubDate>Fri, 20 Nov 2026 08:30:00 GMT</pubDate>"
        f"<content:encoded><![CDATA[<p>{prose(city)}</p>]]></content:encoded></item>"
        "</channel></rss>"
    )


def atom(city: str) -> str:
    return (
        "<?xml version='1.0' encoding='utf-8'?><feed xmlns='http://www.w3.org/2005/Atom'>"
        "<title>City News</title><id>urn:x</id><updated>2026-11-20T08:30:00Z</updated>"
        f"<entry><id>urn:{city}</id><title>{city} rebuilds its bridge</title>"
        f"<link href='https://news.example.org/{city.lower()}'/>"
        "<updated>2026-11-20T08:30:00Z</updated>"
        f"<content type='text'>{prose(city)}</content></entry></feed>"
    )


def rdf(city: str) -> str:
    return (
        "<?xml version='1.0'?><rdf:RDF xmlns='http://purl.org/rss/1.0/' "
        "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<channel rdf:about='https://news.example.org/'><title>City News</title>"
        "<link>https://news.example.org/</link><description/></channel>"
        f"<item rdf:about='https://news.example.org/{city.lower()}'>"
        f"<title>{city} rebuilds its bridge</title>"
        f"<link>https://news.example.org/{city.lower()}</link>"
        f"<description>{prose(city)}</description></item></rdf:RDF>"
    )


def json_feed(city: str) -> str:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "City News",
            "items": [
                {
                    "id": city,
                    "url": f"https://news.example.org/{city.lower()}",
                    "title": f"{city} rebuilds its bridge",
                    "content_text": prose(city),
                }
            ],
        }
    )


def warc(city: str, kind: str = "response") -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)
    writer.write_record(
        writer.create_warcinfo_record("x.warc.gz", {"software": "test"})
    )
    url = f"https://news.example.org/{city.lower()}"
    if kind == "response":
        headers = StatusAndHeaders(
            "200 OK", [("Content-Type", "text/html; charset=utf-8")], "HTTP/1.1"
        )
        body = page(city).encode()
        found = writer.create_warc_record(
            url, kind, payload=io.BytesIO(body), http_headers=headers
        )
    else:
        body = prose(city).encode()
        found = writer.create_warc_record(
            url, kind, payload=io.BytesIO(body), warc_content_type="text/plain"
        )
    writer.write_record(found)
    found.raw_stream.close()
    return buffer.getvalue()


GOOD: dict[str, Callable[[], bytes]] = {
    "text.txt": lambda: prose(TOPICS["text"]).encode(),
    "page.html": lambda: page(TOPICS["html"]).encode(),
    "feed.rss": lambda: rss(TOPICS["rss"]).encode(),
    "feed.atom": lambda: atom(TOPICS["atom"]).encode(),
    "feed.rdf": lambda: rdf(TOPICS["rdf"]).encode(),
    "feed.json": lambda: json_feed(TOPICS["jsonfeed"]).encode(),
    "lines.jsonl": lambda: json.dumps(record(TOPICS["lines"])).encode() + b"\n",
    "one.json": lambda: json.dumps([record(TOPICS["json"])]).encode(),
    "archive.warc.gz": lambda: warc(TOPICS["warc"]),
    "archive.wet.gz": lambda: warc(TOPICS["wet"], "conversion"),
    "packed.html.gz": lambda: gzip.compress(page(TOPICS["gz"]).encode()),
    "packed.jsonl.bz2": lambda: bz2.compress(
        json.dumps(record(TOPICS["bz2"])).encode()
    ),
    "packed.txt.zst": lambda: zstandard.compress(prose(TOPICS["zst"]).encode()),
    "latin.txt": lambda: prose(TOPICS["latin"]).encode("latin-1"),
    "utf16.txt": lambda: prose(TOPICS["utf16"]).encode("utf-16"),
}
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty.txt": (b"", "empty"),
    "blank.html": (b"  \n", "empty"),
    "binary.txt": (bytes(range(256)) * 20, "unsupported"),
    "picture.html": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64), "unsupported"),
    "nothing.html": (b"<html><body><nav>Home</nav></body></html>", "no_text"),
    "broken.rss": (b"<rss version='2.0'><channel><title>Half a", "empty"),
    "no-feed.xml": (
        b"<?xml version='1.0'?><invoice><total>3</total></invoice>",
        "unsupported",
    ),
    "broken.jsonl": (b'{"title": "cut off', "malformed"),
    "broken.json": (b'{"title": "cut off', "malformed"),
    "no-text.jsonl": (b'{"url": "https://news.example.org/none"}', "empty"),
    "cut.html.gz": (
        gzip.compress(os.urandom(4000).hex().encode())[:2000],
        "unreadable",
    ),
    "cut.txt.bz2": (bz2.compress(os.urandom(4000).hex().encode())[:2000], "unreadable"),
    "cut.txt.zst": (
        zstandard.compress(os.urandom(4000).hex().encode())[:2000],
        "unreadable",
    ),
    "no.warc": (b"this is no archive", "malformed"),
    "cut.warc": (gzip.decompress(warc("Riga"))[:-200], "malformed"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


def test_every_good_article_once_and_one_reject_for_every_broken_file(
    folder: Path, dataset: Dataset
) -> None:
    for name, content in GOOD.items():
        (folder / name).write_bytes(content())
    for name, (content_, _) in BROKEN.items():
        (folder / name).write_bytes(content_)

    report = dataset.run(folder)

    rows = dataset.rows()
    for topic, city in TOPICS.items():
        texts = [row["text"] for row in rows if f"council of {city} " in row["text"]]
        assert len(texts) == 1, topic
        assert "pillars.\n\nThe work" in texts[0] or topic in {"rss", "rdf"}, topic
    assert len(rows) == len(TOPICS)
    rejects = {
        Path(row["key"].split("!")[0]).name: row["reason"]
        for row in dataset.rows("rejects")
    }
    assert rejects == {name: reason for name, (_, reason) in BROKEN.items()}
    assert len(dataset.rows("rejects")) == len(BROKEN)
    assert report.imbalances == []


def test_containers_fill_the_columns(folder: Path, dataset: Dataset) -> None:
    for name in ("page.html", "feed.rss", "lines.jsonl", "archive.warc.gz"):
        (folder / name).write_bytes(GOOD[name]())
    dataset.run(folder)
    rows = {Path(row["path"].split("!")[0]).name: row for row in dataset.rows()}
    for name, row in rows.items():
        assert row["title"].endswith("rebuilds its bridge"), name
        assert row["published_at"].isoformat()[:10] == "2026-11-20", name
        assert row["canonical_url"].startswith("https://news.example.org/"), name
        assert row["domain"] == "example.org", name
        assert str(row["date"]) == "2026-11-20", name
    assert rows["page.html"]["published_at"].hour == 7
    assert rows["page.html"]["published_source"] == "meta"
    assert rows["feed.rss"]["text_source"] == "feed"
    assert rows["feed.rss"]["source_name"] == "City News"
    assert rows["lines.jsonl"]["authors"] == ["Ana Costa"]
    assert rows["lines.jsonl"]["published_source"] == "file"
    assert rows["archive.warc.gz"]["text_source"] == "page"


def test_pipes_sockets_links_and_folders_are_rejected_not_waited_for(
    folder: Path, dataset: Dataset
) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "folder.txt").mkdir()
    (folder / "dangling.txt").symlink_to(folder / "gone.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket.txt"))
        (folder / "good.txt").write_bytes(GOOD["text.txt"]())
        dataset.run(folder / "*.txt")
    reasons = Counter(row["reason"] for row in dataset.rows("rejects"))
    assert reasons == {"not_a_file": 3, "unreadable": 1}
    assert len(dataset.rows()) == 1


def test_one_bad_line_spoils_no_other(folder: Path, dataset: Dataset) -> None:
    lines = [json.dumps(record("Lima")), "{", "", json.dumps(record("Oslo"))]
    lines += [json.dumps({"text": 3}), json.dumps({"text": "x", "authors": 7})]
    (folder / "lines.jsonl").write_text("\n".join(lines))
    dataset.run(folder)
    # An odd author costs the author, not the record.
    assert len(dataset.rows()) == 3
    rejects = sorted(dataset.rows("rejects"), key=lambda row: row["key"])
    assert [row["key"].rsplit("!", 1)[1] for row in rejects] == ["#2", "#5"]
    assert [row["reason"] for row in rejects] == ["malformed", "empty"]
    assert rejects[1]["detail"].endswith("not text: text")
    assert json.loads(rejects[0]["payload"])["path"].endswith("lines.jsonl!#2")


def test_documents_over_the_limit_are_rejected(folder: Path, dataset: Dataset) -> None:
    (folder / "bomb.txt.gz").write_bytes(gzip.compress(b"a " * 3_000_000))
    (folder / "long.jsonl").write_text(
        json.dumps({"text": "a " * 100_000}) + "\n" + json.dumps(record("Lima"))
    )
    dataset.run(folder, settings=("source.max_document_bytes=100000",))
    assert [row["reason"] for row in dataset.rows("rejects")] == ["too_large"] * 2
    assert len(dataset.rows()) == 1


def test_a_declared_charset_is_believed_and_a_wrong_one_is_not(
    folder: Path, dataset: Dataset
) -> None:
    text = "Президент прибыл в Казань на встречу с министром. " * 20
    html = "<html><head><meta charset='{}'></head><body><article><p>{}</p></article></body></html>"
    (folder / "right.html").write_bytes(html.format("koi8-r", text).encode("koi8-r"))
    (folder / "wrong.html").write_bytes(html.format("iso-8859-1", text + "x").encode())
    dataset.run(folder)
    assert len(dataset.rows()) == 2
    for row in dataset.rows():
        assert row["text"].startswith("Президент прибыл в Казань")


def test_the_dataset_is_not_read_back(folder: Path) -> None:
    dataset = Dataset(folder / "out")
    (folder / "good.txt").write_bytes(GOOD["text.txt"]())
    dataset.run(folder)
    report = dataset.run(folder)
    assert report.as_json()["files_read"] == 1
    assert dataset.rows("rejects") == []


def test_hostile_strings_are_stored_clean(folder: Path, dataset: Dataset) -> None:
    dirty = "a\ud800b\x1b[31m\x00c\u00a0d"
    line = record(
        "Lima",
        title=dirty,
        authors=[f"Ana {dirty.upper()}"],
        tags=[dirty],
        section=dirty,
        source_name=dirty,
        source_country="nowhere",
        description=dirty,
    )
    name = os.fsdecode(b"b\xff.jsonl")
    (folder / name).write_text(json.dumps(line))
    dataset.run(folder)
    assert dataset.rows("rejects") == []
    (row,) = dataset.rows()
    assert row["title"] == "a\ufffdbc d"
    assert row["tags"] == ["a\ufffdbc d"]
    assert row["authors"] == ["Ana A\ufffdBc D"]
    assert row["source_country"] is None
    assert row["path"].endswith("b\ufffd.jsonl!#1")


@pytest.mark.parametrize("value", ["x", {"files": 3}, [1]])
def test_odd_sections_are_reported(value: object, tmp_path: Path) -> None:
    config = tmp_path / "a.toml"
    config.write_text(f"source = {json.dumps(value).replace(': ', ' = ')}\n")
    with pytest.raises(ConfigError, match="source"):
        load(config)


@pytest.mark.parametrize("value", ['"x"', "3", "[1]", '[{ files = "seeds" }]'])
def test_a_flag_hides_no_odd_section(value: str, tmp_path: Path) -> None:
    config = tmp_path / "a.toml"
    config.write_text(f"source = {value}\n")
    flags = {"source": {"files": ("seeds",)}, "output": {"path": tmp_path / "out"}}
    with pytest.raises(ConfigError, match="source: must be a table"):
        load(config, (), flags)
