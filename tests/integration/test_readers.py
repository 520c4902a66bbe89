"""DuckDB, Polars, pandas and pyarrow read the same dataset."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from kit import ROOT, SEED, Dataset
from rows import NOON, articles, write

from pipeline.dataset.read import open_table
from transforms.tables import ARTICLES, REJECTS, SCHEMA_VERSION

DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("readers")
    text = (ROOT / SEED).read_text()
    lines = [
        {
            "text": text,
            "title": "Kim arrive en Russie",
            "published_at": "2023-09-12T09:00Z",
        },
        {"text": "short", "published_at": "2024-02-29"},
        {"text": "from the future", "published_at": "2099-01-01"},
        {"text": "before the web", "published_at": "1066-10-14"},
    ]
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, [*lines, {"url": "x"}])))
    dataset = Dataset(folder / "out")
    dataset.run(folder / "in.jsonl")
    return dataset


def test_all_see_the_same_rows(written: Dataset) -> None:
    glob = f"{written.path}/articles/**/*.parquet"
    in_duckdb = duckdb.sql(
        f"SELECT id FROM read_parquet('{glob}', hive_partitioning = true)"  # noqa: S608
    ).fetchall()
    in_polars = pl.scan_parquet(glob, hive_partitioning=True).collect()
    in_pandas = pd.read_parquet(written.path / "articles", dtype_backend="pyarrow")
    in_arrow = ds.dataset(written.path / "articles", partitioning="hive").to_table()
    ids = sorted(row["id"] for row in written.rows())
    assert len(ids) == 4
    assert sorted(row[0] for row in in_duckdb) == ids
    assert sorted(in_polars["id"]) == ids
    assert sorted(in_pandas["id"]) == ids
    assert sorted(in_arrow["id"].to_pylist()) == ids
    assert open_table(written.path).count_rows() == 4


def test_files_that_were_not_changed_since_a_moment_are_left_out(
    tmp_path: Path,
) -> None:
    for day, moment in (("2026-11-23", NOON - DAY), ("2026-11-24", NOON)):
        file = write(tmp_path, "articles", articles({"id": day}), day=day)
        os.utime(file, (moment.timestamp(), moment.timestamp()))
    for since, days in (
        (NOON - 2 * DAY, ["2026-11-23", "2026-11-24"]),
        (NOON, ["2026-11-24"]),
        (NOON + DAY, []),
    ):
        table = open_table(tmp_path, since=since).to_table(["id"])
        assert table["id"].to_pylist() == days


def test_types_and_values_survive(written: Dataset) -> None:
    glob = f"{written.path}/articles/**/*.parquet"
    published, codes, cut = duckdb.sql(
        "SELECT published_at, country_codes, "  # noqa: S608
        "list_transform(countries[1].mentions, lambda m: text[m.start + 1 : m.end]) "
        f"FROM read_parquet('{glob}', hive_partitioning = true) "
        "WHERE date = DATE '2023-09-12'"
    ).fetchall()[0]
    assert published.isoformat().startswith("2023-09-12T09:00:00")
    assert codes[0] == "RU"
    assert "Russie" in cut
    frame = pl.scan_parquet(glob, hive_partitioning=True).collect()
    assert frame.schema["published_at"] == pl.Datetime("us", "UTC")
    assert frame.schema["persons"] == pl.List(pl.String)


def test_impossible_dates_are_null_and_filed_under_the_day_of_reading(
    written: Dataset,
) -> None:
    rows = {row["text"]: row for row in written.rows()}
    for text in ("from the future", "before the web"):
        assert rows[text]["published_at"] is None
        assert str(rows[text]["date"]) == str(rows[text]["fetched_at"].date())
    assert str(rows["short"]["date"]) == "2024-02-29"
    assert rows["short"]["published_precision"] == "day"


def test_files_carry_the_schema_and_its_version(written: Dataset) -> None:
    for table, schema in (("articles", ARTICLES), ("rejects", REJECTS)):
        files = list((written.path / table).rglob("*.parquet"))
        assert files
        for file in files:
            found = pq.read_schema(file)
            assert found.equals(schema)
            assert found.metadata[b"newsbeam.schema_version"] == b"%d" % SCHEMA_VERSION


def test_only_whole_parquet_files_lie_under_the_tables(written: Dataset) -> None:
    for table in ("articles", "rejects"):
        for path in Path(written.path / table).rglob("*"):
            assert path.is_dir() or path.suffix == ".parquet"
            if path.is_dir():
                assert path.name.startswith("date=")


def test_rejects_can_be_tried_again(written: Dataset) -> None:
    (row,) = written.rows("rejects")
    assert (row["stage"], row["reason"]) == ("read", "empty")
    assert json.loads(row["payload"]) == {"path": row["key"]}
    assert pa.types.is_timestamp(REJECTS.field("at").type)
