"""Discover: the feeds that a page announces."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml import etree, html

from transforms.parse.repair import Element
from transforms.text.charset import decode
from transforms.urls import domain, resolve

_FEED_TYPES = frozenset(
    "application/rss+xml application/atom+xml application/rdf+xml application/feed+json"
    " application/xml text/xml".split()
)
_FEED_PATH = re.compile(
    r"/(?:feed|rss|atom)(?:/|\.xml|\.php|\.json)?$|[./](?:rss|atom|rdf)(?:\.xml)?$"
    r"|[?&](?:feed|format)=(?:rss|atom|feed|rss2)\b",
    re.IGNORECASE,
)
_MAX_DISCOVERED = 20


def discover_feeds(page: bytes, url: str) -> tuple[str, ...]:
    """Find the feeds that a page announces.

    Args:
      page: The HTML.
      url: Where it was found.

    Returns:
      Their addresses in the page's order: those of ``<link rel="alternate">``, feeds of
      comments last; where there is none, links within the same site whose path says
      that they are feeds.
    """
    try:
        tree = html.document_fromstring(decode(page))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ()
    declared = tree.find(".//base")
    base = resolve(url, None if declared is None else declared.get("href")) or url
    announced = [
        link for link in tree.iter("link") if _announces_feed(link) and link.get("href")
    ]
    announced.sort(key=lambda link: "comment" in str(link.get("title", "")).lower())
    found = [resolve(base, link.get("href")) for link in announced]
    if not found:
        links = (resolve(base, link.get("href")) for link in tree.iter("a"))
        found = [
            link
            for link in links
            if link and _FEED_PATH.search(link) and _site(link) == _site(url)
        ]
    return tuple(dict.fromkeys(filter(None, found)))[:_MAX_DISCOVERED]


def _announces_feed(link: Element) -> bool:
    relations = link.get("rel", "").lower().split()
    kind = link.get("type", "").partition(";")[0].strip().lower()
    return "feed" in relations or ("alternate" in relations and kind in _FEED_TYPES)


def _site(url: str) -> str:
    return domain(url) or urlsplit(url).netloc
