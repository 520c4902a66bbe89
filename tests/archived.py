"""Files as archives hold them, and what is read from them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from transforms.files.read import read_file
from transforms.records import Document, Reject

NOW = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
PAGE = (
    b"<html><body><article><p>The ferry to %s sails again.</p></article></body></html>"
)
LIMIT = 1_000_000


def read(path: Path, data: bytes) -> tuple[list[Document], list[Reject]]:
    path.write_bytes(data)
    found = list(read_file(str(path), now=NOW, max_bytes=LIMIT))
    documents = [each for each in found if isinstance(each, Document)]
    return documents, [each for each in found if isinstance(each, Reject)]


def record(
    name: str,
    *,
    headers: bytes = b"",
    body: bytes | None = None,
    whole: bytes | None = None,
    length: int | bytes | None = None,
    uri: bool = True,
    end: bytes = b"\r\n\r\n",
) -> bytes:
    page = PAGE % name.encode() if body is None else body
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + headers + b"\r\n" + page
    http = http if whole is None else whole
    size = len(http) if length is None else length
    shown = size if isinstance(size, bytes) else str(size).encode()
    target = f"WARC-Target-URI: https://port.example/{name}\r\n" if uri else ""
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\n"
        + target.encode()
        + f"WARC-Record-ID: <urn:uuid:{name}>\r\n".encode()
        + b"Content-Length: "
        + shown
        + b"\r\n\r\n"
        + http
        + end
    )
