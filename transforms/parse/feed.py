"""Parse: the bytes of a feed in, a :class:`~transforms.listings.Feed` out.

RSS 0.9x, 1.0 (RDF) and 2.0, Atom 0.3 and 1.0 and CDF are interpreted by feedparser,
after :mod:`transforms.parse.repair` has made their markup safe; JSON Feeds and news sitemaps
have a module each.  feedparser never sees the bytes as they came: given a string that
looks like a path or URL it opens that, and it reads an unknown zone as UTC and any
number as a year, so dates are read by :mod:`transforms.text.dates`.
"""

from __future__ import annotations

import codecs
import dataclasses
import io
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from html import unescape
from typing import Any, TypeAlias

import feedparser
from lxml import etree

from transforms.errors import Unreadable
from transforms.listings import Entry, Feed, Moment
from transforms.parse.jsonfeed import as_html, read_json_feed
from transforms.parse.repair import Element, local_name, read_markup
from transforms.parse.sitemap import read_sitemap
from transforms.text.charset import decode
from transforms.text.dates import parse_date
from transforms.text.fragment import fragment_text, has_markup
from transforms.text.strings import one_line
from transforms.urls import resolve
from transforms.vocabulary import Reason

_Parsed: TypeAlias = dict[str, Any]
"""feedparser's form of an element: a dict that invents values for absent keys."""

MAX_FEED_BYTES = 10_000_000
"""Of a feed, decompressed; full-text feeds of large publishers have 2 MB."""
MAX_FIELD = 1_000_000
"""Characters of one field; no person writes a longer one."""

_MAX_LABELS = 100
_ROOTS = frozenset({"rss", "rdf", "feed", "channel", "urlset"})
_PROLOG = re.compile(
    # Each piece as short as it can be, and no backtracking: otherwise two comments also
    # match as one, and thirty of them take for ever.
    rb"(?>\s+|<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*(?:\[.*?\]\s*)?>)*+"
    rb"<(?:[\w.-]+:)?([\w.-]+)",
    re.DOTALL | re.IGNORECASE,
)
_FEED_START = re.compile(r"<(?:rss|feed|urlset|rdf:RDF)\b", re.IGNORECASE)
_PAGE_START = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_JSON_FEED = re.compile(
    rb"""\s*\{.*?(?:jsonfeed\.org/version/|"home_page_url"|"feed_url")""", re.DOTALL
)
_BARE_UTF_16_32 = {
    b"<\0\0\0": "utf-32-le",
    b"\0\0\0<": "utf-32-be",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_SURE_MARKUP = re.compile(r"</[a-z][^<>]*>|<(?:br|hr|img|p)\b[^<>]*>", re.IGNORECASE)
_NEEDS_ESCAPING = re.compile(r"[<&]")
_IMAGE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|\?)", re.IGNORECASE)
_PERIODS = {
    "hourly": 3_600,
    "daily": 86_400,
    "weekly": 7 * 86_400,
    "monthly": 30 * 86_400,
    "yearly": 365 * 86_400,
}
"""Seconds of a sy:updatePeriod (http://web.resource.org/rss/1.0/modules/syndication/)."""


def parse_feed(
    data: bytes, *, content_type: str | None = None, url: str | None = None
) -> Feed:
    """Read a feed.

    Args:
      data: The document, decompressed.
      content_type: The ``Content-Type`` that it came with, for its charset.
      url: Where it was found, for its relative links.

    Returns:
      The feed with its first 2,000 entries.  Links are absolute http(s) URLs, or None;
      texts other than ``summary`` and ``content`` are plain and on one line.

    Raises:
      Unreadable: ``EMPTY``, ``TOO_LARGE``, ``MALFORMED`` for what is neither XML nor
        JSON, ``UNSUPPORTED`` for pages, sitemap indexes and other documents, and for
        feeds that declare XML entities.
    """
    if len(data) > MAX_FEED_BYTES:
        raise Unreadable(
            Reason.TOO_LARGE, f"a feed of more than {MAX_FEED_BYTES} bytes"
        )
    text = _decoded(data, content_type).strip("\ufeff\0 \t\r\n")
    if not text:
        raise Unreadable(Reason.EMPTY, "an empty document")
    if text[0] in "{[":
        return _capped(read_json_feed(text, url))
    if "<" not in text:
        raise Unreadable(Reason.MALFORMED, "neither XML nor JSON")
    root = read_markup(text)
    name = local_name(root)
    start = _FEED_START.search(text) if name not in _ROOTS else None
    if start is not None and not _PAGE_START.search(text, 0, start.start()):
        # The server printed a warning above it, or an element is around it.
        root = read_markup(text[start.start() :])
        name = local_name(root)
    if name == "html":
        raise Unreadable(Reason.UNSUPPORTED, "an HTML page, not a feed")
    if name == "sitemapindex":
        raise Unreadable(
            Reason.UNSUPPORTED, "a sitemap index: list its sitemaps instead"
        )
    if name not in _ROOTS:
        raise Unreadable(
            Reason.UNSUPPORTED, f"XML, but not a feed: its root is <{name}>"
        )
    if name == "urlset":
        return _capped(read_sitemap(root, url))
    return _capped(_interpreted(root, url))


def looks_like_feed(head: bytes) -> bool:
    """Return whether a document that begins with ``head`` is a feed (or news sitemap).

    Args:
      head: Its first bytes, a few thousand suffice.
    """
    head = head.lstrip(codecs.BOM_UTF8 + codecs.BOM_UTF16).replace(b"\0", b"")
    if root := _PROLOG.match(head):
        return root[1].decode("ascii", "replace").lower() in _ROOTS
    return bool(_JSON_FEED.match(head))


def _decoded(data: bytes, content_type: str | None) -> str:
    for mark, codec in _BARE_UTF_16_32.items():
        if data.startswith(mark):
            return data.decode(codec, errors="replace")
    message = Message()
    message["content-type"] = re.sub(r"[^\x20-\x7e]", " ", content_type or "")
    return decode(data, message.get_content_charset())


def _interpreted(root: Element, url: str | None) -> Feed:
    try:
        parsed = feedparser.parse(
            io.BytesIO(etree.tostring(root, encoding="utf-8")),
            resolve_relative_uris=False,
            # Its own sanitizer takes quadratic time; what reads the HTML later is safe.
            sanitize_html=False,
        )
    except Exception as error:
        detail = f"feedparser cannot read it: {type(error).__name__}: {error}"
        raise Unreadable(Reason.MALFORMED, detail) from error
    feed = parsed.feed
    is_rss = not str(parsed.version).startswith("atom")
    base = _base(feed, url)
    names = ("subtitle", "info", "summary")
    return Feed(
        title=_plain(feed, "title"),
        link=resolve(url, _own_link(feed)),
        description=next(filter(None, (_plain(feed, name) for name in names)), None),
        language=one_line(_raw(feed, "language")),
        updated=_moment(feed, "updated", "published"),
        ttl_seconds=_ttl(feed),
        entries=tuple(_entry(entry, base, is_rss=is_rss) for entry in parsed.entries),
    )


def _base(feed: _Parsed, url: str | None) -> str | None:
    """Return the address that the links of entries are relative to.

    Where the feed was found or, for one in a file, where it says that it belongs.
    """
    links = dict.get(feed, "links") or ()
    own = [link.get("href") for link in links if link.get("rel") == "self"]
    return next(
        filter(None, (resolve(url, each) for each in (url, *own, _own_link(feed)))),
        None,
    )


def _entry(entry: _Parsed, url: str | None, *, is_rss: bool) -> Entry:
    # RSS has one date of its own; dc:date, which feedparser calls an update, is a
    # second spelling of it.
    names = ("published", "created", "updated") if is_rss else ("published", "created")
    published = _moment(entry, *names)
    contents = [
        content for content in entry.get("content", ()) if _raw(content, "value")
    ]
    content = max(contents, key=lambda found: len(found["value"]), default=None)
    summary = _html(
        dict.get(entry, "summary_detail") or {"value": _raw(entry, "summary")},
        is_rss=is_rss,
    )
    # feedparser shows a content without summary as both.
    is_content = content and _raw(entry, "summary") == _raw(content, "value")
    enclosures = [resolve(url, link) for link in _enclosures(entry)]
    return Entry(
        id=_raw(entry, "id"),
        url=_link(entry, url),
        title=_plain(entry, "title", is_rss=is_rss),
        summary=None if is_content else summary,
        content=_html(content, is_rss=is_rss) if content else None,
        authors=_authors(entry),
        tags=_tags(entry),
        published=published,
        published_raw=None
        if published
        else next(filter(None, _raws(entry, names)), None),
        updated=_moment(entry, "updated"),
        image_url=resolve(url, _image(entry)),
        enclosures=tuple(dict.fromkeys(filter(None, enclosures))),
        source=_source(entry),
    )


def _source(entry: _Parsed) -> str | None:
    """Return the name of the source that an entry was taken from."""
    source = dict.get(entry, "source")
    return _plain(source, "title", is_rss=True) if source else None


def _raw(container: _Parsed, key: str) -> str | None:
    """Return a string as the feed has it: no substitute for one that is absent."""
    value = dict.get(container, key)
    return value.strip() or None if isinstance(value, str) else None


def _raws(container: _Parsed, keys: Iterable[str]) -> Iterator[str | None]:
    return (_raw(container, key) for key in keys)


def _plain(container: _Parsed, key: str, *, is_rss: bool = True) -> str | None:
    """Return a text construct as plain text on one line."""
    value = _raw(container, key)
    kind = (dict.get(container, f"{key}_detail") or {}).get("type")
    if value and not is_rss and _is_plain(value, kind):
        return one_line(unescape(value))
    if value and has_markup(value):
        value = fragment_text(value)
    return one_line(value)


def _is_plain(value: str, kind: str | None) -> bool:
    """Return whether a text is what its Atom feed declares it to be: plain text.

    RSS does not say what its texts are: what has a tag or reference in it was meant as
    HTML.  Atom does, and is believed unless a tag is closed again or breaks a line.
    """
    return kind == "text/plain" and not _SURE_MARKUP.search(value)


def _html(detail: _Parsed, *, is_rss: bool) -> str | None:
    """Return a text construct as HTML."""
    value = _raw(detail, "value")
    if value and "<" in value and not is_rss and _is_plain(value, detail.get("type")):
        return as_html(unescape(value))
    # Many feeds have markup in what is plain text by declaration or by default.
    if value and _NEEDS_ESCAPING.search(value) and not has_markup(value):
        return as_html(value)
    return value


def _moment(container: _Parsed, *keys: str) -> Moment | None:
    moments = (parse_date(raw) for raw in _raws(container, keys))
    return next(filter(None, moments), None)


def _ttl(feed: _Parsed) -> int | None:
    """Return how many seconds the feed says it stays the same."""
    minutes = _raw(feed, "ttl") or ""
    if minutes.isdecimal() and int(minutes[:9]):
        return int(minutes[:9]) * 60
    period = _PERIODS.get((_raw(feed, "sy_updateperiod") or "").lower())
    if period is None:
        return None
    frequency = _raw(feed, "sy_updatefrequency") or ""
    return period // max(int(frequency[:9]), 1) if frequency.isdecimal() else period


def _link(entry: _Parsed, url: str | None) -> str | None:
    links = dict.get(entry, "links") or ()
    alternates = (link.get("href") for link in links if link.get("rel") == "alternate")
    # FeedBurner replaces the links of a feed by its own counters, and keeps them here.
    candidates = (_raw(entry, "feedburner_origlink"), _own_link(entry), *alternates)
    return next(filter(None, (resolve(url, link) for link in candidates)), None)


def _own_link(container: _Parsed) -> str | None:
    """Return the link, but no id that feedparser took for one."""
    link = _raw(container, "link")
    is_id = link == _raw(container, "id") and not str(link).startswith("http")
    return None if is_id else link


def _authors(entry: _Parsed) -> tuple[str, ...]:
    people = [
        *(dict.get(entry, "authors") or ()),
        dict.get(entry, "author_detail") or {},
    ]
    names = (one_line(fragment_text(_raw(person, "name") or "")) for person in people)
    return tuple(dict.fromkeys(name for name in names if name))[:_MAX_LABELS]


def _tags(entry: _Parsed) -> tuple[str, ...]:
    tags = dict.get(entry, "tags") or ()
    names = (one_line(_raw(tag, "term") or _raw(tag, "label")) for tag in tags)
    return tuple(dict.fromkeys(name for name in names if name))[:_MAX_LABELS]


def _enclosures(entry: _Parsed) -> Iterator[str | None]:
    links = dict.get(entry, "links") or ()
    return (link.get("href") for link in links if link.get("rel") == "enclosure")


def _image(entry: _Parsed) -> str | None:
    """Return the first picture that the entry names, the largest kind first."""
    candidates = [
        *(dict.get(entry, "media_content") or ()),
        *(
            link
            for link in dict.get(entry, "links") or ()
            if link.get("rel") == "enclosure"
        ),
    ]
    for candidate in candidates:
        url = candidate.get("url") or candidate.get("href") or ""
        kind = candidate.get("medium") or candidate.get("type") or ""
        if kind.startswith("image") or (not kind and _IMAGE.search(url)):
            return str(url)
    thumbnails = dict.get(entry, "media_thumbnail") or [dict.get(entry, "image") or {}]
    return _raw(thumbnails[0], "url") or _raw(thumbnails[0], "href")


def _capped(feed: Feed) -> Feed:
    """Drop the fields that are longer than a person writes."""
    entries = tuple(
        dataclasses.replace(entry, **oversized)
        if (oversized := _oversized(entry))
        else entry
        for entry in feed.entries
    )
    return dataclasses.replace(feed, entries=entries, **_oversized(feed))


def _oversized(record: Feed | Entry) -> dict[str, Any]:
    values = (
        (field.name, getattr(record, field.name))
        for field in dataclasses.fields(record)
    )
    return {
        name: None
        for name, value in values
        if isinstance(value, str) and len(value) > MAX_FIELD
    }
