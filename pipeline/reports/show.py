"""One article in the terminal, its entities and countries marked in the text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.reports.terminal import shown

_STYLES = {
    "PER": "bold magenta",
    "ORG": "bold yellow",
    "LOC": "bold green",
    "MISC": "bold cyan",
}
_COUNTRY = "underline"
# Digits of an id, enough to show the article by.
_ID = 8
_META = (
    "id revision url path published_at language agency source_name section story_id "
    "duplicate_of"
).split()


def article_view(row: dict[str, Any]) -> RenderableType:
    """Return a view of an article.

    Names are coloured by type, expressions that name a country are underlined and
    followed by its code; on a terminal without colours the codes remain.

    Args:
      row: A row of ``articles``.
    """
    parts: list[RenderableType] = []
    if row["title"]:
        parts.append(_marked(row, "title", row["title"]))
        parts.append(Text())
    facts = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    for name in _META:
        if row[name] is not None:
            facts.add_row(name, Text(shown(row[name])))
    if row["authors"]:
        facts.add_row("authors", Text(", ".join(row["authors"])))
    parts += [facts, Text(), _marked(row, "text", row["text"]), Text()]
    parts += [_countries(row["countries"]), Text(), _entities(row["entities"])]
    return Group(*parts)


def articles_view(rows: Iterable[dict[str, Any]]) -> Table:
    """Return a list of articles, a line each.

    Args:
      rows: Rows of ``articles``.
    """
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True)
    for name in ("id", "published", "", "countries"):
        table.add_column(name, no_wrap=True)
    table.add_column("title", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        published = row["published_at"]
        table.add_row(
            Text(row["id"][:_ID], style="bold"),
            f"{published:%Y-%m-%d %H:%M}" if published else "",
            Text(row["language"] or ""),
            Text(" ".join(row["focus_countries"] or ())),
            Text(shown(row["title"] or "")),
        )
    return table


def _marked(row: dict[str, Any], field: str, content: str) -> Text:
    text = Text(content, style="bold" if field == "title" else "")
    for entity in row["entities"]:
        for mention in _in_field(entity["mentions"], field):
            text.stylize(_STYLES[entity["type"]], mention["start"], mention["end"])
    codes = []
    for country in row["countries"]:
        for mention in _in_field(country["mentions"], field):
            text.stylize(_COUNTRY, mention["start"], mention["end"])
            codes.append((mention["end"], country["code"]))
    # From the end, so that what is inserted moves nothing that is still to be marked.
    for end, code in sorted(codes, reverse=True):
        marked, rest = text.divide([end])
        text = Text.assemble(marked, (f"[{code}]", "dim"), rest)
    return text


def _in_field(mentions: Iterable[dict[str, Any]], field: str) -> list[dict[str, Any]]:
    return [mention for mention in mentions if mention["field"] == field]


def _countries(countries: list[dict[str, Any]]) -> Table:
    table = Table("country", "role", "score", "mentions", "evidence", box=None)
    for country in countries:
        kinds = sorted({mention["kind"] for mention in country["mentions"]})
        table.add_row(
            Text(country["code"], style="bold"),
            country["role"],
            f"{country['score']:.2f}",
            str(country["count"]),
            ", ".join(kinds),
        )
    return table


def _entities(entities: list[dict[str, Any]]) -> Table:
    table = Table("entity", "type", "mentions", "as", box=None)
    for entity in entities:
        surfaces = dict.fromkeys(mention["text"] for mention in entity["mentions"])
        table.add_row(
            Text(entity["name"], style=_STYLES[entity["type"]]),
            entity["type"],
            str(entity["count"]),
            Text(", ".join(surfaces)),
        )
    return table
