"""Read: patterns in, documents out.

The application matches files (:mod:`transforms.files.matching`) before the flow begins, so that
the total is known for the progress.  Only paths, not contents, are distributed to the
workers, which read their files one by one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.errors import Unreadable
from transforms.files.compressed import decompressed
from transforms.files.file import SourceFile, reject_file
from transforms.files.formats import HEAD_BYTES, detect_format, read_documents
from transforms.files.options import SourceOptions
from transforms.origin import Origin, file_origin
from transforms.records import Document, Reject
from transforms.vocabulary import Reason, Stage
from transforms.work.stage import Work


def read_file(
    path: str, *, now: dt.datetime, max_bytes: int
) -> Iterator[Document | Reject]:
    """Yield the documents of one file and the rejects of what is broken in it.

    Never waits for a FIFO or device, never raises for what a file may hold.

    Args:
      path: A path as :func:`~transforms.files.matching.match_files` gave it.
      now: The time of reading, which becomes ``fetched_at``.
      max_bytes: No document may be larger, decompressed.
    """
    try:
        _check_regular(path)
        with FileSystems.open(
            path, compression_type=CompressionTypes.UNCOMPRESSED
        ) as raw:
            stream = decompressed(io.BufferedReader(raw, HEAD_BYTES), HEAD_BYTES)
            head = stream.peek(HEAD_BYTES)[:HEAD_BYTES]
            file = SourceFile(path, stream, now, max_bytes)
            if head:
                yield from read_documents(file, detect_format(head, path))
            else:
                yield reject_file(path, Unreadable(Reason.EMPTY, "nothing in it"))
    except Unreadable as error:
        yield reject_file(path, error)
    except OSError as error:
        yield reject_file(path, Unreadable(Reason.UNREADABLE, _reason(error)))


def _check_regular(path: str) -> None:
    if FileSystems.get_scheme(path) is not None:
        return
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        # It was matched as a file, or because it could not be walked: this says which.
        os.scandir(path).close()
    if not stat.S_ISREG(mode):
        kind = "folder" if stat.S_ISDIR(mode) else "pipe, device or socket"
        raise Unreadable(Reason.NOT_A_FILE, f"a {kind}, not a file")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _reader(
    options: SourceOptions, now: dt.datetime
) -> Callable[[bytes], Iterator[Document | Reject]]:
    def read(path: bytes) -> Iterator[Document | Reject]:
        return read_file(
            os.fsdecode(path), now=now, max_bytes=options.max_document_bytes
        )

    return read


def _origin(path: bytes) -> Origin:
    return file_origin(os.fsdecode(path))


@dataclasses.dataclass(eq=False)
class ReadFiles(beam.PTransform):
    """Files to documents.

    Attributes:
      paths: The files, as :func:`~transforms.files.matching.match_files` gave them.
      options: How large a document may be.
      now: The time of reading, which becomes ``fetched_at``.
      rejects: Where files and records go that cannot be read.
    """

    paths: tuple[str, ...]
    options: SourceOptions
    now: dt.datetime
    rejects: ErrorHandler

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[Document]:
        """Return the documents; rejects are with the error handler."""
        # As bytes: a file's name need not be valid UTF-8.
        paths = [os.fsencode(path) for path in self.paths]
        return (
            root
            | "Paths" >> beam.Create(paths)
            | "Read files"
            >> Work(
                Stage.READ,
                partial(_reader, self.options, self.now),
                _origin,
                self.rejects,
            )
        )
