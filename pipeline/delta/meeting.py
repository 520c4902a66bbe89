"""Meeting: what of a batch is left when another run has committed before it.

Two runs that work at once may bring the same article.  The second to commit is refused,
follows the tables, drops the versions that the first has brought, numbers others after
them, and tries again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.delta.follow import catch_up
from pipeline.delta.log import FIRST, DeltaTables
from pipeline.delta.writer import as_committed
from pipeline.state.database import State
from pipeline.state.indexed import Articles
from transforms.dedup.names import row_names
from transforms.errors import LockedError
from transforms.tables import TABLES, in_order
from transforms.vocabulary import Stage
from transforms.write.parquet import read_rows, stage_file

_DUPLICATE = "duplicate"


def without_known(
    manifest: Mapping[str, Any],
    tables: DeltaTables,
    state: State,
    prefix: str,
    level: int,
) -> dict[str, Any]:
    """Return a batch without the versions of articles that the dataset has.

    Files that change are written under new names; nobody names the old ones.

    Args:
      manifest: The batch.
      tables: The dataset's.
      state: The index, which follows the tables.
      prefix: What names of files begin with.
      level: zstd level.

    Raises:
      LockedError: When the batch takes articles out: what the other run has brought may
        be of them.
    """
    rewrites = manifest.get("rewrites", ())
    if any(one["published"].startswith(f"{FIRST}/") for one in rewrites):
        raise LockedError(
            f"another run has committed to {tables.store.url} meanwhile; nothing was "
            "taken out: call it again"
        )
    catch_up(tables, state)
    latest: dict[str, int] = {}
    files: list[dict[str, Any]] = []
    dropped = 0
    with contextlib.closing(sqlite3.connect(state.path)) as db:
        known = Articles(db)
        for file in manifest["files"]:
            if file["table"] != FIRST:
                files.append(file)
                continue
            before = read_rows(f"{tables.store.url}/{file['path']}")
            rows = [row for row in before.to_pylist() if _is_new(row, known, latest)]
            if [row["revision"] for row in rows] == before["revision"].to_pylist():
                files.append(file)
                continue
            dropped += before.num_rows - len(rows)
            if rows:
                staged = stage_file(
                    in_order(pa.Table.from_pylist(rows, schema=TABLES[FIRST]), FIRST),
                    name=FIRST,
                    folder=file["partition"],
                    staging=tables.store.url,
                    compression_level=level,
                    prefix=prefix,
                )
                files.append(as_committed(tables.store, staged))
    counters = {
        stage: Counter(counts) for stage, counts in manifest["counters"].items()
    }
    written = counters.setdefault(Stage.WRITE.value, Counter())
    written["out"] -= dropped
    written[_DUPLICATE] += dropped
    return {**manifest, "files": files, "counters": counters}


def _is_new(row: dict[str, Any], known: Articles, latest: dict[str, int]) -> bool:
    """Return whether a version is not known; number it after those that are.

    Args:
      row: A row of ``articles``; its revision may change.
      known: What the dataset has.
      latest: The latest revision of each article that was numbered here.
    """
    article = row["id"]
    if known.revision(article, row["content_hash"]) is not None:
        return False
    if known.is_forgotten(row_names(row)):
        return False
    last = latest.get(article, known.latest(article))
    if last is not None and row["revision"] <= last:
        row["revision"] = last + 1
        latest[article] = last + 1
    return True
