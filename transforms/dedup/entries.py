"""Entries: what distinguishes them, and which of them are one article.

An entry with a link is known by it, whichever feed lists it.  One without is known by its
id: an id that is a URL, a URN or a tag is unique in the world, any other (``1``, ``2``)
is the feed's own, and so belongs to the feed's origin.  One with neither is known by its
content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from transforms.listings import Entry, Listed, Listing, Sighting
from transforms.records import Article
from transforms.text.strings import digest, folded
from transforms.urls import canonical

FEED_DIGITS = 8
"""Of an entry's version, the digits that stand for its feed."""
_VERSION_DIGITS = 16
# A URL whose host is no name of one machine, a URN (RFC 8141), a tag (RFC 4151).
_UNIQUE = re.compile(
    r"[a-z][a-z0-9+.-]*://[^/?#\s]*[.\]][^/?#\s]*\S*|urn:[a-z0-9][a-z0-9-]{1,31}:\S+"
    r"|tag:[^,\s]+,\d{4}[\d-]*:\S*",
    re.IGNORECASE,
)


def entry_identity(listed: Listed) -> str:
    """Return the identity of an entry, as 32 hex digits.

    The date of its last change makes a changed entry a new one.  Where a feed gives no
    such date, :func:`entry_version` shows the change.

    Args:
      listed: The entry and the feed that lists it.
    """
    entry = listed.entry
    known = (canonical(entry.url) if entry.url else None) or _id(listed)
    if known is None:
        known = _content(entry, str(entry.published_raw or entry.published))
    changed = entry.updated.at.isoformat() if entry.updated else ""
    return digest(f"{known}\n{changed}")


def entry_version(listed: Listed) -> str:
    """Return a digest of what a feed says about an entry, as 24 hex digits.

    Most RSS feeds do not date changes.  An item with a new title or text was corrected,
    and is followed again.  Markup and the numbers of a text do not count: they hold
    counters of comments and addresses that change with each request.

    The first :data:`FEED_DIGITS` stand for the feed.  Versions of two feeds cannot be
    compared, since each has its own words for the story.

    Args:
      listed: The entry and the feed that lists it.
    """
    entry = listed.entry
    text = _MARKUP_OR_NUMBER.sub(" ", unescape(entry.content or entry.summary or ""))
    said = digest(f"{folded(entry.title or '')}\n{folded(text)}")
    return digest(listed.key or listed.feed)[:FEED_DIGITS] + said[:_VERSION_DIGITS]


_MARKUP_OR_NUMBER = re.compile(r"<[^<>]*>|\d+")


def listing_of(listed: Listed) -> Listing:
    """Return what an article records about the entry that it came from.

    Args:
      listed: The entry and the feed that lists it.
    """
    entry = listed.entry
    return Listing(
        entry=entry_identity(listed),
        article=listed.article or digest(_id(listed) or _content(entry)),
        feed=listed.feed,
        key=listed.key,
        url=entry.url,
    )


def _id(listed: Listed) -> str | None:
    """Return the id of an entry, made unique where it is not."""
    name = (listed.entry.id or "").strip()
    if not name:
        return None
    if _UNIQUE.fullmatch(name):
        return listed.entry.id
    return f"{listed.origin or listed.key or listed.feed}\n{name}"


def _content(entry: Entry, *more: str) -> str:
    """Return all the content of an entry that has neither link nor id."""
    parts = (entry.title, entry.summary, entry.content, *entry.enclosures, *more)
    return "\n".join(part or "" for part in parts)


def sighting_of(listing: Listing, article: str | None = None) -> Sighting:
    """Return that a feed lists an article.

    Args:
      listing: The entry by which it does.
      article: The article's id; None where it is not known here.
    """
    key = listing.key or listing.feed
    return Sighting(listing.entry, listing.feed, key, listing.url, article)


def article_sightings(article: Article) -> Iterator[Sighting]:
    """Yield the sighting that an article came by, if it came from a feed."""
    if article.listing is not None:
        yield sighting_of(article.listing, article.id)
