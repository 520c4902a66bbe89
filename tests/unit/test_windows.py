from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import apache_beam as beam
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream as ScriptedStream
from apache_beam.transforms.window import FixedWindows, GlobalWindow, TimestampedValue
from engines import prism
from streams import NOON, article, seconds

from transforms.records import Stamp
from transforms.write.options import WindowOptions, WriteOptions
from transforms.write.staging import StageRows
from transforms.write.window_write import Firing
from transforms.write.windows import (
    GatherFiles,
    event_time,
    into_windows,
    stamp_events,
)

HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
OPTIONS = WindowOptions(minutes=10, flush_seconds=30, lateness_hours=48)
FOREVER = GlobalWindow().max_timestamp()


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (NOON - HOUR, NOON - HOUR),
        (NOON - 24 * HOUR, NOON - 24 * HOUR),
        (NOON - 25 * HOUR, NOON),
        (NOON + HOUR, NOON),
        (None, NOON),
    ],
)
def test_news_counts_by_publication_unless_a_window_may_be_over(
    published: dt.datetime | None, expected: dt.datetime
) -> None:
    assert event_time(article(1, published=published), 48 * HOUR) == expected


def note(firing: Firing, seen: Path) -> None:
    texts: list[str] = []
    for file in firing.files:
        texts += pq.ParquetFile(file.path).read(["text"])["text"].to_pylist()
    with seen.open("a") as log:
        log.write(json.dumps([f"{firing.window:%H:%M}", sorted(texts)]) + "\n")


def fired(
    root: beam.Pipeline, source: beam.PTransform, windows: beam.PTransform, folder: Path
) -> None:
    """Note the windows that fire, each with the texts that it brings."""
    stamp = Stamp("run", "0", NOON)
    (
        root
        | source
        | stamp_events(OPTIONS)
        | windows
        | StageRows("articles", str(folder), stamp, WriteOptions())
        | GatherFiles()
        | "Note" >> beam.Map(note, folder / "seen")
    )


def noted(folder: Path) -> list[tuple[str, list[str]]]:
    lines = (folder / "seen").read_text().splitlines()
    return sorted((window, texts) for window, texts in map(json.loads, lines))


def news(*found: tuple[str, dt.datetime | None]) -> list[TimestampedValue]:
    """Return articles as the last stage but one hands them on: at the end of time."""
    return [
        TimestampedValue(article(number, text, published), FOREVER)
        for number, (text, published) in enumerate(found)
    ]


def test_rows_are_gathered_by_publication_and_staged_by_window(tmp_path: Path) -> None:
    found = news(
        ("b", NOON - 2 * MINUTE),
        ("a", NOON - 4 * MINUTE),
        ("c", NOON - 23 * HOUR),
        ("old", NOON - 90 * HOUR),
        ("undated", None),
    )
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as root:
        fired(root, beam.Create(found), beam.WindowInto(FixedWindows(600)), tmp_path)
    assert noted(tmp_path) == [
        ("11:50", ["a", "b"]),
        ("12:00", ["old", "undated"]),
        ("13:00", ["c"]),
    ]


@pytest.mark.engine
def test_rows_are_gathered_early_on_time_and_late(tmp_path: Path) -> None:
    # Beam's own runner for TestStream stalls on triggers of processing time.
    options = PipelineOptions([*prism(), "--streaming"])
    made = (
        ScriptedStream()
        .advance_watermark_to(seconds(NOON - 5 * MINUTE))
        .add_elements(news(("b", NOON - 2 * MINUTE), ("a", NOON - 4 * MINUTE)))
        .advance_processing_time(60)
        .add_elements(news(("c", NOON - MINUTE)))
        .advance_watermark_to(seconds(NOON + 10 * MINUTE))
        .add_elements(news(("late", NOON - 3 * MINUTE), ("undated", None)))
        .advance_processing_time(60)
        .add_elements(news(("later", NOON - 23 * HOUR), ("old", NOON - 90 * HOUR)))
        .advance_processing_time(60)
        .advance_watermark_to_infinity()
    )
    with beam.Pipeline(options=options) as root:
        fired(root, made, into_windows(OPTIONS), tmp_path)
    assert noted(tmp_path) == [
        ("11:50", ["a", "b"]),
        ("11:50", ["c"]),
        ("11:50", ["late"]),
        ("12:00", ["old"]),
        ("12:00", ["undated"]),
        ("13:00", ["later"]),
    ]
