from __future__ import annotations

import datetime as dt
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from hostile_server import (
    OK,
    Answer,
    HostileServer,
    drips,
    endless,
    hangs,
    moved,
    whole,
)
from loopback import AGENT, SHORT, client, trouble_of

from transforms.vocabulary import FetchOutcome, Reason
from transforms.web.client import Client
from transforms.web.connection import Limits
from transforms.web.response import FetchError


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


def given_up(url: str) -> FetchError:
    """Return why a client in a hurry got nothing."""
    return trouble_of(url, by=client(limits=SHORT))


# Where it may go


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "http://[2002:7f00:1::]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://10.0.0.1/",
        "http://224.0.0.1/",
    ],
)
def test_private_addresses_are_refused_unasked(
    hostile: HostileServer, url: str
) -> None:
    hostile.url("/", whole(b"secret"))
    guarded = Client(AGENT, limits=Limits())
    error = trouble_of(url.format(port=hostile.port), by=guarded)
    assert error.outcome is FetchOutcome.ADDRESS
    assert error.reason is Reason.HTTP_ERROR
    assert hostile.requests == []


def test_a_name_is_judged_by_the_address_it_is_connected_to(
    hostile: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name passes when it is looked up, and leads inside when it is connected to."""
    hostile.url("/", whole(b"secret"))
    real = socket.socket.connect
    outside = ("93.184.215.14", hostile.port)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", outside)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(
        socket.socket,
        "connect",
        lambda self, _: real(self, ("127.0.0.1", hostile.port)),
    )
    error = trouble_of(f"http://rebind.example:{hostile.port}/", by=Client(AGENT))
    assert error.outcome is FetchOutcome.ADDRESS
    assert hostile.requests == []


def test_every_hop_is_judged(hostile: HostileServer) -> None:
    url = hostile.url("/", moved("http://127.0.0.2/"))
    guarded = Client(AGENT, allowed=("127.0.0.1",), limits=Limits())
    assert trouble_of(url, by=guarded).outcome is FetchOutcome.ADDRESS
    assert len(hostile.requests) == 1


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x", "", "//x", "http://"],
)
def test_only_http_and_https(url: str) -> None:
    assert trouble_of(url).outcome is FetchOutcome.URL


def test_names_and_ports_where_nobody_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert trouble_of(f"http://127.0.0.1:{port}/").outcome is FetchOutcome.CONNECT
    assert trouble_of("http://nowhere.invalid/").outcome is FetchOutcome.NAME


# Time


@pytest.mark.parametrize(
    "answer",
    [
        hangs,
        drips(b"X-A: b\r\n", after=OK),
        drips(b"H", after=b""),
        drips(b"x", after=OK + b"Content-Length: 9999\r\n\r\n"),
        drips(b"1\r\nx\r\n", after=OK + b"Transfer-Encoding: chunked\r\n\r\n"),
        drips(b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01),
        endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
    ],
    ids=["silent", "headers", "status", "body", "chunks", "continue", "continues"],
)
def test_no_server_can_hold_us(hostile: HostileServer, answer: Answer) -> None:
    start = time.monotonic()
    assert given_up(hostile.url("/", answer)).outcome is FetchOutcome.TIMEOUT
    # They would go on for 250 s.
    assert time.monotonic() - start < 100


def test_redirects_share_one_deadline(hostile: HostileServer) -> None:
    def slow(target: str) -> Answer:
        def answer(connection: socket.socket, over: threading.Event) -> None:
            over.wait(0.3)
            moved(target)(connection, over)

        return answer

    for hop in range(5):
        hostile.routes[f"/{hop}"] = slow(f"/{hop + 1}")
    hostile.routes["/5"] = whole(b"")
    assert given_up(hostile.url("/0")).outcome is FetchOutcome.TIMEOUT


def test_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(250))
    start = time.monotonic()
    assert given_up("http://slow.example/").outcome is FetchOutcome.TIMEOUT
    assert time.monotonic() - start < 100
    over.set()


def test_a_server_that_does_not_accept() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(address)
        assert (
            given_up(f"http://127.0.0.1:{address[1]}/").outcome is FetchOutcome.TIMEOUT
        )
        for one in waiting:
            one.close()


# TLS


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def served(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_tls_with_a_known_authority(authority: trustme.CA, ca_file: str) -> None:
    with HostileServer(served(authority.issue_cert("127.0.0.1"))) as server:
        url = server.url("/", whole(b"safe"))
        one = client(limits=Limits(), ca_file=ca_file)
        assert one.fetch(url, pause=0).body == b"safe"


@pytest.mark.parametrize("case", ["unknown authority", "other host", "expired"])
def test_tls_is_always_verified(authority: trustme.CA, ca_file: str, case: str) -> None:
    expired = dt.datetime(2020, 1, 1, tzinfo=dt.UTC) if case == "expired" else None
    certificate = authority.issue_cert(
        "other.example" if case == "other host" else "127.0.0.1", not_after=expired
    )
    trusted = None if case == "unknown authority" else ca_file
    one = client(limits=Limits(), ca_file=trusted)
    with HostileServer(served(certificate)) as server:
        url = server.url("/", whole(b"unsafe"))
        assert trouble_of(url, by=one).outcome is FetchOutcome.TLS
        assert server.requests == []


def test_a_server_without_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def greet() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Speak plainly\r\n\r\n")

        threading.Thread(target=greet, daemon=True).start()
        url = f"https://127.0.0.1:{plain.getsockname()[1]}/"
        assert trouble_of(url).outcome is FetchOutcome.TLS


def test_a_secure_answer_that_somebody_tampers_with_is_no_answer(
    authority: trustme.CA, ca_file: str
) -> None:
    def tampered(connection: socket.socket, _: object) -> None:
        connection.sendall(OK + b"Content-Length: 9999\r\n\r\nsafe")
        # Past the encryption, as who is on the way would.
        os.write(connection.fileno(), b"unsafe" * 100)

    with HostileServer(served(authority.issue_cert("127.0.0.1"))) as server:
        one = client(limits=Limits(), ca_file=ca_file)
        trouble = trouble_of(server.url("/", tampered), by=one)
    assert trouble.outcome is FetchOutcome.TLS
    assert "no secure connection" in str(trouble)


def test_tls_ends_in_time_too(authority: trustme.CA, ca_file: str) -> None:
    context = served(authority.issue_cert("127.0.0.1"))
    with HostileServer(context) as server:
        answer = drips(b"x", after=OK + b"Content-Length: 9999\r\n\r\n")
        error = trouble_of(
            server.url("/", answer), by=client(limits=SHORT, ca_file=ca_file)
        )
        assert error.outcome is FetchOutcome.TIMEOUT
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert given_up(url).outcome is FetchOutcome.TIMEOUT


def test_https_does_not_fall_back_to_http(
    authority: trustme.CA, ca_file: str, hostile: HostileServer
) -> None:
    plain = hostile.url("/", whole(b"plain"))
    with HostileServer(served(authority.issue_cert("127.0.0.1"))) as server:
        url = server.url("/", moved(plain))
        limits = Limits()
        strict = client(limits=limits, ca_file=ca_file)
        assert trouble_of(url, by=strict).outcome is FetchOutcome.REDIRECT
        assert hostile.requests == []
        lenient = client(limits=limits, ca_file=ca_file, allow_downgrade=True)
        assert lenient.fetch(url, pause=0).body == b"plain"


def test_a_ca_file_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(OSError, match=r"."):
            client(ca_file=str(tmp_path / name))
