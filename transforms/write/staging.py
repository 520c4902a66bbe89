"""Write: rows to staged Parquet files, one partition each.

Beam's own file sinks lose data on a local disk (2.77: ``WriteToFiles`` moves nothing into
hive folders and reports success, ``WriteToParquet`` drops an output that is as large as
one that is there), so newsbeam has its own.  Rows are buffered by partition inside the
bundle, bounded by bytes, and written as whole files into a staging folder.  Readers
do not see these files: publishing is the application's last step.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.error_handling import ErrorHandler
from apache_beam.transforms.window import BoundedWindow, GlobalWindows

from transforms.encryption import Cipher
from transforms.errors import Unreadable
from transforms.listings import Fetch, Sighting, Waiting
from transforms.origin import article_origin
from transforms.records import Article, Reject, StagedFile, Stamp
from transforms.tables import TABLES, in_order
from transforms.vocabulary import Reason, Stage
from transforms.web.waiting import waiting_row
from transforms.work.stage import Tally, in_window
from transforms.work.steps import rejected
from transforms.write.options import WriteOptions
from transforms.write.parquet import partition, stage_file, write_seal
from transforms.write.rows import article_row, fetch_row, reject_row, sighting_row

# What a row weighs besides its text: its columns and Python's objects around them,
# by measurement.
_ROW_BYTES = 4_000
_MENTION_BYTES = 400
_REJECTS = "rejects"

TableRecord: TypeAlias = Article | Reject | Fetch | Waiting | Sighting
BufferKey: TypeAlias = tuple[BoundedWindow, str]
"""The window and the partition of a row."""


def _row(record: TableRecord, stamp: Stamp, cipher: Cipher | None) -> dict[str, Any]:
    if isinstance(record, Reject):
        return reject_row(record, stamp, cipher)
    if isinstance(record, Fetch):
        return fetch_row(record, stamp)
    if isinstance(record, Waiting):
        return waiting_row(record, stamp, cipher)
    if isinstance(record, Sighting):
        return sighting_row(record, stamp)
    return article_row(record, stamp)


def _moment(record: TableRecord, stamp: Stamp) -> dt.datetime:
    if isinstance(record, (Reject, Fetch, Waiting, Sighting)):
        return stamp.at
    return record.published_at or record.fetched_at


def _size(record: TableRecord) -> int:
    if isinstance(record, Reject):
        return len(record.payload) + _ROW_BYTES
    if isinstance(record, (Fetch, Sighting)):
        return _ROW_BYTES
    if isinstance(record, Waiting):
        entry = record.listed.entry
        return 2 * len(entry.content or "") + len(entry.summary or "") + _ROW_BYTES
    mentions = sum(e.count for e in record.entities) + sum(
        c.count for c in record.countries
    )
    return 2 * len(record.text) + mentions * _MENTION_BYTES + _ROW_BYTES


@dataclasses.dataclass(slots=True)
class _Buffer:
    """The rows of a future file: the latest as records, earlier ones as Arrow.

    So only the writing is left to do at the end, when everything else has stopped.
    """

    records: list[TableRecord] = dataclasses.field(default_factory=list)
    parts: list[pa.Table] = dataclasses.field(default_factory=list)
    size: int = 0


# Records converted to Arrow at once: fewer cost more, more leave too much for the end.
_RECORDS = 100
# Threads that write files at the end: what takes long there needs no lock of Python's.
_WRITERS = 4
_MISFIT = (pa.ArrowException, ValueError, TypeError, OverflowError)


@dataclasses.dataclass(eq=False)
class _StageRowsFn(beam.DoFn):
    """Buffers records by window and partition, and stages whole files."""

    table: str
    staging: str
    stamp: Stamp
    options: WriteOptions
    clock: Callable[[], dt.datetime] | None
    prefix: str
    cipher: Cipher | None

    def setup(self) -> None:
        # The rejects are the error handler's consumer and no stage of the flow.
        self._tally = Tally(Stage.WRITE) if self.table == "articles" else None

    def start_bundle(self) -> None:
        self._buffers: dict[BufferKey, _Buffer] = {}
        if self.clock is not None:
            self.stamp = dataclasses.replace(self.stamp, at=self.clock())

    def process(
        self, record: TableRecord, window: BoundedWindow = beam.DoFn.WindowParam
    ) -> Iterator[Any]:
        self._count("in")
        folder = partition(_moment(record, self.stamp), self.options.partition_by)
        place = (window, folder)
        buffer = self._buffers.setdefault(place, _Buffer())
        buffer.records.append(record)
        buffer.size += _size(record)
        if len(buffer.records) >= _RECORDS:
            yield from self._convert(place)
        sizes = {place: buffer.size for place, buffer in self._buffers.items()}
        if sum(sizes.values()) > self.options.max_buffer_bytes:
            yield from self._flush(max(sizes, key=sizes.__getitem__))

    def finish_bundle(self) -> Iterator[Any]:
        places = sorted(self._buffers, key=lambda place: place[1])
        for place in places:
            yield from self._convert(place)
        # A day of news is one file, an archive of pages as many as it has days.
        with ThreadPoolExecutor(_WRITERS) as writers:
            for place, staged in zip(
                places, writers.map(self._stage, places), strict=True
            ):
                yield from self._staged(place, staged)

    def _count(self, name: str, amount: int = 1) -> None:
        if self._tally is not None:
            self._tally.add(name, amount)

    def _flush(self, place: BufferKey) -> Iterator[Any]:
        yield from self._convert(place)
        yield from self._staged(place, self._stage(place))

    def _stage(self, place: BufferKey) -> StagedFile | None:
        """Write the rows of a buffer; None where it has none."""
        rows = pa.concat_tables(self._buffers.pop(place).parts)
        if not rows.num_rows:
            return None
        return stage_file(
            in_order(rows, self.table),
            name=self.table,
            folder=place[1],
            staging=self.staging,
            compression_level=self.options.compression_level,
            prefix=self.prefix,
        )

    def _staged(self, place: BufferKey, staged: StagedFile | None) -> Iterator[Any]:
        if staged is not None:
            self._count("out", staged.rows)
            yield in_window(staged, place[0])

    def _convert(self, place: BufferKey) -> Iterator[Any]:
        """Convert the records of a buffer to Arrow; yield those that fit no row."""
        buffer = self._buffers[place]
        records, buffer.records = buffer.records, []
        rows = [_row(record, self.stamp, self.cipher) for record in records]
        if self.table == "articles" and not self.options.text:
            rows = [row | {"text": ""} for row in rows]
        schema = TABLES[self.table]
        try:
            part = pa.Table.from_pylist(rows, schema=schema)
        except _MISFIT:
            # One bad row must not take the others with it: find it.
            good = []
            for record, row in zip(records, rows, strict=True):
                try:
                    pa.Table.from_pylist([row], schema=schema)
                except _MISFIT as error:
                    yield in_window(self._reject(record, error), place[0])
                else:
                    good.append(row)
            part = pa.Table.from_pylist(good, schema=schema)
        buffer.parts.append(part)

    def _reject(self, record: TableRecord, error: Exception) -> TaggedOutput:
        if not isinstance(record, Article):
            # The others are cleaned: this cannot happen, and must not pass in silence.
            raise TypeError(f"a row of {self.table} does not fit: {error}") from error
        detail = f"the row does not fit the schema: {error}"
        problem = Unreadable(Reason.INTERNAL_ERROR, detail)
        self._count(f"rejected-{problem.reason}")
        reject = rejected(Stage.WRITE, article_origin(record), problem)
        return TaggedOutput(_REJECTS, reject)


@dataclasses.dataclass(eq=False)
class StageRows(beam.PTransform):
    """The records of a table to staged files.

    Attributes:
      table: Its name.
      staging: The run's staging folder, or its URL.
      stamp: What the rows of this run have in common.
      options: Partitions and compression.
      rejects: Where articles go that fit no row; None for the other tables.
      clock: Gives the time of rows in a run without end; None for that of the stamp.
      prefix: What the files' names begin with.
      cipher: What secrets in payloads are encrypted with; None to leave them out.
    """

    table: str
    staging: str
    stamp: Stamp
    options: WriteOptions
    rejects: ErrorHandler | None = None
    clock: Callable[[], dt.datetime] | None = None
    prefix: str = ""
    cipher: Cipher | None = None

    def expand(
        self, records: beam.PCollection[TableRecord]
    ) -> beam.PCollection[StagedFile]:
        """Return the files that were staged, each in the window of its rows."""
        stage = _StageRowsFn(
            self.table,
            self.staging,
            self.stamp,
            self.options,
            self.clock,
            self.prefix,
            self.cipher,
        )
        results = records | beam.ParDo(stage).with_outputs(_REJECTS, main="files")
        if self.rejects is not None:
            unfit = results[_REJECTS] | "Unfit" >> beam.WindowInto(GlobalWindows())
            self.rejects.add_error_pcollection(unfit)
        return results.files


@dataclasses.dataclass(eq=False)
class SealStaging(beam.PTransform):
    """The last step: write down which staged files count.

    A bundle that was tried twice leaves a file behind that is in nobody's output; only
    what is in the seal will be published.

    Attributes:
      path: Where the list goes, as JSON: a file, or its URL.
    """

    path: str

    def expand(self, files: beam.PCollection[StagedFile]) -> beam.PCollection[None]:
        """Write the seal; an empty run is sealed too."""
        return (
            files
            | "Gather staged files" >> beam.combiners.ToList()
            | "Write seal" >> beam.Map(write_seal, self.path)
        )
