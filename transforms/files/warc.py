"""WARC files, as Common Crawl's news archives are: pages with their HTTP headers.

warcio parses the records; where one ends and the next begins is decided here, because
its own iterator ends the file at the first record that is broken.  Pages (``response``,
``resource``) and extracted text (``conversion``, as in WET files) are articles; requests
and metadata are not, and are passed over.
"""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator
from email.message import Message

from warcio import statusandheaders
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord, ArcWarcRecordLoader

from transforms.errors import Unreadable
from transforms.files.file import SourceFile, reject_file, too_large
from transforms.records import Declared, Document, Reject
from transforms.text.dates import parse_date
from transforms.vocabulary import Media, Reason, TextSource
from transforms.web.decoding import CodingError, TooLargeError, decode_body

_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_ARTICLE_TYPES = {"response", "resource", "conversion"}
_OK = 200
_START = b"WARC/"
_NEXT = b"\r\n\r\nWARC/1."
# Bytes of a line, of a record's headers and of its HTTP headers; servers allow 8 to 64 KB.
_MAX_LINE = 65_536
_MAX_HEADERS = 1_000_000
_STEP = 65_536
# Digits of a length: no file has more bytes.
_MAX_DIGITS = 18
_LENGTH = re.compile(rb"^content-length\s*:[^\n]*\n", re.IGNORECASE | re.MULTILINE)
_HTTP = statusandheaders.StatusAndHeadersParser(["HTTP/1.0", "HTTP/1.1"], verify=False)


def read_warc(file: SourceFile) -> Iterator[Document | Reject]:
    """Yield a document for each page, a reject for each record that holds none.

    A broken record loses only itself: reading goes on at the next line that begins one.

    Raises:
      Unreadable: When the file is no WARC file.
    """
    seen = False
    for number, block in enumerate(_blocks(file), 1):
        seen = True
        where = f"{file.path}!#{number}"
        try:
            record = _record(block)
            if record.rec_type not in _ARTICLE_TYPES:
                continue
            record_id = record.rec_headers.get_header("WARC-Record-ID")
            where = f"{file.path}!{record_id or f'#{number}'}"
            yield _document(record, block, where, file)
        except Unreadable as error:
            yield reject_file(where, error)
    if not seen:
        raise Unreadable(Reason.MALFORMED, "no WARC record in it")


@dataclasses.dataclass(slots=True)
class _Block:
    """The bytes of one record.

    Attributes:
      head: Its headers, up to the blank line.
      content: What they announce, cut at the limit of a document.
      problem: What is wrong with it, if anything.
    """

    head: bytes
    content: bytes = b""
    problem: Unreadable | None = None


class _Reader:
    """The bytes of a file, some of which may be put back."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self._ahead = b""

    def put_back(self, data: bytes) -> None:
        self._ahead = data + self._ahead

    def read(self, size: int) -> bytes:
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data + self._stream.read(size - len(data))

    def readline(self) -> bytes:
        line, end, self._ahead = self._ahead.partition(b"\n")
        return line + (end or self._stream.readline(_MAX_LINE))

    def line_after_blanks(self) -> bytes:
        while (line := self.readline()) and not line.strip():
            pass
        return line


def _blocks(file: SourceFile) -> Iterator[_Block]:
    """Yield the file's records, whole or broken."""
    reader = _Reader(file.stream)
    while line := reader.line_after_blanks():
        if line.startswith(_START):
            yield _block(line, reader, file.max_bytes + _MAX_HEADERS)


def _block(line: bytes, reader: _Reader, max_bytes: int) -> _Block:
    """Return the record that begins with ``line``; the reader stands behind it."""
    block = _Block(line)
    length: int | None = None
    while (line := reader.readline()).strip():
        if line.startswith(_START) or len(block.head) > _MAX_HEADERS:
            reader.put_back(line)
            block.problem = Unreadable(Reason.MALFORMED, "the record has no content")
            return block
        block.head += line
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            digits = value.strip()
            is_length = digits.isdigit() and len(digits) <= _MAX_DIGITS
            length = int(digits) if is_length else None
    if length is None:
        block.problem = Unreadable(Reason.MALFORMED, "no Content-Length in the record")
        return block
    block.content = reader.read(min(length, max_bytes))
    missing = length - len(block.content)
    while missing and (skipped := reader.read(min(missing, _STEP))):
        missing -= len(skipped)
    line = reader.line_after_blanks()
    is_amiss = bool(missing) or bool(line and not line.startswith(_START))
    reader.put_back(line)
    if is_amiss:
        _put_right(block, reader, max_bytes, is_short=bool(missing))
    return block


def _put_right(
    block: _Block, reader: _Reader, max_bytes: int, *, is_short: bool
) -> None:
    """Find the end of a record whose Content-Length is wrong.

    One that announces too much has swallowed the next record; one that announces too
    little goes on until the next record begins.
    """
    at = block.content.find(_NEXT)
    if at >= 0:
        reader.put_back(block.content[at:])
        block.content = block.content[:at]
    elif is_short:
        block.problem = Unreadable(Reason.MALFORMED, "the record is cut off")
    else:
        while (line := reader.readline()) and not line.startswith(_START):
            if len(block.content) <= max_bytes:
                block.content += line
        reader.put_back(line)


def _record(block: _Block) -> ArcWarcRecord:
    """Return a record with its headers parsed."""
    length = b"Content-Length: %d\r\n\r\n" % len(block.content)
    stream = io.BytesIO(_LENGTH.sub(b"", block.head) + length + block.content)
    try:
        record = ArcWarcRecordLoader().parse_record_stream(
            stream, known_format="warc", no_record_parse=True
        )
    except ArchiveLoadFailed as error:
        raise Unreadable(Reason.MALFORMED, f"not a WARC record: {error}") from error
    if record.rec_type is None:
        raise Unreadable(Reason.MALFORMED, "no WARC-Type in the record")
    return record


def _document(
    record: ArcWarcRecord, block: _Block, where: str, file: SourceFile
) -> Document:
    if block.problem is not None:
        raise block.problem
    url = record.rec_headers.get_header("WARC-Target-URI")
    is_page = record.rec_type != "conversion"
    if is_page and not url:
        raise Unreadable(Reason.MALFORMED, "no WARC-Target-URI in the record")
    charset = _page_charset(record) if is_page else "utf-8"
    content = _content(record, file.max_bytes)
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


def _content(record: ArcWarcRecord, max_bytes: int) -> bytes:
    """Return the body without the HTTP codings that it still has."""
    stream = record.raw_stream
    headers = record.http_headers
    codings = ""
    if headers is not None:
        codings = headers.get_header("Content-Encoding") or ""
        if (headers.get_header("Transfer-Encoding") or "").lower() == "chunked":
            stream = ChunkedDataReader(stream)
    content: bytes = stream.read(max_bytes + 1)
    try:
        if len(content) > max_bytes:
            raise too_large(max_bytes)
        return decode_body(content, codings, max_bytes)
    except TooLargeError as error:
        raise too_large(max_bytes) from error
    except CodingError as error:
        raise Unreadable(Reason.MALFORMED, str(error)) from error


def _page_charset(record: ArcWarcRecord) -> str | None:
    """Return the charset that the HTTP headers declare; raises where it is no page."""
    if record.rec_type == "response":
        headers = record.http_headers = _http_headers(record)
        status = headers.get_statuscode()
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


def _http_headers(record: ArcWarcRecord) -> statusandheaders.StatusAndHeaders:
    try:
        return _HTTP.parse(record.raw_stream)
    except EOFError:
        raise Unreadable(Reason.MALFORMED, "no HTTP headers in the record") from None
