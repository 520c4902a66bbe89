"""Clients that may ask this machine."""

from __future__ import annotations

import pytest

from transforms.vocabulary import FetchOutcome
from transforms.web.client import Client, identity
from transforms.web.connection import Limits
from transforms.web.response import FetchError, Response

AGENT = identity("1.0", "https://news.example/about")
SHORT = Limits(connect=0.5, read=0.4, total=1.2)
"""Seconds: for tests of servers that hold a client up."""
TROUBLES = tuple(
    map(
        FetchOutcome,
        "url address name connect tls timeout protocol coding too_large redirect".split(),
    )
)
"""Why a request may bring no complete answer."""


def client(
    *,
    limits: Limits | None = None,
    ca_file: str | None = None,
    allow_downgrade: bool = False,
) -> Client:
    """Return a client for loopback addresses, as patient as the default is."""
    return Client(
        AGENT,
        allowed=("127.0.0.0/8", "::1"),
        limits=limits or Limits(),
        ca_file=ca_file,
        allow_downgrade=allow_downgrade,
    )


def fetch(url: str) -> Response:
    """Fetch up to 100,000 bytes, without a pause afterwards."""
    return client().fetch(url, max_bytes=100_000, pause=0)


def trouble_of(url: str, *, by: Client | None = None) -> FetchError:
    """Fetch in vain, and return why."""
    with pytest.raises(FetchError) as caught:
        (by or client()).fetch(url, max_bytes=100_000, pause=0)
    return caught.value
