from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import apache_beam as beam
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.records import Article, Stamp
from transforms.vocabulary import TextSource
from transforms.write.options import WriteOptions
from transforms.write.parquet import partition
from transforms.write.staging import SealStaging, StageRows

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
STAMP = Stamp("run", "0", NOW)


def article(number: int, text: str = "text", day: int = 1) -> Article:
    at = dt.datetime(2026, 11, day, tzinfo=dt.UTC)
    digits = f"{number:032x}"
    return Article(digits, text, digits, TextSource.FILE, 1, NOW, published_at=at)


def stage(
    folder: Path, articles: list[Article], **options: int
) -> list[dict[str, object]]:
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as root:
        chosen = WriteOptions(**options)  # type: ignore[arg-type]
        stage_rejects = StageRows("rejects", str(folder), STAMP, chosen)
        handler = ErrorHandler("Rejects" >> stage_rejects)
        with handler as rejects:
            files = (
                root
                | beam.Create(articles, reshuffle=False)
                | StageRows("articles", str(folder), STAMP, chosen, rejects)
            )
        (
            (files, rejects.output())
            | "All" >> beam.Flatten()
            | SealStaging(str(folder / "seal"))
        )
    found: list[dict[str, object]] = json.loads((folder / "seal").read_text())
    return found


def test_a_file_for_each_partition_its_rows_sorted(tmp_path: Path) -> None:
    files = stage(tmp_path, [article(3), article(1), article(2, day=5)])
    assert [file["partition"] for file in files] == [
        "date=2026-11-01",
        "date=2026-11-05",
    ]
    ids = pq.ParquetFile(files[0]["path"]).read(["id"])["id"].to_pylist()
    assert ids == sorted(ids)


def test_memory_is_bounded_by_bytes(tmp_path: Path) -> None:
    articles = [article(number, "x" * 10_000) for number in range(40)]
    files = stage(tmp_path, articles, max_buffer_bytes=100_000)
    assert len(files) > 5
    assert sum(int(str(file["rows"])) for file in files) == 40


def test_a_row_that_does_not_fit_takes_no_other_with_it(tmp_path: Path) -> None:
    bad = dataclasses.replace(article(2), title="lone \ud800 surrogate")
    files = stage(tmp_path, [article(1), bad, article(3)])
    rows = {str(file["table"]): file["rows"] for file in files}
    assert rows == {"articles": 2, "rejects": 1}
    (path,) = (file["path"] for file in files if file["table"] == "rejects")
    (row,) = pq.ParquetFile(path).read().to_pylist()
    assert (row["stage"], row["reason"]) == ("write", "internal_error")


def test_a_day_of_which_no_row_fits_has_no_file(tmp_path: Path) -> None:
    bad = dataclasses.replace(article(2, day=5), title="lone \ud800 surrogate")
    files = stage(tmp_path, [article(1), bad])
    assert [(file["table"], file["partition"]) for file in files] == [
        ("articles", "date=2026-11-01"),
        ("rejects", "date=2026-11-24"),
    ]


def test_an_empty_run_is_sealed_too(tmp_path: Path) -> None:
    assert stage(tmp_path, []) == []


@pytest.mark.parametrize(
    ("moment", "day", "month"),
    [
        (NOW, "date=2026-11-24", "date=2026-11-01"),
        (
            dt.datetime(2026, 11, 30, 23, tzinfo=dt.timezone(dt.timedelta(hours=-5))),
            "date=2026-12-01",
            "date=2026-12-01",
        ),
    ],
)
def test_partitions_are_days_in_utc(moment: dt.datetime, day: str, month: str) -> None:
    assert partition(moment, "day") == day
    assert partition(moment, "month") == month
