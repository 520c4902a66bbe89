"""A server on 127.0.0.1 that answers as the worst of the web do.

An answer is a function that is given the connection and does with it what it likes; the
functions below are the usual crimes.  What was asked is kept, byte for byte.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Self

import brotli
import zstandard

Answer = Callable[[socket.socket, threading.Event], None]

OK = b"HTTP/1.1 200 OK\r\n"
# Seconds that who takes a request may keep its client waiting.
_LONG = 250


class HostileServer:
    """Listens on a free port; ``routes`` says what becomes of each path.

    Attributes:
      routes: Answers by path.
      requests: The heads of all requests, in the order of their arrival.
      most_at_once: The largest number of requests that were open at one time.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Answer] = {}
        self.requests: list[bytes] = []
        self.most_at_once = 0
        self._open = 0
        self._context = context
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.close()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def url(self, path: str = "/", answer: Answer | None = None) -> str:
        """Return the address of ``path``, whose answer it sets."""
        if answer is not None:
            self.routes[path] = answer
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def _serve(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError):
                connection, _ = self._listener.accept()
                threading.Thread(
                    target=self._answer, args=(connection,), daemon=True
                ).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(_LONG)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, self._counted():
                head = _head(connection)
                if not head:
                    return
                self.requests.append(head)
                path = head.split(b" ", 2)[1].decode("latin-1")
                self.routes[path](connection, self._over)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4_096)
        if not piece:
            return b""
        head += piece
    return head


def says(data: bytes) -> Answer:
    """Sends ``data`` and hangs up."""

    def answer(connection: socket.socket, _over: threading.Event) -> None:
        connection.sendall(data)

    return answer


def whole(body: bytes, headers: bytes = b"", status: bytes = b"200 OK") -> Answer:
    """Sends a proper answer."""
    length = b"Content-Length: %d\r\n" % len(body)
    return says(b"HTTP/1.1 " + status + b"\r\n" + length + headers + b"\r\n" + body)


def moved(target: str, status: int = 302) -> Answer:
    """Sends a redirect."""
    head = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    return says(head.encode())


def hangs(_connection: socket.socket, over: threading.Event) -> None:
    """Takes the request and says nothing."""
    over.wait(_LONG)


def drips(data: bytes, after: bytes = b"", pause: float = 0.05) -> Answer:
    """Sends ``after`` at once and then ``data`` over and over, a byte at a time."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(after)
        while not over.is_set():
            for byte in data:
                connection.sendall(bytes([byte]))
                if over.wait(pause):
                    return

    return answer


def endless(data: bytes, after: bytes = b"") -> Answer:
    """Sends ``after`` and then ``data`` as fast as it is taken, without end."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(after)
        while not over.is_set():
            connection.sendall(data)

    return answer


def resets(connection: socket.socket, _over: threading.Event) -> None:
    """Breaks the connection off with a TCP reset."""
    linger = b"\x01\0\0\0\0\0\0\0"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def bomb(coding: str, size: int = 200_000_000) -> Answer:
    """Sends a small body that unpacks to ``size`` zeros; codings may be nested."""
    body = bytes(size)
    for name in coding.split(","):
        body = _ENCODERS[name.strip()](body)
    return whole(body, b"Content-Encoding: " + coding.encode() + b"\r\n")


_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": lambda data: zstandard.ZstdCompressor(level=1).compress(data),
}
