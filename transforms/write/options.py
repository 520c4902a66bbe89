"""How the dataset is written, by a run and by a pipeline without end."""

from __future__ import annotations

import datetime as dt
from typing import Self

import pydantic

from transforms.work.options import Options
from transforms.write.parquet import Period


class WriteOptions(Options):
    """How the dataset is written (part of section ``[output]``)."""

    partition_by: Period = "day"
    """Length of a partition; ``date=`` is its first day."""
    max_buffer_bytes: int = pydantic.Field(default=64_000_000, gt=0)
    """Rows held in memory before the largest partition is written out."""
    raw: bool = False
    """Keep fetched pages as WARC files under ``raw/``, to build the dataset from again."""
    compression_level: int = pydantic.Field(default=3, ge=1, le=19)
    """zstd level."""
    text: bool = True
    """Keep the text of articles; false leaves it empty, for those who may not keep it."""

    @pydantic.model_validator(mode="after")
    def _keeps_no_text(self) -> Self:
        if self.raw and not self.text:
            raise ValueError("raw keeps whole pages: it cannot be with text = false")
        return self


class WindowOptions(Options):
    """How an unbounded pipeline gathers rows into files (section ``[windows]``)."""

    minutes: float = pydantic.Field(default=5, gt=0)
    """Length of a window; its rows of one partition share files."""
    flush_seconds: int = pydantic.Field(default=60, gt=0)
    """How long a row waits for others, at most, before its file is written."""
    hold_minutes: float = pydantic.Field(default=5, ge=0)
    """How far the watermark stays behind the clock."""
    lateness_hours: float = pydantic.Field(default=48, ge=1)
    """How long a window waits for what is late; what is older than half of it counts by
    the time it was fetched."""
    remember_days: float = pydantic.Field(default=30, gt=0)
    """How long the engine remembers an article; after that the dataset's index does."""
    shards: int = pydantic.Field(default=64, gt=0)
    """Parts that the feeds are polled in, side by side."""

    @property
    def hold(self) -> dt.timedelta:
        """How far the watermark stays behind the clock."""
        return dt.timedelta(minutes=self.hold_minutes)
