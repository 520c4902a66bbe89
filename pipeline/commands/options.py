"""The arguments and options that several commands take, and what comes before any work.

Nothing heavy is imported here, and nothing of ``transforms`` before it is called.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import gc
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
# A century: sums with a later end leave the calendar, which ends with the year 9999.
MOST_DAYS = 36_500
# Characters of a value that are repeated in a message.
_SHOWN = 30
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


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


def configure_logs(
    level: LogLevel | None = LogLevel.WARNING, form: LogFormat = LogFormat.PLAIN
) -> None:
    """Log as wanted; before Beam is imported, which would install a handler of its own.

    Args:
      level: Least severe lines to show; None for warnings and, off a terminal, how far
        the work is.
      form: Lines for people or for machines.
    """
    from pipeline.reports import logs

    logs.configure(level, as_json=form is LogFormat.JSON)


def start_children() -> None:
    """Let the children's server load what they need while this process loads Beam."""
    from transforms.work.child import start_server

    start_server()


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage among what modules make, now and later: all of it stays.

    The collector would go through a growing heap again and again, which is a fifth of the
    time that Beam and the rest take to load.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def span(text: str) -> dt.timedelta:
    """Return a span of time such as ``90s``, ``2h`` or ``1h30m``.

    Raises:
      ConfigError: When it is not a time, or more than a century.
    """
    from transforms.errors import ConfigError

    given = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    match = _SPAN.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ConfigError(f"--for {given!r}: write a time as 90s, 30m, 2h or 1h30m")
    found: dt.timedelta | None = None
    # Python reads no number of thousands of digits, and knows no span of as many days.
    with contextlib.suppress(OverflowError, ValueError):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        found = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if found is None or found > dt.timedelta(days=MOST_DAYS):
        raise ConfigError(f"--for {given!r}: must be at most {MOST_DAYS}d")
    return found


def _time(value: str | None) -> str | None:
    # Before anything heavy is loaded.
    if value is not None:
        span(value)
    return value


def day(value: str | None, option: str = "--since") -> dt.datetime | None:
    """Return the time of an option; raises ConfigError where it is none."""
    if value is None:
        return None
    from transforms.errors import ConfigError

    try:
        found = dt.datetime.fromisoformat(value)
        # At the ends of the calendar it may be no time of UTC.
        return (
            found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)
        )
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{option} {value!r}: write a day as 2026-11-24, or a time after it"
        ) from None


def end(value: str | None) -> dt.datetime | None:
    """Return the time at which ``--until`` ends: that of a day at its end."""
    moment = day(value, "--until")
    is_day = False
    with contextlib.suppress(ValueError):
        # Whatever way of writing a day it is.
        is_day = value is not None and bool(dt.date.fromisoformat(value))
    if moment is None or not is_day or moment.date() == dt.date.max:
        # Nothing is of a day after the last.
        return moment
    return moment + dt.timedelta(days=1)


def _run_id(value: str | None) -> str | None:
    """Refuse a name that no folder can have."""
    from transforms.errors import ConfigError

    if value is not None and not _RUN_ID.fullmatch(value):
        raise ConfigError(
            f"--run-id {value!r}: use letters, digits, dot, underscore and dash"
        )
    return value


def _config_file(value: str) -> Path:
    # An option for Beam that comes first: as a path it would lose the // of a URL.
    return cast("Path", value) if value.startswith("-") else Path(value)


def named(value: str) -> str:
    """Return a folder's name; refuse an empty one, that of a variable which is not set.

    It would be the folder that newsbeam runs in.

    Raises:
      BadParameter: When it is empty, longer than a name may be, or a URL of no store.
    """
    from transforms.write.locations import is_url, url_problem

    if not value.strip():
        raise typer.BadParameter("name a folder")
    if is_url(value):
        wrong = url_problem(value)
        if wrong is not None:
            raise typer.BadParameter(wrong)
        return value
    try:
        Path(value).exists()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise typer.BadParameter("the name is too long") from error
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
        parser=named,
        metavar="DATASET",
        help="Folder that a run wrote to, or its URL in a store.",
    ),
]
ConfigOfWork = Annotated[
    Path | None,
    typer.Option("--config", help="TOML file that says how to fetch, extract and tag."),
]
Since = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Only what is of that day or later."),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="DATE", help="Only what is of that day or earlier; or before a time."
    ),
]
Language = Annotated[
    str | None, typer.Option(metavar="LL", help="Only articles in this language: fr.")
]
Country = Annotated[
    str | None,
    typer.Option(metavar="CC", help="Only articles that name this country: FR."),
]
Person = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Only articles that name this person, however it is spelt."
    ),
]
Organization = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Only articles that name this organisation."),
]
Source = Annotated[
    str | None,
    typer.Option(metavar="SITE", help="Only articles of this site or publication."),
]
Text = Annotated[
    str | None,
    typer.Option(
        metavar="WORDS",
        help="Only articles with these words, one after another, in title or text.",
    ),
]
RunId = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        callback=_run_id,
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
LogLines = Annotated[
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


def config_here(
    config: Path | None,
    files: list[str] | None = None,
    feeds: list[str] | None = None,
) -> Path | None:
    """Return the configuration of a command: the one named, or this folder's own.

    Where files or feeds are named, the folder's own is left alone.
    """
    from pipeline.sample.folder import CONFIG

    own = Path(CONFIG)
    if config is not None or files or feeds or not own.is_file():
        return config
    return own


def source_flags(
    files: list[str] | None, feeds: list[str] | None, output: str | None
) -> dict[str, dict[str, Any]]:
    """Return what the flags say of what is read and written, by section."""
    flags: dict[str, dict[str, Any]] = {}
    if files or feeds:
        # What is named on the command line is read, and nothing else.
        flags["source"] = {
            "files": tuple(files or ()),
            "feeds": tuple(feeds or ()),
            "opml": None,
        }
    if output is not None:
        flags["output"] = {"path": output}
    return flags
