from __future__ import annotations

import base64
import datetime as dt
import itertools
import logging
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
from hostile_server import OK, Answer, HostileServer, hangs, moved, resets, says, whole
from loopback import SHORT, client, fetch, trouble_of
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Reply

from transforms.vocabulary import FetchOutcome
from transforms.web.client import FEED_TYPES, identity
from transforms.web.connection import Limits
from transforms.web.feed_state import FeedState, Validators
from transforms.web.policy import decide, request_headers
from transforms.web.response import FetchError


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


# What is sent


def test_the_request_says_who_asks_and_nothing_else(hostile: HostileServer) -> None:
    url = hostile.url("/feed?b=2&a=1", whole(b"body", b"Set-Cookie: a=b\r\n"))
    one = client()
    for _ in range(2):
        assert one.fetch(url, accept=FEED_TYPES, pause=0).body == b"body"
    for request in hostile.requests:
        first, *lines = request.decode().rstrip("\r\n").split("\r\n")
        assert first == "GET /feed?b=2&a=1 HTTP/1.1"
        assert dict(line.split(": ", 1) for line in lines) == {
            "Host": f"127.0.0.1:{hostile.port}",
            "User-Agent": "newsbeam/1.0 (+https://news.example/about)",
            "Accept": FEED_TYPES,
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Connection": "close",
        }


@pytest.mark.parametrize("contact", ["", "  ", "a\r\nHost: x", "caf\xe9"])
def test_a_contact_is_one_printable_line(contact: str) -> None:
    with pytest.raises(ValueError, match="contact"):
        identity("1.0", contact)


def test_validators_go_back_byte_for_byte(hostile: HostileServer) -> None:
    headers = b'ETag: W/"caf\xe9  1"\r\nLast-Modified: Mon,  1 jan 2024 GMT\r\n'
    url = hostile.url("/feed", whole(b"body", headers))
    response = fetch(url)
    validators = Validators(
        url, response.single("etag"), response.single("last-modified")
    )
    again = client().fetch(url, pause=0, conditional=validators.headers)
    assert (again.was_conditional, response.was_conditional) == (True, False)
    first, second = hostile.requests
    assert b"If-" not in first
    assert b'\r\nIf-None-Match: W/"caf\xe9  1"\r\n' in second
    assert b"\r\nIf-Modified-Since: Mon,  1 jan 2024 GMT\r\n" in second


def test_a_validator_sent_twice_is_none(hostile: HostileServer) -> None:
    url = hostile.url(
        "/", whole(b"", b'ETag: "1"\r\nETag: "2"\r\nVary: a\r\nVary: b\r\n')
    )
    response = fetch(url)
    assert response.single("etag") is None
    assert response.header("vary") == "a, b"


def test_a_run_and_its_next_run(httpserver: HTTPServer) -> None:
    def feed(request: Request) -> Reply:
        if request.headers.get("If-None-Match") == '"1"':
            return Reply(status=304)
        return Reply("<rss/>", headers={"ETag": '"1"', "Cache-Control": "max-age=7200"})

    httpserver.expect_request("/feed").respond_with_handler(feed)
    state, now = FeedState(httpserver.url_for("/feed")), dt.datetime.now(dt.UTC)
    for status, body in ((200, b"<rss/>"), (304, b""), (304, b"")):
        response = client().fetch(
            state.url, pause=0, conditional=partial(request_headers, state)
        )
        assert (response.status, response.body) == (status, body)
        state = decide(state, response.answer(is_feed=status == 200), now)
    assert state.next_poll == now + dt.timedelta(hours=1)
    sent = [request.headers.get("If-None-Match") for request, _ in httpserver.log]
    assert sent == [None, '"1"', '"1"']


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(hostile: HostileServer, status: int) -> None:
    end = hostile.url("/b?c=\u00e9", None)
    hostile.routes["/b?c=%C3%A9"] = whole(b"there")
    response = fetch(hostile.url("/a", moved("b?c=\u00e9", status)))
    assert response.body == b"there"
    assert response.url == end.replace("\u00e9", "%C3%A9")
    assert response.hops == ((status, response.url),)


@pytest.mark.parametrize("status", [300, 304, 305])
def test_other_3xx_are_answers(hostile: HostileServer, status: int) -> None:
    assert fetch(hostile.url("/", moved("/b", status))).status == status


def test_five_hops_at_most(hostile: HostileServer) -> None:
    for hop in range(6):
        hostile.routes[f"/{hop}"] = moved(f"/{hop + 1}")
    hostile.routes["/6"] = whole(b"too far")
    assert fetch(hostile.url("/1")).body == b"too far"
    assert trouble_of(hostile.url("/0")).outcome is FetchOutcome.REDIRECT
    assert trouble_of(hostile.url("/x", moved("/x"))).outcome is FetchOutcome.REDIRECT


@pytest.mark.parametrize("target", ["file:///etc/passwd", "javascript:x", "http://["])
def test_redirects_out_of_http_are_refused(hostile: HostileServer, target: str) -> None:
    assert trouble_of(hostile.url("/", moved(target))).outcome is FetchOutcome.REDIRECT


def test_credentials_stay_with_their_origin(hostile: HostileServer) -> None:
    secret = b"Basic " + base64.b64encode(b"me:p@ss")
    with HostileServer() as other:
        there = other.url("/", whole(b"elsewhere"))
        hostile.url("/away", moved(there.replace("http://", "http://you:pw@")))
        hostile.url("/a", moved("/away"))
        url = hostile.url("/a").replace("http://", "http://me:p%40ss@")
        response = fetch(url)
        assert response.body == b"elsewhere"
        assert response.url == there
        assert all(b"Authorization: " + secret in head for head in hostile.requests)
        assert len(hostile.requests) == 2
        assert b"Authorization" not in other.requests[0]
        assert b"Referer" not in other.requests[0]


def test_validators_stay_with_their_url(hostile: HostileServer) -> None:
    end = hostile.url("/b", whole(b""))
    start = hostile.url("/a", moved("/b"))
    for owner in (start, end):
        validators = Validators(owner, '"1"', "yesterday")
        client().fetch(start, pause=0, conditional=validators.headers)
    conditional = [b"If-None-Match" in head for head in hostile.requests]
    assert conditional == [True, False, False, True]


# Pace


def test_one_request_at_a_time_and_a_pause(hostile: HostileServer) -> None:
    times: list[float] = []

    def answer(connection: socket.socket, over: threading.Event) -> None:
        times.append(time.monotonic())
        over.wait(0.05)
        whole(b"")(connection, over)

    one = client(limits=Limits())
    url = hostile.url("/", answer)
    threads = [
        threading.Thread(target=one.fetch, args=(url,), kwargs={"pause": 0.1})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hostile.most_at_once == 1
    gaps = [late - early for early, late in itertools.pairwise(times)]
    assert min(gaps) >= 0.15


def test_hosts_do_not_wait_for_each_other(hostile: HostileServer) -> None:
    one = client()
    with HostileServer() as holding:
        slow = threading.Thread(
            target=lambda: trouble_of(holding.url("/", hangs), by=one)
        )
        slow.start()
        while not holding.requests:
            time.sleep(0.01)
        assert one.fetch(hostile.url("/", whole(b"fast")), pause=0).body == b"fast"
        assert slow.is_alive()
    slow.join()


def test_a_failure_rests_the_host_too(hostile: HostileServer) -> None:
    one = client()
    url = hostile.url("/", resets)
    start = time.perf_counter()
    for _ in range(2):
        with pytest.raises(FetchError):
            one.fetch(url, pause=0.3)
    assert time.perf_counter() - start >= 0.3


# Secrets


@pytest.mark.parametrize(
    "answer",
    [
        says(b"garbage"),
        says(OK + b"Content-Length: 9\r\n\r\n"),
        moved("http://me:hunter2@127.0.0.1:1/?token=hunter2"),
        moved("ftp://me:hunter2@127.0.0.1/?token=hunter2"),
        moved("/feed?token=hunter2"),
        hangs,
    ],
    ids=["garbage", "short", "onward", "out of http", "loop", "timeout"],
)
def test_no_secret_in_exceptions(hostile: HostileServer, answer: Answer) -> None:
    url = hostile.url("/feed?token=hunter2", answer)
    one = client(limits=SHORT)
    error = trouble_of(url.replace("http://", "http://me:hunter2@"), by=one)
    assert "hunter2" not in f"{error} {error!r} {error.args} {error.url}"
    assert error.__context__ is None or error.__suppress_context__


def test_no_secret_in_the_url_of_an_exception() -> None:
    error = trouble_of("ftp://me:hunter2@127.0.0.1/?token=hunter2")
    assert error.url == "ftp://127.0.0.1/?token=***"


def test_no_secret_in_logs(
    hostile: HostileServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = OK + b"Broken token=hunter2\r\n: x\r\nContent-Length: 0\r\n\r\n"
    url = hostile.url("/feed?token=hunter2", says(broken))
    assert fetch(url.replace("http://", "http://me:hunter2@")).status == 200
    assert "hunter2" not in caplog.text
