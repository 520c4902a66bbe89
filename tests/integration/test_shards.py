"""Runs side by side take a share of the feeds each, and write every article once."""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from kit import NEWSBEAM
from news_site import page
from objects import Server, Stored, use

from pipeline.batches import Done, planned
from pipeline.configuration.config import load
from pipeline.dataset.home import home_of
from pipeline.run import run
from transforms.errors import ConfigError
from transforms.web.share import Share, share_problem, site_of

pytestmark = pytest.mark.slow

ENTRIES = 2
PAUSE = 0.4
# Runs that work at one time.
AT_ONCE = 4


class _Hosts:
    """Publishers on loopback addresses of their own, all at one port.

    A page of the first is listed by all feeds.
    """

    def __init__(self, count: int, feeds: int) -> None:
        self.names = [f"127.0.0.{number}" for number in range(11, 11 + count)]
        self.popular = self.names[0]
        self.feeds = [(host, f"feed{f}") for host in self.names for f in range(feeds)]
        # Who asked which host for what page, and when.
        self.pages: list[tuple[str, str, str, float]] = []
        # What every feed lists, where it does not list its own.
        self.links: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.servers = [
            ThreadingHTTPServer((host, self.port), partial(_Handler, self))
            for host in self.names
        ]

    def url(self, host: str, path: str) -> str:
        return f"http://{host}:{self.port}{path}"

    def feed(self, host: str, name: str) -> str:
        links = [self.url(host, f"/{host}-{name}-{n}") for n in range(ENTRIES)]
        links.append(self.url(self.popular, "/popular"))
        links = self.links or links
        items = "".join(
            f"<item><title>News {link}</title><link>{link}</link></item>"
            for link in links
        )
        return (
            f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>"
        )

    @property
    def articles(self) -> set[str]:
        urls = {
            self.url(host, f"/{host}-{feed}-{n}")
            for host, feed in self.feeds
            for n in range(ENTRIES)
        }
        return urls | {self.url(self.popular, "/popular")}


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, hosts: _Hosts, *args: object) -> None:
        self.hosts = hosts
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        host = str(self.connection.getsockname()[0])
        name = self.path.strip("/")
        if name == "robots.txt":
            self.send_error(404)
            return
        is_feed = name.startswith("feed")
        if not is_feed:
            who = self.headers["User-Agent"]
            self.hosts.pages.append((who, host, name, time.monotonic()))
        body = (self.hosts.feed(host, name) if is_feed else page(name)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml" if is_feed else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(count: int, feeds: int) -> Iterator[_Hosts]:
    found = _Hosts(count, feeds)
    with contextlib.ExitStack() as stack:
        for server in found.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.server_close)
        stack.callback(_shut_down, found.servers)
        yield found


def _shut_down(servers: Sequence[ThreadingHTTPServer]) -> None:
    # Each takes up to half a second.
    with ThreadPoolExecutor(len(servers)) as threads:
        list(threads.map(ThreadingHTTPServer.shutdown, servers))


@pytest.fixture
def hosts() -> Iterator[_Hosts]:
    with served(8, 3) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_side_by_side_each_article_is_written_once_at_the_pace_of_one(
    hosts: _Hosts,
    s3: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    use(s3, monkeypatch)
    url = (
        f"s3://news/{tmp_path.name}" if place == "bucket" else f"file://{tmp_path}/set"
    )
    _side_by_side(hosts, url, tmp_path, of=4, batch=2)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_sixteen_shards_of_two_thousand_feeds(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(s3, monkeypatch)
    began = time.monotonic()
    with served(200, 10) as hosts:
        _side_by_side(hosts, f"s3://news/{tmp_path.name}", tmp_path, of=16, batch=25)
        took = time.monotonic() - began
        print(
            f"\n{len(hosts.feeds)} feeds of {len(hosts.names)} hosts in {took:.0f} s:"
        )
        print(f"{len(hosts.articles)} articles, {len(hosts.pages)} requests for pages")


def _side_by_side(
    hosts: _Hosts, url: str, tmp_path: Path, *, of: int, batch: int
) -> None:
    """Let the shards of a configuration run, and look at rows and requests."""
    feeds = [hosts.url(host, f"/{feed}") for host, feed in hosts.feeds]

    def shard(number: int) -> tuple[int, str]:
        path = tmp_path / f"{number}.toml"
        path.write_text(
            f"""
            [source]
            feeds = {json.dumps(feeds)}
            [fetch]
            contact = "https://example.org/{number}"
            allowed_networks = ["127.0.0.0/8"]
            feed_pause_seconds = 0
            page_pause_seconds = {PAUSE}
            [run]
            batch_feeds = {batch}
            [enrich.entities.models]
            en = ""
            [pool]
            processes = 0
            [output]
            path = "{url}"
            state = "{tmp_path}/state"
            """
        )
        done = subprocess.run(
            [NEWSBEAM, "run", str(path), "--shard", f"{number}/{of}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for code, output in threads.map(shard, range(1, of + 1)):
            assert code == 0, output

    rows = Stored(url, tmp_path / "state").rows()
    assert sorted(row["url"] for row in rows) == sorted(hosts.articles)
    assert {row["revision"] for row in rows} == {0}
    asked = collections.Counter(name for _, _, name, _ in hosts.pages)
    assert all(count == 1 for name, count in asked.items() if name != "popular")
    # A site's feeds are all of one run, whose pace it sees; other runs take their time.
    moments = collections.defaultdict(list)
    for who, host, _, at in sorted(hosts.pages, key=lambda one: one[3]):
        moments[who, host].append(at)
    owners = {
        host: {
            who for who, at, name, _ in hosts.pages if at == host and name != "popular"
        }
        for host in hosts.names
    }
    assert all(len(found) == 1 for found in owners.values())
    for times in moments.values():
        for earlier, later in itertools.pairwise(times):
            assert later - earlier >= PAUSE


def test_a_feed_and_a_file_are_in_one_share(tmp_path: Path) -> None:
    shares = [Share(number, 16) for number in range(1, 17)]
    names = [f"name {number}" for number in range(400)]
    counts = [sum(share.holds(name) for name in names) for share in shares]
    assert sum(counts) == 400
    assert min(counts) > 5
    for one in ("https://a.example.co.uk/1", "https://b.example.co.uk/2"):
        assert site_of(one) == "example.co.uk"
    # Half an address is a site of its own.
    assert site_of("http://[half/feed") == "http://[half/feed"
    for number in range(8):
        (tmp_path / f"{number}.txt").write_text("")
    taken = [
        path
        for number in (1, 2, 3)
        for batch in planned(
            load(
                None,
                (f"fetch.shard={number}/3",),
                {"source": {"files": (str(tmp_path),)}, "output": {"path": "x"}},
            ),
            Done(),
            (),
            (),
            lambda _: False,
        )
        for path in batch.paths
    ]
    assert sorted(taken) == sorted(map(str, tmp_path.iterdir()))


def test_pages_of_other_sites_are_asked_at_the_pace_of_all(
    hosts: _Hosts, tmp_path: Path
) -> None:
    own, other = hosts.names[1], hosts.popular
    feed = hosts.url(own, "/feed0")
    (number,) = (n for n in (1, 2) if Share(n, 2).holds_feed(feed))
    hosts.links = [
        *(hosts.url(own, f"/own-{n}") for n in range(2)),
        *(hosts.url(other, f"/other-{n}") for n in range(2)),
    ]
    settings = (
        f'source.feeds=["{feed}"]',
        "fetch.contact=https://example.org/me",
        'fetch.allowed_networks=["127.0.0.0/8"]',
        "fetch.robots=false",
        f"fetch.page_pause_seconds={PAUSE}",
        f"fetch.shard={number}/2",
        'enrich.entities.models.en=""',
        'output.format="delta"',
    )
    report = run(load(None, settings, {"output": {"path": tmp_path / "set"}}))
    assert report.as_json()["new"] == 4
    at = collections.defaultdict(list)
    for _, host, _, moment in hosts.pages:
        at[host].append(moment)
    assert at[own][1] - at[own][0] >= PAUSE
    assert at[other][1] - at[other][0] >= 2 * PAUSE


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4", "1/4/2", ""])
def test_what_is_no_share(text: str) -> None:
    assert "such as 3/16" in (share_problem(text) or "")


def test_a_plain_folder_is_written_by_one_run_at_a_time() -> None:
    flags = {"output": {"path": "x"}}
    config = load(None, ("fetch.shard=1/2",), flags, needs_source=False)
    with pytest.raises(ConfigError, match="need Delta tables"):
        home_of(config.output, config.fetch.share)
