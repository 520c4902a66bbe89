"""Files of a dataset that are damaged, gone, merged or moved: nothing doubled."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from desk import TODAY, Desk

from pipeline.dataset import reconcile
from pipeline.dataset.compact import compact
from pipeline.dataset.home import LocalHome
from pipeline.dataset.index import SEAL
from transforms.errors import RunError

pytestmark = pytest.mark.slow


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
        place = pq.read_metadata(path).row_group(0).column(0).data_page_offset
        path.write_bytes(good[:place] + b"\xa5" * 20 + good[place + 20 :])
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


def test_of_many_damaged_files_the_first_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "_WARNED", 2)
    for path in desk.dataset.files():
        path.write_bytes(b"PAR1")
    before = desk.known()
    with pytest.raises(RunError) as refusal, LocalHome(desk.dataset.path).opened():
        pass
    *named, last = str(refusal.value).splitlines()
    assert len(named) == 2
    assert last == "and 1 more such files"
    assert desk.known() == before


def test_kept_pages_of_another_size_are_damaged(desk: Desk) -> None:
    page = desk.dataset.path / "raw" / desk.file().parent.name / "slot-00000.0.warc.gz"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"kept")
    home = LocalHome(desk.dataset.path)
    with home.opened():
        pass
    os.utime(page, (1, 1))
    with home.opened() as (_, recovered):
        assert recovered == []
    page.write_bytes(b"cut")
    said = f"{page.name} is damaged .it has another size than newsbeam wrote"
    with pytest.raises(RunError, match=said), home.opened():
        pass


def test_a_damaged_file_that_is_moved_away_is_read_again(desk: Desk) -> None:
    path = desk.file(1)
    path.write_bytes(b"PAR1")
    with pytest.raises(RunError, match=path.name):
        desk.run()
    path.rename(desk.folder / path.name)
    assert desk.run().as_json()["new"] == 1
    assert len(desk.dataset.rows()) == 3


@pytest.mark.slow
def test_what_retention_deletes_stays_known(desk: Desk) -> None:
    later = TODAY + dt.timedelta(days=9)
    with LocalHome(desk.dataset.path).opened() as (state, _):
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
    with LocalHome(desk.dataset.path).opened() as (state, _):
        state.retire(desk.dataset.path, desk.dataset.files())
    assert desk.run().as_json()["unchanged"] == 3
    desk.file().unlink()
    assert desk.run().as_json()["new"] == 1


@pytest.mark.slow
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
    with LocalHome(desk.dataset.path).opened() as (state, _):
        compact(desk.dataset.path, target_bytes=10**8, closed_before=later, state=state)
        marks = state.catalog.fingerprints()
    names = {str(path.relative_to(desk.dataset.path)) for path in desk.dataset.files()}
    assert {name for name in marks if name.startswith("articles/")} == names
    assert desk.run().as_json()["recovered"] == []
    desk.file().unlink()
    assert desk.run().as_json()["new"] == 3


@pytest.mark.parametrize("read_at_most", [10**9, 0])
def test_a_copied_dataset_is_what_it_was(
    desk: Desk, read_at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is larger is believed by its footers.
    monkeypatch.setattr(reconcile, "_READ_AT_MOST", read_at_most)
    for path in desk.dataset.path.rglob("*"):
        os.utime(path, (1, 1))
    report = desk.run().as_json()
    assert (report["unchanged"], report["recovered"]) == (3, [])


def test_a_partition_that_is_moved_is_still_known(desk: Desk) -> None:
    folder = desk.file().parent
    folder.rename(folder.with_name("date=2001-02-03"))
    report = desk.run().as_json()
    assert (report["unchanged"], report["recovered"]) == (3, [])


def test_show_names_a_damaged_file(desk: Desk, newsbeam: Any) -> None:
    path = desk.file(1)
    path.write_bytes(path.read_bytes()[:100])
    done = newsbeam("show", desk.dataset.path, "abcd")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert path.name in line


@pytest.mark.parametrize("command", ["run", "stream", "replay", "reprocess", "compact"])
def test_each_command_that_writes_looks_first(
    desk: Desk, command: str, newsbeam: Any
) -> None:
    (desk.inbox / "bad.txt").write_text("")
    desk.run()
    path = desk.file(1)
    path.write_bytes(path.read_bytes()[:-9])
    source = ["--files", desk.inbox, "--output", desk.dataset.path]
    arguments: dict[str, list[Any]] = {
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


def test_a_damaged_start_of_a_run_is_named(desk: Desk) -> None:
    (start, *_) = sorted(desk.dataset.path.glob("_runs/*/run.json"))
    start.write_text("{")
    with pytest.raises(RunError, match=r"run\.json is damaged: move"):
        desk.run()
    start.parent.rename(desk.folder / "aside")
    assert desk.run().as_json()["unchanged"] == 3


@pytest.mark.slow
def test_what_is_gone_beside_the_articles_is_reported_once(desk: Desk) -> None:
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
