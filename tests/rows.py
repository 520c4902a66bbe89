"""Rows of a dataset, written as files that a run has committed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.tables import ARTICLES, STORIES

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LISTED = '{"entry": {}, "feed": "https://news.example/feed"}'
"""Payload of an entry that waits, of which its feed says nothing."""


def write(
    dataset: Path,
    table: str,
    found: pa.Table,
    name: str = "run",
    day: str = "2026-11-24",
) -> Path:
    """Write rows as a committed file of a table."""
    folder = dataset / table / f"date={day}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-00000.0-{'0' * 12}.parquet"
    pq.write_table(found, path)
    return path


def articles(*changed: Mapping[str, object]) -> pa.Table:
    """Return rows of articles, each with what is given and else something."""
    blank: dict[str, object] = dict.fromkeys(ARTICLES.names)
    for field in ARTICLES:
        if not field.nullable:
            blank[field.name] = {
                pa.string(): "x",
                pa.int32(): 0,
                pa.timestamp("us", tz="UTC"): NOON,
            }[field.type]
    blank["content_hash"] = "0" * 32
    return pa.Table.from_pylist([{**blank, **row} for row in changed], schema=ARTICLES)


def assignments(*changed: Mapping[str, object]) -> pa.Table:
    """Return rows of stories."""
    blank = {"run_id": "run", "batch": 0, "at": NOON}
    return pa.Table.from_pylist([{**blank, **row} for row in changed], schema=STORIES)
