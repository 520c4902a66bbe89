"""No secret in what a run prints and writes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kit import Dataset
from news_site import BODY, page
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from transforms.errors import NewsbeamError, RunError

Command = Callable[..., object]

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
    writer.write_record(
        writer.create_warc_record(
            f"{url}/3",
            "response",
            payload=io.BytesIO(page("Oslo").encode()),
            http_headers=StatusAndHeaders(
                "200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1"
            ),
        )
    )
    for number, status in enumerate(("404 Not Found", "200 OK")):
        writer.write_record(
            writer.create_warc_record(
                f"{url}/{number}",
                "response",
                payload=io.BytesIO(b"<html><body>no</body></html>"),
                http_headers=StatusAndHeaders(
                    status, [("Content-Type", "text/html")], protocol="HTTP/1.1"
                ),
            )
        )
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
