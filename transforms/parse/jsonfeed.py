"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from transforms.errors import Unreadable
from transforms.listings import Entry, Feed
from transforms.parse.repair import MAX_ENTRIES
from transforms.text.dates import parse_date
from transforms.text.strings import one_line
from transforms.urls import resolve
from transforms.vocabulary import Reason


def read_json_feed(text: str, url: str | None) -> Feed:
    """Return a JSON Feed.

    Args:
      text: The document.
      url: Where it was found.

    Raises:
      Unreadable: ``MALFORMED`` for broken JSON, ``UNSUPPORTED`` for JSON of another
        kind.
    """
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(Reason.MALFORMED, "broken JSON") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise Unreadable(
            Reason.UNSUPPORTED, "JSON, but not a JSON Feed: no list of items"
        )
    addresses = (_text(feed, "feed_url"), url, _text(feed, "home_page_url"))
    base = next(filter(None, (resolve(url, each) for each in addresses)), None)
    entries = tuple(
        _entry(item, base) for item in items[:MAX_ENTRIES] if isinstance(item, dict)
    )
    changes = [entry.updated for entry in entries if entry.updated]
    return Feed(
        title=one_line(_text(feed, "title")),
        link=resolve(base, _text(feed, "home_page_url")),
        description=one_line(_text(feed, "description")),
        language=_text(feed, "language"),
        updated=max(changes, key=lambda change: change.at, default=None),
        entries=entries,
    )


def as_html(text: str | None) -> str | None:
    """Return plain ``text`` as HTML: a paragraph for what blank lines separate."""
    if not text:
        return None
    parts = (escape(part, quote=False) for part in text.split("\n\n") if part.strip())
    return "".join(f"<p>{part}</p>" for part in parts) or None


def _entry(item: dict[str, Any], base: str | None) -> Entry:
    raw = _text(item, "date_published")
    published = parse_date(raw)
    attachments = [
        resolve(base, _text(each, "url")) for each in _list(item, "attachments")
    ]
    image = _text(item, "image") or _text(item, "banner_image")
    return Entry(
        id=_text(item, "id"),
        url=_address(item, base),
        title=one_line(_text(item, "title")),
        summary=as_html(_text(item, "summary")),
        content=_text(item, "content_html") or as_html(_text(item, "content_text")),
        authors=_authors(item),
        tags=tuple(dict.fromkeys(filter(None, map(_plain, _list(item, "tags"))))),
        published=published,
        published_raw=raw if published is None else None,
        updated=parse_date(_text(item, "date_modified")),
        image_url=resolve(base, image),
        enclosures=tuple(filter(None, attachments)),
    )


def _address(item: dict[str, Any], base: str | None) -> str | None:
    """Return where the article is; the specification wants ids to be such addresses."""
    identity = _text(item, "id") or ""
    links = [_text(item, "url"), _text(item, "external_url")]
    if identity.startswith(("http://", "https://")):
        links.append(identity)
    return next(filter(None, (resolve(base, link) for link in links)), None)


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    # Version 1.0 had one author; 1.1 keeps the name for feeds that still use it.
    authors = _list(item, "authors") or [item.get("author")]
    names = (one_line(_text(author, "name")) for author in authors)
    return tuple(dict.fromkeys(name for name in names if name))


def _list(container: dict[str, Any], key: str) -> list[Any]:
    value = container.get(key)
    return value if isinstance(value, list) else []


def _text(container: object, key: str) -> str | None:
    return _plain(container.get(key)) if isinstance(container, dict) else None


def _plain(value: object) -> str | None:
    """Return a string or number as text: ids are numbers in many a feed."""
    if isinstance(value, str):
        # JSON can spell halves of a character (\ud800) that no encoding can write.
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.strip() or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None
