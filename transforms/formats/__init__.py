"""The file formats that hold articles, one module each.

Plain text and HTML hold one article a file; feeds, JSON, JSON Lines and WARC hold many.
A format is detected by a file's first bytes, or by its name where these do not show it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from transforms.errors import Unreadable
from transforms.formats.feed import read_feed
from transforms.formats.file import SourceFile
from transforms.formats.json import read_json, read_json_lines
from transforms.formats.plain import read_html, read_text
from transforms.formats.warc import read_warc
from transforms.parse import looks_like_feed
from transforms.records import Document, Reason, Reject

HEAD_BYTES = 4_096
"""How much of a file is read to detect its format."""


class Format(enum.StrEnum):
    """What a file holds."""

    TEXT = "text"
    HTML = "html"
    FEED = "feed"
    JSON = "json"
    JSON_LINES = "json lines"
    WARC = "warc"


_READERS: dict[Format, Callable[[SourceFile], Iterator[Document | Reject]]] = {
    Format.TEXT: read_text,
    Format.HTML: read_html,
    Format.FEED: read_feed,
    Format.JSON: read_json,
    Format.JSON_LINES: read_json_lines,
    Format.WARC: read_warc,
}
_SUFFIXES = {
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".md": Format.TEXT,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".rss": Format.FEED,
    ".atom": Format.FEED,
    ".rdf": Format.FEED,
    ".xml": Format.FEED,
    ".json": Format.JSON,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".warc": Format.WARC,
    ".wet": Format.WARC,
}
_COMPRESSED_SUFFIXES = {".gz", ".bz2", ".zst"}
_HTML_HEAD = re.compile(
    # Without backtracking: two comments are never taken for one.
    rb"\s*(?>(?:<!--.*?-->|<\?xml[^>]*>)\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\0\0\xfe\xff")


def detect(head: bytes, path: str) -> Format:
    """Return the format of a file.

    Args:
      head: Its first bytes, decompressed.
      path: Its name, for what the bytes leave open.

    Raises:
      Unreadable: When the file is of a kind that holds no articles.
    """
    suffixes = [suffix.lower() for suffix in PurePosixPath(path).suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED_SUFFIXES:
        suffixes.pop()
    named = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if head.startswith(b"WARC/") or named is Format.WARC:
        return Format.WARC
    if b"\0" in head and not head.startswith(_BOMS):
        raise Unreadable(
            Reason.UNSUPPORTED, "binary data that is not in a known format"
        )
    if named in {Format.TEXT, Format.JSON_LINES}:
        return named
    return _looks_like(head) or named or Format.TEXT


def _looks_like(head: bytes) -> Format | None:
    if looks_like_feed(head):
        return Format.FEED
    if _HTML_HEAD.match(head):
        return Format.HTML
    if head.lstrip()[:1] in {b"{", b"["}:
        return Format.JSON
    return None


def read_documents(file: SourceFile, kind: Format) -> Iterator[Document | Reject]:
    """Yield the documents of ``file``, and a reject for each broken record in it.

    Raises:
      Unreadable: When the file as a whole is broken.
      OSError: When its bytes cannot be read or decompressed.
    """
    return _READERS[kind](file)
