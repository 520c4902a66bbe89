"""The index of a dataset in a store: a local file that follows the commit log.

The dataset has a mark, by which an index knows that it is of this one.
"""

from __future__ import annotations

import json
import shutil
import uuid
from functools import partial
from pathlib import Path

import pyarrow as pa
from filelock import FileLock

from pipeline.batches import chunks
from pipeline.dataset.index import usable_state
from pipeline.dataset.publish import RUNS
from pipeline.state.database import FILE_NAME, State
from pipeline.store.commit_log import COMMITS, FORMAT, MARK, commits, latest_summary
from transforms.errors import ConfigError, RunError
from transforms.write.locations import local_path
from transforms.write.store import Store

BEGUN = "runs"
"""Folder beside the index with the names of runs that were begun and have not ended."""
_OF = "dataset.json"
# Files that are indexed in one transaction when an index is rebuilt.
_AT_ONCE = 100


def marked(store: Store) -> bytes:
    """Make the dataset, if there is none; return what identifies it.

    Raises:
      ConfigError: When it cannot be reached or written to, or is not such a dataset.
      RunError: When a newer newsbeam has made it.
    """
    local = local_path(store.url)
    if local is not None and (local / FILE_NAME).exists():
        raise ConfigError(
            f"output.path: {local} is a dataset of local runs: name it without file://"
        )
    try:
        if not store.exists(MARK):
            fresh = {"format": FORMAT, "id": uuid.uuid4().hex}
            store.create(MARK, json.dumps(fresh).encode())
        mark = store.read(MARK)
        is_twice = store.create(MARK, mark)
    except Exception as error:
        first = next(iter(str(error).splitlines()), "")
        raise ConfigError(
            f"output.path: cannot write to {store.url!r}: {first}"
        ) from error
    if is_twice:
        raise ConfigError(
            f"output.path: the server of {store.url!r} ignores If-None-Match: two "
            "runs could undo each other's commits; use one that honours it"
        )
    if json.loads(mark)["format"] > FORMAT:
        raise RunError(f"{store.url} is of a newer newsbeam: use that one")
    return mark


def opened_index(store: Store, folder: Path, mark: bytes) -> State:
    """Return the index in a local folder, rebuilt if it is lost, and up to date.

    Args:
      store: The dataset.
      folder: Where its state is.
      mark: What identifies the dataset.

    Raises:
      RunError: When it is of a newer newsbeam, or the dataset lacks a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / _OF
    if not known.exists() or known.read_bytes() != mark:
        for left in folder.glob(f"{FILE_NAME}*"):
            left.unlink()
        shutil.rmtree(folder / BEGUN, ignore_errors=True)
        known.write_bytes(mark)
    state, _ = usable_state(folder / FILE_NAME)
    try:
        catch_up(store, state)
    except BaseException:
        state.close()
        raise
    return state


def next_commit(state: State) -> int:
    """Return the number after the last commit that is indexed."""
    last = state.last_mark(f"{COMMITS}/")
    return int(last.rpartition("/")[2]) + 1 if last else 0


def catch_up(store: Store, state: State) -> None:
    """Index what was committed since.

    Raises:
      RunError: When a committed file cannot be read.
    """

    def source(name: str) -> pa.BufferReader:
        try:
            return pa.BufferReader(store.read(name))
        except Exception as error:
            raise RunError(
                f"{store.url}/{name} is committed and cannot be read: {error}"
            ) from error

    first = next_commit(state)
    if first == 0:
        summary = latest_summary(store)
        ordered = sorted(
            summary.files, key=lambda file: (file["partition"], file["path"])
        )
        for some in chunks([file["path"] for file in ordered], _AT_ONCE):
            state.record_names(some, source)
        first = summary.after
        if first:
            marks = [_mark_of(run_id, number) for run_id, number in summary.runs]
            state.record_names((), source, [*marks, f"{COMMITS}/{first - 1:09d}"])
    for number, commit in commits(store, first):
        marks = [_mark_of(commit["run_id"], number), f"{COMMITS}/{number:09d}"]
        state.record_names([file["path"] for file in commit["files"]], source, marks)


def _mark_of(run_id: str, number: int) -> str:
    return f"{RUNS}/{run_id}/{number:09d}"


def index_finder(store: Store, folder: Path) -> partial[Path]:
    """Return what finds the index of a dataset on whatever worker."""
    return partial(_found_index, store, folder)


def _found_index(store: Store, folder: Path) -> Path:
    # A worker on another machine makes one of its own.
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".index"):
        opened_index(store, folder, store.read(MARK)).close()
    return folder / FILE_NAME
