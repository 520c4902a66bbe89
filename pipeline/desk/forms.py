"""Forms: the formats that rows are written in, by name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from transforms.errors import ConfigError


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


def flat_of(path: Path | None) -> Flat:
    """Return the format of flat rows that a file's name asks for, CSV where it asks none.

    Raises:
      ConfigError: When it asks for another format.
    """
    named = format_of(path, None, Format.CSV)
    try:
        return Flat(named)
    except ValueError:
        raise ConfigError(
            f"{path}: export writes CSV or JSON Lines, by names that end with .csv or "
            ".jsonl; newsbeam sql writes Parquet and others"
        ) from None
