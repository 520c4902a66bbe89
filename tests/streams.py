"""Streams with a clock of their own: what tests of event time run on."""

from __future__ import annotations

import datetime as dt

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_pipeline import TestPipeline

from transforms.records import Article
from transforms.text.strings import digest
from transforms.vocabulary import TextSource

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def stream_pipeline() -> TestPipeline:
    """Return a pipeline on the runner that knows TestStream; its time is the stream's."""
    return TestPipeline(
        options=PipelineOptions(["--runner=BundleBasedDirectRunner", "--streaming"])
    )


def seconds(moment: dt.datetime) -> int:
    """Return a moment as Beam's timestamps count."""
    return int(moment.timestamp())


def article(
    number: int, text: str = "text", published: dt.datetime | None = None
) -> Article:
    """Return an article that was fetched at noon."""
    digits = f"{number:032x}"
    content_hash = digest(text)
    return Article(
        digits, text, content_hash, TextSource.PAGE, 1, NOON, published_at=published
    )
