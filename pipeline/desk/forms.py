"""Forms: the formats that rows are written in, by name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    MARKDOWN = "markdown"


class Flat(StrEnum):
    """How flat rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


class Shown(StrEnum):
    """How what is found is shown."""

    TEXT = "text"
    JSON = "json"


class Dialect(StrEnum):
    """Whose SQL is written."""

    DUCKDB = "duckdb"
    SPARK = "spark"


_SUFFIXES = {
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".md": Format.MARKDOWN,
    ".ndjson": Format.JSONL,
    ".parquet": Format.PARQUET,
}


def format_of(
    path: Path | None, wanted: Format | None, otherwise: Format = Format.TABLE
) -> Format:
    """Return the format that is wanted, or that a file's name asks for."""
    if wanted is not None or path is None:
        return wanted or otherwise
    return _SUFFIXES.get(path.suffix.lower(), otherwise)
