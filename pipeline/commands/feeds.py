"""The command that edits the list of feeds: ``feeds``."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands import options

if TYPE_CHECKING:
    from pipeline.configuration.config import Config
    from pipeline.configuration.feed_file import FeedFile

# What a list of feeds says of one.
_KEPT = {"url", "name", "country", "language"}


class Action(enum.StrEnum):
    """What is done with the list."""

    LIST = "list"
    ADD = "add"
    DISABLE = "disable"
    ENABLE = "enable"
    REMOVE = "remove"
    IMPORT = "import"
    EXPORT = "export"


def feeds(
    action: Annotated[
        Action,
        typer.Argument(
            help="list; add URL, of a feed or of a page that names one; disable, enable or "
            "remove URL|NAME; import FILE.opml; export, as OPML.",
        ),
    ],
    given: Annotated[
        str | None,
        typer.Argument(metavar="URL|NAME|FILE", help="What it is done with."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="TOML file; newsbeam.toml by default."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="With add: the publication's name; the feed's own by default."
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(help="With add: the publication's country, ISO 3166-1: GB, FR."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would change.")
    ] = False,
) -> None:
    """List the feeds of a configuration, or edit them; its comments stay.

    Asks nothing. A feed that is disabled stays listed and is not asked. In OPML it is a
    comment (isComment): export writes it so, and import disables what it reads so. What
    export prints are whole addresses, with their secrets.
    """
    options.configure_logs()
    from pipeline.configuration.config import load
    from pipeline.configuration.feed_file import FeedFile
    from pipeline.reports.terminal import console
    from transforms.errors import ConfigError

    path = options.config_here(config)
    if path is None:
        raise ConfigError("there is no newsbeam.toml here: name a file with --config")
    # Who asks need not be said before anybody is asked.
    flags = {} if action is Action.ADD else {"fetch": {"contact": "nobody"}}
    loaded = load(path, (), flags, needs_source=False)
    needs = action not in {Action.LIST, Action.EXPORT}
    if needs != (given is not None):
        what = "name what it is done with" if needs else "takes nothing more"
        raise ConfigError(f"feeds {action}: {what}; see newsbeam feeds --help")
    file = FeedFile(path)
    if action is Action.LIST:
        _list(loaded)
        return
    if action is Action.EXPORT:
        _export(loaded)
        return
    if not dry_run:
        # Before anything is asked.
        file.check()
    said = _edit(file, loaded, action, given or "", name, country)
    if not dry_run:
        file.write()
    out = console(soft_wrap=True)
    for line in said:
        out.print(line)
    if dry_run:
        out.print(file.change())
        out.print("dry run: nothing was written")


def _edit(
    file: FeedFile,
    config: Config,
    action: Action,
    given: str,
    name: str | None,
    country: str | None,
) -> list[str]:
    """Change the list; return what to say of it."""
    from transforms.redaction import redact_feed

    if action is Action.ADD:
        return _add(file, config, given, name, country)
    if action is Action.IMPORT:
        return _import(file, Path(given))
    positions = file.positions(given)
    url = redact_feed(file.feeds[positions[0]]["url"])
    if action is Action.REMOVE:
        for position in reversed(positions):
            file.remove(position)
        return [f"removed: {url}"]
    for position in positions:
        file.enable(position, wanted=action is Action.ENABLE)
    return [f"{action}d: {url}"]


def _add(
    file: FeedFile, config: Config, url: str, name: str | None, country: str | None
) -> list[str]:
    from pipeline.reports.terminal import shown
    from pipeline.upkeep.discover import discover
    from transforms.codes import country_problem
    from transforms.errors import ConfigError
    from transforms.parse.subscriptions import feed_address
    from transforms.redaction import redact_feed, redact_input

    wrong = country_problem(country) if country is not None else None
    if wrong is not None:
        raise ConfigError(f"--country {country!r}: {wrong}")
    address = feed_address(url)
    if address is None:
        raise ConfigError(f"not an http or https URL: {redact_input(url)}")
    found, *others = discover(config, address)
    if file.has(found.url):
        raise ConfigError(f"{file.path}: lists {redact_feed(found.url)} already")
    said = {
        "url": found.url,
        "name": name or found.title,
        "country": country,
        "language": found.language,
    }
    file.add({key: value for key, value in said.items() if value})
    lines = [
        f"added: {redact_feed(found.url)}",
        f"  title     {shown(found.title or 'none')}",
        f"  language  {found.language or 'not declared'}",
        f"  publishes {found.pace}",
    ]
    lines += [
        f"also there: {redact_feed(one.url)} ({shown(one.title or 'no title')}, "
        f"{one.pace})"
        for one in others
    ]
    return lines


def _import(file: FeedFile, path: Path) -> list[str]:
    from pipeline.reports.terminal import many
    from transforms.errors import ConfigError
    from transforms.parse.subscriptions import read_opml

    try:
        listed = list(read_opml(path.read_bytes()))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{path}: {reason}") from error
    added = 0
    for feed in listed:
        if not file.has(feed.url):
            file.add(feed.model_dump(include=_KEPT, exclude_defaults=True))
            if not feed.enabled:
                file.enable(len(file.feeds) - 1, wanted=False)
            added += 1
    return [f"{many(added, 'feed')} added, {len(listed) - added:,} listed already"]


def _listed(config: Config) -> list[dict[str, Any]]:
    from transforms.parse.subscriptions import read_opml

    found = [feed.model_dump() for feed in config.source.feeds]
    if config.source.opml is not None:
        listed = read_opml(config.source.opml.read_bytes())
        found += [feed.model_dump() for feed in listed]
    return found


def _list(config: Config) -> None:
    from rich.table import Table
    from rich.text import Text

    from pipeline.reports.terminal import shown, table_console
    from transforms.redaction import redact_feed

    table = Table("name", "", "language", "asked", "feed", box=None)
    table.columns[-1].overflow = "fold"
    for feed in _listed(config):
        cells = [
            shown(feed["name"] or ""),
            feed.get("country") or "",
            feed.get("language") or "",
            "yes" if feed["enabled"] else "disabled",
            redact_feed(feed["url"]),
        ]
        table.add_row(*map(Text, cells))
    table_console().print(table if table.row_count else "no feeds are listed")


def _export(config: Config) -> None:
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "newsbeam"
    body = etree.SubElement(root, "body")
    for feed in _listed(config):
        said = {"type": "rss", "text": feed["name"] or feed["url"]}
        said |= {"xmlUrl": feed["url"]}
        said |= {name: feed[name] for name in ("language", "country") if feed.get(name)}
        if not feed["enabled"]:
            # OPML 2.0: an outline that is there and is not used.
            said["isComment"] = "true"
        etree.SubElement(body, "outline", said)
    form: Any = {"pretty_print": True, "xml_declaration": True, "encoding": "UTF-8"}
    typer.echo(etree.tostring(root, **form).decode(), nl=False)
