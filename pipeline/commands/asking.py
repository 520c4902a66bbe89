"""The commands that ask a dataset: ``sql``, ``views`` and their like."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import options
from pipeline.desk.forms import Dialect, Format, format_of

_OUT = typer.Option(
    "--output", "-o", metavar="FILE", help="Write there, whole or not at all."
)


def sql(
    dataset: options.Dataset,
    query: Annotated[
        str | None,
        typer.Argument(
            help="SQL over the views that newsbeam schema lists. Without it, a shell; "
            "from a pipe, what comes through it."
        ),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help="How; by default as FILE is called, else a table."
        ),
    ] = None,
    out: Annotated[Path | None, _OUT] = None,
) -> None:
    """Ask a dataset in SQL; it is only read.

    DuckDB answers, over views of articles, names, countries, stories, sources, rejects
    and fetches.
    """
    options.configure_logs()
    from pipeline.desk.formats import output, write
    from pipeline.desk.query import Answer, answered
    from pipeline.desk.shell import converse
    from pipeline.desk.views import VIEWS, listing
    from pipeline.reports.terminal import console, table_console

    wanted = format_of(out, form)

    def asked(text: str) -> None:
        def show(answer: Answer) -> None:
            with output(out) as file:
                write(
                    answer,
                    wanted,
                    file,
                    console(file=file, width=table_console().width),
                )

        answered(dataset, text, show)

    if query is None and out is None and sys.stdin.isatty():
        listing(dataset)
        converse(asked, VIEWS)
    else:
        asked(sys.stdin.read() if query is None else query)


def views(
    dataset: options.Dataset,
    dialect: Annotated[
        Dialect, typer.Option(help="Whose SQL: that of DuckDB or of Spark.")
    ] = Dialect.DUCKDB,
) -> None:
    """Print the SQL that makes the views of newsbeam sql in your own DuckDB or Spark."""
    options.configure_logs()
    from pipeline.desk.portable import portable_views

    sys.stdout.write(portable_views(dataset, dialect))
