from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from streams import NOON, article

from transforms.records import Article, StagedFile, Stamp
from transforms.tables import TABLES
from transforms.write.parquet import stage_file
from transforms.write.rows import article_row
from transforms.write.window_write import firing, merge

STAMP = Stamp("run", "0", NOON)


def staged(folder: Path, day: int, *articles: Article) -> StagedFile:
    rows = [article_row(one, STAMP) for one in articles]
    return stage_file(
        pa.Table.from_pylist(rows, schema=TABLES["articles"]),
        name="articles",
        folder=f"date=2026-11-{day:02d}",
        staging=folder,
        compression_level=1,
    )


def test_one_file_a_partition_whose_name_tells_window_and_content(
    tmp_path: Path,
) -> None:
    files = [
        staged(tmp_path, 24, article(3), article(1)),
        staged(tmp_path, 24, article(2)),
        staged(tmp_path, 23, article(4)),
    ]
    merged = merge(
        firing(NOON, files), tmp_path / "out", prefix="run", compression_level=1
    )
    assert [(file.partition, file.rows) for file in merged] == [
        ("date=2026-11-23", 1),
        ("date=2026-11-24", 3),
    ]
    name = merged[1].name
    assert name == f"run-20261124T120000Z-{merged[1].sha256[:12]}.parquet"
    table = pq.ParquetFile(merged[1].path).read()
    assert table.schema.equals(TABLES["articles"])
    assert table.schema.metadata == TABLES["articles"].metadata
    assert table["id"].to_pylist() == [article(n).id for n in (1, 2, 3)]


def test_the_same_files_make_the_same_file_in_whatever_order(tmp_path: Path) -> None:
    files = [staged(tmp_path, 24, article(n)) for n in range(6)]
    shuffled = random.sample(files, len(files))
    one, other = firing(NOON, files), firing(NOON, shuffled)
    assert one == other
    first = merge(one, tmp_path / "a", prefix="run", compression_level=1)
    second = merge(other, tmp_path / "b", prefix="run", compression_level=1)
    assert [(f.name, f.sha256) for f in first] == [(f.name, f.sha256) for f in second]


def test_other_files_are_another_firing(tmp_path: Path) -> None:
    files = [staged(tmp_path, 24, article(n)) for n in range(2)]
    assert firing(NOON, files).number != firing(NOON, files[:1]).number
    assert firing(NOON, files).number >= 0
