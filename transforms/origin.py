"""Where an element came from: the key it is known by, and what a replay of it needs.

The payload of a reject is JSON that names one of four things: a file to be read again
(``path``), a feed to be asked again (``feed`` alone), an entry to be followed again
(``listed``, with all that its feed said of it), or a kept page (``raw``).
A link in it is whole: :mod:`transforms.encryption` says how it becomes a row.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import pydantic

from transforms.encryption import Cipher, whole_payload
from transforms.listings import Entry, Listed, Moment
from transforms.records import Article, Declared, Document, RawPage
from transforms.redaction import MASK, redact
from transforms.vocabulary import Precision

Origin: TypeAlias = tuple[str, dict[str, Any]]
"""Key and payload."""

_LISTED = pydantic.TypeAdapter(Listed)
_PAGE = pydantic.TypeAdapter(RawPage)


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """What a replay works on: one of the four.

    Attributes:
      path: A file, or a record in one: ``file!entry``.
      feed: A feed's address, secrets removed.
      key: What the feed's state is kept under; None where an earlier version wrote it.
      listed: An entry.
      page: A page that was kept.
    """

    path: str | None = None
    feed: str | None = None
    key: str | None = None
    listed: Listed | None = None
    page: RawPage | None = None


def file_origin(path: str) -> Origin:
    """Return the origin of a file."""
    return redact(path), {"path": path}


def request_origin(feed: str, key: str) -> Origin:
    """Return the origin of a feed.

    Args:
      feed: Its address without secrets.
      key: What its state is kept under.
    """
    return feed, {"feed": feed, "key": key}


def entry_origin(listed: Listed) -> Origin:
    """Return the origin of an entry."""
    entry = listed.entry
    listed = dataclasses.replace(listed, waited=None)
    return redact(entry.url or entry.id or entry.title or ""), {
        "url": entry.url,
        "feed": listed.feed,
        "listed": _LISTED.dump_python(listed, mode="json", exclude_defaults=True),
    }


def page_origin(page: RawPage) -> Origin:
    """Return the origin of a page that was kept."""
    return page.path, {"raw": dataclasses.asdict(page)}


def document_origin(document: Document) -> Origin:
    """Return the origin of a document."""
    declared = document.declared
    if document.path is not None:
        return _record_origin(document.path, declared.url)
    content = document.content if isinstance(document.content, str) else None
    entry = Entry(
        url=declared.url,
        title=declared.title,
        summary=declared.description,
        # What came with the feed is in no page to be fetched again.
        content=content,
        authors=declared.authors,
        tags=declared.tags,
        published=declared.published,
        image_url=declared.image_url,
    )
    return _listed_origin(entry, declared)


def _record_origin(path: str, url: str | None) -> Origin:
    """Return the origin of what a file holds, which may have an address."""
    return redact(path), {"path": path, "url": redact(url) if url else None}


def _listed_origin(entry: Entry, known: Declared | Article) -> Origin:
    """Return the origin of an entry with what is known of its first listing."""
    feed, listing = next(iter(known.feeds), ""), known.listing
    listed = Listed(entry, feed, known.source_name, known.source_country)
    if listing is not None:
        listed = dataclasses.replace(listed, key=listing.key, article=listing.article)
    return entry_origin(listed)


def article_origin(article: Article) -> Origin:
    """Return the origin of an article."""
    if article.path is not None:
        return _record_origin(article.path, article.url)
    published = None
    if article.published_at is not None:
        precision = article.published_precision or Precision.SECOND
        published = Moment(article.published_at, precision)
    entry = Entry(
        url=article.url,
        title=article.title,
        content=None if article.url else article.text,
        authors=article.authors,
        tags=article.tags,
        published=published,
    )
    return _listed_origin(entry, article)


def read_target(payload: str, cipher: Cipher | None = None) -> Target | None:
    """Return what the payload of a reject names, None if it names nothing.

    Args:
      payload: As the table of rejects has it.
      cipher: What its secrets are encrypted with.
    """
    try:
        content = json.loads(whole_payload(payload, cipher) or "null")
        return _target(content) if isinstance(content, Mapping) else None
    except ValueError:
        # Of pydantic too.
        return None


def _target(content: Mapping[str, Any]) -> Target | None:
    target = None
    if content.get("path"):
        target = Target(path=str(content["path"]))
    elif content.get("listed"):
        listed = _LISTED.validate_python(content["listed"])
        # An earlier version kept a link without its secret: it cannot be requested.
        target = None if MASK in (listed.entry.url or "") else Target(listed=listed)
    elif content.get("raw"):
        target = Target(page=_PAGE.validate_python(content["raw"]))
    elif content.get("feed"):
        key = content.get("key")
        target = Target(feed=str(content["feed"]), key=str(key) if key else None)
    return target
