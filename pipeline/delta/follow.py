"""Follow: the index of a dataset of Delta tables, a local file that follows their logs."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
from filelock import FileLock

from pipeline.dataset.index import usable_state
from pipeline.delta.actions import Commit
from pipeline.delta.log import FIRST, LOG, DeltaTables, LogCutError, in_a_line
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME, RUNS
from pipeline.state.stories.window import needed_from
from transforms.errors import ConfigError, RunError
from transforms.tables import TABLES

BEGUN = "runs"
"""Folder beside the index with the names of runs that were begun and have not ended."""
_OF = "dataset"
# Files that are indexed in one transaction when an index is rebuilt.
_AT_ONCE = 100
# Commits that are looked at for batches of runs that have not ended.
_LOOK_BACK = 1_000


def made(tables: DeltaTables) -> str:
    """Make the dataset, if there is none; return what identifies it.

    Raises:
      ConfigError: When it cannot be reached or written to.
    """
    url = tables.store.url
    try:
        is_new = not tables.is_there()
        # An earlier newsbeam may have made fewer.
        tables.create()
        if is_new:
            tables.check_conditions()
        return str(tables.open(FIRST).metadata().id)
    except OSError as error:
        raise ConfigError(
            f"output.path: cannot write to {url!r}: {in_a_line(error)}"
        ) from error


def followed_index(tables: DeltaTables, folder: Path, identity: str) -> State:
    """Return the index in a local folder, rebuilt if it is lost, and up to date.

    Args:
      tables: The dataset's.
      folder: Where its state is.
      identity: What identifies the dataset.

    Raises:
      RunError: When it is of a newer newsbeam, or the dataset lacks a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / _OF
    if not known.exists() or known.read_text() != identity:
        _remove_index(folder)
        shutil.rmtree(folder / BEGUN, ignore_errors=True)
        known.write_text(identity)
    state, _ = usable_state(folder / FILE_NAME)
    try:
        catch_up(tables, state)
    except LogCutError:
        # It has not looked for so long that the log has gone on without it.
        state.close()
        _remove_index(folder)
        return followed_index(tables, folder, identity)
    except BaseException:
        state.close()
        raise
    return state


def _remove_index(folder: Path) -> None:
    for left in folder.glob(f"{FILE_NAME}*"):
        left.unlink()


def next_version(state: State, table: str = FIRST) -> int:
    """Return the version after the last one that is indexed."""
    last = state.last_bookmark(f"{LOG}/{table}/")
    return int(last.rpartition("/")[2]) + 1 if last else 0


def catch_up(tables: DeltaTables, state: State) -> None:
    """Index what was committed since; make commits to other tables that are missing.

    Raises:
      LogCutError: When the log no longer goes back to what is indexed.
      RunError: When a committed file cannot be read.
    """
    if next_version(state) == 0:
        _index_all(tables, state)
    for commit in tables.commits(FIRST, next_version(state)):
        if commit.manifest is None:
            _exchange(tables, state, FIRST, commit)
        else:
            tables.complete(commit.manifest)
            _record(tables, state, commit)
    for table in TABLES:
        if table != FIRST:
            for commit in tables.commits(table, next_version(state, table)):
                if commit.manifest is None:
                    _exchange(tables, state, table, commit)
                else:
                    # Indexed with the commit to articles.
                    bookmark = _version_bookmark(table, commit.version)
                    state.record_names((), partial(_source, tables), [bookmark])


def _record(tables: DeltaTables, state: State, commit: Commit) -> None:
    """Index what a batch has brought."""
    manifest = commit.manifest or {}
    rewrites = manifest.get("rewrites", ())
    names = [file["path"] for file in manifest["files"] if file["table"] in TABLES]
    staged = [rewrite["staged"] for rewrite in rewrites if rewrite["staged"]]
    names += [name for name in staged if name.startswith("rejects/")]
    state.record_names(
        names,
        partial(_source, tables),
        [
            # Of the other tables these are some of the rows that are known already.
            *(name for name in staged if name not in names),
            _version_bookmark(FIRST, commit.version),
            run_bookmark(manifest["run_id"], commit.version),
        ],
        dropped=[rewrite["published"] for rewrite in rewrites],
    )


def _exchange(tables: DeltaTables, state: State, table: str, commit: Commit) -> None:
    """Take over files that stand for others, with the same rows."""
    state.record_names(
        (),
        partial(_source, tables),
        [_version_bookmark(table, commit.version), *commit.added],
        dropped=commit.removed,
    )


def _index_all(tables: DeltaTables, state: State) -> None:
    """Fill a new index with all files that there are."""
    source = partial(_source, tables)
    versions = {FIRST: tables.files(FIRST)}
    recent = tables.latest_commits(FIRST, versions[FIRST][0], _LOOK_BACK)
    last = next((commit.manifest for commit in recent if commit.manifest), None)
    if last is not None:
        # Earlier ones were complete before it.
        tables.complete(last)
    manifests = (commit.manifest for commit in recent if commit.manifest)
    state.stories.ignore_before(needed_from(manifests))
    versions |= {table: tables.files(table) for table in TABLES if table != FIRST}
    found = [file for _, files in versions.values() for file in files]
    ordered = sorted(found, key=lambda file: (file.partition, file.name))
    names = [file.name for file in ordered]
    for start in range(0, len(names), _AT_ONCE):
        state.record_names(names[start : start + _AT_ONCE], source)
    bookmarks = [
        _version_bookmark(table, version) for table, (version, _) in versions.items()
    ]
    bookmarks += [
        run_bookmark(commit.manifest["run_id"], commit.version)
        for commit in recent
        if commit.manifest
    ]
    state.record_names((), source, bookmarks)


def _source(tables: DeltaTables, name: str) -> pa.BufferReader:
    try:
        return pa.BufferReader(tables.store.read(name))
    except OSError as error:
        raise RunError(
            f"{tables.store.url}/{name} is committed and cannot be read: {error}"
        ) from error


def _version_bookmark(table: str, version: int) -> str:
    return f"{LOG}/{table}/{version:020d}"


def run_bookmark(run_id: str, version: int) -> str:
    """Return the bookmark that a run has committed a version of ``articles``."""
    return f"{RUNS}/{run_id}/{version:020d}"


def index_finder(tables: DeltaTables, folder: Path) -> partial[Path]:
    """Return what finds the index of a dataset on whatever worker."""
    return partial(_found_index, tables, folder)


def _found_index(tables: DeltaTables, folder: Path) -> Path:
    # A worker on another machine makes one of its own.
    with found_index(tables, folder):
        return folder / FILE_NAME


@contextlib.contextmanager
def found_index(tables: DeltaTables, folder: Path) -> Iterator[State]:
    """Open the index for who asks and does not run: made where it is not, and up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".index"):
        state = followed_index(tables, folder, str(tables.open(FIRST).metadata().id))
    with contextlib.closing(state):
        yield state
