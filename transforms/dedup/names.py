"""Names: what an article is known by, besides its id, and the reject of a file.

An article has several names: its links, its path, its text at its place.  The dataset keeps
hashes of those of articles that were taken out (table ``forgotten``), and nothing else of
them: what goes by one of these names is not read again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transforms.dedup.entries import listing_of
from transforms.dedup.marks import mark_of, place_of
from transforms.listings import Listed
from transforms.origin import read_target
from transforms.records import Article
from transforms.text.strings import clean, digest
from transforms.urls import canonical

FORGOTTEN = "forgotten"
"""The counter of what was passed over because it was taken out."""
_KEY_BYTES = 16


def link_name(url: str | None) -> str | None:
    """Return the name that a link gives an article; None where it is no link."""
    known = canonical(url) if url else None
    return digest(known) if known else None


def names_of(
    article_id: str,
    urls: Sequence[str | None],
    path: str | None,
    feeds: Sequence[str] | None,
    title: str | None,
    content_hash: str,
) -> frozenset[str]:
    """Return the names of one version of an article, each as 32 hex digits.

    Args:
      article_id: Its id.
      urls: Its canonical URL first, then others that lead to it.
      path: The file that it was read from.
      feeds: The feeds that listed it.
      title: Its title.
      content_hash: The hash of its text.
    """
    links = [name for url in urls if (name := link_name(url)) is not None]
    if urls[0]:
        places = [place_of(urls[0])]
    else:
        places = [] if path else list(feeds or ())[:1]
        # A record that only its position identifies may be another one tomorrow.
        links += [digest(f"path\n{path}")] if path and "!#" not in path else []
    marks = (mark_of(place, title, content_hash) for place in places)
    return frozenset((article_id, *links, *marks))


def article_names(article: Article) -> frozenset[str]:
    """Return the names of an article."""
    return names_of(
        article.id,
        (article.canonical_url, article.url),
        article.path,
        article.feeds,
        article.title,
        article.content_hash,
    )


def row_names(row: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the article in a row of ``articles``."""
    return names_of(
        row["id"],
        (row["canonical_url"], row["url"]),
        row["path"],
        row["feeds"],
        row["title"],
        row["content_hash"],
    )


def entry_names(listed: Listed) -> Iterator[str]:
    """Yield the names that the entry of a feed gives its article."""
    name = link_name(listed.entry.url)
    yield name or listing_of(listed).article


def rejected_file(payload: str) -> str | None:
    """Return the path in the payload of a file's reject, None for one of anything else."""
    target = read_target(clean(payload))
    return target.path if target is not None else None


def reject_key(stage: str, reason: str, path: str) -> bytes:
    """Return what a reject of a file is known by."""
    return key_of(f"{stage}\n{reason}\n{path}")


def key_of(name: str) -> bytes:
    """Return a short key for a name, which need not be text."""
    return hashlib.blake2b(
        name.encode(errors="surrogateescape"), digest_size=_KEY_BYTES
    ).digest()


def file_of(path: str) -> str:
    """Return the file of a record: its path up to the mark that stands before it."""
    # A name may have that mark too.
    while "!" in path and not os.path.lexists(path):
        path = path.rpartition("!")[0]
    return path
