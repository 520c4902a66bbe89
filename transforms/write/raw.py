"""Raw: fetched pages kept in WARC files, and taken from there again.

A page is kept as it was fetched, with what its feed said, so that a later version of
newsbeam can extract and tag it again without a fetch.  Each record is a gzip
member of its own, and the text that the feed carried is a metadata record right behind
its page: offset and length of both are enough to read them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import json
import os
import struct
import tempfile
import uuid
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import pydantic
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.error_handling import ErrorHandler
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from transforms.errors import Unreadable
from transforms.origin import page_origin
from transforms.records import Declared, Document, RawPage, Reject, StagedFile
from transforms.tables import RAW
from transforms.vocabulary import Media, Reason, Stage, TextSource
from transforms.work.stage import Work, in_global_window
from transforms.work.steps import rejected
from transforms.write.locations import is_url
from transforms.write.parquet import Period, partition
from transforms.write.store import fetch, put

# What the feed said, as JSON: a header of our own, which other readers pass over.
_DECLARED = "Newsbeam-Declared"
_DECLARED_JSON = pydantic.TypeAdapter(Declared)
_FALLBACK_JSON = pydantic.TypeAdapter(Document)
_METADATA = "metadata"
_FILES = "files"


def is_page(document: Document) -> bool:
    """Return whether the document is a page that was fetched."""
    return document.path is None and isinstance(document.content, bytes)


def write_record(sink: Any, document: Document) -> int:
    """Append a page to a WARC file; return how many bytes its records take.

    Args:
      sink: A file open for writing.
      document: A page as it was fetched.
    """
    writer = WARCWriter(sink, gzip=True)
    charset = f"; charset={document.charset}" if document.charset else ""
    declared = _DECLARED_JSON.dump_python(
        document.declared, mode="json", exclude_defaults=True
    )
    headers = {
        "WARC-Date": f"{document.fetched_at:%Y-%m-%dT%H:%M:%SZ}",
        _DECLARED: json.dumps(declared),
    }
    content = bytes(document.content)  # type: ignore[arg-type]
    # Without a length warcio copies a record to a file, twice, and leaves one open.
    record = writer.create_warc_record(
        document.declared.url or "",
        "resource",
        payload=io.BytesIO(content),
        length=len(content),
        warc_content_type=f"text/html{charset}",
        warc_headers_dict=headers,
    )
    start = sink.tell()
    writer.write_record(record)
    if document.fallback is not None:
        fallback = _FALLBACK_JSON.dump_json(document.fallback, exclude_defaults=True)
        writer.write_record(
            writer.create_warc_record(
                document.declared.url or "",
                _METADATA,
                payload=io.BytesIO(fallback),
                length=len(fallback),
                warc_content_type="application/json",
                warc_headers_dict={
                    "WARC-Date": headers["WARC-Date"],
                    "WARC-Refers-To": record.rec_headers.get_header("WARC-Record-ID"),
                },
            )
        )
    return int(sink.tell() - start)


@dataclasses.dataclass(eq=False)
class _StageRawFn(beam.DoFn):
    """Keeps the pages of a bundle in one file a day."""

    staging: str
    name: str
    period: Period

    def start_bundle(self) -> None:
        # What is put into a store is complete: it is written here before.
        self._scratch = tempfile.TemporaryDirectory() if is_url(self.staging) else None
        self._open: dict[str, Any] = {}
        self._rows: dict[str, int] = {}

    def process(self, document: Document) -> Iterator[Document]:
        if not is_page(document):
            yield document
            return
        folder = partition(document.fetched_at, self.period)
        sink = self._open.get(folder)
        if sink is None:
            root = self._scratch.name if self._scratch else self.staging
            sink = self._open[folder] = self._create(Path(root) / RAW / folder)
        offset = sink.tell()
        length = write_record(sink, document)
        self._rows[folder] = self._rows.get(folder, 0) + 1
        path = f"{RAW}/{folder}/{Path(sink.name).name}"
        yield dataclasses.replace(document, raw=RawPage(path, offset, length))

    def _create(self, folder: Path) -> Any:
        folder.mkdir(parents=True, exist_ok=True)
        if self._scratch:
            return (folder / f"{self.name}.{uuid.uuid4().int}.warc.gz").open("xb")
        # Numbered, so that a retry of the run gives the same names.
        number = 0
        while (path := folder / f"{self.name}.{number}.warc.gz").exists():
            number += 1
        return path.open("xb")

    def finish_bundle(self) -> Iterator[Any]:
        for folder, sink in sorted(self._open.items()):
            sink.flush()
            os.fsync(sink.fileno())
            sink.close()
            path = Path(sink.name)
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            place = f"{self.staging}/{RAW}/{folder}/{path.name}"
            if self._scratch:
                put(place, path.read_bytes())
            staged = StagedFile(
                path=place,
                table=RAW,
                partition=folder,
                rows=self._rows[folder],
                size=path.stat().st_size,
                sha256=sha256,
                name=path.name,
            )
            yield in_global_window(TaggedOutput(_FILES, staged))
        if self._scratch:
            self._scratch.cleanup()


@dataclasses.dataclass(eq=False)
class StageRaw(beam.PTransform):
    """Documents, their pages kept.

    Attributes:
      staging: The staging folder.
      name: What the files are called, up to a suffix of their own.
      period: Length of a partition, by the day of the fetch.
    """

    staging: str
    name: str
    period: Period

    def expand(
        self, documents: beam.PCollection[Document]
    ) -> tuple[beam.PCollection[Document], beam.PCollection[StagedFile]]:
        """Return the documents, each page with its place, and the staged files."""
        work = _StageRawFn(self.staging, self.name, self.period)
        results = documents | beam.ParDo(work).with_outputs(_FILES, main="documents")
        return results.documents, results[_FILES]


def read_page(dataset: str, place: RawPage) -> Document:
    """Return the page that is kept at ``place``.

    Args:
      dataset: The dataset's folder or URL.
      place: Where in it.

    Raises:
      Unreadable: When the file is gone, or holds no record there.
    """
    try:
        data = fetch(f"{dataset}/{place.path}", place.offset, place.length)
        records = iter(ArchiveIterator(io.BytesIO(data)))
        record = next(records)
        content = record.content_stream().read()
        headers: StatusAndHeaders = record.rec_headers
        declared = _DECLARED_JSON.validate_json(headers.get_header(_DECLARED) or "{}")
        fetched_at = dt.datetime.fromisoformat(headers.get_header("WARC-Date"))
        fallback = next(
            (
                _fallback(other.content_stream().read())
                for other in records
                if other.rec_type == _METADATA
            ),
            None,
        )
    except OSError as error:
        raise Unreadable(Reason.UNREADABLE, error.strerror or str(error)) from error
    except (ArchiveLoadFailed, StopIteration, ValueError, EOFError, TypeError) as error:
        raise Unreadable(
            Reason.MALFORMED, f"not a record of newsbeam: {error}"
        ) from error
    _, _, charset = (headers.get_header("Content-Type") or "").partition("charset=")
    return Document(
        content=content,
        media=Media.HTML,
        text_source=TextSource.PAGE,
        fetched_at=fetched_at,
        charset=charset or None,
        declared=declared,
        fallback=fallback,
        raw=place,
    )


def blanked(
    data: bytes, is_doomed: Callable[[str, Declared], bool]
) -> tuple[bytes, int]:
    """Return a file of kept pages with some of them overwritten, and how many are.

    What articles say of the places of the other pages stays true: in the place of a page,
    and of what its feed carried, is an empty record of the same size.

    Args:
      data: The file.
      is_doomed: Whether a page goes, by its address and by what its feed said.

    Raises:
      ValueError: When a record is not newsbeam's.
      ArchiveLoadFailed: When it is no WARC file.
    """
    records = ArchiveIterator(io.BytesIO(data))
    spans: list[tuple[int, bool]] = []
    pages, goes = 0, False
    for record in records:
        headers: StatusAndHeaders = record.rec_headers
        if record.rec_type != _METADATA:
            told = _DECLARED_JSON.validate_json(headers.get_header(_DECLARED) or "{}")
            goes = is_doomed(headers.get_header("WARC-Target-URI") or "", told)
            pages += goes
        spans.append((records.get_record_offset(), goes))
    fresh = bytearray(data)
    ends = [*(start for start, _ in spans[1:]), len(data)]
    for (start, is_gone), end in zip(spans, ends, strict=True):
        if is_gone:
            fresh[start:end] = _filler(end - start)
    return bytes(fresh), pages


def _filler(size: int) -> bytes:
    """Return an empty record, as a gzip member of some bytes: its comment fills them."""
    record = b"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
    packed = zlib.compress(record, wbits=-zlib.MAX_WBITS)
    check = struct.pack("<II", zlib.crc32(record), len(record))
    # RFC 1952: a header with a comment, which ends with a zero.
    head = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\xff"
    comment = b" " * (size - len(head) - len(packed) - len(check) - 1) + b"\x00"
    return head + comment + packed + check


def _fallback(data: bytes) -> Document:
    fallback = _FALLBACK_JSON.validate_json(data)
    # A string may be taken for bytes, which the type permits too.
    content = fallback.content
    text = content if isinstance(content, str) else content.decode()
    return dataclasses.replace(fallback, content=text)


def _reader(dataset: str) -> Callable[[RawPage], Iterator[Document | Reject]]:
    def read(place: RawPage) -> Iterator[Document | Reject]:
        try:
            yield read_page(dataset, place)
        except Unreadable as error:
            yield rejected(Stage.READ, page_origin(place), error)

    return read


@dataclasses.dataclass(eq=False)
class ReadRaw(beam.PTransform):
    """Kept pages as documents.

    Attributes:
      pages: Where they are.
      dataset: The dataset's folder or URL.
      rejects: Where those go that are not there.
    """

    pages: tuple[RawPage, ...]
    dataset: str
    rejects: ErrorHandler

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[Document]:
        """Return the documents."""
        return (
            root
            | "Places" >> beam.Create(self.pages)
            | "Read pages"
            >> Work(
                Stage.READ, partial(_reader, self.dataset), page_origin, self.rejects
            )
        )
