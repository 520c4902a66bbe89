"""Compact: many small files of a closed partition into few large ones, and old ones gone.

Each partition changes by one commit: a reader of an earlier version keeps its old files,
which are removed when no run that is at work can need them.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.dataset.compact import (
    COMPRESSION_LEVEL,
    KEPT_FOREVER,
    KEPT_LONGER,
    LARGE,
    as_today,
    groups,
    has_known_columns,
)
from pipeline.dataset.contract import Compaction
from pipeline.delta.actions import TableFile
from pipeline.delta.log import DeltaTables, RefusedError
from transforms.errors import RunError
from transforms.tables import RAW, TABLES, in_order
from transforms.write.parquet import stage_file

log = logging.getLogger(__name__)

_KEPT_HOURS = 8 * 24
"""For this long removed files stay: longer than any batch lasts, and any reader reads."""


def compact(
    tables: DeltaTables,
    *,
    target_bytes: int,
    closed_before: dt.date,
    delete_before: dt.date | None = None,
    at_least: int = 2,
) -> Compaction:
    """Merge the small files of every closed partition, and remove what nobody needs.

    Args:
      tables: The dataset's.
      target_bytes: Files are merged up to this size.
      closed_before: Partitions of earlier days are closed.
      delete_before: Partitions of earlier days are deleted; None for none.
      at_least: Partitions with fewer small files are left alone.

    Returns:
      What was done.

    Raises:
      RunError: When the store does not let it; what is done stays.
    """
    done = Compaction()
    try:
        for table in TABLES:
            version, files = tables.files(table)
            partitions: dict[str, list[TableFile]] = {}
            for file in files:
                partitions.setdefault(file.partition, []).append(file)
            for partition, some in partitions.items():
                day = dt.date.fromisoformat(partition.removeprefix("date="))
                kept = KEPT_LONGER.get(table, dt.timedelta())
                is_old = delete_before is not None and day < delete_before - kept
                if is_old and table not in KEPT_FOREVER:
                    version = _deleted(tables, table, version, some)
                    done.deleted += 1
                elif day < closed_before:
                    version = _merged(
                        tables, table, version, some, target_bytes, at_least, done
                    )
            tables.vacuum(table, _KEPT_HOURS)
        if delete_before is not None:
            _delete_pages(tables, delete_before, done)
    except RefusedError:
        raise RunError(
            f"{tables.store.url}: a run has committed meanwhile; what is done stays: "
            "compact again when none is at work"
        ) from None
    except OSError as error:
        raise RunError(
            f"compaction ended early ({error}); what is done stays, the rest is as it "
            "was: run it again"
        ) from error
    return done


def _deleted(
    tables: DeltaTables, table: str, version: int, files: Sequence[TableFile]
) -> int:
    tables.exchange(table, version, (), files, is_news=True)
    return version + 1


def _delete_pages(tables: DeltaTables, before: dt.date, done: Compaction) -> None:
    """Remove kept pages of earlier days."""
    names = tables.store.names(RAW)
    doomed = [
        name
        for name in names
        if dt.date.fromisoformat(name.split("/")[1].removeprefix("date=")) < before
    ]
    tables.store.remove(doomed)
    done.deleted += len({name.split("/")[1] for name in doomed})


def _merged(
    tables: DeltaTables,
    table: str,
    version: int,
    files: Sequence[TableFile],
    target_bytes: int,
    at_least: int,
    done: Compaction,
) -> int:
    """Merge the small files of a partition; return the version of the table then."""
    sizes = {file.name: file.size for file in files if file.size < LARGE * target_bytes}
    merged = [group for group in groups(sizes, target_bytes) if len(group) > 1]
    if len(sizes) < at_least or not merged:
        return version
    by_name = {file.name: file for file in files}
    added: list[dict[str, Any]] = []
    removed: list[TableFile] = []
    for group in merged:
        parts = [_read(tables, name) for name in group]
        if not all(has_known_columns(part.schema, TABLES[table]) for part in parts):
            continue
        rows = in_order(
            pa.concat_tables(as_today(part, TABLES[table]) for part in parts), table
        )
        staged = stage_file(
            rows,
            name=table,
            folder=by_name[group[0]].partition,
            staging=tables.store.url,
            compression_level=COMPRESSION_LEVEL,
            prefix="compact-",
        )
        added.append(
            {
                "path": staged.path.removeprefix(f"{tables.store.url}/"),
                "partition": staged.partition,
                "rows": staged.rows,
                "size": staged.size,
            }
        )
        removed += [by_name[name] for name in group]
    if not added:
        return version
    tables.exchange(table, version, added, removed)
    done.partitions += 1
    done.files_before += len(files)
    done.files_after += len(files) - len(removed) + len(added)
    done.bytes_before += sum(file.size for file in files)
    done.bytes_after += sum(file.size for file in files if file not in removed)
    done.bytes_after += sum(file["size"] for file in added)
    return version + 1


def _read(tables: DeltaTables, name: str) -> pa.Table:
    return pq.ParquetFile(io.BytesIO(tables.store.read(name))).read()
