"""Files of every version of the schema are read together."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from kit import ROOT, SEED, Dataset, made_once

from pipeline.dataset.compact import compact
from pipeline.dataset.read import open_table
from transforms.tables import ARTICLES, ENTITY

NEW = pa.field("reading_minutes", pa.float32())


@pytest.fixture
def mixed(three_versions: Path, tmp_path: Path) -> Dataset:
    return Dataset(shutil.copytree(three_versions / "dataset", tmp_path / "dataset"))


@pytest.fixture(scope="module")
def three_versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "versions", write_three_versions)


def write_three_versions(folder: Path) -> None:
    """Write three files: of an earlier version, of today's, of a later one."""
    dataset = Dataset(folder / "dataset")
    for name in ("earlier", "today", "later"):
        path = folder / f"{name}.txt"
        path.write_text(f"{(ROOT / SEED).read_text()}\n\n{name}.")
        dataset.run(path, settings=('enrich.entities.models={fr = ""}',))
    earlier, _, later = sorted(dataset.files(), key=lambda path: path.stat().st_mtime)
    # Columns are only ever added at the end, and may be null.
    table = pq.ParquetFile(earlier).read()
    table = table.drop_columns(ARTICLES.names[ARTICLES.names.index("gazetteer") :])
    # So are the fields of a struct.
    place = table.schema.get_field_index("entities")
    former = table["entities"].cast(pa.list_(pa.struct(list(ENTITY)[:-1])))
    pq.write_table(table.set_column(place, "entities", former), earlier)
    table = pq.ParquetFile(later).read()
    pq.write_table(table.append_column(NEW, pa.array([4.5], NEW.type)), later)


def test_every_reader_gets_all_rows(mixed: Dataset) -> None:
    glob = f"{mixed.path}/articles/**/*.parquet"
    in_duckdb = duckdb.sql(
        "SELECT id, gazetteer, reading_minutes FROM "  # noqa: S608
        f"read_parquet('{glob}', union_by_name = true) ORDER BY id"
    ).fetchall()
    assert len(in_duckdb) == 3
    assert sorted(row[2] is None for row in in_duckdb) == [False, True, True]
    assert sorted(row[1] is None for row in in_duckdb) == [False, False, True]
    in_polars = pl.scan_parquet(
        glob,
        extra_columns="ignore",
        missing_columns="insert",
        hive_partitioning=False,
        cast_options=pl.ScanCastOptions(
            extra_struct_fields="ignore", missing_struct_fields="insert"
        ),
    )
    assert in_polars.collect().height == 3
    in_arrow = ds.dataset(
        mixed.path / "articles", schema=pa.schema([*ARTICLES, NEW])
    ).to_table()
    assert in_arrow["reading_minutes"].null_count == 2
    in_pandas = pd.concat([pd.read_parquet(file) for file in mixed.files()])
    assert len(in_pandas) == 3
    assert open_table(mixed.path).to_table()["gazetteer"].null_count == 1


@pytest.mark.slow
def test_an_earlier_struct_is_read_with_todays(mixed: Dataset) -> None:
    glob = f"{mixed.path}/articles/**/*.parquet"
    named = duckdb.sql(
        "SELECT entity.name, entity.canonical FROM "  # noqa: S608
        f"read_parquet('{glob}', union_by_name = true), unnest(entities) AS t(entity)"
    ).fetchall()
    rows = open_table(mixed.path).to_table().to_pylist()
    entities = [entity for row in rows for entity in row["entities"]]
    assert len(named) == len(entities) > 0
    assert {entity["canonical"] for entity in entities} >= {None}
    assert {name for name, _ in named} == {entity["name"] for entity in entities}


def test_what_every_version_has_needs_no_option(mixed: Dataset) -> None:
    glob = f"{mixed.path}/articles/**/*.parquet"
    query = f"SELECT id, text FROM read_parquet('{glob}')"  # noqa: S608
    assert len(duckdb.sql(query).fetchall()) == 3
    wanted = pl.scan_parquet(
        glob, extra_columns="ignore", missing_columns="insert", hive_partitioning=False
    )
    assert wanted.select("id", "text").collect().height == 3
    frame = pd.read_parquet(mixed.path / "articles", columns=["id", "text"])
    assert len(frame) == 3


def test_compaction_brings_earlier_files_up_to_date(mixed: Dataset) -> None:
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    compact(mixed.path, target_bytes=10**8, closed_before=tomorrow)
    tables = [pq.ParquetFile(file).read() for file in mixed.files()]
    merged, later = sorted(tables, key=len, reverse=True)
    assert merged.schema.names == ARTICLES.names
    assert merged["gazetteer"].null_count == 1
    assert merged.schema.field("entities").type == ARTICLES.field("entities").type
    # A release that was rolled back drops no column that it does not know.
    assert later["reading_minutes"].to_pylist() == [4.5]
