"""No secret in what a run prints and writes."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st
from kit import Dataset
from news_site import BODY, page
from press import Press, item
from pytest_httpserver import HTTPServer
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
from werkzeug import Response

from transforms.errors import NewsbeamError, RunError

Command = Callable[..., Any]

SECRET = "hunter2"  # noqa: S105 - of nobody
ADDRESSES = [
    f"https://bob:{SECRET}@h .example/feed",
    f"https://bob:a#{SECRET}@h .example/feed",
    f"https://bob:a/{SECRET}@h.example/feed",
    f"https://bob:[{SECRET}@h.example/feed",
    f"https:/bob:{SECRET}@h.example/feed",
    f"bob:{SECRET}@h.example/feed",
    f"ftp://bob:{SECRET}@h.example/feed",
    f"https://h .example/feed?sid={SECRET}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_error_shows_a_secret(
    newsbeam: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    file = tmp_path / "my.toml"
    output = f"output.path={tmp_path / 'out'}"
    file.write_text(f"[source]\nfeeds = [{{ url = {json.dumps(address)} }}]\n")
    said = [
        newsbeam("run", "--feed", address, "--output", tmp_path / "out"),
        newsbeam("check", file, "--set", output),
        newsbeam("check", "--set", f"fetch.{address}"),
        newsbeam("check", "--set", f"source.opml={address}", "--set", output),
        newsbeam("run", "--files", address, "--output", tmp_path / "out"),
        newsbeam("run", "--files", "x", "--run-id", address, "--output", tmp_path),
        newsbeam("status", tmp_path, "--reset", address),
        newsbeam("status", address),
        newsbeam(address),
        newsbeam("check", file, address),
        newsbeam("run", "--max-reject-rate", address),
    ]
    for name, value in (
        ("NEWSBEAM_SOURCE__FEEDS", json.dumps([address])),
        ("NEWSBEAM_SOURCE__FEEDS", f"[{address}"),
        ("NEWSBEAM_FETCH__CONTACTS", address),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            said.append(newsbeam("check", "--set", output))
    for done in said:
        assert done.returncode in {1, 2}
        assert "Traceback" not in done.stderr
        assert SECRET not in done.stdout + done.stderr


def test_an_error_of_ours_shows_no_secret() -> None:
    for address in ADDRESSES[:-1]:
        assert SECRET not in str(RunError(f"{address}: it failed"))
        assert SECRET not in str(NewsbeamError(address))


def test_a_url_with_a_password_in_a_file_names_no_site(
    dataset: Dataset, tmp_path: Path
) -> None:
    url = f"https://bob:{SECRET}@news.example/Lima"
    lines = [
        {"url": url, "html": page("Lima")},
        {"url": f"{url}/2", "title": "Lima", "text": BODY},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    warc = io.BytesIO()
    writer = WARCWriter(warc, gzip=False)
    nothing = "<html><body>no</body></html>"
    for name, status, html in (
        ("3", "200 OK", page("Oslo")),
        ("0", "404 Not Found", nothing),
        ("1", "200 OK", nothing),
    ):
        found = writer.create_warc_record(
            f"{url}/{name}",
            "response",
            payload=io.BytesIO(html.encode()),
            http_headers=StatusAndHeaders(
                status, [("Content-Type", "text/html")], protocol="HTTP/1.1"
            ),
        )
        writer.write_record(found)
        found.raw_stream.close()
    (tmp_path / "b.warc").write_bytes(warc.getvalue())
    dataset.run(tmp_path / "a.jsonl", tmp_path / "b.warc")
    rows = dataset.rows()
    assert {row["url"] for row in rows} == {
        "https://news.example/Lima",
        "https://news.example/Lima/2",
        "https://news.example/Lima/3",
    }
    assert len(dataset.rows("rejects")) == 2
    assert SECRET not in repr(rows + dataset.rows("rejects"))


# Each is found again wherever it turns up, and looks like a token in a path, too.
LETTERS = string.ascii_letters + string.digits
SECRETS = st.lists(
    st.text(LETTERS, min_size=20, max_size=28).map("a1{}".format),
    min_size=8,
    max_size=8,
    unique=True,
)
# What an item's link holds is data: these columns keep it whole, and pages their address.
LINKS = {"url", "canonical_url", "payload"}


def written(folder: Path) -> dict[str, str]:
    """Return what a dataset holds as text, by file and column."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".parquet":
            table = pq.ParquetFile(path).read()
            for column in table.column_names:
                found[f"{name}:{column}"] = repr(table[column].to_pylist())
        elif path.suffix == ".sqlite":
            with sqlite3.connect(path) as db:
                found[name] = "\n".join(db.iterdump())
        elif path.is_file() and path.name != "feeds.key":
            found[name] = path.read_bytes().decode("latin-1")
    return found


def thorough(examples: int) -> hypothesis.settings:
    """Return how often a run is looked through: each example is eleven commands."""
    return hypothesis.settings(
        max_examples=examples,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )


@hypothesis.given(SECRETS)
@thorough(1)
def test_nothing_that_a_run_writes_or_prints_holds_a_secret(
    newsbeam: Command,
    tmp_path_factory: pytest.TempPathFactory,
    httpserver: HTTPServer,
    secrets: list[str],
) -> None:
    look_through(newsbeam, tmp_path_factory.mktemp("a"), httpserver, secrets)


@pytest.mark.slow
@hypothesis.given(SECRETS)
@thorough(10)
def test_nothing_ever_holds_one(
    newsbeam: Command,
    tmp_path_factory: pytest.TempPathFactory,
    httpserver: HTTPServer,
    secrets: list[str],
) -> None:
    look_through(newsbeam, tmp_path_factory.mktemp("a"), httpserver, secrets)


def look_through(
    newsbeam: Command, folder: Path, httpserver: HTTPServer, secrets: list[str]
) -> None:
    httpserver.clear()
    # The server that is asked logs in this process; its lines are none of ours.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    press = Press(httpserver)
    password, path, query, part, nested, moved, link, user = secrets
    root = press.url("/")
    pages = [f"{root}page{n}?token={link}&id={n}" for n in range(4)]
    pages[3] = pages[3].replace("//", f"//u:{user}@")
    press.page(f"/page0?token={link}&id=0", "Lima")
    press.fail(f"/page2?token={link}&id=2", 503)
    press.page(f"/page3?token={link}&id=3", "Oslo")
    items = [item(title="x", guid=page, link=page) for page in pages]
    press.feed(f"/{path}/feed0", *items)
    press.answers[f"/{path}/feed1"] = Response(f"<rss {query}")
    press.fail(f"/{path}/feed2", 500)
    press.fail(f"/{path}/feed3", 410)
    press.fail(f"/{path}/feed4", 301, Location=f"/{moved}/feed?key={moved}")
    press.feed(f"/{moved}/feed?key={moved}", *items)
    host = root.removeprefix("http://")
    feeds = [
        f"http://bob:{password}@{host}{path}/feed{n}?sid={query}"
        f"&to=http%3A%2F%2Fbob%3A{nested}%40h.example%2F%3Fkey%3D{nested}&n={n}"
        f"#access_token={part}"
        for n in range(6)
    ]
    config = folder / "my.toml"
    config.write_text(
        f"""[source]
feeds = {json.dumps(feeds)}
[fetch]
contact = "https://example.org/me"
allowed_networks = ["127.0.0.0/8"]
interval_minutes = 0
feed_pause_seconds = 0
page_pause_seconds = 0
[enrich.entities.models]
en = ""
[output]
path = "{folder / "data"}"
[run]
metrics_file = "{folder / "data" / "newsbeam.prom"}"
"""
    )
    data = folder / "data"
    said = [
        newsbeam("check", config),
        newsbeam("run", config, "--dry-run"),
        newsbeam("run", config, "--log-level", "info"),
        newsbeam("run", config, "--log-level", "info", "--log-format", "json"),
        newsbeam("run", config, "--dry-run"),
        newsbeam("replay", data, "--config", config, "--log-level", "info"),
        newsbeam("status", data),
        *(newsbeam("status", data, "--reset", feed) for feed in feeds[3:5]),
    ]
    assert [done.returncode for done in said] == [0] * 9
    assert len(Dataset(data).rows()) == 2
    texts = written(data) | {
        f"said:{n}": f"{s.stdout}{s.stderr}" for n, s in enumerate(said)
    }
    for secret in secrets:
        shown = {name for name, text in texts.items() if secret in text}
        if secret == link:
            shown = {
                name
                for name in shown
                if name.rpartition(":")[2] not in LINKS and name != "state.sqlite"
            }
            assert not any(name.startswith("rejects/") for name in shown)
        assert shown == set()
