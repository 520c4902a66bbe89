"""A file that is being read, and the rejects of its broken parts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from typing import cast

from transforms.errors import Unreadable
from transforms.origin import file_origin
from transforms.records import Reject
from transforms.vocabulary import Reason, Stage
from transforms.work.steps import rejected


@dataclasses.dataclass(frozen=True, slots=True)
class SourceFile:
    """An open file, decompressed.

    Attributes:
      path: Its path as matched.
      stream: Its bytes.
      read_at: When it was read.
      max_bytes: No single document in it may be larger.
    """

    path: str
    stream: io.BufferedReader
    read_at: dt.datetime
    max_bytes: int

    def read_whole(self) -> bytes:
        """Return all bytes; raises Unreadable where there are none, or too many."""
        data = self.stream.read(self.max_bytes + 1)
        if len(data) > self.max_bytes:
            raise too_large(self.max_bytes)
        if not data.strip():
            raise Unreadable(Reason.EMPTY, "nothing in it")
        return data

    def holding(self, data: bytes) -> SourceFile:
        """Return this file with ``data``, already read, as its bytes."""
        stream: io.BufferedReader = io.BufferedReader(
            cast("io.RawIOBase", io.BytesIO(data))
        )
        return dataclasses.replace(self, stream=stream)


def too_large(max_bytes: int) -> Unreadable:
    """Return the verdict on a document over the limit."""
    return Unreadable(
        Reason.TOO_LARGE,
        f"more than {max_bytes:,} bytes in one document (source.max_document_bytes)",
    )


def reject_file(path: str, error: Unreadable) -> Reject:
    """Return the reject of a file, or of the record ``file!entry`` inside one."""
    return rejected(Stage.READ, file_origin(path), error)
