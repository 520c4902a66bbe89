"""An index that is lost, old, damaged or another's, and files that are: nothing doubled."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kit import ROOT, Dataset

from pipeline import reconcile as reconciliation
from pipeline import state as state_module
from pipeline.compact import compact
from pipeline.home import opened
from pipeline.index import SEAL, open_state
from pipeline.report import Report
from pipeline.state import FILE_NAME
from transforms.errors import RunError

Damage = Callable[["Desk"], None]
FAST = ('enrich.entities.models={en = ""}', "extract.min_words=5", "pool.processes=0")
TODAY = dt.datetime.now(dt.UTC).date()


class Desk:
    """Files to be read, a dataset, and copies of its index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = folder / "in"
        self.inbox.mkdir()
        self.dataset = Dataset(folder / "out")
        self.index = self.dataset.path / FILE_NAME
        self.aged = folder / "aged.sqlite"
        for name in "abc":
            self.add(name)
            self.run()
            if name == "a":
                shutil.copy(self.index, self.aged)

    def add(self, name: str) -> None:
        text = f"The council of the town {name} voted to rebuild its harbour bridge."
        (self.inbox / f"{name}.txt").write_text(text)

    def run(self, **options: Any) -> Report:
        return self.dataset.run(self.inbox, settings=FAST, **options)

    def remove_index(self) -> None:
        for path in self.dataset.path.glob(f"{FILE_NAME}*"):
            path.unlink()

    def known(self) -> dict[str, list[Any]]:
        """Return what the index holds of articles and files."""
        with contextlib.closing(sqlite3.connect(self.index)) as db:
            return {
                table: db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                for table in ("articles", "paths", "files")
            }

    def file(self, number: int = 0) -> Path:
        return self.dataset.files()[number]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk to be copied, which is cheaper than to make one."""
    folder = tmp_path_factory.mktemp("made")
    Desk(folder)
    return folder


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Desk:
    desk = Desk.__new__(Desk)
    desk.folder = tmp_path / "desk"
    shutil.copytree(made, desk.folder)
    # The inbox stays where it is: an article without a URL goes by its text.
    desk.inbox = desk.folder / "in"
    desk.dataset = Dataset(desk.folder / "out")
    desk.index = desk.dataset.path / FILE_NAME
    desk.aged = desk.folder / "aged.sqlite"
    return desk


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
        "from pipeline.state import State\n"
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
        _cut,
        _no_database,
        _another_programs,
        _another_programs_of_our_version,
        _a_folder,
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
        with opened(desk.dataset.path) as (_, told):
            assert told == []
        assert desk.known() == before
        return
    assert desk.run().as_json()["unchanged"] == 3
    assert sorted(map(repr, desk.dataset.rows())) == rows
    desk.add("d")
    report = desk.run().as_json()
    assert (report["new"], report["unchanged"], report["recovered"]) == (1, 3, [])


def test_an_index_in_a_new_folder_knows_nothing(desk: Desk) -> None:
    """Neither what is in another dataset, nor what was deleted there."""
    with opened(desk.dataset.path) as (state, _):
        state.retire(desk.dataset.path, [desk.file()])
    new = Dataset(desk.folder / "new")
    new.path.mkdir()
    shutil.copy(desk.index, new.path / FILE_NAME)
    assert new.run(desk.inbox, settings=FAST).as_json()["new"] == 3


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
        [*command, "pipeline.state:State.index", "after"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not desk.index.exists()
    assert desk.run().as_json()["unchanged"] == 3
    assert not desk.index.with_name(f"{FILE_NAME}.rebuild").exists()


@pytest.mark.parametrize("is_index_lost", [False, True])
@pytest.mark.parametrize("how", ["cut", "empty", "scribbled", "foreign"])
def test_a_damaged_file_is_named_before_anything_is_done(
    desk: Desk, how: str, is_index_lost: bool
) -> None:
    path = desk.file(1)
    good = path.read_bytes()
    if how == "cut":
        path.write_bytes(good[: len(good) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "scribbled":
        # Its footer is whole, and its size what it was.
        place = len(good) // 3
        path.write_bytes(good[:place] + b"\xa5" * 99 + good[place + 99 :])
        if is_index_lost:
            return
    else:
        pq.write_table(pa.table({"bookmark": ["x"]}), path)
    if is_index_lost:
        desk.remove_index()
    desk.add("d")
    # A rebuild that failed once leaves nothing behind that is taken for an index.
    for _ in range(2):
        with pytest.raises(RunError, match=path.name) as refusal:
            desk.run()
        assert "put it back from a backup" in str(refusal.value)
    path.write_bytes(good)
    report = desk.run().as_json()
    assert (report["new"], report["unchanged"]) == (1, 3)


@pytest.mark.parametrize("is_index", ["there", "lost", "aged"])
def test_what_was_in_a_file_that_is_gone_is_read_again(
    desk: Desk, is_index: str
) -> None:
    path = desk.file(2)
    path.unlink()
    if is_index == "lost":
        desk.remove_index()
    elif is_index == "aged":
        shutil.copy(desk.aged, desk.index)
    report = desk.run().as_json()
    assert (report["new"], report["unchanged"]) == (1, 2)
    (line,) = report["recovered"]
    assert path.name in line
    assert len(desk.dataset.rows()) == 3
    report = desk.run().as_json()
    assert (report["new"], report["recovered"]) == (0, [])


def test_a_damaged_file_that_is_moved_away_is_read_again(desk: Desk) -> None:
    path = desk.file(1)
    path.write_bytes(b"PAR1")
    with pytest.raises(RunError, match=path.name):
        desk.run()
    path.rename(desk.folder / path.name)
    assert desk.run().as_json()["new"] == 1
    assert len(desk.dataset.rows()) == 3


def test_what_retention_deletes_stays_known(desk: Desk) -> None:
    later = TODAY + dt.timedelta(days=9)
    with opened(desk.dataset.path) as (state, _):
        done = compact(
            desk.dataset.path,
            target_bytes=1,
            closed_before=later,
            delete_before=later,
            state=state,
        )
    assert done.deleted
    assert desk.dataset.rows() == []
    for _ in range(2):
        report = desk.run().as_json()
        assert (report["new"], report["unchanged"]) == (0, 3)
        assert report["recovered"] == []
        # An older look at it changes nothing.
        (desk.dataset.path / SEAL).unlink()


def test_a_retention_that_is_cut_short_is_none(desk: Desk) -> None:
    with opened(desk.dataset.path) as (state, _):
        state.retire(desk.dataset.path, desk.dataset.files())
    assert desk.run().as_json()["unchanged"] == 3
    desk.file().unlink()
    assert desk.run().as_json()["new"] == 1


def test_merged_files_are_not_missed(desk: Desk) -> None:
    later = TODAY + dt.timedelta(days=9)
    # Without its index: as one that was killed before it could note what it did.
    done = compact(desk.dataset.path, target_bytes=10**8, closed_before=later)
    assert done.partitions
    report = desk.run().as_json()
    assert (report["unchanged"], report["recovered"]) == (3, [])
    desk.remove_index()
    report = desk.run().as_json()
    assert (report["unchanged"], report["recovered"]) == (3, [])


def test_a_merge_is_noted_in_the_index(desk: Desk) -> None:
    later = TODAY + dt.timedelta(days=9)
    with opened(desk.dataset.path) as (state, _):
        compact(desk.dataset.path, target_bytes=10**8, closed_before=later, state=state)
        marks = state.catalog.marks()
    names = {str(path.relative_to(desk.dataset.path)) for path in desk.dataset.files()}
    assert {name for name in marks if name.startswith("articles/")} == names
    assert desk.run().as_json()["recovered"] == []
    desk.file().unlink()
    assert desk.run().as_json()["new"] == 3


def test_a_copied_dataset_is_what_it_was(desk: Desk) -> None:
    for path in desk.dataset.path.rglob("*"):
        os.utime(path, (1, 1))
    report = desk.run().as_json()
    assert (report["unchanged"], report["recovered"]) == (3, [])


def test_a_partition_that_is_moved_is_still_known(desk: Desk) -> None:
    folder = desk.file().parent
    folder.rename(folder.with_name("date=2001-02-03"))
    report = desk.run().as_json()
    assert (report["unchanged"], report["recovered"]) == (3, [])


def test_an_index_of_an_earlier_version_hands_on_what_was_deleted(desk: Desk) -> None:
    desk.file().unlink()
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
        db.execute("ATTACH ? AS aged", (str(desk.aged),))
        db.execute(
            "INSERT INTO articles SELECT id, content_hash, revision FROM aged.articles"
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


def test_show_names_a_damaged_file(desk: Desk, newsbeam: Any) -> None:
    path = desk.file(1)
    path.write_bytes(path.read_bytes()[:100])
    done = newsbeam("show", desk.dataset.path, "abcd")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert path.name in line


STRAYS = [
    "articles/.stfolder/x",
    "articles/date=2026-11-24 (1)/x.parquet",
    "articles/date=2026-13-24/x.parquet",
    "articles/mine.parquet",
    "articles/{day}/.DS_Store",
    "articles/{day}/.{name}.parquet.swp",
    "articles/{day}/mine.parquet",
    "articles/{day}/{name} (1).parquet",
    "articles/{day}/{name} copy.parquet",
    "articles/{day}/{name}.parquet~",
    "fetches/Thumbs.db",
    "raw/{day}/x.warc.gz",
    "rejects/.DS_Store",
]


def test_what_is_none_of_ours_is_named_and_left_alone(
    desk: Desk, newsbeam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "_WARNED", 99)
    ours = desk.file()
    places = {"day": ours.parent.name, "name": ours.stem}
    strays = [desk.dataset.path / stray.format(**places) for stray in STRAYS]
    # As bad as can be: copies whose rows would be there twice.
    content = ours.read_bytes()
    for path in strays:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    command = ["run", "--files", desk.inbox, "--output", desk.dataset.path]
    given = [part for setting in FAST for part in ("--set", setting)]
    done = newsbeam(*command, *given)
    assert done.returncode == 0, done.stderr
    assert "3\n" in done.stdout.partition("unchanged")[2][:20]
    for path in strays:
        name = str(path.relative_to(desk.dataset.path))
        # A folder stands for all that is in it.
        folder = name.rpartition("/")[0]
        assert any(f"{one} is not one of" in done.stderr for one in (name, folder))
    assert len(newsbeam("files", desk.dataset.path).stdout.splitlines()) == 3
    later = TODAY + dt.timedelta(days=9)
    compact(desk.dataset.path, target_bytes=10**8, closed_before=later)
    assert len(newsbeam("files", desk.dataset.path).stdout.splitlines()) == 1
    compact(desk.dataset.path, target_bytes=1, closed_before=later, delete_before=later)
    assert newsbeam("files", desk.dataset.path).stdout == ""
    assert {path.read_bytes() for path in strays} == {content}


def test_a_partition_with_a_folder_in_it_is_not_merged(desk: Desk) -> None:
    (desk.file().parent / "backup").mkdir()
    later = TODAY + dt.timedelta(days=9)
    files = desk.dataset.files()
    compact(desk.dataset.path, target_bytes=10**8, closed_before=later)
    assert desk.dataset.files() == files


def test_a_table_of_our_form_of_name_is_none_of_ours(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    name = "mine-00000.0-0123456789ab.parquet"
    path = desk.file().with_name(name)
    pq.write_table(pa.table({"bookmark": ["x"]}), path)
    assert desk.run().as_json()["unchanged"] == 3
    assert name in caplog.text
    caplog.clear()
    # Nor is what cannot be read, where the index knows all that was written.
    path.write_bytes(b"PAR1")
    assert desk.run().as_json()["unchanged"] == 3
    assert name in caplog.text


def test_a_hundred_strays_are_told_in_a_few_lines(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(100):
        (desk.file().parent / f"x ({number}).parquet").write_bytes(b"")
    open_state(desk.dataset.path).close()
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "and 90 more such files and folders"


@pytest.mark.parametrize("command", ["run", "stream", "replay", "reprocess", "compact"])
def test_each_command_that_writes_looks_first(
    desk: Desk, command: str, newsbeam: Any
) -> None:
    (desk.inbox / "bad.txt").write_text("")
    desk.run()
    path = desk.file(1)
    path.write_bytes(path.read_bytes()[:-9])
    source = ["--files", desk.inbox, "--output", desk.dataset.path]
    arguments = {
        "run": source,
        "stream": [*source, "--until-idle"],
        "replay": [desk.dataset.path],
        "reprocess": [desk.dataset.path, "--all"],
        "compact": [desk.dataset.path],
    }
    before = sorted(desk.dataset.path.rglob("*.parquet"))
    done = newsbeam(command, *arguments[command])
    assert done.returncode == 1
    assert f"{path} is damaged" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(desk.dataset.path.rglob("*.parquet")) == before


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


def test_a_damaged_start_of_a_run_is_named(desk: Desk) -> None:
    (start, *_) = sorted(desk.dataset.path.glob("_runs/*/run.json"))
    start.write_text("{")
    with pytest.raises(RunError, match=r"run\.json is damaged: move"):
        desk.run()
    start.parent.rename(desk.folder / "aside")
    assert desk.run().as_json()["unchanged"] == 3


def test_what_is_gone_beside_the_articles_is_told_once(desk: Desk) -> None:
    (desk.inbox / "bad.txt").write_text("")
    desk.run()
    kept = desk.dataset.path / "raw" / desk.file().parent.name
    kept.mkdir(parents=True)
    page = kept / "slot-00000.0.warc.gz"
    page.write_bytes(b"")
    assert desk.run().as_json()["recovered"] == []
    page.unlink()
    (reject,) = (desk.dataset.path / "rejects").rglob("*.parquet")
    reject.unlink()
    lines = desk.run().as_json()["recovered"]
    assert sorted(line.partition("/")[0] for line in lines) == ["raw", "rejects"]
    assert len(desk.dataset.rows("rejects")) == 1
    assert desk.run().as_json()["recovered"] == []


def test_the_command_names_the_file_whole(desk: Desk, newsbeam: Any) -> None:
    path = desk.file(1)
    path.write_bytes(b"PAR1")
    done = newsbeam("run", "--files", desk.inbox, "--output", desk.dataset.path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"{path} is damaged" in line
