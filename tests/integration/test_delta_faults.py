"""Delta tables whose log, store or folders fail: said in a line, and no row is twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kit import ROOT, SEED, Killed
from objects import Server, Stored, use
from pytest_httpserver import HTTPServer

from pipeline.dataset.read import open_table
from pipeline.delta.home import DeltaHome
from pipeline.delta.log import name_of
from pipeline.delta.run import DeltaBatch
from pipeline.state.inventory import FILE_NAME
from transforms.errors import ConfigError, RunError

pytestmark = pytest.mark.slow

TEXT = (ROOT / SEED).read_text()
ONE = ('enrich.entities.models.fr=""', "pool.processes=0")
TWO = ("run.batch_files=1", *ONE)


# However late in the day the tests began.
LATER = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
EARLY = "compaction ended early .*; what is done stays"


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    return Stored(f"file://{tmp_path}/set", tmp_path / "state")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    for number in range(3):
        (path / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
    return path


def cut_the_log(stored: Stored) -> None:
    """Leave of the log of articles the last commit, and the checkpoint there."""
    opened = stored.tables.open("articles")
    opened.create_checkpoint()
    stored.store.remove(
        name_of("articles", version) for version in range(opened.version())
    )


def ids(stored: Stored) -> set[str]:
    """Return the ids of the articles, each of which is there once."""
    rows = stored.rows()
    found = {row["id"] for row in rows}
    assert len(found) == len(rows)
    return found


def test_an_index_that_the_log_has_left_behind_is_made_again(
    stored: Stored, inbox: Path, tmp_path: Path
) -> None:
    stored.run(inbox / "0.txt", settings=ONE)
    index = stored.state / FILE_NAME
    with contextlib.closing(sqlite3.connect(index)) as db:
        db.execute("VACUUM INTO ?", (str(tmp_path / "aged"),))
    for number in (1, 2):
        stored.run(inbox / f"{number}.txt", settings=ONE)
    cut_the_log(stored)
    for path in stored.state.glob(f"{FILE_NAME}*"):
        path.unlink()
    (tmp_path / "aged").rename(index)
    (inbox / "3.txt").write_text(f"{TEXT}\n\nNuméro 3.")
    report = stored.run(inbox, settings=ONE).as_json()
    assert (report["new"], report["unchanged"]) == (1, 3)
    assert len(ids(stored)) == 4


def test_an_index_with_a_damaged_page_is_made_again(
    stored: Stored, inbox: Path
) -> None:
    stored.run(inbox, settings=ONE)
    found = ids(stored)
    index = stored.state / FILE_NAME
    with contextlib.closing(sqlite3.connect(index)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # It can be opened; an id is not in its place.
    data = bytearray(index.read_bytes())
    place = data.index(bytes.fromhex(min(found)))
    data[place : place + 16] = b"\xff" * 16
    index.write_bytes(data)
    report = stored.run(inbox, settings=ONE).as_json()
    assert (report["new"], report["unchanged"]) == (0, 3)
    assert ids(stored) == found
    assert index.with_suffix(".broken").read_bytes() == data


def test_a_run_cut_short_that_has_left_the_log_is_done_under_another_name(
    stored: Stored, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = DeltaBatch.commit

    def dying(batch: DeltaBatch, **options: Any) -> Any:
        if batch.number == 2:
            raise Killed
        return commit(batch, **options)

    with monkeypatch.context() as patch:
        patch.setattr(DeltaBatch, "commit", dying)
        patch.setattr("pipeline.delta.run.DeltaRun.abandon", lambda _: (0, False))
        with pytest.raises(Killed):
            stored.run(inbox, settings=TWO, run_id="slot")
    # As anybody's tool does it.
    stored.tables.open("articles").optimize.compact()
    cut_the_log(stored)
    assert len(ids(stored)) == 2
    with pytest.raises(RunError, match=r"has left the log, .* give another --run-id"):
        stored.run(inbox, settings=TWO, run_id="slot")
    report = stored.run(inbox, settings=TWO, run_id="another").as_json()
    assert (report["new"], report["unchanged"]) == (1, 2)
    assert len(ids(stored)) == 3


@pytest.mark.parametrize(
    ("place", "state", "said"),
    [
        ("plain/set", "state", "output.path: cannot write to 'file:.*plain/set'"),
        ("set", "plain/state", "output.state: cannot write to '.*plain/state': Not a"),
        # A table's place is taken.
        ("taken", "state", "output.path: cannot write to 'file:.*taken'"),
    ],
)
def test_a_place_that_takes_no_dataset_is_named(
    tmp_path: Path, inbox: Path, place: str, state: str, said: str
) -> None:
    (tmp_path / "plain").write_bytes(b"")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "waiting").write_bytes(b"")
    with pytest.raises(ConfigError, match=said) as refusal:
        Stored(f"file://{tmp_path}/{place}", tmp_path / state).run(inbox)
    assert len(str(refusal.value).splitlines()) == 1


def lose(path: Path) -> None:
    path.unlink()


def make_later(path: Path) -> None:
    """Give a file a column that a later newsbeam writes."""
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.append_column("later", pa.nulls(rows.num_rows)), path)


def link_to_itself(path: Path) -> None:
    loop = path.parent / "loop"
    loop.symlink_to(loop)


@pytest.mark.parametrize(
    ("damage", "said", "files"),
    [
        (lose, pytest.raises(RunError, match=EARLY), 2),
        # It is in the way of what removes old files, when the merged one is there.
        (link_to_itself, pytest.raises(RunError, match=EARLY), 1),
        (make_later, contextlib.nullcontext(), 2),
    ],
)
def test_a_compaction_that_cannot_go_on_changes_no_row(
    stored: Stored,
    inbox: Path,
    damage: Callable[[Path], None],
    said: contextlib.AbstractContextManager[Any],
    files: int,
) -> None:
    for number in range(2):
        stored.run(inbox / f"{number}.txt", settings=ONE)
    found = ids(stored)
    path = Path(stored.store.path(stored.named()[0]))
    content = path.read_bytes()
    damage(path)
    home = DeltaHome(stored.url, stored.state)
    with home.opened() as (state, _), said:
        home.compact(state, target_bytes=10**8, closed_before=LATER)
    assert len(stored.named()) == files
    path.write_bytes(content)
    assert ids(stored) == found


def test_without_the_library_of_delta_tables_its_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "articles" / "_delta_log").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "deltalake", None)
    for place, extra in ((tmp_path, "delta"), ("s3://news/x", "s3")):
        with pytest.raises(
            ConfigError, match=rf"needs: pip install 'newsbeam.{extra}.'"
        ):
            open_table(place)


def test_a_store_that_refuses_is_named(
    tmp_path: Path,
    inbox: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    newsbeam: Callable[..., Any],
) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=403)
    use(Server(httpserver.url_for("").rstrip("/")), monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    url = "s3://news/set"
    with pytest.raises(ConfigError, match=f"output.path: cannot reach '{url}': "):
        Stored(url, tmp_path / "state").run(inbox)
    done = newsbeam("status", url)
    assert done.returncode == 2
    assert f"newsbeam: {url}: cannot be read: " in done.stderr
    assert "Traceback" not in done.stderr


def written(path: Path, **texts: str) -> Path:
    """Write a text for each of some addresses."""
    records = [
        {"url": f"https://news.example/{name}", "text": f"{text} {TEXT}"}
        for name, text in texts.items()
    ]
    path.write_text("\n".join(map(json.dumps, records)))
    return path


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        # Nothing that both bring: the file is committed as it was staged.
        ({"c": "One."}, [("a", 0), ("b", 0), ("c", 0)]),
        ({"a": "One."}, [("a", 0), ("b", 0)]),
        ({"a": "Another."}, [("a", 0), ("a", 1), ("b", 0)]),
        ({"a": "One.", "b": "Two."}, [("a", 0), ("b", 0)]),
    ],
)
def test_of_two_runs_at_once_each_version_is_there_once(
    stored: Stored,
    tmp_path: Path,
    theirs: dict[str, str],
    expected: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = Stored(stored.url, tmp_path / "another machine")
    commit, meetings = DeltaBatch.commit, iter([other])

    def overtaken(batch: DeltaBatch, **options: Any) -> Any:
        for met in meetings:
            met.run(written(tmp_path / "theirs.jsonl", **theirs), settings=ONE)
        return commit(batch, **options)

    ours = written(tmp_path / "ours.jsonl", a="One.", b="Two.")
    with monkeypatch.context() as patch:
        patch.setattr(DeltaBatch, "commit", overtaken)
        report = stored.run(ours, settings=ONE)
    assert report.imbalances == []
    found = stored.rows()
    assert sorted((row["url"][-1], row["revision"]) for row in found) == expected
    assert len({(row["id"], row["content_hash"]) for row in found}) == len(found)
    assert report.rows.get("articles", 0) == len(expected) - len(theirs)
