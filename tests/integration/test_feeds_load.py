"""A thousand feeds on fifty hosts, some of them hanging, bombing, missing."""

from __future__ import annotations

import datetime as dt
import gzip
import resource
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from kit import Dataset

from pipeline.configuration.config import load
from pipeline.reports.report import Report
from pipeline.run import run

FEEDS = 1_000
HOSTS = 50
START = dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC)
TEXT = "The council of town number {} voted on Tuesday to rebuild its old bridge. "
BOMB = gzip.compress(b"<rss version='2.0'><channel><title>" + b"a" * 60_000_000, 1)


def fate(number: int) -> str:
    """1 % hang, 1 % bomb, 5 % are missing."""
    rest = number % 100
    return {0: "hang", 1: "bomb"}.get(rest, "missing" if rest < 7 else "good")


class _Handler(BaseHTTPRequestHandler):
    requests: ClassVar[Counter[str]] = Counter()
    unconditional: ClassVar[Counter[str]] = Counter()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        number = int(self.path.rsplit("/", 1)[-1])
        is_conditional = "If-None-Match" in self.headers
        self.requests[self.path] += 1
        self.unconditional[self.path] += not is_conditional
        kind = fate(number)
        if kind == "hang":
            time.sleep(12)
        elif kind == "missing":
            self.reply(404, b"")
        elif kind == "bomb":
            self.reply(200, BOMB, {"Content-Encoding": "gzip"})
        elif is_conditional:
            self.reply(304, b"")
        else:
            text = TEXT.format(number) * 30
            item = f"<item><title>Town {number}</title><guid>{number}</guid>"
            item += f"<description>{text}</description></item>"
            body = (
                f"<rss version='2.0'><channel><title>News</title>{item}</channel></rss>"
            )
            self.reply(200, body.encode(), {"ETag": f'"{number}"'})

    def reply(
        self, status: int, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def hosts() -> Iterator[list[str]]:
    servers = [
        ThreadingHTTPServer((f"127.0.0.{host + 1}", 0), _Handler)
        for host in range(HOSTS)
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [f"http://127.0.0.{n + 1}:{s.server_port}" for n, s in enumerate(servers)]
    for server in servers:
        server.shutdown()
        server.server_close()


def read(dataset: Dataset, hosts: list[str], feeds: int, hour: int) -> Report:
    flags = {
        "source": {"feeds": [f"{hosts[n % HOSTS]}/feed/{n}" for n in range(feeds)]},
        "fetch": {
            "contact": "https://example.org/me",
            "allowed_networks": ("127.0.0.0/8",),
            "feed_pause_seconds": 0,
            "connect_seconds": 5,
            "read_seconds": 5,
            "total_seconds": 10,
            "max_feed_bytes": 1_000_000,
        },
        "enrich": {"entities": {"models": {"en": ""}}},
        "output": {"path": dataset.path},
    }
    return run(load(None, (), flags), now=START + dt.timedelta(hours=hour))


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_thousand_feeds(
    dataset: Dataset, hosts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    read(Dataset(dataset.path / "warm-up"), hosts, 200, 0)
    before = peak_megabytes()
    _Handler.requests.clear()
    _Handler.unconditional.clear()

    started = time.monotonic()
    report = read(dataset, hosts, FEEDS, 0)
    seconds = time.monotonic() - started
    grown = peak_megabytes() - before

    good = {n for n in range(FEEDS) if fate(n) == "good"}
    titles = Counter(row["title"] for row in dataset.rows())
    assert titles == Counter(f"Town {n}" for n in good)
    outcomes = Counter(row["outcome"] for row in dataset.rows("fetches"))
    assert outcomes["news"] == len(good)
    assert outcomes["http_error"] == 50
    assert outcomes["too_large"] == 10
    assert outcomes["timeout"] == 10
    assert len(dataset.rows("rejects")) == FEEDS - len(good)
    assert report.imbalances == []
    assert max(_Handler.requests.values()) == 1

    files = dataset.files()
    _Handler.unconditional.clear()
    _Handler.requests.clear()
    again = read(dataset, hosts, FEEDS, 2)
    assert again.as_json()["new"] == 0
    assert dataset.files() == files
    asked_again = {int(path.rsplit("/", 1)[-1]) for path in _Handler.requests}
    assert good <= asked_again
    unconditional = {
        int(path.rsplit("/", 1)[-1]) for path, n in _Handler.unconditional.items() if n
    }
    assert not unconditional & good

    with capsys.disabled():
        print(
            f"\n{FEEDS} feeds on {HOSTS} hosts: {seconds:.1f} s, "
            f"{grown:.0f} MB more at the peak than after 200 feeds"
        )
    # Ten bombs of 60 MB each were stopped at 1 MB.
    assert grown < 150
