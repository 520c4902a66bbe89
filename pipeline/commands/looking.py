"""The commands that change nothing: ``check``, ``status``, ``show`` and their like."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.commands import options

# Articles that are listed.
_LATEST = 50
# Stories that are listed.
_STORIES = 20


def check(
    config: options.ConfigFile = None, overrides: options.Overrides = None
) -> None:
    """Validate a configuration and print it with every default filled in.

    Lists everything that is wrong at once.
    """
    options.configure_logs()
    from pipeline.configuration.config import doubts, load
    from pipeline.configuration.resolved import resolved
    from pipeline.process.command import say
    from pipeline.reports.terminal import console

    # What is read may be named on the command line of a run.
    loaded = load(options.config_here(config), overrides or (), needs_source=False)
    console(soft_wrap=True).print(resolved(loaded))
    for doubt in doubts(loaded):
        say(f"warning: {doubt}", 0)


def status(
    dataset: options.Dataset,
    reset: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask a feed again that is gone or failing."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="Name the feeds that this TOML file disables, too."
        ),
    ] = None,
) -> None:
    """Show each feed's last success, failures, next poll and new articles a day.

    Warns of feeds that fail, are gone, or fell silent compared with their own past. Counts
    the rows and shows the last runs; a dataset made from files has these alone.
    """
    options.configure_logs()
    from pipeline.dataset.home import home_at
    from pipeline.dataset.read import readable
    from pipeline.reports.status import reset_feed, status_view
    from pipeline.reports.terminal import table_console

    home = home_at(dataset)
    out = table_console()
    if reset is not None:
        feed = reset_feed(home, reset)
        out.print(f"{feed} will be asked again in the next run")
        return
    with readable(dataset):
        view = status_view(home, dt.datetime.now(dt.UTC), out.width)
    out.print(view)
    if config is not None:
        from pipeline.configuration.config import load
        from transforms.redaction import redact_feed

        for listed in load(config, needs_source=False).source.feeds:
            if not listed.enabled:
                out.print(f"disabled: {redact_feed(listed.url)}")


def show(
    dataset: options.Dataset,
    article: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="An article's id or the beginning of one, its URL, or the path that it "
            "was read from. Without it, the latest 50 articles are listed.",
        ),
    ] = None,
) -> None:
    """List the latest articles, or show one with its entities and countries marked."""
    options.configure_logs()
    from pipeline.desk.article import find_article, latest_articles
    from pipeline.reports.show import article_view, articles_view
    from pipeline.reports.terminal import console, table_console

    if article is None:
        latest = latest_articles(dataset, _LATEST)
        table_console().print(articles_view(latest) if latest else "no articles yet")
    else:
        console().print(article_view(find_article(dataset, article)))


def stories(
    dataset: options.Dataset,
    since: options.Since = None,
    min_sources: Annotated[
        int, typer.Option(min=1, help="Leave out stories of fewer sites.")
    ] = 3,
    most: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Show at most this many.")
    ] = _STORIES,
) -> None:
    """List the largest stories: first source, copies, independent voices.

    An agency and all that print its report are one voice.
    """
    options.configure_logs()
    from pipeline.reports.stories import largest, stories_view
    from pipeline.reports.terminal import console

    found = largest(dataset, options.day(since), min_sources, most)
    console().print(stories_view(found))


def files(
    dataset: options.Dataset,
    table: Annotated[str, typer.Argument(help="One of newsbeam schema.")] = "articles",
    as_sql: Annotated[
        bool, typer.Option("--sql", help="As a list for DuckDB's read_parquet.")
    ] = False,
) -> None:
    """List the files of a table that are committed; of Delta tables no others count."""
    options.configure_logs()
    from pipeline.dataset.read import table_files

    found = table_files(dataset, table)
    if as_sql:
        quoted = ("'" + path.replace("'", "''") + "'" for path in found)
        found = [f"[{', '.join(quoted)}]"]
    for path in found:
        sys.stdout.write(f"{path}\n")


def models(
    language: Annotated[
        str | None, typer.Option(metavar="LL", help="Only models of this language.")
    ] = None,
) -> None:
    """List other entity models: installed or not, their licences, how to get them.

    An article in a language without a model still has the countries and capitals that
    it names, as places.
    """
    options.configure_logs()
    from importlib.metadata import version

    from rich.table import Table

    from pipeline.reports.terminal import table_console
    from transforms.enrich.models.choice import KNOWN
    from transforms.errors import ConfigError

    known = [model for model in KNOWN if language in {None, model.language}]
    if not known:
        languages = ", ".join(sorted({model.language for model in KNOWN}))
        raise ConfigError(
            f"--language {language!r}: newsbeam knows other models of {languages}; "
            "any spaCy model is taken by enrich.entities.models"
        )
    view = Table("language", "model", "licence", "installed", "how to get it", box=None)
    for model in known:
        view.add_row(
            model.language,
            model.package,
            model.licence,
            version(model.package) if model.is_installed else "",
            "" if model.is_installed else model.how,
        )
    out = table_console()
    out.print(view)
    out.print(
        "newsbeam's own model serves every language unless the configuration names "
        "another one under enrich.entities.models. Take spacy download from spaCy itself "
        "(pip install 'newsbeam[spacy]'): on package indexes these names have been "
        "squatted. A GLiNER model that you have exported to ONNX serves any language: pip "
        "install 'newsbeam[gliner]' and name its folder; its quality is not measured.",
        soft_wrap=True,
    )


def schema(
    table: Annotated[
        str | None, typer.Argument(help="One table or view; all of them by default.")
    ] = None,
) -> None:
    """Print the columns of the tables, and of the views that newsbeam sql asks."""
    options.configure_logs()
    from rich.table import Table
    from rich.text import Text

    from pipeline.desk.views import DERIVED_VIEWS, TABLE_VIEWS, view_columns
    from pipeline.reports.terminal import table_console
    from transforms.errors import ConfigError
    from transforms.tables import SCHEMA_VERSION, TABLES

    views = [view for view in DERIVED_VIEWS if table in {None, view.name}]
    tables = [name for name in TABLES if table in {None, name}]
    aliases = {TABLE_VIEWS[name] for name in TABLE_VIEWS if name == table}
    tables += [name for name in TABLES if name in aliases and name not in tables]
    if not (views or tables):
        known = ", ".join(dict.fromkeys((*TABLES, *(v.name for v in DERIVED_VIEWS))))
        raise ConfigError(f"no table or view {table!r}; there are {known}")
    out = table_console()

    def describe(title: str, columns: list[tuple[str, str, str]]) -> None:
        view = Table(
            *("column", "type", "meaning"), title=title, title_justify="left", box=None
        )
        for name, kind, meaning in columns:
            view.add_row(Text(name, style="bold"), Text(kind), Text(meaning))
        out.print(view)

    for name in tables:
        [asked] = [view for view, of in TABLE_VIEWS.items() if of == name]
        describe(
            f"{name} (schema version {SCHEMA_VERSION}; in newsbeam sql: {asked})",
            [
                *((f.name, _type(str(f.type)), _meaning(f)) for f in TABLES[name]),
                ("date", "date", "the partition: its folder's name says it"),
            ],
        )
    for view in views:
        columns = view_columns(view.name)
        if view.name in TABLES:
            # The others are those of the table.
            columns = [column for column in columns if column[2]] or columns
        describe(f"{view.name} (a view: {view.meaning})", columns)


def _meaning(field: Any) -> str:
    meaning: str = field.metadata[b"description"].decode()
    return meaning if field.nullable else f"{meaning} (never null)"


def _type(kind: str) -> str:
    return kind.replace("item: ", "").replace("timestamp[us, tz=UTC]", "timestamp")
