"""The commands that draw a dataset: ``report``, a page, and ``stats``, for a terminal."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import options

if TYPE_CHECKING:
    import duckdb
    from rich.status import Status

_STDOUT = "-"
_KILOBYTE = 1_000
# What DuckDB may take: the whole command stays below 500 MB.
_MEMORY = "250MB"
# What is asked.
_VIEWS = ("articles", "stories", "fetches", "rejects")


def report(
    dataset: options.Dataset,
    out: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where the page goes; - for stdout."
        ),
    ] = "report.html",
    since: options.Since = None,
    open_it: Annotated[
        bool, typer.Option("--open", help="Show it in the browser.")
    ] = False,
) -> None:
    """Write one page with pictures: volumes, a world map, names, stories, feeds.

    The page is whole in itself: it works without network, and asks for nothing.
    """
    options.configure_logs()
    moment = options.day(since)
    from pipeline.charts.page import report_page
    from pipeline.charts.questions import Questions
    from pipeline.desk.asking import ask
    from transforms.errors import ConfigError

    if open_it and out == _STDOUT:
        raise ConfigError("--open: name a file by --output; stdout cannot be opened")

    def made(connection: duckdb.DuckDBPyConnection) -> str:
        questions = Questions(connection, moment)
        return report_page(questions, str(dataset), dt.datetime.now(dt.UTC))

    with _waiting(dataset):
        page = ask(dataset, made, _VIEWS, memory=_MEMORY)
    if out == _STDOUT:
        # Whatever the encoding of the terminal is: the page says UTF-8.
        sys.stdout.flush()
        sys.stdout.buffer.write(page.encode())
        return
    _save(Path(out), page, open_it=open_it)


def _save(path: Path, page: str, *, open_it: bool) -> None:
    import webbrowser

    from pipeline.desk.formats import output
    from pipeline.process.command import say
    from pipeline.reports.terminal import console

    with output(path) as file:
        file.write(page)
    size = len(page.encode()) // _KILOBYTE
    console(soft_wrap=True).print(f"{path} ({size:,} kB)")
    if open_it and not webbrowser.open(path.resolve().as_uri()):
        say(f"no browser is there to open {path.resolve().as_uri()}", 0)


def stats(dataset: options.Dataset, since: options.Since = None) -> None:
    """Print the main numbers with bars: languages, sources, countries, names, feeds."""
    options.configure_logs()
    moment = options.day(since)
    from pipeline.charts.questions import Questions
    from pipeline.charts.stats import stats_view
    from pipeline.desk.asking import ask
    from pipeline.reports.terminal import console

    out = console()
    with _waiting(dataset):
        view = ask(
            dataset,
            lambda connection: stats_view(Questions(connection, moment), out.width),
            _VIEWS,
            memory=_MEMORY,
        )
    out.print(view)


def _waiting(dataset: str) -> Status:
    """Say on a terminal that a large dataset takes its time."""
    from rich.text import Text

    from pipeline.reports.terminal import console, shown

    return console(stderr=True).status(Text(f"Asking {shown(dataset)}"))
