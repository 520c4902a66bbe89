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
from transforms.files.feed import read_feed
from transforms.files.file import SourceFile
from transforms.files.json import read_json, read_json_lines
from transforms.files.plain import read_html, read_text
from transforms.files.warc import read_warc
from transforms.parse.feed import looks_like_feed
from transforms.records import Document, Reject
from transforms.vocabulary import Reason

HEAD_BYTES = 4_096
"""How much of a file is read to detect its format."""


class FileFormat(enum.StrEnum):
    """What a file holds."""

    TEXT = "text"
    HTML = "html"
    FEED = "feed"
    JSON = "json"
    JSON_LINES = "json lines"
    WARC = "warc"


_READERS: dict[FileFormat, Callable[[SourceFile], Iterator[Document | Reject]]] = {
    FileFormat.TEXT: read_text,
    FileFormat.HTML: read_html,
    FileFormat.FEED: read_feed,
    FileFormat.JSON: read_json,
    FileFormat.JSON_LINES: read_json_lines,
    FileFormat.WARC: read_warc,
}
_SUFFIXES = {
    suffix: kind
    for kind, suffixes in {
        FileFormat.TEXT: ".txt .text .md",
        FileFormat.HTML: ".html .htm .xhtml",
        FileFormat.FEED: ".rss .atom .rdf .xml",
        FileFormat.JSON: ".json",
        FileFormat.JSON_LINES: ".jsonl .ndjson",
        FileFormat.WARC: ".warc .wet",
    }.items()
    for suffix in suffixes.split()
}
_COMPRESSED_SUFFIXES = {".gz", ".bz2", ".zst"}
_HTML_HEAD = re.compile(
    # Without backtracking: two comments are never taken for one.
    rb"\s*(?>(?:<!--.*?-->|<\?xml[^>]*>)\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\0\0\xfe\xff")


def detect_format(head: bytes, path: str) -> FileFormat:
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
    if head.startswith(b"WARC/") or named is FileFormat.WARC:
        return FileFormat.WARC
    if b"\0" in head and not head.startswith(_BOMS):
        raise Unreadable(
            Reason.UNSUPPORTED, "binary data that is not in a known format"
        )
    if named in {FileFormat.TEXT, FileFormat.JSON_LINES}:
        return named
    return _looks_like(head) or named or FileFormat.TEXT


def _looks_like(head: bytes) -> FileFormat | None:
    if looks_like_feed(head):
        return FileFormat.FEED
    if _HTML_HEAD.match(head):
        return FileFormat.HTML
    if head.lstrip()[:1] in {b"{", b"["}:
        return FileFormat.JSON
    return None


def read_documents(file: SourceFile, kind: FileFormat) -> Iterator[Document | Reject]:
    """Yield the documents of ``file``, and a reject for each broken record in it.

    Raises:
      Unreadable: When the file as a whole is broken.
      OSError: When its bytes cannot be read or decompressed.
    """
    return _READERS[kind](file)
