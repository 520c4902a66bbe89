"""Read: patterns in, documents out.

The application matches files before the flow begins, so that progress knows its total;
paths, never contents, are spread over the workers, which read their files one by one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import glob
import io
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import apache_beam as beam
import pydantic
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.errors import Unreadable
from transforms.formats import HEAD_BYTES, detect, read_documents
from transforms.formats.compressed import decompressed
from transforms.formats.file import SourceFile, reject_file
from transforms.options import Options
from transforms.origin import Origin, file_origin
from transforms.records import Document, Reason, Reject, Stage
from transforms.stage import Work
from transforms.subscriptions import FeedList

_WILDCARDS = "*?["


class SourceOptions(Options):
    """Where articles come from (section ``[source]``)."""

    files: tuple[str, ...] = ()
    """Files, folders or globs (``**`` for any depth)."""
    feeds: FeedList = ()
    """Feeds: URLs, or tables with url, name, country."""
    opml: Path | None = None
    """OPML file with more feeds, as feed readers export it."""
    max_document_bytes: int = pydantic.Field(default=20_000_000, gt=0)
    """No single document may be larger, decompressed: trafilatura's own limit."""


def match_files(
    patterns: tuple[str, ...], exclude: tuple[str, ...] = ()
) -> Iterator[str]:
    """Yield the path of everything that ``patterns`` name, once, sorted by pattern.

    Args:
      patterns: Globs (``**`` for any depth), paths, or folders, which stand for every
        file below them that is not hidden; with a scheme such as ``gs://`` they are
        matched by Beam's file systems.
      exclude: Folders to leave out, such as the dataset that is being written.

    Yields:
      Paths as matched; also of what turns out to be no file, for the reader to reject.
    """
    left_out = tuple(Path(folder).resolve() for folder in exclude)
    seen: set[str] = set()
    for pattern in patterns:
        for path in _match(pattern):
            if path in seen or any(
                Path(path).resolve().is_relative_to(folder) for folder in left_out
            ):
                continue
            seen.add(path)
            yield path


def match_problem(pattern: str) -> str | None:
    """Return what is wrong with a pattern before anything is read, None if nothing is.

    A glob that matches nothing yet is no mistake: an inbox may be empty.
    """
    problem = None
    if not pattern.strip() or "\0" in pattern:
        problem = "must name a file, a folder or a glob"
    elif FileSystems.get_scheme(pattern) is not None or os.path.lexists(pattern):
        problem = None
    elif "[" in pattern and "]" not in pattern[pattern.index("[") :]:
        problem = f"bad glob: '[' is never closed in {pattern!r}"
    elif any("**" in part and part != "**" for part in pattern.split("/")):
        problem = f"bad glob: '**' must stand alone between slashes in {pattern!r}"
    else:
        wildcards = [pattern.index(c) for c in _WILDCARDS if c in pattern]
        folder = os.path.dirname(pattern[: min(wildcards, default=0)])
        if not wildcards:
            problem = f"no such file or folder: {pattern!r}"
        elif folder and not os.path.isdir(folder):
            problem = f"no such folder: {folder!r} (for the glob {pattern!r})"
    return problem


def _match(pattern: str) -> Iterator[str]:
    if FileSystems.get_scheme(pattern) is not None:
        for result in FileSystems.match([pattern]):
            yield from sorted(found.path for found in result.metadata_list)
    elif os.path.isdir(pattern):
        for folder, folders, files in os.walk(pattern):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith("."):
                    yield os.path.join(folder, name)
    elif os.path.lexists(pattern) or not any(c in pattern for c in _WILDCARDS):
        # A name may contain brackets; what is not there is for the reader to reject.
        yield pattern
    else:
        for path in sorted(glob.iglob(pattern, recursive=True)):
            # ``**`` matches the folders on the way too: nobody asked for those.
            if not (pattern.endswith("**") and os.path.isdir(path)):
                yield path


def read_file(
    path: str, *, now: dt.datetime, max_bytes: int
) -> Iterator[Document | Reject]:
    """Yield the documents of one file and the rejects of what is broken in it.

    Never waits for a FIFO or device, never raises for what a file may hold.

    Args:
      path: A path as :func:`match_files` gave it.
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
                yield from read_documents(file, detect(head, path))
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
      paths: The files, as :func:`match_files` gave them.
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
