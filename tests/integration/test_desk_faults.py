"""What fails while a dataset is asked: files that go, memory, long paths, readers."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kit import HELD_BACK, NEWSBEAM
from rows import articles, write

from pipeline.desk.article import find_article
from pipeline.desk.asking import ask
from pipeline.desk.query import Part, QueryResult, answered_in_parts
from transforms.errors import DatasetError, RunError

FIRST, SECOND = dt.date(2026, 11, 23), dt.date(2026, 11, 24)


def test_a_file_that_goes_between_two_parts_doubles_no_row(tmp_path: Path) -> None:
    write(tmp_path, "articles", articles({"id": "a"}), day=str(FIRST))
    later = write(tmp_path, "articles", articles({"id": "b"}), day=str(SECOND))
    shown: list[str] = []

    def parts(connection: duckdb.DuckDBPyConnection) -> Iterator[Part]:
        del connection
        for day in (FIRST, SECOND):
            yield "SELECT id FROM articles WHERE date = $day", {"day": day}

    def show(answer: QueryResult) -> None:
        for row in answer.rows():
            shown.append(row[0])
            # As a compaction does.
            later.unlink()

    with pytest.raises(DatasetError, match="cannot be read"):
        answered_in_parts(tmp_path, parts, show)
    assert shown == ["a"]


def test_too_little_memory_is_a_line(tmp_path: Path) -> None:
    write(tmp_path, "articles", articles({"id": "a"}))
    query = "SELECT list(n::VARCHAR || repeat('x', 99)) FROM range(3_000_000) AS t(n)"
    with pytest.raises(RunError) as raised:
        ask(tmp_path, lambda views: views.sql(query).fetchall(), memory="20MB")
    assert type(raised.value) is RunError
    assert str(raised.value).startswith(f"{tmp_path}: failed to ")
    assert "\n" not in str(raised.value)


def test_an_index_that_cannot_be_opened_is_done_without(tmp_path: Path) -> None:
    # SQLite takes no path of more than 512 bytes.
    dataset = tmp_path.joinpath(*(letter * 200 for letter in "xyz"))
    article_id = "0123456789abcdef" * 2
    write(dataset, "articles", articles({"id": article_id, "title": "Bridge"}))
    (dataset / "state.sqlite").write_bytes(b"")
    assert find_article(dataset, article_id[:8])["title"] == "Bridge"


def ask_as_installed(
    dataset: Path, query: str, *more: str, stdout: Any
) -> tuple[int, str]:
    write(dataset, "articles", articles({"id": "a"}))
    done = subprocess.run(
        [NEWSBEAM, "sql", dataset, query, "--format", "csv", *more],
        env=HELD_BACK,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_reader_that_leaves_before_it_is_told_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert ask_as_installed(tmp_path, "SELECT 1", stdout=writer) == (0, "")
    os.close(writer)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_an_answer_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    said = "cannot be written: No space left on device\n"
    with Path("/dev/full").open("w") as full:
        done = ask_as_installed(tmp_path, "SELECT 1", stdout=full)
    assert done == (1, f"newsbeam: the output {said}")
    more = ("-o", "/dev/full")
    done = ask_as_installed(tmp_path, "SELECT 1", *more, stdout=subprocess.DEVNULL)
    assert done == (1, f"newsbeam: /dev/full {said}")


def test_a_reader_of_a_pipe_may_leave(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def look() -> None:
        with pipe.open("rb") as file:
            file.read(1)

    reader = threading.Thread(target=look)
    reader.start()
    done = ask_as_installed(
        tmp_path, "FROM range(300_000)", "-o", str(pipe), stdout=subprocess.PIPE
    )
    reader.join()
    assert done == (0, "")
