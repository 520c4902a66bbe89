"""The commands that ask a dataset: ``sql``, ``views`` and their like."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import options
from pipeline.desk.forms import Dialect, Flat, Format, Shown, format_of

if TYPE_CHECKING:
    from pipeline.desk.filters import Filters

_STDIN = "-"
_OUT = typer.Option(
    "--output", "-o", metavar="FILE", help="Write there, whole or not at all."
)


def sql(
    dataset: options.Dataset,
    query: Annotated[
        str | None,
        typer.Argument(
            help="SQL over the views that newsbeam schema lists. Without it, a shell; "
            "from a pipe, or for -, what comes through stdin."
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
    from pipeline.desk.query import QueryResult, answered
    from pipeline.desk.shell import converse
    from pipeline.desk.views import VIEWS, listing
    from pipeline.reports.terminal import console, table_console

    wanted = format_of(out, form)

    def asked(text: str) -> None:
        def show(answer: QueryResult) -> None:
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
        asked(sys.stdin.read() if query in {None, _STDIN} else query)


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


def _filters(since: str | None, until: str | None, **others: str | None) -> Filters:
    """Return what the options say of the articles that are meant."""
    from pipeline.desk.filters import Filters

    return Filters(since=options.day(since), until=options.end(until), **others)


def _flat(path: Path | None) -> Flat:
    """Return the format of flat rows that a file's name asks for, CSV where it asks none.

    Raises:
      ConfigError: When it asks for another format.
    """
    from transforms.errors import ConfigError

    named = format_of(path, None, Format.CSV)
    try:
        return Flat(named)
    except ValueError:
        raise ConfigError(
            f"{path}: export writes CSV or JSON Lines, by names that end with .csv or "
            ".jsonl; newsbeam sql writes Parquet and others"
        ) from None


def export(
    dataset: options.Dataset,
    since: options.Since = None,
    until: options.Until = None,
    language: options.Language = None,
    country: options.Country = None,
    person: options.Person = None,
    organization: options.Organization = None,
    source: options.Source = None,
    text: options.Text = None,
    form: Annotated[
        Flat | None,
        typer.Option("--format", help="How; by default as FILE is called, else CSV."),
    ] = None,
    bom: Annotated[
        bool,
        typer.Option("--bom", help="Begin with the mark by which Excel knows UTF-8."),
    ] = False,
    out: Annotated[Path | None, _OUT] = None,
) -> None:
    """Write articles as flat CSV or JSON Lines, for R, Stata or a spreadsheet.

    No cell is one that a spreadsheet runs: where a text begins like a formula, it gets an
    apostrophe.
    """
    options.configure_logs()
    from pipeline.desk import export as flat
    from pipeline.desk.formats import output
    from pipeline.desk.views import listing

    filters = _filters(
        since,
        until,
        language=language,
        country=country,
        person=person,
        organization=organization,
        source=source,
        text=text,
    )
    named = form or _flat(out)
    # What is wrong is said before a file is begun.
    listing(dataset)
    with output(out, mark=bom) as file:
        flat.export(dataset, filters, named, file)


def search(
    dataset: options.Dataset,
    words: Annotated[
        list[str],
        typer.Argument(
            help="All of them must be there; in quotes, one after another. The last letters "
            "of a word may be left out."
        ),
    ],
    since: options.Since = None,
    until: options.Until = None,
    language: options.Language = None,
    country: options.Country = None,
    person: options.Person = None,
    organization: options.Organization = None,
    source: options.Source = None,
    text: options.Text = None,
    titles: Annotated[
        bool, typer.Option("--titles", help="Look at titles and names alone: faster.")
    ] = False,
    most: Annotated[
        int,
        typer.Option(
            "--limit", "-n", min=1, max=1_000_000, help="Show at most this many."
        ),
    ] = 20,
    form: Annotated[Shown, typer.Option("--format", help="For people, or as JSON.")] = (
        Shown.TEXT
    ),
) -> None:
    """Find articles by their words, the newest first, with the words in context."""
    options.configure_logs()
    from pipeline.desk import search as searching
    from pipeline.desk.formats import as_json
    from pipeline.reports.terminal import console

    filters = _filters(
        since,
        until,
        language=language,
        country=country,
        person=person,
        organization=organization,
        source=source,
        text=text,
    )
    errors = console(stderr=True)

    def progress(done: int, total: int, count: int) -> None:
        status.update(f"{done:,} of {total:,} partitions, {count:,} found")

    with errors.status("reading the newest partitions") as status:
        found = searching.search(
            dataset, words, filters, most=most, titles=titles, progress=progress
        )
    if form is Shown.JSON:
        sys.stdout.write(f"{as_json([one.as_json() for one in found])}\n")
    else:
        console().print(searching.found_view(found))


def why(
    dataset: options.Dataset,
    url: Annotated[str, typer.Argument(metavar="URL", help="Of a page.")],
    form: Annotated[Shown, typer.Option("--format", help="For people, or as JSON.")] = (
        Shown.TEXT
    ),
) -> None:
    """Tell everything that is known of one address: why a story is there, or is not.

    Which feeds listed it, each request, robots.txt, what waits or was rejected, the
    article with its revisions and copies, and what the next run does with it.
    """
    options.configure_logs()
    import datetime as dt

    from pipeline.desk.formats import as_json
    from pipeline.desk.why import known_view, why
    from pipeline.reports.terminal import console

    known = why(dataset, url, dt.datetime.now(dt.UTC))
    if form is Shown.JSON:
        sys.stdout.write(f"{as_json(dataclasses.asdict(known))}\n")
    else:
        console().print(known_view(known))
