"""How the answers of a query are written."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from kit import NEWSBEAM

Command = Callable[..., Any]
QUERY = (
    "SELECT * FROM (VALUES "
    "('a\x1b[31m\x9b0mq|b\nc', ['x', 'y'], 1.5, 12::HUGEINT, 'nan'::FLOAT, "
    "TIMESTAMPTZ '2026-11-24 10:00:00+01', NULL), "
    "('é<', [], 2.0, 3, 0.5, NULL, true)) AS t(text, list, number, whole, nan, moment, flag)"
)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "set" / "_runs").mkdir(parents=True)
    return tmp_path / "set"


@pytest.fixture
def ask(newsbeam: Command, dataset: Path) -> Callable[..., str]:
    def asked(*arguments: str | Path, query: str = QUERY) -> str:
        done = newsbeam("sql", dataset, query, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    return asked


def test_json_is_valid_and_steers_no_terminal(ask: Callable[..., str]) -> None:
    printed = ask("--format", "json")
    assert not {"\x1b", "\x9b"} & set(printed)
    rows = json.loads(printed)
    assert rows[0] == {
        "text": "a\x1b[31m\x9b0mq|b\nc",
        "list": ["x", "y"],
        "number": 1.5,
        "whole": 12,
        "nan": None,
        "moment": "2026-11-24T09:00:00Z",
        "flag": None,
    }
    lines = ask("--format", "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert json.loads(ask("--format", "json", query="FROM articles")) == []


def test_csv_is_as_it_was(ask: Callable[..., str]) -> None:
    rows = list(csv.reader(ask("--format", "csv").splitlines(keepends=True)))
    assert rows[0] == ["text", "list", "number", "whole", "nan", "moment", "flag"]
    assert rows[1] == [
        *("a\x1b[31m\x9b0mq|b\nc", '["x", "y"]', "1.5", "12", "nan"),
        *("2026-11-24T09:00:00Z", ""),
    ]
    assert rows[2][-1] == "true"


def test_markdown_keeps_its_columns(ask: Callable[..., str]) -> None:
    head, rule, first, second = ask("--format", "markdown").splitlines()
    assert rule == "|---|---|---|---|---|---|---|"
    assert first.startswith(r'| aq\|b c | ["x", "y"] | 1.5 | 12 |')
    assert second.startswith("| é&lt; | [] |")
    assert head.startswith("| text |")


def test_a_table_is_cleaned_and_stands_upright_where_it_is_wide(
    ask: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = ask()
    assert not {"\x1b", "\x9b"} & set(table)
    assert len(table.splitlines()) == 3
    monkeypatch.setenv("COLUMNS", "40")
    upright = ask()
    assert "row     1" in upright
    assert max(map(len, upright.splitlines())) <= 40


@pytest.mark.parametrize("columns", ["80", "110", "200"])
def test_no_column_of_a_table_is_cut_to_nothing(
    ask: Callable[..., str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    wide, short = "repeat('wide ', 60)", "'fr'"
    query = f"SELECT {wide} AS title, {short} AS language, {wide} AS persons, NULL AS x"
    head, row = ask(query=query).splitlines()
    assert head.split() == ["title", "language", "persons", "x"]
    assert row.split().count("fr") == 1
    assert len(row) <= int(columns)


def test_a_table_says_where_it_ends(ask: Callable[..., str]) -> None:
    printed = ask(query="SELECT i FROM range(2000) t(i)").splitlines()
    assert len(printed) == 1002
    assert printed[-1] == "the first 1,000 rows; another --format has all"
    assert len(ask("--format", "csv", query="FROM range(5000)").splitlines()) == 5001


@pytest.mark.parametrize("name", ["x.parquet", "x.jsonl", "x.csv", "x.md", "x.txt"])
def test_a_file_is_whole_or_as_it_was(
    ask: Callable[..., str],
    newsbeam: Command,
    dataset: Path,
    tmp_path: Path,
    name: str,
) -> None:
    out = tmp_path / name
    assert ask("-o", out) == ""
    before = out.read_bytes()
    if name == "x.parquet":
        table = pq.read_table(out)
        assert table["list"].to_pylist() == [["x", "y"], []]
        assert table.num_rows == 2
    else:
        assert "é" in before.decode()
    failing = "SELECT if(i = 4000, error('at last'), i) FROM range(5000) t(i)"
    done = newsbeam("sql", dataset, failing, "-o", out)
    assert (done.returncode, "at last" in done.stderr) == (2, True)
    assert out.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["set", name]


def test_a_query_comes_through_a_pipe_and_parquet_goes_through_one(
    dataset: Path,
) -> None:
    done = subprocess.run(
        [NEWSBEAM, "sql", str(dataset), "--format", "parquet"],
        input=QUERY.encode(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout[:4] == done.stdout[-4:] == b"PAR1"


def test_a_pipe_is_written_and_a_link_stays_one(
    ask: Callable[..., str], tmp_path: Path
) -> None:
    pipe, link, target = (tmp_path / name for name in ("pipe", "link", "target"))
    os.mkfifo(pipe)
    target.write_text("before")
    link.symlink_to(target)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_text)
        ask("-o", pipe, query="SELECT 1 AS a")
        assert pipe.is_fifo()
        assert read.result().split() == ["a", "1"]
    ask("-o", link, query="SELECT 2 AS a")
    assert link.is_symlink()
    assert target.read_text().split() == ["a", "2"]


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_folder_is_no_file(newsbeam: Command, dataset: Path, name: str) -> None:
    done = newsbeam("sql", dataset, "SELECT 1", "-o", name)
    assert done.returncode == 2
    assert done.stderr.endswith("cannot be written: it is a folder\n")


@pytest.mark.parametrize(
    ("query", "form", "said"),
    [
        ("SELECT 'x.parquet'::INT", "csv", "Could not convert string 'x.parquet'"),
        ("FROM read_parquet('http://127.0.0.1:1/x.parquet')", "csv", "no other file"),
        ("SELECT DATE '99999-01-01'", "table", "outside the years 1 to 9999"),
        ("SELECT TIMESTAMPTZ '99999-01-01'", "json", "outside the years 1 to 9999"),
        ("SELECT INTERVAL 1 MONTH", "parquet", "a type that Parquet lacks"),
    ],
)
def test_what_a_query_asks_too_much_is_its_own_fault(
    newsbeam: Command, dataset: Path, tmp_path: Path, query: str, form: str, said: str
) -> None:
    done = newsbeam("sql", dataset, query, "--format", form, "-o", tmp_path / "out")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert said in line
