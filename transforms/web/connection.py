"""Connections that may only lead to permitted addresses, and that end in time.

urllib3's connections with their method ``connect`` replaced: where a connection goes is
judged after the name was resolved and again on the connected socket's peer (a name that
resolves differently the second time gains nothing), and every read ends at the deadline of
the whole request, however slowly the bytes drip in.
"""

from __future__ import annotations

import dataclasses
import queue
import socket
import ssl
import threading
import time
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection

from transforms.web.addresses import IPNetwork, may_connect


class AddressError(OSError):
    """A host has no address that may be asked."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """How long a request may take, in seconds.

    Attributes:
      connect: To look up one name, to reach one address, to agree on TLS.
      read: Between two pieces of the answer.
      total: For all of it, redirects included; waiting for one's turn is not.
    """

    connect: float = 10
    read: float = 20
    total: float = 60


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """What one connection must keep to.

    Attributes:
      limits: See there.
      expires: When all must be over, by the monotonic clock.
      allowed: Networks that may be asked though they are not public.
    """

    limits: Limits
    expires: float
    allowed: tuple[IPNetwork, ...] = ()

    def remaining(self, most: float) -> float:
        """Return the seconds left, at most ``most``; raises TimeoutError if none is."""
        left = min(most, self.expires - time.monotonic())
        if left <= 0:
            raise TimeoutError
        return left


class _Timed:
    """A socket whose reads all end by the deadline of its request."""

    terms: Terms | None = None

    def recv_into(self, *args: Any, **options: Any) -> int:
        if self.terms is not None:
            patience = self.terms.remaining(self.terms.limits.read)
            self.settimeout(patience)  # type: ignore[attr-defined]
        count: int = super().recv_into(*args, **options)  # type: ignore[misc]
        return count


class _Socket(_Timed, socket.socket):
    pass


class _TLSSocket(_Timed, ssl.SSLSocket):
    pass


class _PlainConnection(HTTPConnection):
    terms: Terms

    def connect(self) -> None:
        self.sock = _connected(self.host, self.port, self.terms)


class _TLSConnection(HTTPSConnection):
    terms: Terms
    context: ssl.SSLContext

    def connect(self) -> None:
        reached = _connected(self.host, self.port, self.terms)
        try:
            secured = self.context.wrap_socket(reached, server_hostname=self.host)
        finally:
            # TLS takes the connection over; what it could not take is closed.
            reached.close()
        if isinstance(secured, _TLSSocket):
            secured.terms = self.terms
        self.sock = secured


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Return a context that verifies certificates and host names; there is no other.

    Args:
      ca_file: Certificates to trust besides the system's and Mozilla's, for intranets.

    Raises:
      OSError: When ``ca_file`` cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = _TLSSocket
    return context


def ca_problem(ca_file: str) -> str | None:
    """Return what is wrong with a file of certificates, None if nothing is."""
    try:
        ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        return "there is no certificate in it, as PEM"
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error).lower()
    return None


def connection_to(
    host: str, port: int, terms: Terms, context: ssl.SSLContext | None
) -> HTTPConnection:
    """Return a connection, not yet opened.

    Args:
      host: A name or numeric address.
      port: The port.
      terms: What it must keep to.
      context: For https; None for http.
    """
    connection: _PlainConnection | _TLSConnection
    if context is None:
        connection = _PlainConnection(host, port)
    else:
        connection = _TLSConnection(host, port)
        connection.context = context
    connection.terms = terms
    return connection


def _connected(host: str, port: int, terms: Terms) -> socket.socket:
    """Connect to the first permitted address of a host that answers.

    Raises:
      AddressError: When the host has addresses, but none that may be asked.
      OSError: When none answers; of the last one that was tried.
    """
    failure: OSError = AddressError("no address of this host may be asked")
    for family, kind, protocol, _, address in _resolved(host, port, terms):
        if not may_connect(str(address[0]), terms.allowed):
            continue
        connection = _Socket(family, kind, protocol)
        try:
            connection.settimeout(terms.remaining(terms.limits.connect))
            connection.connect(address)
            if not may_connect(str(connection.getpeername()[0]), terms.allowed):
                raise AddressError("the peer's address may not be asked")
        except OSError as error:
            connection.close()
            failure = error
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # What is left of the time to connect is for TLS.
        connection.settimeout(terms.remaining(terms.limits.connect))
        connection.terms = terms
        return connection
    raise failure


def _resolved(host: str, port: int, terms: Terms) -> list[Any]:
    """Look a host up, in a thread: the system's resolver knows no deadline."""
    answers: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=terms.remaining(terms.limits.connect))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, list):
        return answer
    raise answer
