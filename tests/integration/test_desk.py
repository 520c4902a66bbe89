"""What holds for every command that asks a dataset.

A command is added by a line of ``ASKED``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kit import NEWSBEAM, ROOT, SEED, Dataset, made_once
from objects import Server, Stored, use

from pipeline.dataset.lock import locked
from pipeline.desk.views import DERIVED_VIEWS
from transforms.tables import ARTICLES, ENTITY, TABLES

Command = Callable[..., Any]
ONE = ('enrich.entities.models.fr=""',)
ID = "81811bd7"

# Each command after the name of its dataset, and what a line of its answer has.
ASKED = {
    "sql": (("SELECT substr(id, 1, 8) AS id, focus_countries FROM articles",), ID),
    "show": ((ID,), ID),
    "export": (("--country", "KP"), ID),
    "search": (("missiles",), ID),
    "why": (("https://nowhere.example/1",), "it is followed if a feed lists it"),
    "stories": (("--min-sources", "1"), ID),
    "views": ((), "CREATE OR REPLACE VIEW people AS"),
    "stats": ((), "in 1 language"),
}
# What says nothing of a dataset without articles, and ends with 2.
SAYS_NOTHING_OF_NOTHING = {"show"}
# What is wrong, and what is said of it.
WRONG = {
    ("sql", "{dataset}", "SELECT nothing FROM articles"): 'column "nothing" not found',
    ("sql", "{dataset}", "DROP VIEW articles"): "a dataset is only read here",
    ("sql", "{dataset}", "SELECT 1; SELECT 2"): "2 queries were given",
    (
        "sql",
        "{dataset}",
        "SELECT max(at) FROM fetches",
    ): 'column "at" is written in quo',
    ("sql", "{dataset}", "-- nothing asked"): "the query is empty",
    ("search", "{dataset}", "-x"): "stands behind --: newsbeam search DATASET -- TEXT",
    ("sql", "{dataset}", " "): "the query is empty",
    ("sql", "{dataset}", "FROM read_text('/etc/passwd')"): "reads the dataset alone",
    ("sql", "{dataset}", "FROM articles", "-o", "no/such/folder"): "cannot be written",
    ("sql", "{dataset}", "FROM articles", "--format", "xml"): "'xml'",
    ("sql", "{dataset}", "EXPLAIN DELETE FROM articles"): "only read here: SELECT",
    ("sql", "{dataset}", "SELECT text::INT FROM articles"): "Could not convert string",
    ("models", "--language", "xx"): "knows other models of",
    ("views", "{dataset}", "--dialect", "oracle"): "'oracle'",
    ("views", "nowhere"): "nowhere: no newsbeam dataset",
    ("show", "{dataset}", "abc"): "give at least 4 digits",
    ("show", "{dataset}", "abcdef"): "has the id or path 'abcdef'",
    ("export", "{dataset}", "--country", "France"): "did you mean FR?",
    ("export", "{dataset}", "--language", "German"): "did you mean de?",
    ("export", "{dataset}", "--since", "soon"): "--since 'soon': write a day",
    ("export", "{dataset}", "--until", "soon"): "--until 'soon': write a day",
    ("export", "{dataset}", "--person", "?"): "--person '?': give a word",
    ("export", "{dataset}", "-o", "no/such/file"): "cannot be written",
    ("export", "{dataset}", "-o", ""): "it is a folder",
    ("export", "{dataset}", "-o", "x.parquet"): "export writes CSV or JSON Lines",
    ("show", "http://a.example/set"): "must be a local folder or begin with",
    ("status", "s3://"): "must name a folder in a bucket",
    ("export", "{dataset}", "--text", "a" * 1001): "give at most 1,000 characters",
    ("search", "{dataset}", "a" * 1001): "give at most 1,000 characters",
    ("search", "{dataset}", "x", "-n", "9" * 20): "must be at most 1000000",
    ("show", "{dataset}", "\udcff"): "has the id or path",
    ("views", "\udcff"): "the name of the folder is not UTF-8",
    ("views", "a" * 300): "the name is too long",
    ("export", "nowhere"): "nowhere: no newsbeam dataset",
    ("search", "{dataset}", "…"): "search '…': give a word",
    ("search", "{dataset}"): "Missing argument 'words'",
    ("search", "nowhere", "word"): "nowhere: no newsbeam dataset",
    ("why", "{dataset}", "nothing"): "'nothing' is not the address of a page",
    ("why", "nowhere", "https://a.example"): "nowhere: no newsbeam dataset",
    ("show", "nowhere", ID): "nowhere: no newsbeam dataset",
    ("sql", "nowhere", "SELECT 1"): "nowhere: no newsbeam dataset",
}


def write_run(folder: Path) -> None:
    Dataset(folder / "set").run(ROOT / SEED, settings=ONE)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "seeded", write_run) / "set"


def call(command: str, dataset: Path | str) -> tuple[str, ...]:
    arguments, _ = ASKED[command]
    return (command, str(dataset), *arguments)


def check(done: Any, command: str) -> None:
    assert done.returncode == 0, done.stderr
    assert ASKED[command][1] in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("command", ASKED)
@pytest.mark.parametrize("environment", [{"COLUMNS": "80"}, {"NO_COLOR": "1"}, {}])
def test_it_answers_through_a_pipe(
    newsbeam: Command,
    seeded: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    environment: dict[str, str],
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = newsbeam(*call(command, seeded))
    check(done, command)
    assert done.stderr == ""
    width = int(environment.get("COLUMNS", "10000"))
    # What is for a program is as long as it is.
    if command not in {"views", "export"}:
        assert max(map(len, done.stdout.splitlines())) <= width


@pytest.mark.parametrize("command", ASKED)
def test_it_knows_a_dataset_without_articles(
    newsbeam: Command, tmp_path: Path, command: str
) -> None:
    (tmp_path / "_runs").mkdir()
    done = newsbeam(*call(command, tmp_path))
    assert done.returncode == (2 if command in SAYS_NOTHING_OF_NOTHING else 0)
    assert len(done.stderr.splitlines()) <= 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ASKED)
def test_it_reads_files_of_an_earlier_version(
    newsbeam: Command, seeded: Path, tmp_path: Path, command: str
) -> None:
    dataset = Dataset(shutil.copytree(seeded, tmp_path / "earlier"))
    [file] = dataset.files()
    table = pq.ParquetFile(file).read()
    place = table.schema.get_field_index("entities")
    former = table["entities"].cast(pa.list_(pa.struct(list(ENTITY)[:-1])))
    table = table.set_column(place, "entities", former)
    kept = [*ARTICLES.names[: ARTICLES.names.index("gazetteer")]]
    pq.write_table(table.select(kept), file)
    check(newsbeam(*call(command, dataset.path)), command)


@pytest.mark.parametrize("command", ASKED)
def test_it_answers_while_a_run_is_at_work(
    newsbeam: Command, seeded: Path, command: str
) -> None:
    with locked(seeded):
        check(newsbeam(*call(command, seeded)), command)


@pytest.fixture(scope="module")
def stored(s3: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("stored")
    with pytest.MonkeyPatch.context() as patch:
        use(s3, patch)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        found = Stored(f"s3://news/{folder.name}", folder / "state")
        found.run(ROOT / SEED, settings=ONE)
    return found.url


@pytest.mark.parametrize("command", ASKED)
def test_it_reads_a_store(
    newsbeam: Command,
    stored: str,
    s3: Server,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    use(s3, monkeypatch)
    check(newsbeam(*call(command, stored)), command)


@pytest.mark.parametrize(
    "words",
    [
        ("sql", "{dataset}", "-- of one\nSELECT 7 AS id FROM articles -- a = b"),
        ("sql", "--format", "csv", "{dataset}", "-- of one\nSELECT 7"),
        ("sql", "{dataset}", "--", "-- of one\nSELECT 7"),
        ("search", "{dataset}", "-missiles or", "-n", "7"),
        ("search", "--text", "- missiles", "{dataset}", "--", "missiles"),
    ],
)
def test_a_text_may_begin_as_an_option_does(
    newsbeam: Command, seeded: Path, words: tuple[str, ...]
) -> None:
    done = newsbeam(*(word.format(dataset=seeded) for word in words))
    assert (done.returncode, done.stderr) == (0, "")
    assert "7" in done.stdout or "no article has these words" in done.stdout


def test_the_mark_by_which_excel_knows_utf_8(newsbeam: Command, seeded: Path) -> None:
    plain, marked = (newsbeam("export", seeded, *more) for more in ((), ("--bom",)))
    assert marked.stdout == f"\ufeff{plain.stdout}"


def test_bytes_and_columns_of_one_name_are_json(
    newsbeam: Command, seeded: Path
) -> None:
    query = "SELECT 1 AS n, 2 AS n, 'ab'::BLOB AS b"
    done = newsbeam("sql", seeded, query, "--format", "json")
    assert json.loads(done.stdout) == [{"n": 1, "n_1": 2, "b": "YWI="}]


def test_what_breaks_off_is_said_whatever_was_shown_before(
    newsbeam: Command, seeded: Path
) -> None:
    query = (
        "SELECT CASE WHEN i < 400000 THEN i ELSE error('it broke') END AS n "
        "FROM range(500000) AS t(i)"
    )
    done = newsbeam("sql", seeded, query, "--format", "csv")
    assert done.returncode == 2
    # DuckDB's threads may meet the row before the first ones are shown.
    assert done.stdout == "" or done.stdout.startswith("n\n0\n1\n")
    assert done.stderr.count("\n") == 1
    assert "it broke" in done.stderr


def test_no_parquet_goes_to_a_terminal(
    newsbeam: Command, seeded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    done = newsbeam("sql", seeded, "FROM articles", "--format", "parquet")
    assert (done.returncode, done.stdout) == (2, "")
    assert "name a file with -o, or use a pipe" in done.stderr


def test_the_calendar_has_a_last_day(newsbeam: Command, seeded: Path) -> None:
    every = newsbeam("export", seeded).stdout
    assert newsbeam("export", seeded, "--until", "9999-12-31").stdout == every


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: ascii(" ".join(wrong))[:60])
def test_what_is_wrong_is_one_line(
    newsbeam: Command, seeded: Path, wrong: tuple[str, ...]
) -> None:
    done = newsbeam(*(part.format(dataset=seeded) for part in wrong))
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert WRONG[wrong] in line
    assert done.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize("command", ASKED)
def test_a_reader_may_leave(seeded: Path, command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [NEWSBEAM, *call(command, seeded)],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


# Import-linter sees that no module imports it; this, that none is imported by a name.
OTHERS = (
    ("show", "{dataset}"),
    ("report", "{dataset}", "-o", "-"),
    ("status", "{dataset}"),
    ("feeds", "list", "--config", "configs/offline.toml"),
    ("schema",),
)


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [*ASKED, *OTHERS], ids=str)
def test_it_waits_for_no_beam(seeded: Path, wanted: str | tuple[str, ...]) -> None:
    if isinstance(wanted, str):
        words = call(wanted, seeded)
    else:
        words = tuple(word.format(dataset=seeded) for word in wanted)
    code = (
        "import sys, atexit\n"
        f"sys.argv = {['newsbeam', *words]!r}\n"
        "atexit.register(lambda: sys.stderr.write(str('apache_beam' in sys.modules)))\n"
        "from pipeline.start import main\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.split()[-1]) == (0, "False")


def test_the_schema_explains_every_table_and_view(newsbeam: Command) -> None:
    done = newsbeam("schema")
    assert (done.returncode, done.stderr) == (0, "")
    for table in TABLES:
        assert f"\n{table} (schema version" in f"\n{done.stdout}"
    for view in DERIVED_VIEWS:
        assert f"\n{view.name} (a view: " in done.stdout
