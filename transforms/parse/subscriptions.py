"""Subscriptions: the feeds that a configuration or an OPML file lists."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pydantic
from lxml import etree

from transforms.codes import country_problem, language_problem
from transforms.errors import Unreadable
from transforms.listings import Subscription
from transforms.parse.repair import local_name, read_markup
from transforms.redaction import redact_input
from transforms.text import charset
from transforms.urls import resolve
from transforms.work.options import Options, checked

log = logging.getLogger(__name__)

# RFC 9110, section 5.6.2; and what belongs to the request itself.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN_HEADERS = frozenset(
    "host connection content-length transfer-encoding te trailer upgrade user-agent "
    "accept-encoding if-none-match if-modified-since range cookie".split()
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# No real list of subscriptions is this large.
_MAX_OPML_BYTES = 20_000_000
# A person reads the first ones; a list of another program's addresses has thousands.
_MOST_WARNINGS = 10
# Types of outlines whose url leads to a page or to another list.
_NO_FEEDS = {"link", "include"}


class FeedOptions(Options):
    """One feed of ``source.feeds``: its URL, or a table with more."""

    url: str
    """Address of the feed, http or https."""
    name: str | None = None
    """The publication's name; the feed's own title by default."""
    country: Annotated[str, checked(country_problem)] | None = None
    """The publication's country, ISO 3166-1 alpha-2."""
    language: Annotated[str, checked(language_problem)] | None = None
    """For the reader of the list: the language of an article is detected from its text."""

    enabled: bool = True
    """Ask it; false keeps it in the list and leaves it alone."""
    headers_env: dict[str, str] = pydantic.Field(default_factory=dict)
    """Headers for a licensed feed: their names, each with the environment variable that
    holds its value."""

    @pydantic.field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        address = feed_address(url)
        if address is None:
            raise ValueError(f"not an http or https URL: {redact_input(url)}")
        return address

    @pydantic.field_validator("headers_env")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, variable in headers.items():
            if not _TOKEN.fullmatch(name) or name.lower() in _OWN_HEADERS:
                raise ValueError(f"not a header that can be set: {name}")
            if not _VARIABLE.fullmatch(variable):
                # It may be the secret itself, and is not repeated.
                raise ValueError(f"{name}: name an environment variable, not a value")
        return headers

    def missing(self) -> list[str]:
        """Return a line for each variable of the environment that cannot be sent."""
        problems = []
        for name, variable in self.headers_env.items():
            value = os.environ.get(variable, "")
            if not value:
                problems.append(f"headers_env.{name}: {variable} is not set")
            elif not (value.isascii() and value.isprintable()):
                problems.append(
                    f"headers_env.{name}: {variable} is not one line of printable ASCII"
                )
        return problems


def _with_url(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


FeedList = tuple[Annotated[FeedOptions, pydantic.BeforeValidator(_with_url)], ...]
"""Feeds as a configuration lists them: strings or tables."""


def subscriptions(feeds: FeedList, opml: Path | None) -> tuple[Subscription, ...]:
    """Return every feed that is enabled once, in the order in which they are listed.

    Raises:
      ValueError: When the file is not OPML; the message says why.
      OSError: When it cannot be read.
    """
    listed = [
        Subscription(
            feed.url,
            feed.name,
            feed.country,
            headers=tuple(feed.headers_env.items()),
        )
        for feed in feeds
        if feed.enabled
    ]
    left_out = {feed.url for feed in feeds if not feed.enabled}
    if opml is not None:
        listed.extend(
            Subscription(feed.url, feed.name)
            for feed in read_opml(opml.read_bytes())
            if feed.enabled and feed.url not in left_out
        )
    found: dict[str, Subscription] = {}
    for subscription in listed:
        found.setdefault(subscription.url, subscription)
    return tuple(found.values())


def read_opml(data: bytes) -> Iterator[FeedOptions]:
    """Yield the feeds of an OPML file, as feed readers export them.

    Outlines that are comments (``isComment``, OPML 2.0), and what is below them, are feeds
    that are disabled.

    Raises:
      ValueError: When it is not OPML, or declares entities.
    """
    if len(data) > _MAX_OPML_BYTES:
        raise ValueError(f"more than {_MAX_OPML_BYTES:,} bytes")
    try:
        root = read_markup(charset.decode(data))
    except Unreadable as error:
        raise ValueError(error.detail) from error
    if local_name(root) != "opml":
        raise ValueError(f"not OPML: its root is <{root.tag}>")
    left_out = 0
    for said, is_comment in _outlines(root):
        address = said.get("xmlurl") or said.get("url")
        if not address:
            continue
        url = feed_address(address)
        is_link = "xmlurl" not in said and said.get("type", "").lower() in _NO_FEEDS
        if url is None:
            left_out += 1
            if left_out <= _MOST_WARNINGS:
                log.warning(
                    "OPML: not an http or https URL, left out: %s",
                    redact_input(address),
                )
        elif not is_link:
            yield FeedOptions(
                url=url,
                name=said.get("title") or said.get("text") or None,
                enabled=not is_comment,
                country=_code(said.get("country"), country_problem),
                language=_code(said.get("language"), language_problem),
            )
    if left_out > _MOST_WARNINGS:
        log.warning("OPML: and %d more", left_out - _MOST_WARNINGS)


def _code(said: str | None, problem: Callable[[str], str | None]) -> str | None:
    """Return a code that a list of feeds may have; None for what is none."""
    return said if said and problem(said) is None else None


def _outlines(root: etree._Element) -> Iterator[tuple[dict[str, str], bool]]:
    """Yield what each outline says, and whether it or one around it is a comment."""
    comments = set()
    for outline in root.iter("{*}outline", "{*}OUTLINE", "{*}Outline"):
        said = {name.lower(): value for name, value in outline.attrib.items()}
        is_comment = said.get("iscomment", "").strip().lower() == "true"
        if is_comment or outline.getparent() in comments:
            comments.add(outline)
        yield said, outline in comments


def feed_address(url: str) -> str | None:
    """Return the http(s) address of a feed as people pass it on, None if it has none.

    ``feed://host/path`` and ``feed:https://host/path`` are how browsers handed feeds to
    readers.
    """
    url = url.strip()
    scheme, colon, rest = url.partition(":")
    if colon and scheme.lower() in {"feed", "feeds", "rss"}:
        url = f"http:{rest}" if rest.startswith("//") else rest
    return url if resolve(None, url) is not None else None
