"""WARC files, as Common Crawl's news archives are: pages with their HTTP headers.

warcio reads them.  Pages (``response``, ``resource``) and extracted text
(``conversion``, as in WET files) are articles; requests and metadata are not, and are
passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from transforms.dates import parse_date
from transforms.errors import Unreadable
from transforms.formats.file import SourceFile, reject_file, too_large
from transforms.records import (
    Declared,
    Document,
    Media,
    Reason,
    Reject,
    TextSource,
)

_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_OK = 200


def read_warc(file: SourceFile) -> Iterator[Document | Reject]:
    """Yield a document for each page, a reject for each record that holds none.

    Raises:
      Unreadable: When the file is no WARC file, or breaks off.
    """
    seen = False
    try:
        for number, record in enumerate(ArchiveIterator(file.stream), 1):
            seen = True
            if record.rec_type not in {"response", "resource", "conversion"}:
                continue
            record_id = record.rec_headers.get_header("WARC-Record-ID")
            where = f"{file.path}!{record_id or f'#{number}'}"
            try:
                yield _document(record, where, file)
            except Unreadable as error:
                yield reject_file(where, error)
    except (ArchiveLoadFailed, EOFError, ValueError) as error:
        raise Unreadable(Reason.MALFORMED, f"no WARC record: {error}") from error
    if not seen:
        raise Unreadable(Reason.MALFORMED, "no WARC record in it")


def _document(record: ArcWarcRecord, where: str, file: SourceFile) -> Document:
    url = record.rec_headers.get_header("WARC-Target-URI")
    is_page = record.rec_type != "conversion"
    charset = _page_charset(record) if is_page else "utf-8"
    content = record.content_stream().read(file.max_bytes + 1)
    if len(content) > file.max_bytes:
        raise too_large(file.max_bytes)
    # warcio reads on to the end of the file without a word; the limit it was to read
    # up to shows that bytes were missing.
    if getattr(record.raw_stream, "limit", 0) > 0:
        raise Unreadable(Reason.MALFORMED, "the record breaks off")
    if not content.strip():
        raise Unreadable(Reason.EMPTY, "nothing in the record")
    fetched = parse_date(record.rec_headers.get_header("WARC-Date"))
    return Document(
        content=content,
        media=Media.HTML if is_page else Media.TEXT,
        text_source=TextSource.PAGE,
        fetched_at=fetched.at if fetched else file.read_at,
        charset=charset,
        path=where,
        declared=Declared(url=url.strip("<>") if url else None),
    )


def _page_charset(record: ArcWarcRecord) -> str | None:
    """Return the charset that the HTTP headers declare; raises where it is no page."""
    headers = record.http_headers
    if record.rec_type == "response":
        status = headers.get_statuscode() if headers else ""
        if status != str(_OK):
            raise Unreadable(Reason.HTTP_ERROR, f"HTTP status {status or 'unknown'}")
        declared = headers.get_header("Content-Type")
    else:
        declared = record.rec_headers.get_header("Content-Type")
    message = Message()
    message["Content-Type"] = declared or "text/html"
    if message.get_content_type() not in _HTML_TYPES:
        raise Unreadable(Reason.UNSUPPORTED, f"not HTML: {message.get_content_type()}")
    return message.get_content_charset()
