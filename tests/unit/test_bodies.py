from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from hostile_server import (
    OK,
    Answer,
    HostileServer,
    bomb,
    drips,
    endless,
    resets,
    says,
    whole,
)
from loopback import client, fetch, trouble_of

from transforms.vocabulary import FetchOutcome, Reason
from transforms.web.connection import Limits

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


# Size


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "gzip, gzip", "br, zstd"])
def test_bombs_stop_at_the_limit(hostile: HostileServer, coding: str) -> None:
    error = trouble_of(hostile.url("/", bomb(coding)), by=client(limits=Limits()))
    assert (error.outcome, error.reason) == (FetchOutcome.TOO_LARGE, Reason.TOO_LARGE)


@pytest.mark.parametrize(
    "answer",
    [
        whole(bytes(100_001)),
        endless(b"x" * 9_999, after=OK + b"\r\n"),
        endless(b"1000\r\n" + b"x" * 4096 + b"\r\n", after=CHUNKED),
    ],
    ids=["length", "endless", "endless chunks"],
)
def test_large_bodies_stop_at_the_limit(hostile: HostileServer, answer: Answer) -> None:
    assert trouble_of(hostile.url("/", answer)).outcome is FetchOutcome.TOO_LARGE


def test_a_length_over_the_limit_is_refused_by_its_header(
    hostile: HostileServer,
) -> None:
    # The body never comes: who waited for it would see a time-out.
    announced = drips(b"x", after=OK + b"Content-Length: 100001\r\n\r\n")
    assert trouble_of(hostile.url("/", announced)).outcome is FetchOutcome.TOO_LARGE


@pytest.mark.parametrize(
    "answer",
    [
        endless(b"X-Flood: 1\r\n", after=OK),
        endless(b"x" * 1_000, after=OK + b"X-Long: "),
        endless(b"x" * 1_000, after=b"HTTP/1.1 "),
        endless(b"0" * 1_000, after=CHUNKED),
    ],
    ids=["headers", "header", "status", "chunk size"],
)
def test_floods_are_cut(hostile: HostileServer, answer: Answer) -> None:
    assert trouble_of(hostile.url("/", answer)).outcome is FetchOutcome.PROTOCOL


def test_the_body_of_an_error_is_not_read(hostile: HostileServer) -> None:
    head = b"HTTP/1.1 500 Oops\r\nRetry-After: 7\r\n\r\n"
    response = fetch(hostile.url("/", endless(b"x", after=head)))
    assert (response.status, response.body) == (500, b"")
    assert response.answer().retry_after == "7"


def test_a_redirect_is_not_read(hostile: HostileServer) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Encoding: gzip\r\n\r\n"
    hostile.url("/b", whole(b"there"))
    assert fetch(hostile.url("/a", endless(b"x", after=head))).body == b"there"


# Broken answers


@pytest.mark.parametrize(
    "answer",
    [
        says(b""),
        says(b"garbage\r\n\r\n"),
        says(b"<html>HTTP/0.9</html>"),
        says(b"HTTP/1.1 2x0 OK\r\n\r\n"),
        says(OK + b"Content-Length: 100\r\n\r\nshort"),
        says(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
        says(CHUNKED + b"5\r\nsho"),
        says(CHUNKED + b"5\r\nshort\r\n"),
        says(CHUNKED + b"zz\r\nshort\r\n0\r\n\r\n"),
        says(CHUNKED + b"-5\r\nshort\r\n0\r\n\r\n"),
        resets,
    ],
    ids=[
        *("nothing", "garbage", "0.9", "status", "short", "two lengths", "short chunk"),
        *("no last chunk", "chunk size", "negative chunk", "reset"),
    ],
)
def test_broken_answers(hostile: HostileServer, answer: Answer) -> None:
    assert trouble_of(hostile.url("/", answer)).outcome is FetchOutcome.PROTOCOL


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(b"x" * 999)[:-5], b"gzip"),
        (b"plain", b"gzip"),
        (b"plain", b"br"),
        (b"plain", b"zstd"),
        (b"plain", b"rot13"),
        (b"plain", b"gzip, gzip, gzip, gzip"),
    ],
    # The clock is in what gzip makes: it must not be in the name of a test.
    ids=["cut", "no gzip", "no br", "no zstd", "unknown", "too many"],
)
def test_broken_codings(hostile: HostileServer, body: bytes, coding: bytes) -> None:
    answer = whole(body, b"Content-Encoding: " + coding + b"\r\n")
    assert trouble_of(hostile.url("/", answer)).outcome is FetchOutcome.CODING


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "gzip, br", "identity"])
def test_codings(hostile: HostileServer, coding: str) -> None:
    answer = (
        whole(bytes(50_000), b"Content-Encoding: identity\r\n")
        if coding == "identity"
        else bomb(coding, 50_000)
    )
    response = fetch(hostile.url("/", answer))
    assert response.body == bytes(50_000)
    assert 0 < response.wire_bytes <= 50_000


def test_an_answer_without_length_ends_with_the_connection(
    hostile: HostileServer,
) -> None:
    assert fetch(hostile.url("/", says(b"HTTP/1.0 200 OK\r\n\r\nbody"))).body == b"body"
