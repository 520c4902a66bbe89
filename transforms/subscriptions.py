"""Subscriptions: the feeds that a configuration or an OPML file lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pydantic
from lxml import etree

from transforms.options import Options
from transforms.records import Subscription
from transforms.redaction import redact_input
from transforms.urls import resolve

# Nobody reads so much; a file that is larger is none of subscriptions.
_MAX_OPML_BYTES = 20_000_000


class FeedOptions(Options):
    """One feed of ``source.feeds``: its URL, or a table with more."""

    url: str
    """Address of the feed, http or https."""
    name: str | None = None
    """The publication's name; the feed's own title by default."""
    country: str | None = pydantic.Field(default=None, pattern="^[A-Z]{2}$")
    """The publication's country, ISO 3166-1 alpha-2."""
    language: str | None = None
    """For the reader of the list: the language of an article is told by its text."""

    @pydantic.field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if resolve(None, url) is None:
            raise ValueError(f"no http or https URL: {redact_input(url)}")
        return url.strip()


def _with_url(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


FeedList = tuple[Annotated[FeedOptions, pydantic.BeforeValidator(_with_url)], ...]
"""Feeds as a configuration lists them: strings or tables."""


def subscriptions(feeds: FeedList, opml: Path | None) -> tuple[Subscription, ...]:
    """Return every feed once, in the order in which they are listed.

    Raises:
      ValueError: When the OPML file is none; the message says why.
      OSError: When it cannot be read.
    """
    listed = [Subscription(feed.url, feed.name, feed.country) for feed in feeds]
    if opml is not None:
        listed.extend(read_opml(opml.read_bytes()))
    found: dict[str, Subscription] = {}
    for subscription in listed:
        found.setdefault(subscription.url, subscription)
    return tuple(found.values())


def read_opml(data: bytes) -> Iterator[Subscription]:
    """Yield the feeds of an OPML file, as feed readers export them.

    Raises:
      ValueError: When it is no OPML, or declares entities.
    """
    if len(data) > _MAX_OPML_BYTES:
        raise ValueError(f"more than {_MAX_OPML_BYTES:,} bytes")
    if b"<!ENTITY" in data:
        raise ValueError("it declares XML entities")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"no XML: {error}") from error
    if root.tag.lower() != "opml":
        raise ValueError(f"no OPML: its root is <{root.tag}>")
    for outline in root.iter("outline"):
        url = outline.get("xmlUrl") or outline.get("xmlurl")
        if url and resolve(None, url) is not None:
            yield Subscription(url.strip(), outline.get("title") or outline.get("text"))
