"""Markup: text of others as HTML, as JSON in HTML, as a link, as CSV; figures of those.

Everything in a dataset is written by strangers; what is returned here holds no markup of
theirs.
"""

from __future__ import annotations

import base64
import csv
import dataclasses
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from pipeline.desk.export import harmless

Rows = Sequence[Sequence[Any]]
UNKNOWN = "unknown"
"""What is said where there is no value."""
# In a string of JavaScript, these end a line or an element, or begin a comment.
_IN_SCRIPT = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
)
# Arabic from the right, what is beside it from the left.
_AUTO = ' dir="auto"'


def text(value: object) -> str:
    """Return a value as text of HTML, also inside a quoted attribute."""
    return escape(plain(value), quote=True)


def plain(value: object) -> str:
    """Return a value for people: thousands apart, times without seconds."""
    match value:
        case None:
            return UNKNOWN
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case _:
            return _visible(str(value))


def _visible(value: str) -> str:
    """Return text without what HTML forbids: controls, and halves of a character."""
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(
        letter if letter >= " " or letter in "\n\t" else "\ufffd" for letter in whole
    )


def in_script(value: object) -> str:
    """Return a value as JSON that can stand in an element ``script``."""
    found = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _visible(found).translate(_IN_SCRIPT)


def link(url: str | None, shown: str) -> str:
    """Return a link that opens apart and tells nothing of where it stands.

    Args:
      url: Where it leads; only the web counts.
      shown: HTML that is clicked.
    """
    if url is None or not is_of_web(url):
        return shown
    relation = "noopener noreferrer nofollow"
    return f'<a href="{text(url)}" rel="{relation}" target="_blank">{shown}</a>'


def is_of_web(url: str) -> bool:
    """Say whether an address is one of the web, and not of a program or a file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], caption: str) -> str:
    """Return a table; numbers stand to the right.

    Args:
      columns: Heads of the columns.
      rows: Values, None where one is unknown.
      caption: What it shows, for those who do not see where it stands.
    """
    kept = [tuple(row) for row in rows]
    kinds = [_kind([row[place] for row in kept]) for place in range(len(columns))]
    head = "".join(
        f'<th scope="col"{kind}>{text(name)}</th>'
        for name, kind in zip(columns, kinds, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_cell, row, kinds))}</tr>" for row in kept)
    return (
        f'<table><caption class="aside">{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _kind(values: Iterable[object]) -> str:
    """Return how a column stands: numbers to the right, times on one line."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) for value in known):
        return ' class="n"'
    if known and all(isinstance(value, dt.datetime) for value in known):
        return ' class="t"'
    return ""


def _cell(value: object, kind: str) -> str:
    if value is None:
        return f'<td class="no">{UNKNOWN}</td>'
    return f"<td{kind or _AUTO}>{text(value)}</td>"


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV (RFC 4180); unknown is empty, nothing runs as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_csv_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _csv_cell(value: object) -> object:
    match value:
        case dt.datetime():
            return f"{value:%Y-%m-%dT%H:%M:%S}Z"
        case str():
            return harmless(_visible(value))
        case _:
            return value


def download(content: str, name: str, kind: str = "text/csv") -> str:
    """Return the attributes of a link that saves a file which it carries."""
    packed = base64.b64encode(content.encode()).decode()
    return f'href="data:{kind};charset=utf-8;base64,{packed}" download="{text(name)}"'


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """A picture and its numbers.

    Attributes:
      key: Its name in the page, and that of its CSV.
      title: Its title.
      says: What it shows, in a sentence or two.
      columns: Heads of its numbers.
      rows: Its numbers; None for what is unknown.
      picture: What is drawn; None for numbers without a picture.
      alternative: What the picture shows, for those who do not see it.
      is_wide: It takes the whole width.
    """

    key: str
    title: str
    says: str
    columns: tuple[str, ...]
    rows: Rows
    picture: dict[str, Any] | None = None
    alternative: str = ""
    is_wide: bool = False

    def html(self) -> str:
        """Return the figure as HTML."""
        width = ' class="wide"' if self.is_wide else ""
        head = f"<h3>{text(self.title)}</h3><p>{text(self.says)}</p>"
        if not self.rows:
            return f'<figure{width} id="{self.key}">{head}</figure>'
        drawn = ""
        if self.picture is not None:
            drawn = (
                f'<div class="plot" role="img" aria-label="{text(self.alternative)}">'
                "</div>"
                '<script type="application/json" class="spec">'
                f"{in_script(self.picture)}</script>"
            )
        numbers = self._numbers()
        if self.picture is not None:
            numbers = (
                f"<details><summary>Numbers ({_many(len(self.rows))})</summary>"
                f"{numbers}</details>"
            )
        return f'<figure{width} id="{self.key}">{head}{drawn}{numbers}</figure>'

    def _numbers(self) -> str:
        attributes = download(as_csv(self.columns, self.rows), f"{self.key}.csv")
        name = text(f"{self.title}: numbers")
        return (
            f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
            f"{table(self.columns, self.rows, self.title)}</div>"
            f"<p><a {attributes}>Save as CSV</a></p>"
        )


def _many(rows: int) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'}"


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
      key: Its name in the page.
      title: Its title.
      lead: What it is about, in a sentence or two.
      parts: Figures, and HTML that is ready.
      columns: How many stand side by side on a wide page.
    """

    key: str
    title: str
    lead: str
    parts: Sequence[Figure | str]
    columns: int = 2

    def html(self) -> str:
        """Return the section as HTML."""
        parts = "".join(
            part if isinstance(part, str) else part.html() for part in self.parts
        )
        three = " three" if self.columns > 2 else ""  # noqa: PLR2004 - as in the style
        return (
            f'<section id="{self.key}" aria-labelledby="h-{self.key}">'
            f'<h2 id="h-{self.key}">{text(self.title)}</h2><p>{text(self.lead)}</p>'
            f'<div class="pair{three}">{parts}</div></section>'
        )
