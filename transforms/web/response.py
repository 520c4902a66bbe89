"""What comes of a request: a complete answer, or what went wrong, in words of our own."""

from __future__ import annotations

import dataclasses
import hashlib
import http.client
import socket
import ssl
from http import HTTPStatus
from typing import Any

from urllib3.exceptions import HTTPError, ProtocolError, SSLError
from urllib3.exceptions import TimeoutError as URLLib3TimeoutError

from transforms.errors import Unreadable
from transforms.redaction import redact
from transforms.vocabulary import FetchOutcome, Reason
from transforms.web.connection import AddressError
from transforms.web.decoding import CodingError, TooLargeError
from transforms.web.feed_state import Answer

AWAY = {
    FetchOutcome.NAME,
    FetchOutcome.CONNECT,
    FetchOutcome.TLS,
    FetchOutcome.TIMEOUT,
    FetchOutcome.PROTOCOL,
}
"""What shows that a host did not answer."""


class FetchError(Unreadable):
    """A request brought no complete answer.

    Attributes:
      outcome: Why, from the closed list.
      url: The address that was asked last, secrets removed.
    """

    def __init__(self, outcome: FetchOutcome, detail: str, url: str) -> None:
        is_large = outcome is FetchOutcome.TOO_LARGE
        reason = Reason.TOO_LARGE if is_large else Reason.HTTP_ERROR
        super().__init__(reason, f"{detail} ({redact(url)})")
        self.outcome = outcome
        self.url = redact(url)

    @property
    def is_away(self) -> bool:
        """Whether the host did not answer; a bad answer is one as well."""
        return self.outcome in AWAY


@dataclasses.dataclass(frozen=True, slots=True)
class Response:
    """A complete answer; without its body if the status is not 200.

    Attributes:
      url: The address that answered, after redirects.
      status: Its status.
      headers: Its headers as they came, names in lower case.
      body: The body, decoded.
      hops: Each redirect that was followed: its status and its target.
      wire_bytes: Size of the body as it came.
      seconds: From the first request to the last byte, waiting for turns left out.
      was_conditional: The last request carried validators.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    hops: tuple[tuple[int, str], ...] = ()
    wire_bytes: int = 0
    seconds: float = 0.0
    was_conditional: bool = False

    def header(self, name: str) -> str | None:
        """Return a header that may be sent in pieces, its values joined by commas."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None

    def single(self, name: str) -> str | None:
        """Return a header byte for byte, None where it was sent more than once."""
        values = [value for key, value in self.headers if key == name]
        return values[0] if len(values) == 1 else None

    @property
    def body_hash(self) -> str:
        """BLAKE2b-128 of the body, in hex."""
        return hashlib.blake2b(self.body, digest_size=16).hexdigest()

    def answer(
        self, *, is_feed: bool = False, ttl_seconds: int | None = None
    ) -> Answer:
        """Return this answer as the policy needs it.

        Args:
          is_feed: The body was read as a feed.
          ttl_seconds: How long that feed says it stays the same.
        """
        return Answer(
            url=self.url,
            status=self.status,
            hops=self.hops,
            etag=self.single("etag"),
            last_modified=self.single("last-modified"),
            retry_after=self.single("retry-after"),
            cache_control=self.header("cache-control"),
            expires=self.single("expires"),
            age=self.single("age"),
            body_hash=self.body_hash if self.status == HTTPStatus.OK else None,
            is_feed=is_feed,
            ttl_seconds=ttl_seconds,
        )


FAILURES = (HTTPError, http.client.HTTPException, OSError, ValueError)
"""What a request may raise."""


def diagnosis(error: Exception) -> tuple[FetchOutcome, str]:
    """Name what went wrong, in words of our own."""
    if isinstance(error, SSLError) and error.args:
        error = error.args[0] if isinstance(error.args[0], OSError) else error
    if isinstance(error, TooLargeError):
        return FetchOutcome.TOO_LARGE, f"a body of {error}"
    if isinstance(error, CodingError):
        return FetchOutcome.CODING, str(error)
    for kinds, outcome, detail in _DIAGNOSES:
        if isinstance(error, kinds):
            reason = getattr(error, "verify_message", None)
            return outcome, f"{detail}: {reason}" if reason else detail
    return FetchOutcome.PROTOCOL, "no valid HTTP answer"


_DIAGNOSES: tuple[tuple[Any, FetchOutcome, str], ...] = (
    (
        AddressError,
        FetchOutcome.ADDRESS,
        "the address is private, or not one to ask; fetch.allowed_networks may permit it",
    ),
    (
        (socket.gaierror, UnicodeError),
        FetchOutcome.NAME,
        "the host name cannot be resolved",
    ),
    (ssl.SSLCertVerificationError, FetchOutcome.TLS, "the certificate is not valid"),
    ((ssl.SSLError, SSLError), FetchOutcome.TLS, "no secure connection"),
    (
        (TimeoutError, URLLib3TimeoutError),
        FetchOutcome.TIMEOUT,
        "no whole answer in time",
    ),
    (ProtocolError, FetchOutcome.PROTOCOL, "the answer was cut off"),
    (http.client.HTTPException, FetchOutcome.PROTOCOL, "no valid HTTP answer"),
    (ConnectionResetError, FetchOutcome.PROTOCOL, "the connection was reset"),
    (OSError, FetchOutcome.CONNECT, "no connection"),
)
