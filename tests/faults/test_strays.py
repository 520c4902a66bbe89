"""Files under the folder of a table that are not ours: named, never read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from desk import FAST, TODAY, Desk

from pipeline.dataset import reconcile as reconciliation
from pipeline.dataset.compact import compact
from pipeline.dataset.index import opened_index

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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_a_hundred_strays_are_named_in_a_few_lines(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(100):
        (desk.file().parent / f"x ({number}).parquet").write_bytes(b"")
    with opened_index(desk.dataset.path):
        pass
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "and 90 more such files and folders"
