"""The arguments and options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, cast

import typer


class LogFormat(StrEnum):
    """How log lines look."""

    PLAIN = "plain"
    JSON = "json"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _config_file(value: str) -> Path:
    # An option for Beam that comes first: as a path it would lose the // of a URL.
    return cast("Path", value) if value.startswith("-") else Path(value)


def _time(value: str | None) -> str | None:
    if value is not None:
        # Before anything heavy is loaded.
        from pipeline.duration import span

        span(value)
    return value


ConfigFile = Annotated[
    Path | None,
    typer.Argument(
        help="TOML file; newsbeam.toml by default.",
        parser=_config_file,
        metavar="CONFIG",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.KEY=VALUE",
        help="Set any key of the configuration; may be repeated.",
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Option(
        "--files",
        metavar="GLOB",
        help="File, folder or quoted glob to read; may be repeated.",
    ),
]
Feeds = Annotated[
    list[str] | None,
    typer.Option("--feed", metavar="URL", help="Feed to read; may be repeated."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", metavar="DIR", help="Folder of the dataset, or its URL in a store."
    ),
]
Dataset = Annotated[
    str,
    typer.Argument(
        metavar="DATASET", help="Folder that a run wrote to, or its URL in a store."
    ),
]

RunId = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="Name of this run, a scheduler's slot say: letters, digits, . _ -",
    ),
]
Level = Annotated[LogLevel, typer.Option(help="Least severe log lines to show.")]
OptionalLevel = Annotated[
    LogLevel | None,
    typer.Option(
        help="Least severe log lines to show; warning on a terminal, else info."
    ),
]
ProgressLevel = Annotated[
    LogLevel | None,
    typer.Option(
        help="Least severe log lines to show. Warnings by default; off a terminal also "
        "progress, and as JSON also rejects."
    ),
]
Format = Annotated[
    LogFormat, typer.Option(help="Log lines for people or for machines.")
]

Duration = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="TIME",
        callback=_time,
        help="End after this time: 90s, 30m, 2h, 1h30m.",
    ),
]
UntilIdle = Annotated[
    bool,
    typer.Option(
        "--until-idle",
        help="End when a round of all feeds and files brought nothing new, or nothing is "
        "due within ten seconds.",
    ),
]
HealthPort = Annotated[
    int | None,
    typer.Option(
        metavar="PORT",
        min=0,
        max=65_535,
        help="Answer /healthz and /metrics on 127.0.0.1; 0 takes a free port.",
    ),
]
AsSql = Annotated[
    bool, typer.Option("--sql", help="As a list for DuckDB's read_parquet.")
]
TableName = Annotated[str, typer.Argument(help="One of newsbeam schema.")]
