from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
from hostile_server import HostileServer, hangs, moved, says, whole
from loopback import SHORT, TROUBLES, client

from transforms.vocabulary import FetchOutcome
from transforms.web.response import FetchError, Response
from transforms.web.robots import KEPT, MAX_DELAY, Robots

NOW = dt.datetime(2024, 6, 10, 12, tzinfo=dt.UTC)
SITE = "https://a.example"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> dt.datetime:
        return self.now


class Site:
    """Answers with one status and text, and counts."""

    def __init__(self, text: str = "", status: int = 200) -> None:
        self.text, self.status = text, status
        self.asked: list[str] = []

    def __call__(self, url: str) -> Response:
        self.asked.append(url)
        return Response(url, self.status, body=self.text.encode())


def allows(text: str, path: str) -> bool:
    return Robots(Site(text), Clock()).permission(SITE + path).is_given


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /a", "/b", True),
        # The longest match decides, not the first; of two equals the permission.
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a/\nDisallow: /a/b", "/a/b/c", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        # Wildcards and the end of the path.
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", True),
        ("User-agent: *\nDisallow: /*?print=", "/x?print=1", False),
        # Our own group counts, and then no other.
        ("User-agent: *\nDisallow: /\n\nUser-agent: NewsBeam\nAllow: /", "/a", True),
        ("User-agent: newsbeam/1.0\nDisallow: /a", "/a", False),
        ("User-agent: other\nUser-agent: newsbeam\nDisallow: /a", "/a", False),
        (
            "User-agent: newsbeam\nDisallow: /b\n\nUser-agent: *\nDisallow: /",
            "/a",
            True,
        ),
        # Names that ours begins or ends with are not ours.
        ("User-agent: news\nDisallow: /", "/a", True),
        ("User-agent: mynewsbeam\nDisallow: /", "/a", True),
        # Encodings, comments, byte-order marks, pages that are no robots.txt.
        ("User-agent: *\nDisallow: /caf\u00e9", "/caf%C3%A9", False),
        ("\ufeffUser-agent: * # all\r\nDisallow: /a # private", "/a", False),
        ("<!doctype html><html><body>Not found</body></html>", "/a", True),
    ],
)
def test_rules(text: str, path: str, *, allowed: bool) -> None:
    assert allows(text, path) is allowed


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        *((204, True), (304, True), (400, True), (401, True), (403, True), (404, True)),
        *((410, True), (429, False), (500, False), (503, False), (599, False)),
    ],
)
def test_the_status_decides_where_there_is_no_file(
    status: int, *, allowed: bool
) -> None:
    robots = Robots(Site("User-agent: *\nDisallow: /", status), Clock())
    assert robots.permission(f"{SITE}/a").is_given is allowed


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_cannot_be_reached_is_closed(trouble: FetchOutcome) -> None:
    def fail(url: str) -> Response:
        raise FetchError(trouble, "failed", url)

    is_open = Robots(fail, Clock()).permission(f"{SITE}/a").is_given
    assert is_open is (trouble is FetchOutcome.REDIRECT)


def test_a_file_is_kept_for_a_day() -> None:
    site, clock = Site("User-agent: *\nDisallow: /a"), Clock()
    robots = Robots(site, clock)
    assert [robots.permission(SITE + path).is_given for path in ("/a", "/b")] == [
        False,
        True,
    ]
    clock.now += KEPT - dt.timedelta(seconds=1)
    assert not robots.permission(f"{SITE}/a").is_given
    assert site.asked == [f"{SITE}/robots.txt"]
    site.text = ""
    clock.now += dt.timedelta(seconds=1)
    assert robots.permission(f"{SITE}/a").is_given
    assert len(site.asked) == 2


def test_a_closed_site_is_asked_again_after_an_hour() -> None:
    site, clock = Site(status=503), Clock()
    robots = Robots(site, clock)
    assert not robots.permission(f"{SITE}/a").is_given
    site.status = 404
    clock.now += dt.timedelta(minutes=59)
    assert not robots.permission(f"{SITE}/a").is_given
    clock.now += dt.timedelta(minutes=1)
    assert robots.permission(f"{SITE}/a").is_given


def test_files_outlive_the_run() -> None:
    clock = Clock()
    first = Robots(Site("User-agent: *\nDisallow: /a"), clock)
    found = first.permission(f"{SITE}/a")
    assert (found.is_given, found.was_asked) == (False, True)
    site = Site()
    kept = {found.file.origin: found.file}
    second = Robots(site, clock, kept.get)
    found = second.permission(f"{SITE}/a")
    assert (found.is_given, found.was_asked) == (False, False)
    assert site.asked == []
    clock.now += KEPT
    assert second.permission(f"{SITE}/a").is_given


def test_each_origin_has_its_own() -> None:
    site = Site()
    robots = Robots(site, Clock())
    for url in (
        "https://a.example/x",
        "http://a.example/x",
        "https://a.example:8443/x",
    ):
        assert robots.permission(url).is_given
    assert site.asked == [
        "https://a.example/robots.txt",
        "http://a.example/robots.txt",
        "https://a.example:8443/robots.txt",
    ]


@pytest.mark.parametrize(
    ("value", "delay"),
    [("7.5", 7.5), ("0", 0.0), ("100000", MAX_DELAY), ("-1", None), ("nan", None)],
)
def test_delay(value: str, delay: float | None) -> None:
    robots = Robots(Site(f"User-agent: *\nCrawl-delay: {value}"), Clock())
    assert robots.permission(f"{SITE}/a").delay == delay


def test_agents_times_rules_do_not_add_up() -> None:
    agents = "".join(f"User-agent: a{number}\n" for number in range(10_000))
    rules = "".join(f"Disallow: /{number}/*x\n" for number in range(15_000))
    start = time.thread_time()
    assert allows(agents + agents + rules, "/a")
    assert time.thread_time() - start < 5


def test_threads_ask_once() -> None:
    class Slow(Site):
        def __call__(self, url: str) -> Response:
            time.sleep(0.05)
            return super().__call__(url)

    site = Slow("User-agent: *\nDisallow: /a")
    robots = Robots(site, Clock())
    threads = [
        threading.Thread(target=robots.permission, args=(f"{SITE}/{number}",))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(site.asked) == 1


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


def test_over_a_real_connection(hostile: HostileServer) -> None:
    fetch = partial(client(limits=SHORT).fetch, pause=0)
    closed = b"User-agent: *\nDisallow: /"
    for answer, allowed in (
        (whole(closed), False),
        (whole(b"", status=b"404 Not Found"), True),
        (whole(b"", status=b"503 Busy"), False),
        (moved("/elsewhere"), False),
        (moved("/robots.txt"), True),
        (says(b"garbage"), False),
        (hangs, False),
    ):
        page = hostile.url("/page")
        hostile.routes = {"/robots.txt": answer, "/elsewhere": whole(closed)}
        assert Robots(fetch, Clock()).permission(page).is_given is allowed
