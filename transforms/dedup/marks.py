"""Marks: what an article can be recognised by when its id is unknown."""

from __future__ import annotations

from collections.abc import Sequence

from transforms.text.strings import digest
from transforms.urls import canonical


def text_mark(
    url: str | None,
    path: str | None,
    feeds: Sequence[str] | None,
    title: str | None,
    content_hash: str,
) -> str | None:
    """Return what an article can be recognised by when its id is unknown.

    Args:
      url: Its canonical URL.
      path: The file that it was read from.
      feeds: The feeds that listed it.
      title: Its title.
      content_hash: The hash of its text.

    Returns:
      A hash of where it stands, its title and its text, as 32 hex digits; None for an
      article whose id is as good: one whose URL has no query, or one from a file.
    """
    if url is not None:
        place = place_of(url) if "?" in url else None
    else:
        place = feeds[0] if feeds and path is None else None
    return mark_of(place, title, content_hash) if place else None


def place_of(url: str) -> str:
    """Return an article's URL without its query, as an identity to compare."""
    return (canonical(url) or url).partition("#")[0].partition("?")[0]


def mark_of(place: str, title: str | None, content_hash: str) -> str:
    """Return a hash of a place, a title and a text, as 32 hex digits."""
    return digest(f"{place}\n{title or ''}\n{content_hash}")
