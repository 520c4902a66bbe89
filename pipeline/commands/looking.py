"""The commands that change nothing: ``check``, ``status``, ``show`` and their like."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.arguments import (
    AsSql,
    ConfigFile,
    Dataset,
    Overrides,
    TableName,
)
from pipeline.loading import configure_logs


def check(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Validate a configuration and print it with every default filled in.

    Lists everything that is wrong at once.
    """
    configure_logs()
    from pipeline import command

    command.check(config=config, overrides=overrides or [])


def status(
    dataset: Dataset,
    reset: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask a feed again that is gone or failing."),
    ] = None,
) -> None:
    """Show each feed's last success, failures, next poll and new articles a day.

    Warns of feeds that fail, are gone, or fell silent compared with their own past.
    """
    configure_logs()
    from pipeline import command

    command.status(dataset=dataset, reset=reset)


def show(
    dataset: Dataset,
    article_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="An article's id, or the beginning of one. Without it, the latest 50 "
            "articles are listed.",
        ),
    ] = None,
) -> None:
    """List the latest articles, or show one with its entities and countries marked."""
    configure_logs()
    from pipeline import command

    command.show(dataset=dataset, article_id=article_id)


def files(
    dataset: Dataset, table: TableName = "articles", as_sql: AsSql = False
) -> None:
    """List the files of a table that are committed; in a store no others count."""
    configure_logs()
    from pipeline import command

    command.files(dataset=dataset, table=table, as_sql=as_sql)


def models(
    language: Annotated[
        str | None, typer.Option(metavar="LL", help="Only models of this language.")
    ] = None,
) -> None:
    """List other entity models: installed or not, their licences, how to get them.

    An article in a language without a model still has the countries and capitals that
    it names, as places.
    """
    configure_logs()
    from pipeline import command

    command.models(language=language)


def schema(
    table: Annotated[
        str | None, typer.Argument(help="One table; all of them by default.")
    ] = None,
) -> None:
    """Print the columns of the tables, with their types and meaning."""
    configure_logs()
    from pipeline import command

    command.schema(table=table)
