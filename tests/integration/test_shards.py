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
from collections.abc import Iterator
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

OF = 4
HOSTS = [f"127.0.0.{number}" for number in range(11, 19)]
FEEDS, ENTRIES = 3, 2
PAUSE = 0.4
# A page of this host is listed by all feeds.
POPULAR = HOSTS[0]


class _Hosts:
    """Publishers on loopback addresses of their own, all at one port."""

    def __init__(self) -> None:
        # Who asked which host for what page, and when.
        self.pages: list[tuple[str, str, str, float]] = []
        # What every feed lists, where it does not list its own.
        self.links: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.servers = [
            ThreadingHTTPServer((host, self.port), partial(_Handler, self))
            for host in HOSTS
        ]

    def url(self, host: str, path: str) -> str:
        return f"http://{host}:{self.port}{path}"

    def feed(self, host: str, name: str) -> str:
        links = [self.url(host, f"/{host}-{name}-{n}") for n in range(ENTRIES)]
        links.append(self.url(POPULAR, "/popular"))
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
        own = itertools.product(HOSTS, range(FEEDS), range(ENTRIES))
        urls = {self.url(host, f"/{host}-feed{f}-{n}") for host, f, n in own}
        return urls | {self.url(POPULAR, "/popular")}


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


@pytest.fixture
def hosts() -> Iterator[_Hosts]:
    found = _Hosts()
    with contextlib.ExitStack() as stack:
        for server in found.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
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
    feeds = [
        hosts.url(host, f"/feed{f}")
        for host, f in itertools.product(HOSTS, range(FEEDS))
    ]

    def config(number: int) -> str:
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
            batch_feeds = 2
            [enrich.entities.models]
            en = ""
            [pool]
            processes = 0
            [output]
            path = "{url}"
            state = "{tmp_path}/state"
            """
        )
        return str(path)

    runs = [
        subprocess.Popen(
            [NEWSBEAM, "run", config(number), "--shard", f"{number}/{OF}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(1, OF + 1)
    ]
    outputs = [one.communicate()[0] for one in runs]
    for one, output in zip(runs, outputs, strict=True):
        assert one.returncode == 0, output

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
        for host in HOSTS
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
        )
        for path in batch.paths
    ]
    assert sorted(taken) == sorted(map(str, tmp_path.iterdir()))


def test_pages_of_other_sites_are_asked_at_the_pace_of_all(
    hosts: _Hosts, tmp_path: Path
) -> None:
    own, other = HOSTS[1], POPULAR
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
