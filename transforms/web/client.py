"""The one place that talks to the network: polite, bounded, suspicious.

One request at a time goes to a host, with a pause after it; hosts are independent, so
that threads fetch from many at once.  Redirects are followed by hand, each judged like a
request of its own.  There are no cookies, no ``Referer``, no proxy from the environment,
no retry: whether to ask again is decided by :mod:`transforms.web.policy`.

Secrets of a URL (``user:password@``, tokens) never appear in exceptions or logs.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from urllib3 import BaseHTTPResponse

from transforms.urls import resolve
from transforms.vocabulary import FetchOutcome
from transforms.web.addresses import networks
from transforms.web.connection import (
    Limits,
    Terms,
    connection_to,
    tls_context,
)
from transforms.web.decoding import ACCEPTED, TooLargeError, decode_body
from transforms.web.response import FAILURES, FetchError, Response, diagnosis

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
"""``Accept`` for a feed."""
PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
"""``Accept`` for a page."""

FEED_BYTES = 10_000_000
PAGE_BYTES = 5_000_000
"""Limits of a body, decoded; full-text feeds have 2 MB, the longest reports as much."""
FEED_PAUSE = 1.0
PAGE_PAUSE = 5.0
"""Seconds between two requests to a host; 5 is what large news archives keep to."""

_MAX_HOPS = 5
_PIECE = 65_536
_PORTS = {"http": 80, "https": 443}


def unused_proxies() -> tuple[str, ...]:
    """Return the variables of the environment that name a proxy: none of them is used.

    A proxy would connect in our place, to addresses that nobody here has judged.
    """
    wanted = {"http_proxy", "https_proxy", "all_proxy"}
    if os.environ.get("no_proxy", os.environ.get("NO_PROXY", "")).strip() == "*":
        return ()
    return tuple(
        sorted(
            name
            for name, value in os.environ.items()
            if value and name.lower() in wanted
        )
    )


def identity(version: str, contact: str) -> str:
    """Return the ``User-Agent``: who asks, and where to complain.

    Raises:
      ValueError: When ``contact`` is not one line of printable ASCII.
    """
    if not (contact.isascii() and contact.isprintable() and contact.strip()):
        raise ValueError("contact must be a URL or address in printable ASCII")
    return f"newsbeam/{version} (+{contact.strip()})"


def _unconditional(_url: str) -> Mapping[str, str]:
    return {}


class Client:
    """Fetches; may be shared by threads.

    Args:
      user_agent: See :func:`identity`.
      allowed: Networks and addresses that may be asked though they are not public.
      limits: How long a request may take.
      ca_file: Certificates to trust besides the usual ones.
      allow_downgrade: Follow redirects from https to http.
      connect_to: Hosts that are served at another ``address:port``, as curl's option of
        that name has it; that address may be asked.

    Raises:
      ValueError: For an entry of ``allowed`` that is no network.
      OSError: For a ``ca_file`` that cannot be read.
    """

    def __init__(
        self,
        user_agent: str,
        *,
        allowed: Iterable[str] = (),
        limits: Limits | None = None,
        ca_file: str | None = None,
        allow_downgrade: bool = False,
        connect_to: Mapping[str, str] | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._allowed = networks(allowed)
        self._limits = limits or Limits()
        self._context = tls_context(ca_file)
        self._allow_downgrade = allow_downgrade
        self._connect_to = dict(connect_to or {})
        self._lock = threading.Lock()
        self._turns: dict[str, _Turn] = {}
        # Its warnings of broken headers quote the whole URL, and what was sent.
        logging.getLogger("urllib3.connection").addFilter(_mute)

    def fetch(
        self,
        url: str,
        *,
        accept: str = PAGE_TYPES,
        max_bytes: int = PAGE_BYTES,
        pause: float = PAGE_PAUSE,
        conditional: Callable[[str], Mapping[str, str]] = _unconditional,
        cut: bool = False,
    ) -> Response:
        """Ask for a URL and follow where it leads.

        Args:
          url: An http(s) URL; ``user:password@`` is sent to its origin and nowhere else.
          accept: The ``Accept`` header.
          max_bytes: Limit of the body, as it comes and decoded.
          pause: Seconds that the host is left alone afterwards.
          conditional: Gives the conditional headers for a URL, asked for each hop.
          cut: Take the beginning of a body beyond the limit.

        Raises:
          FetchError: When no complete answer came, or the request is not allowed.
        """
        target = resolve(None, url)
        if target is None:
            raise FetchError(FetchOutcome.URL, "not an http(s) URL", url)
        credentials = _credentials(url)
        origin = _origin(target)
        hops: list[tuple[int, str]] = []
        spent = 0.0
        while True:
            headers = {
                "User-Agent": self._user_agent,
                "Accept": accept,
                "Accept-Encoding": ACCEPTED,
                "Connection": "close",
                **conditional(target),
            }
            if credentials and _origin(target) == origin:
                headers["Authorization"] = credentials
            with self._turn(target, pause):
                start = time.monotonic()
                terms = Terms(
                    self._limits, start + self._limits.total - spent, self._allowed
                )
                response = self._ask(target, headers, terms, max_bytes, cut=cut)
                spent += time.monotonic() - start
            onward = self._redirect(target, response, len(hops))
            if onward is None:
                return dataclasses.replace(
                    response,
                    hops=tuple(hops),
                    seconds=spent,
                    was_conditional=any(name.startswith("If-") for name in headers),
                )
            hops.append((response.status, onward))
            target = onward

    def rest(self, url: str) -> float:
        """Return the seconds until the host of ``url`` has rested."""
        with self._lock:
            turn = self._turns.get(urlsplit(_origin(url)).netloc)
        return max(turn.rested_at - time.monotonic(), 0) if turn else 0.0

    def _ask(
        self,
        url: str,
        headers: Mapping[str, str],
        terms: Terms,
        max_bytes: int,
        *,
        cut: bool,
    ) -> Response:
        """Send one request and read its answer; whatever goes wrong is a FetchError."""
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        context = self._context if parts.scheme == "https" else None
        host = parts.hostname or ""
        served_at = self._connect_to.get(host)
        if served_at is not None:
            # The Host header still names the host that the URL does.
            address, _, number = served_at.rpartition(":")
            terms = dataclasses.replace(terms, allowed=networks([address]))
            headers = {**headers, "Host": host}
            host, port = address, int(number)
        connection = connection_to(host, port, terms, context)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("GET", path, headers=headers, preload_content=False)
            # What is left unread of the answer keeps its socket open.
            with contextlib.closing(connection.getresponse()) as response:
                return _received(response, url, max_bytes, cut=cut)
        except FAILURES as error:
            outcome, detail = diagnosis(error)
            # The cause may quote the URL, and its text is not ours: it stays behind.
            raise FetchError(outcome, detail, url) from None
        finally:
            connection.close()

    def _redirect(self, url: str, response: Response, hops: int) -> str | None:
        """Return where an answer leads, None where it is the end."""
        location = response.single("location")
        if (
            response.status not in BaseHTTPResponse.REDIRECT_STATUSES
            or location is None
        ):
            return None
        # Headers are read as Latin-1, but what is not ASCII in them is UTF-8.
        with contextlib.suppress(UnicodeError):
            location = location.encode("latin-1").decode()
        onward = resolve(url, location)
        if onward is None:
            raise FetchError(
                FetchOutcome.REDIRECT,
                "redirected to something else than an http(s) URL",
                url,
            )
        if hops >= _MAX_HOPS:
            raise FetchError(
                FetchOutcome.REDIRECT, f"more than {_MAX_HOPS} redirects", url
            )
        if onward == url:
            raise FetchError(FetchOutcome.REDIRECT, "redirected to itself", url)
        is_downgrade = url.startswith("https:") and onward.startswith("http:")
        if is_downgrade and not self._allow_downgrade:
            raise FetchError(
                FetchOutcome.REDIRECT, "redirected from https to http", url
            )
        return onward

    @contextlib.contextmanager
    def _turn(self, url: str, pause: float) -> Iterator[None]:
        """Wait until the host is free and rested, and rest it afterwards."""
        with self._lock:
            turn = self._turns.setdefault(urlsplit(_origin(url)).netloc, _Turn())
        with turn.lock:
            time.sleep(max(turn.rested_at - time.monotonic(), 0))
            try:
                yield
            finally:
                turn.rested_at = time.monotonic() + pause


@dataclasses.dataclass(slots=True)
class _Turn:
    """One host's: who holds the lock may ask it, not before it has rested."""

    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    rested_at: float = 0.0


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _credentials(url: str) -> str | None:
    """Return the ``Authorization`` that a URL holds."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if parts.username is None and parts.password is None:
        return None
    plain = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(plain.encode()).decode('ascii')}"


def _received(
    response: BaseHTTPResponse, url: str, max_bytes: int, *, cut: bool
) -> Response:
    headers = tuple((name.lower(), value) for name, value in response.headers.items())
    answer = Response(url, response.status, headers)
    if response.status != HTTPStatus.OK:
        return answer
    length = answer.single("content-length") or ""
    if not cut and length.isascii() and length.isdigit():
        _check_length(int(length[:_DIGITS]), max_bytes)
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(_PIECE, decode_content=False):
        pieces.append(piece)
        size += len(piece)
        if size > max_bytes and cut:
            break
        _check_length(size, max_bytes)
    codings = answer.header("content-encoding") or ""
    body = decode_body(b"".join(pieces), codings, max_bytes, cut=cut)
    return dataclasses.replace(answer, body=body, wire_bytes=size)


# More of a number cannot be a length; int() refuses thousands of them.
_DIGITS = 20


def _check_length(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLargeError(f"more than {max_bytes} bytes")


def _mute(_record: logging.LogRecord) -> bool:
    return False
