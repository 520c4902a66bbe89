"""The views of a dataset in DuckDB."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from kit import ROOT, SEED, Dataset, made_once
from objects import Server, Stored, use
from rows import NOON, articles, assignments, write
from sqlglot.errors import ErrorLevel

from pipeline.delta.log import DeltaTables
from pipeline.desk.asking import ask, rows
from pipeline.desk.forms import Dialect
from pipeline.desk.portable import portable_views
from pipeline.desk.views import (
    DERIVED_VIEWS,
    VIEWS,
    column_types,
    connect,
    rows_of_files,
    view_columns,
)
from transforms.errors import ConfigError, DatasetError
from transforms.tables import ARTICLES, ENTITY, TABLES
from transforms.write.store import Store

ONE = ('enrich.entities.models.fr=""',)


def write_run(folder: Path) -> None:
    Dataset(folder / "set").run(ROOT / SEED, settings=ONE)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "seeded", write_run) / "set"


def test_every_view_that_is_asked_for_is_there() -> None:
    assert set(VIEWS) >= {
        *("articles", "versions", "entities", "mentions", "countries", "people"),
        *("stories", "sources", "rejects", "fetches"),
    }


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_there_in_a_dataset_without_files(tmp_path: Path, view: str) -> None:
    (tmp_path / "_runs").mkdir()
    with connect(tmp_path) as asked:
        assert asked.execute(f"FROM {view}").fetchall() == []


@pytest.mark.parametrize("view", [view.name for view in DERIVED_VIEWS])
def test_every_column_is_explained(view: str) -> None:
    own = [column for column in view_columns(view) if column[0] not in ARTICLES.names]
    assert all(meaning or name == "date" for name, _, meaning in own)
    if view != "articles":
        assert all(meaning for _, _, meaning in view_columns(view))


def test_names_of_the_seed_article_are_unnested(seeded: Path) -> None:
    [article] = rows(seeded, "SELECT * FROM articles")
    named = rows(seeded, "SELECT * FROM entities ORDER BY name")
    assert sorted(row["name"] for row in article["entities"]) == [
        row["name"] for row in named
    ]
    people = rows(seeded, "SELECT name FROM people")
    assert sorted(row["name"] for row in people) == sorted(article["persons"])
    mentions = rows(seeded, "SELECT * FROM mentions WHERE field = 'text'")
    assert mentions
    for row in mentions:
        assert article["text"][row["start"] : row["end"]] == row["text"]
    codes = rows(seeded, "SELECT code FROM countries WHERE role = 'focus' ORDER BY 1")
    assert [row["code"] for row in codes] == sorted(article["focus_countries"])


def test_the_latest_revision_with_the_story_learned_last(tmp_path: Path) -> None:
    write(
        tmp_path,
        "articles",
        articles(
            {"id": "a", "text": "first", "story_id": "a"},
            {"id": "a", "text": "second", "story_id": "a", "revision": 1},
            {"id": "b", "story_id": "b", "url": "https://Two.example:8/x"},
            {"id": "c", "story_id": "a", "duplicate_of": "a"},
        ),
    )
    later = NOON + dt.timedelta(hours=1)
    write(
        tmp_path,
        "stories",
        assignments(
            {"article_id": "b", "story_id": "z", "duplicate_of": "z", "at": NOON},
            {"article_id": "b", "story_id": "y", "at": later},
            {"article_id": "b", "story_id": "a", "at": later, "batch": 1},
            {"article_id": "c", "story_id": "a", "duplicate_of": "b"},
        ),
    )
    query = "SELECT id, text, story_id, duplicate_of, site FROM articles ORDER BY id"
    assert [tuple(row.values()) for row in rows(tmp_path, query)] == [
        ("a", "second", "a", None, None),
        ("b", "x", "a", None, "two.example"),
        ("c", "x", "a", "b", None),
    ]
    assert len(rows(tmp_path, "SELECT id FROM versions")) == 4


def test_files_of_an_earlier_version_are_read_with_todays(tmp_path: Path) -> None:
    entity = {"name": "Ada", "type": "PER", "count": 1, "mentions": []}
    row = {"id": "a", "entities": [entity | {"canonical": "Ada Lovelace"}]}
    today = articles(row)
    place = today.schema.get_field_index("entities")
    former = today["entities"].cast(pa.list_(pa.struct(list(ENTITY)[:-1])))
    earlier = articles(row | {"id": "b"}).set_column(place, "entities", former)
    cut = earlier.drop_columns(ARTICLES.names[ARTICLES.names.index("gazetteer") :])
    for name, tables in {"only": [cut], "both": [today, cut]}.items():
        for number, table in enumerate(tables):
            write(tmp_path / name, "articles", table, f"run{number}")
    assert rows(tmp_path / "only", "SELECT origin, gazetteer FROM articles") == [
        {"origin": None, "gazetteer": None}
    ]
    found = rows(tmp_path / "both", "SELECT id, entity FROM entities ORDER BY id")
    assert [(row["id"], row["entity"]) for row in found] == [
        ("a", "Ada Lovelace"),
        ("b", "Ada"),
    ]


def test_files_of_one_schema_are_not_looked_into_one_by_one(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path, "articles", articles({"id": str(number)}), f"run{number}")
    paths = [str(path) for path in sorted(tmp_path.rglob("*.parquet"))]
    assert (rows_of_files(paths) or "").count("read_parquet") == 1
    assert "union_by_name = False" in (rows_of_files(paths) or "")
    # Without a schema of Arrow, as other programs write them.
    other = Path(paths[0])
    duckdb.execute(
        f"COPY (SELECT 'd' AS id, 0 AS revision) TO '{other}' (FORMAT parquet)"
    )
    assert "union_by_name = True" in (rows_of_files(paths) or "")
    found = rows(tmp_path, "SELECT id, text FROM articles ORDER BY id")
    assert [tuple(row.values()) for row in found] == [
        ("1", "x"),
        ("2", "x"),
        ("d", None),
    ]


def test_a_folder_with_characters_of_patterns_is_read(tmp_path: Path) -> None:
    dataset = tmp_path / "it's [x]* a=b?"
    write(dataset, "articles", articles({"id": "a"}))
    assert rows(dataset, "SELECT id, date FROM articles") == [
        {"id": "a", "date": dt.date(2026, 11, 24)}
    ]


@pytest.mark.parametrize(
    "is_remote", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_delta_tables_have_the_same_views(
    tmp_path: Path, s3: Server, monkeypatch: pytest.MonkeyPatch, *, is_remote: bool
) -> None:
    use(s3, monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    url = f"s3://news/{tmp_path.name}" if is_remote else f"file://{tmp_path}/set"
    Stored(url, tmp_path / "state").run(ROOT / SEED, settings=ONE)
    found = rows(url, "SELECT a.title, code FROM articles a JOIN countries USING (id)")
    assert {row["code"] for row in found} >= {"RU", "KP"}
    assert rows(url, "FROM waiting") == []
    with connect(url) as asked, pytest.raises(duckdb.Error):
        asked.execute("SELECT * FROM read_text('/etc/hostname')")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM '{other}'",
        "COPY (SELECT 1) TO '{target}'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{target}'",
        "ATTACH '{target}'",
        "EXPORT DATABASE '{target}'",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET TimeZone = 'Asia/Tokyo'",
        "SELECT * FROM local_variable",
    ],
)
def test_a_query_reaches_nothing_but_the_dataset(
    seeded: Path, tmp_path: Path, query: str
) -> None:
    local_variable = pa.table({"secret": [1]})
    assert local_variable.num_rows == 1
    other, target = tmp_path / "other.csv", tmp_path / "target"
    other.write_text("a,b\n1,2\n")
    with connect(seeded) as asked, pytest.raises(duckdb.Error):
        asked.execute(query.format(other=other, target=target)).fetchall()
    assert not target.exists()


def test_no_dataset_and_a_damaged_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no newsbeam dataset"):
        rows(tmp_path / "none", "SELECT 1")
    damaged = write(tmp_path, "articles", articles({"id": "a"}))
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.raises(DatasetError, match="cannot be read"):
        rows(tmp_path, "SELECT * FROM articles")


def test_a_file_that_goes_meanwhile_is_looked_for_again(tmp_path: Path) -> None:
    first = write(tmp_path, "articles", articles({"id": "a"}))
    tries = []

    def work(asked: duckdb.DuckDBPyConnection) -> list[tuple[str]]:
        tries.append(1)
        if len(tries) == 1:
            # As a compaction does.
            first.rename(first.with_name(f"run-compact-{'1' * 12}.parquet"))
        found: list[tuple[str]] = asked.execute("SELECT id FROM articles").fetchall()
        return found

    assert ask(tmp_path, work) == [("a",)]
    assert len(tries) == 2


def test_the_views_work_in_ones_own_duckdb(seeded: Path) -> None:
    statements = portable_views(seeded, Dialect.DUCKDB)
    asked = "SELECT code FROM countries ORDER BY code"
    expected = [row["code"] for row in rows(seeded, asked)]
    assert expected
    with duckdb.connect() as own:
        own.execute(statements)
        # Again, as a notebook does.
        own.execute(statements)
        assert [code for (code,) in own.execute(asked).fetchall()] == expected
        for view in VIEWS:
            own.execute(f"FROM {view}").fetchall()
    done = subprocess.run(
        [Path(sys.executable).with_name("duckdb"), "-list", "-noheader"],
        input=f"{statements}{asked};",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == expected


def test_the_views_are_valid_in_spark(seeded: Path, tmp_path: Path) -> None:
    statements = portable_views(seeded, Dialect.SPARK)
    made = sqlglot.parse(statements, dialect="spark", error_level=ErrorLevel.RAISE)
    names = [one.this.name or one.this.this.name for one in made if one is not None]
    assert sorted(names) == sorted(VIEWS)
    assert "REPLACE (" not in statements
    assert "UNNEST" not in statements
    (tmp_path / "_runs").mkdir()
    assert "USING parquet" not in portable_views(tmp_path, Dialect.SPARK)


@pytest.mark.parametrize(
    ("dialect", "source"),
    [
        (Dialect.DUCKDB, "FROM delta_scan('{url}/fetches')"),
        (Dialect.SPARK, "FROM delta.`{url}/fetches`"),
    ],
)
def test_the_views_of_a_store_name_its_tables(
    tmp_path: Path,
    s3: Server,
    monkeypatch: pytest.MonkeyPatch,
    dialect: Dialect,
    source: str,
) -> None:
    use(s3, monkeypatch)
    url = f"s3://news/{tmp_path.name}"
    DeltaTables(Store(url)).create()
    assert source.format(url=url) in portable_views(url, dialect)
    DeltaTables(Store(f"file://{tmp_path}")).create()
    assert source.format(url=tmp_path) in portable_views(tmp_path, dialect)


def test_the_types_of_columns_are_those_that_duckdb_gives_them() -> None:
    with duckdb.connect() as connection:
        for table, schema in TABLES.items():
            dated = pa.schema([*schema, pa.field("date", pa.date32())])
            found = connection.from_arrow(dated.empty_table())
            types = dict(zip(found.columns, map(str, found.types), strict=True))
            ours = column_types(table).items()
            assert {name: str(duckdb.type(kind)) for name, kind in ours} == types
