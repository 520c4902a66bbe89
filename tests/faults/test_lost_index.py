"""An index that is lost, old, damaged or another's: nothing lost, nothing doubled."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desk import FAST, Desk
from kit import ROOT, Dataset

from pipeline.dataset.home import LocalHome
from pipeline.dataset.index import SEAL
from pipeline.state import database as state_module
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from transforms.errors import RunError

Damage = Callable[[Desk], None]


def _empty(desk: Desk) -> None:
    desk.remove_index()
    desk.index.write_bytes(b"")


def _only_the_schema(desk: Desk) -> None:
    """What a process left that died between the schema and the rows."""
    with contextlib.closing(sqlite3.connect(desk.index)) as db:
        for (table,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables
        db.commit()


def _scribble(desk: Desk) -> None:
    """Write over every page but the first."""
    data = bytearray(desk.index.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    desk.index.write_bytes(data)


def _scribble_a_little(desk: Desk) -> None:
    """Write over the middle of the page that holds the articles."""
    data = bytearray(desk.index.read_bytes())
    place = data.index(bytes.fromhex(desk.dataset.rows()[0]["id"]))
    data[place - 40 : place + 8] = b"\xa5" * 48
    desk.index.write_bytes(data)


def _scribble_a_name(desk: Desk) -> None:
    """Write over a text, and over nothing that holds the page together."""
    data = bytearray(desk.index.read_bytes())
    place = data.index(b"articles/date=")
    data[place + 8 : place + 12] = b"\xff\xfe\xff\xfe"
    desk.index.write_bytes(data)


def _scribble_a_key(desk: Desk) -> None:
    """Write over an id, so that it is not in its place."""
    data = bytearray(desk.index.read_bytes())
    first = min(row["id"] for row in desk.dataset.rows())
    place = data.index(bytes.fromhex(first))
    data[place : place + 16] = b"\xff" * 16
    desk.index.write_bytes(data)


def _cut(desk: Desk) -> None:
    data = desk.index.read_bytes()
    desk.index.write_bytes(data[: len(data) // 2])


def _no_database(desk: Desk) -> None:
    desk.index.write_bytes(b"no database" * 1000)


def _another_programs(desk: Desk) -> None:
    desk.remove_index()
    with contextlib.closing(sqlite3.connect(desk.index)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")


def _another_programs_of_our_version(desk: Desk) -> None:
    with contextlib.closing(sqlite3.connect(desk.index)) as db:
        db.execute("DROP TABLE articles")


def _a_folder(desk: Desk) -> None:
    desk.remove_index()
    (desk.index / "x").mkdir(parents=True)


def _a_folder_again(desk: Desk) -> None:
    _a_folder(desk)
    (desk.index.with_suffix(".broken") / "x").mkdir(parents=True)


def _a_folder_after_a_file(desk: Desk) -> None:
    _a_folder(desk)
    desk.index.with_suffix(".broken").write_bytes(b"no database")


def _age(desk: Desk) -> None:
    shutil.copy(desk.aged, desk.index)


def _age_with_its_time(desk: Desk) -> None:
    found = desk.index.stat()
    shutil.copy(desk.aged, desk.index)
    os.utime(desk.index, ns=(found.st_atime_ns, found.st_mtime_ns))


def _swap(desk: Desk) -> None:
    folder = desk.folder / "other"
    folder.mkdir()
    other = Dataset(folder / "out")
    path = folder / "z.txt"
    path.write_text("The council of another town voted against any harbour bridge.")
    other.run(path, settings=FAST)
    # It knows these texts from a partition that was deleted.
    with contextlib.closing(sqlite3.connect(other.path / FILE_NAME)) as db:
        db.execute("ATTACH ? AS ours", (str(desk.index),))
        db.execute(
            "INSERT INTO articles SELECT id, content_hash, revision, 0 "
            "FROM ours.articles LIMIT 1"
        )
        db.execute("UPDATE figures SET value = value + 1")
        db.commit()
    shutil.copy(other.path / FILE_NAME, desk.index)


def _age_under_a_newer_log(desk: Desk) -> None:
    """An older copy, put over an index whose last writer was killed."""
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from pipeline.state.database import State\n"
        "state = State(Path(sys.argv[1]))\n"
        "with state.transaction():\n"
        "    state.catalog.add('x')\n"
        "with state.transaction():\n"
        "    state.catalog.drop(['x'])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", script, str(desk.index)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert desk.index.with_name(f"{FILE_NAME}-wal").stat().st_size
    shutil.copy(desk.aged, desk.index)


def _a_log_without_an_index(desk: Desk) -> None:
    _age_under_a_newer_log(desk)
    desk.index.unlink()


def _lose_the_runs_too(desk: Desk) -> None:
    desk.remove_index()
    shutil.rmtree(desk.dataset.path / "_runs")


def _half_a_draft(desk: Desk) -> None:
    desk.remove_index()
    desk.index.with_name(f"{FILE_NAME}.rebuild").write_bytes(b"SQLite format 3\0" * 99)


WITH_RUNS = (_empty, _only_the_schema, _age, _swap)


@pytest.mark.parametrize(
    "damage",
    [
        Desk.remove_index,
        _empty,
        _only_the_schema,
        _scribble,
        _scribble_a_little,
        _scribble_a_name,
        _scribble_a_key,
        _cut,
        _no_database,
        _another_programs,
        _another_programs_of_our_version,
        _a_folder,
        _a_folder_again,
        _a_folder_after_a_file,
        _age,
        _age_with_its_time,
        _swap,
        _age_under_a_newer_log,
        _a_log_without_an_index,
        _lose_the_runs_too,
        _half_a_draft,
    ],
)
def test_no_damage_to_the_index_doubles_or_loses(desk: Desk, damage: Damage) -> None:
    before = desk.known()
    rows = sorted(map(repr, desk.dataset.rows()))
    assert (len(before["articles"]), len(rows)) == (3, 3)
    damage(desk)
    if damage not in WITH_RUNS:
        # What a run would know, without the time that it takes.
        with LocalHome(desk.dataset.path).opened() as (_, found):
            assert found == []
        assert desk.known() == before
        return
    assert desk.run().as_json()["unchanged"] == 3
    assert sorted(map(repr, desk.dataset.rows())) == rows
    desk.add("d")
    report = desk.run().as_json()
    assert (report["new"], report["unchanged"], report["recovered"]) == (1, 3, [])


def test_an_index_in_a_new_folder_knows_nothing(desk: Desk) -> None:
    """Neither what is in another dataset, nor what was deleted there."""
    with LocalHome(desk.dataset.path).opened() as (state, _):
        state.retire(desk.dataset.path, [desk.file()])
    new = Dataset(desk.folder / "new")
    new.path.mkdir()
    shutil.copy(desk.index, new.path / FILE_NAME)
    assert new.run(desk.inbox, settings=FAST).as_json()["new"] == 3


@pytest.mark.slow
def test_a_killed_rebuild_leaves_no_index(desk: Desk) -> None:
    desk.remove_index()
    config = desk.folder / "newsbeam.toml"
    config.write_text(
        f"[source]\nfiles = ['{desk.inbox}']\n[output]\npath = '{desk.dataset.path}'\n"
        "[enrich.entities.models]\nen = ''\n[extract]\nmin_words = 5\n"
        "[pool]\nprocesses = 0\n"
    )
    script = Path(__file__).with_name("killed_run.py")
    command = [sys.executable, str(script), str(config), "2026-11-24T06:00+00:00"]
    done = subprocess.run(
        [*command, "pipeline.state.database:State.index", "after"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not desk.index.exists()
    assert desk.run().as_json()["unchanged"] == 3
    assert not desk.index.with_name(f"{FILE_NAME}.rebuild").exists()


def test_an_index_of_an_earlier_version_hands_on_what_was_deleted(desk: Desk) -> None:
    desk.file().unlink()
    before = desk.folder / "before.sqlite"
    shutil.copy(desk.index, before)
    desk.remove_index()
    with contextlib.closing(sqlite3.connect(desk.index)) as db:
        db.executescript(
            "CREATE TABLE articles (id BLOB NOT NULL, content_hash BLOB NOT NULL, "
            "revision INTEGER NOT NULL, PRIMARY KEY (id, content_hash)) "
            "STRICT, WITHOUT ROWID; "
            "CREATE TABLE paths (path TEXT PRIMARY KEY, id BLOB NOT NULL, "
            "at TEXT NOT NULL) STRICT, WITHOUT ROWID; "
            "CREATE TABLE files (path TEXT PRIMARY KEY) STRICT, WITHOUT ROWID; "
            "PRAGMA user_version = 3;"
        )
        db.execute("ATTACH ? AS before", (str(before),))
        db.execute(
            "INSERT INTO articles SELECT id, content_hash, revision FROM before.articles"
        )
        db.commit()
    shutil.rmtree(desk.dataset.path / "_runs")
    report = desk.run().as_json()
    assert (report["unchanged"], report["new"]) == (3, 0)


def test_a_newer_index_is_refused(desk: Desk) -> None:
    with contextlib.closing(sqlite3.connect(desk.index)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RunError, match="of a newer newsbeam"):
        desk.run()
    with contextlib.closing(sqlite3.connect(desk.index)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [_empty, _scribble, _no_database, _a_folder])
def test_commands_that_read_say_so_in_a_line(
    desk: Desk, damage: Damage, newsbeam: Any
) -> None:
    damage(desk)
    done = newsbeam("status", desk.dataset.path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "the next run rebuilds it" in line
    key = desk.dataset.rows()[0]["id"]
    assert newsbeam("show", desk.dataset.path, key).returncode == 0
    # It was asked, and not touched.
    assert desk.run().as_json()["unchanged"] == 3


def test_an_index_that_another_program_holds_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_module, "BUSY_SECONDS", 0.1)
    with contextlib.closing(sqlite3.connect(desk.index)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE figures SET value = value")
        with pytest.raises(RunError, match="who else uses it"):
            desk.run()
    assert desk.run().as_json()["unchanged"] == 3
    assert not desk.index.with_suffix(".broken").exists()


def _unreadable(_: State) -> str:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    raise error


@pytest.mark.parametrize(
    ("damage", "fault", "said"),
    [
        # The disk is to blame, not the file: it is neither moved nor rebuilt.
        (lambda desk: (desk.dataset.path / SEAL).unlink(), _unreadable, "I/O error"),
        (Desk.remove_index, lambda _: "row missing", "could not be rebuilt"),
    ],
)
def test_a_disk_that_fails_at_the_index_ends_the_run(
    desk: Desk,
    damage: Damage,
    fault: Callable[[State], str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = desk.known()
    damage(desk)
    is_there = desk.index.exists()
    home = LocalHome(desk.dataset.path)
    with monkeypatch.context() as patch:
        patch.setattr(State, "fault", fault)
        with pytest.raises(RunError, match=said), home.opened():
            pass
    assert desk.index.exists() == is_there
    assert not desk.index.with_suffix(".broken").exists()
    with home.opened():
        pass
    assert desk.known() == before


def test_a_folder_in_the_place_of_the_draft_is_named(desk: Desk) -> None:
    draft = desk.index.with_name(f"{FILE_NAME}.rebuild")
    draft.mkdir()
    before, home = desk.known(), LocalHome(desk.dataset.path)
    said = rf"cannot be prepared .*{draft.name}.*; nothing was done"
    with pytest.raises(RunError, match=said), home.opened():
        pass
    assert desk.known() == before


def test_an_index_that_somebody_reads_at_the_end_is_looked_at_by_the_next_run(
    desk: Desk,
) -> None:
    before, home = desk.known(), LocalHome(desk.dataset.path)
    with contextlib.closing(sqlite3.connect(desk.index)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (3,)
        with home.opened() as (state, _), state.transaction():
            state.requests.ask_again()
        # What was written is beside the file still.
        assert not (desk.dataset.path / SEAL).exists()
    with home.opened():
        pass
    assert (desk.dataset.path / SEAL).exists()
    assert desk.known() == before
