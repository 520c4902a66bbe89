"""Feed files: RSS, Atom, RDF, JSON Feed; their entries with the content they carry."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from transforms.errors import Unreadable
from transforms.files.file import SourceFile
from transforms.listings import Entry, Moment
from transforms.parse.feed import parse_feed
from transforms.records import Declared, Document
from transforms.text.strings import word_count
from transforms.vocabulary import DateSource, Media, Reason, TextSource

# A summary shorter than this is a teaser beyond doubt: standfirsts run to 60 words.
_TEASER_WORDS = 80
# Looked for at the end alone; what follows it there are end tags and signs.
_LAST = 500
_ELLIPSIS = re.compile(
    r"(?:…|\.\.\.|&hellip;|&#8230;|\[…\]|\[&#8230;\]|\[\.\.\.\])\W*(?:</\w+>\s*)*$"
)


def ends_in_dots(markup: str) -> bool:
    """Return whether a text breaks off, as teasers do: dots, then at most end tags."""
    return _ELLIPSIS.search(markup[-_LAST:]) is not None


def read_feed(file: SourceFile) -> Iterator[Document]:
    """Yield a document for each entry; raises Unreadable for what is no feed."""
    feed = parse_feed(file.read_whole())
    if not feed.entries:
        raise Unreadable(Reason.EMPTY, "the feed has no entries")
    for number, entry in enumerate(feed.entries, 1):
        yield entry_document(
            entry,
            fetched_at=file.read_at,
            source_name=feed.title,
            path=f"{file.path}!{entry.id or f'#{number}'}",
        )


def entry_document(
    entry: Entry,
    *,
    fetched_at: dt.datetime,
    source_name: str | None = None,
    path: str | None = None,
) -> Document:
    """Return what a feed entry itself carries of its article.

    That is its content where the feed has it, else its summary; one that is short or
    ends in an ellipsis is a teaser.
    """
    html = entry.content or entry.summary or ""
    published, published_source = _published(entry)
    is_truncated = False if entry.content else None
    if ends_in_dots(html) or (not entry.content and word_count(html) < _TEASER_WORDS):
        is_truncated = True
    return Document(
        content=html,
        media=Media.FRAGMENT,
        text_source=TextSource.FEED,
        fetched_at=fetched_at,
        path=path,
        is_truncated=is_truncated,
        declared=Declared(
            url=entry.url,
            title=entry.title,
            description=entry.summary if entry.content else None,
            image_url=entry.image_url,
            authors=entry.authors,
            tags=entry.tags,
            published=published,
            published_source=published_source,
            modified_at=entry.updated.at if entry.updated else None,
            source_name=source_name,
            origin=entry.source,
        ),
    )


def _published(entry: Entry) -> tuple[Moment | None, DateSource | None]:
    """Return the date of an entry; where it has none, that of its last change."""
    if entry.published is not None:
        return entry.published, DateSource.FEED
    return entry.updated, DateSource.UPDATED if entry.updated else None
