"""Which files are taken for read: those that look otherwise when they are changed again."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pyarrow as pa
import pytest

from pipeline.state import rejected
from pipeline.state.files_read import SCHEMA, FilesRead, FileState
from pipeline.state.rejected import RejectedFiles

NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def file(path: str = "in/a.txt", placed: dt.timedelta = -60 * SECOND) -> FileState:
    nanoseconds = int((NOON + placed).timestamp()) * 10**9
    return FileState(path, 7, nanoseconds, nanoseconds, 3)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(f"{rejected.SCHEMA}{SCHEMA}")
        yield db


def noted(db: sqlite3.Connection, one: FileState) -> bool:
    files = FilesRead(db, RejectedFiles(db))
    files.note([one], "1", NOON)
    return files.has(one, "1")


def reject(db: sqlite3.Connection, path: str, at: dt.datetime) -> None:
    row = {
        "stage": "read",
        "reason": "empty",
        "payload": json.dumps({"path": path}),
        "at": at,
    }
    batch = pa.RecordBatch.from_pylist([row])
    RejectedFiles(db).take([batch], NOON.toordinal())


def test_only_the_same_file_read_in_the_same_manner_was_read(
    db: sqlite3.Connection,
) -> None:
    one = file()
    assert noted(db, one)
    files = FilesRead(db, RejectedFiles(db))
    assert not files.has(one, "2")
    for other in (
        one._replace(path="in/b.txt"),
        one._replace(size=8),
        one._replace(changed=1),
        one._replace(placed=1),
        one._replace(number=1),
    ):
        assert not files.has(other, "1")
    assert noted(db, file("in/\udcff.txt"))
    files.forget()
    assert not files.has(one, "1")


def test_a_file_that_may_change_unseen_is_not_taken_for_read(
    db: sqlite3.Connection,
) -> None:
    assert not noted(db, file(placed=-SECOND))
    assert not noted(db, file(placed=60 * SECOND))
    # Anybody may set the time of a change, only the kernel the other.
    assert noted(db, file("in/c.txt")._replace(changed=file(placed=SECOND).changed))
    assert not noted(db, FileState("gs://bucket/a.txt"))
    assert noted(db, file(placed=-2 * SECOND))


@pytest.mark.parametrize("path", ["in/a.zip", "in/a.zip!inner.txt", "in/a.zip!b!c"])
def test_what_was_rejected_counts_until_its_file_is_changed(
    db: sqlite3.Connection, path: str
) -> None:
    reject(db, path, NOON - 90 * SECOND)
    assert not noted(db, file("in/a.zip", placed=-100 * SECOND))
    for other in ("in/b.zip", "in/a", "in/a.zip!other.zip"):
        assert noted(db, file(other, placed=-100 * SECOND))
    assert noted(db, file("in/a.zip", placed=-80 * SECOND))
    reject(db, path, NOON)
    assert not noted(db, file("in/a.zip", placed=-70 * SECOND))
