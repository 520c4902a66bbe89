"""Index: the state of a dataset, opened so that it can be trusted.

The index is made in a file of its own and renamed when it is complete, so that one that
is there is whole.  The last run leaves a seal, which says what the file looked like: one
that looks otherwise was cut short, restored, exchanged or damaged, and is checked page by
page.  Whatever does not hold is rebuilt from the files of the dataset.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pipeline.dataset import disk
from pipeline.dataset.reconcile import reconcile
from pipeline.dataset.runs import recover, stories_from
from pipeline.state.database import VERSION, State
from pipeline.state.inventory import FILE_NAME, RUNS, fingerprint_of, taken
from transforms.errors import ConfigError, DatasetError
from transforms.write.durable import sync_folder

log = logging.getLogger(__name__)

SEAL = ".state.seal"
_DRAFT = f"{FILE_NAME}.rebuild"
_BESIDE = ("-wal", "-shm", "-journal")
# Of these the file is not to blame: it is left where it is.
_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
_PRIMARY = 0xFF
# From this version of the index on, what it alone knows can be taken over.
_FIRST_KEPT = 3


@contextlib.contextmanager
def opened_index(dataset: Path) -> Iterator[tuple[State, list[str]]]:
    """Open the index of a dataset and bring it up to what is there.

    The caller holds the lock.  What was cut short is finished or removed first.

    Yields:
      The index, and a line for each thing that was put right.

    Raises:
      DatasetError: When the index cannot be used, or a file of the dataset not be read.
    """
    state, recovered = _ready(dataset)
    try:
        yield state, recovered
        state.settle()
    finally:
        state.close()
    _seal(dataset)


def _ready(dataset: Path) -> tuple[State, list[str]]:
    """Return the index, up to date, and what was put right."""
    try:
        state, is_trusted = _usable(dataset)
        try:
            recovered = recover(dataset, state)
            recovered += reconcile(dataset, state, is_trusted=is_trusted)
        except BaseException:
            state.close()
            raise
    except (OSError, sqlite3.Error) as error:
        _refuse_full_disk(dataset, error)
        raise DatasetError(
            f"{dataset} cannot be prepared ({error}); nothing was done"
        ) from error
    return state, recovered


@contextlib.contextmanager
def found_state(dataset: Path) -> Iterator[State]:
    """Open the state of ``dataset`` as it is, for who asks and does not run.

    Raises:
      ConfigError: When there is none, or it cannot be used before a run has rebuilt it.
    """
    path = dataset / FILE_NAME
    if not path.exists():
        is_lost = any((dataset / name).is_dir() for name in ("articles", RUNS))
        raise ConfigError(
            f"{path} is lost: the next run rebuilds it"
            if is_lost
            else f"{dataset}: no newsbeam dataset; give the folder of a run"
        )
    try:
        _refuse_folder(path)
        with contextlib.closing(State(path)) as state:
            yield state
    except sqlite3.DatabaseError as error:
        advice = (
            "see who else uses it, and its rights"
            if _is_passing(error)
            else "the next run rebuilds it"
        )
        raise ConfigError(f"{path} cannot be used ({error}): {advice}") from error


def usable_state(path: Path) -> tuple[State, bool]:
    """Return the state in a file, and whether it is a new one: to be filled.

    Raises:
      DatasetError: When the state is of a newer version of newsbeam, or cannot be opened.
    """
    fresh = not path.exists()
    try:
        state = _opened(path)
    except sqlite3.DatabaseError as error:
        fault: str | None = str(error)
    else:
        fault = None if fresh else _damage(state)
        if fault is None:
            return state, fresh
        state.close()
    _put_aside(path, fault or "")
    return State(path), True


def _opened(path: Path) -> State:
    """Open the index, as it is; raises DatasetError where another day may be better."""
    _refuse_folder(path)
    try:
        state = State(path)
        try:
            # What cannot be written is found before any work.
            with state.transaction():
                pass
        except BaseException:
            state.close()
            raise
    except sqlite3.DatabaseError as error:
        _refuse_full_disk(path.parent, error)
        if not _is_passing(error):
            raise
        raise DatasetError(
            f"{path} cannot be used ({error}): see its rights, its disk, and who else "
            "uses it; nothing was done"
        ) from error
    return state


def _refuse_full_disk(dataset: Path, error: Exception) -> None:
    if disk.is_full(error):
        raise DatasetError(
            f"the disk under {dataset} is full; nothing was done: make room and run again"
        ) from error


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise sqlite3.DatabaseError("it is a folder")


def _is_passing(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY in _PASSING


def _usable(dataset: Path) -> tuple[State, bool]:
    """Return an index that holds, and whether it is the one that the last run left."""
    path = dataset / FILE_NAME
    _remove(dataset / _DRAFT)
    is_trusted = _take_seal(dataset)
    if not path.exists():
        if taken(dataset).files:
            log.warning("%s is lost: it is rebuilt from the dataset", path)
        return _rebuilt(dataset), False
    try:
        state = _opened(path)
    except sqlite3.DatabaseError as error:
        fault = str(error)
    else:
        found = None if is_trusted else _fault(dataset, state)
        if found is None:
            return state, is_trusted
        state.close()
        fault = found
    return _rebuilt(dataset, fault), False


def _fault(dataset: Path, state: State) -> str | None:
    """Return what is wrong with an index, None if nothing is."""
    fault = _damage(state)
    known = state.catalog.fingerprints().keys() if fault is None else ()
    if known and not taken(dataset).files.keys() & known:
        return "none of the files that it knows is here"
    return fault


def _damage(state: State) -> str | None:
    """Return what is wrong with the pages of an index, None if nothing is."""
    try:
        return state.fault()
    except sqlite3.DatabaseError as error:
        if _is_passing(error):
            raise
        return str(error)


def _rebuilt(dataset: Path, fault: str | None = None) -> State:
    """Rebuild the index from the files of the dataset.

    Args:
      dataset: The dataset's folder.
      fault: What is wrong with the one that is there; None if there is none.
    """
    path, draft = dataset / FILE_NAME, dataset / _DRAFT
    state = State(draft, is_draft=True)
    try:
        state.stories.ignore_before(stories_from(dataset))
        reconcile(dataset, state, is_trusted=True)
        if fault is not None and _is_of_before(path):
            state.keep_versions(path)
        wrong = state.fault()
    except BaseException:
        state.close()
        _remove(draft)
        raise
    state.close()
    if wrong is not None:
        raise DatasetError(f"{path} could not be rebuilt ({wrong}): see the disk")
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    if fault is not None:
        _put_aside(path, fault)
    _remove(path, _BESIDE)
    draft.replace(path)
    sync_folder(dataset)
    return State(path)


def _is_of_before(path: Path) -> bool:
    """Return whether a file is a sound index of an earlier version."""
    if not path.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(path)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(_FIRST_KEPT <= version < VERSION and found == "ok")


def _put_aside(path: Path, fault: str) -> None:
    aside = path.with_suffix(".broken")
    number = 1
    # A folder is put in the place of nothing, and nothing in that of a folder.
    while aside.is_dir() or (path.is_dir() and aside.exists()):
        number += 1
        aside = path.with_suffix(f".broken-{number}")
    log.warning("%s cannot be used (%s): moved to %s, rebuilt", path, fault, aside)
    path.replace(aside)
    _remove(path, _BESIDE)


def _remove(path: Path, suffixes: tuple[str, ...] = ("", *_BESIDE)) -> None:
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _take_seal(dataset: Path) -> bool:
    """Break the seal; return whether the index looks as it says."""
    seal, path = dataset / SEAL, dataset / FILE_NAME
    try:
        said = json.loads(seal.read_bytes())
        seal.unlink()
        is_same = bool(said == dataclasses.asdict(fingerprint_of(path)))
    except (OSError, ValueError):
        return False
    return is_same and not _is_used(path)


def _is_used(path: Path) -> bool:
    """Return whether something is left beside the index that belongs into it."""
    log_file = path.with_name(f"{path.name}-wal")
    try:
        return log_file.stat().st_size > 0
    except OSError:
        return False


def _seal(dataset: Path) -> None:
    """Say what the index looks like, now that it is closed."""
    path = dataset / FILE_NAME
    if _is_used(path):
        return
    # Neither does it matter when the seal is lost: the index is then looked at.
    with contextlib.suppress(OSError):
        seal = json.dumps(dataclasses.asdict(fingerprint_of(path)))
        (dataset / SEAL).write_text(seal)
