"""Copy: a dataset from a folder to a store, or back, as runs of batches like any other.

Files are copied byte by byte and read back.  Each batch is a commit that names what it has
copied, so that a copy that was cut short goes on where it ended.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from rich.text import Text

from pipeline.batches import chunks
from pipeline.dataset.contract import OpenBatch
from pipeline.dataset.home import home_at
from pipeline.dataset.read import open_table, table_parts
from pipeline.reports.account import report_of
from pipeline.reports.logs import PROGRESS_LOG
from pipeline.reports.terminal import many
from pipeline.run import failures_reported
from pipeline.state.feed_keys import take_keys
from transforms.errors import ConfigError, DatasetError
from transforms.records import StagedFile
from transforms.tables import RAW, TABLES
from transforms.text.strings import digest
from transforms.write.locations import is_url
from transforms.write.parquet import write_seal
from transforms.write.store import fetch, put, store_of

log = logging.getLogger(PROGRESS_LOG)

# Files of one commit.
_AT_ONCE = 200
_COPIED = "copied"


@dataclasses.dataclass(frozen=True, slots=True)
class Copied:
    """What a copy has done.

    Attributes:
      files: Files that were copied now.
      before: Files that an earlier attempt had copied.
      rows: The rows of each table.
      seconds: How long it took.
    """

    files: int
    before: int
    rows: dict[str, int]
    seconds: float

    def __rich__(self) -> Text:
        """Return the figures in lines."""
        before = f", {self.before:,} before" if self.before else ""
        rows = ", ".join(f"{table} {count:,}" for table, count in self.rows.items())
        return Text(
            f"copied  {self.files:,} files in {self.seconds:.1f} s{before}\n"
            f"rows    {rows}; every file was read back"
        )


def _check_apart(source: str, target: str) -> None:
    """Raise ConfigError where a copy would lie in what is copied, or on a file."""
    if is_url(target):
        is_inside = f"{target.rstrip('/')}/".startswith(f"{source.rstrip('/')}/")
    else:
        place = Path(target).resolve()
        if place.exists() and not place.is_dir():
            raise ConfigError(f"{target}: is a file; name a new folder")
        is_inside = not is_url(source) and place.is_relative_to(Path(source).resolve())
    if is_inside:
        raise ConfigError(f"{target}: is in the dataset itself; copy to another place")


def copy(
    source: str,
    target: str,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Copied:
    """Copy a dataset, or go on with a copy that was cut short.

    Args:
      source: Its folder or URL.
      target: Where to; it holds no rows but those of this copy.
      progress: Is called with the number of files that are copied, and of all.

    Raises:
      ConfigError: When there is no dataset, or the target has rows of its own, or the
        source has changed since the copy began.
      LockedError: When a run works on either.
      DatasetError: When what was written is not what was read.
    """
    started = time.monotonic()
    open_table(source)
    origin, home = home_at(source), home_at(target)
    _check_apart(source, target)
    with origin.opened():
        take_keys(origin.index.parent, home.index.parent)
        with home.opened() as (state, recovered):
            run = home.run(f"copy-{digest(str(origin.where))[:12]}", state)
            names = _names(source)
            known = {
                name
                for manifest in run.manifests()
                for name in manifest["inputs"].get(_COPIED, ())
            }
            _check(source, target, names.keys(), known)
            rest = [name for name in names if name not in known]
            with failures_reported(run):
                run.begin(dt.datetime.now(dt.UTC))
                done, first = len(known), len(run.batches())
                for number, some in enumerate(chunks(rest, _AT_ONCE), first):
                    batch = run.batch(number)
                    _copy({name: names[name] for name in some}, batch)
                    inputs = {"files": [], "feeds": [], _COPIED: some}
                    batch.commit(inputs=inputs, counters={})
                    batch.publish(state)
                    done += len(some)
                    log.info("%d of %d files are copied", done, len(names))
                    if progress is not None:
                        progress(done, len(names))
                rows = _compared(source, target)
                report = report_of(
                    run, state, started, recovered=recovered, feed_warnings={}
                )
                run.end(report.as_bytes())
    return Copied(len(rest), len(known), rows, time.monotonic() - started)


def _names(dataset: str) -> dict[str, str]:
    """Return the files of a dataset: their names below it, and where each is."""
    found: dict[str, str] = {}
    for table in TABLES:
        names = [name for name, _ in table_parts(dataset, table)]
        found |= {name: f"{dataset.rstrip('/')}/{name}" for name in names}
    kept = store_of(dataset).names(RAW)
    return found | {name: f"{dataset.rstrip('/')}/{name}" for name in kept}


def _check(
    source: str, target: str, names: AbstractSet[str], known: AbstractSet[str]
) -> None:
    """Refuse what would double rows; raises ConfigError."""
    if known - names:
        raise ConfigError(
            f"{source}: files that were copied are gone, by a compaction say; copy to a "
            "new place"
        )
    for table in () if known else TABLES:
        count = open_table(target, table).count_rows()
        if count:
            raise ConfigError(
                f"{target}: holds {many(count, 'row')} of {table}; copy to a new place"
            )


def _copy(files: Mapping[str, str], batch: OpenBatch) -> None:
    """Write files where a batch stages its own, read them back, and seal them."""
    batch.prepare()
    places = batch.places()
    staged = []
    for name, place in files.items():
        data = fetch(place)
        table, folder, own = name.split("/")
        # An article names its page by the name of the file that it is in.
        is_kept = table == RAW
        fresh = own if is_kept else f"{places.prefix}{uuid.uuid4().hex}.parquet"
        path = f"{places.staging}/{table}/{folder}/{fresh}"
        put(path, data)
        if fetch(path) != data:
            raise DatasetError(f"{path}: is not what was written; see the store")
        rows = 0 if is_kept else pq.read_metadata(pa.BufferReader(data)).num_rows
        sha256 = hashlib.sha256(data).hexdigest()
        staged.append(
            StagedFile(
                path, table, folder, rows, len(data), sha256, own if is_kept else None
            )
        )
    write_seal(staged, places.seal)


def _compared(source: str, target: str) -> dict[str, int]:
    """Return the rows of each table; raises DatasetError where the copy has others."""
    rows = {}
    for table in TABLES:
        rows[table] = open_table(source, table).count_rows()
        found = open_table(target, table).count_rows() if rows[table] else 0
        if found != rows[table]:
            raise DatasetError(
                f"{target}: {table} has {found:,} rows instead of {rows[table]:,}"
            )
    return rows
