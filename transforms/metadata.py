"""What a page says of itself beyond trafilatura's metadata.

trafilatura gives dates by the day and no section; JSON-LD and ``meta`` elements have
the time, the section, the last change, and whether the article can be read for free.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from transforms.dates import parse_date
from transforms.records import Moment, Precision

# A page has a handful of JSON-LD blocks; a graph of hundreds is no news article's.
_MAX_NODES = 500
_PUBLISHED = (
    "article:published_time",
    "og:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "pubdate",
    "publish-date",
    "publication_date",
    "date",
)
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
)
_SECTION = ("article:section", "og:article:section", "parsely-section", "section")


@dataclasses.dataclass(frozen=True, slots=True)
class PageMetadata:
    """Declared by the page; None where it declares nothing that can be read."""

    published: Moment | None = None
    modified_at: dt.datetime | None = None
    section: str | None = None
    is_truncated: bool | None = None
    bylines: tuple[str, ...] = ()


def page_metadata(tree: HtmlElement, day: str | None) -> PageMetadata:
    """Return what ``tree`` declares.

    Args:
      tree: The parsed page.
      day: The publication date that trafilatura found, ``YYYY-MM-DD``.  A declared
        time is believed when it falls on that day, give or take the time zone.
    """
    article = _article(tree)
    meta = _meta(tree)
    return PageMetadata(
        published=_published(
            [article.get("datePublished"), *_values(meta, _PUBLISHED)], day
        ),
        modified_at=_first_date(
            [article.get("dateModified"), *_values(meta, _MODIFIED)]
        ),
        section=next(
            (
                value
                for value in (
                    *_values(meta, _SECTION),
                    _first(article.get("articleSection")),
                )
                if isinstance(value, str) and value.strip()
            ),
            None,
        ),
        is_truncated=_is_truncated(article),
        bylines=tuple(_bylines(tree)),
    )


def _published(declared: list[Any], day: str | None) -> Moment | None:
    on_day = parse_date(day)
    for value in declared:
        moment = parse_date(value) if isinstance(value, str) else None
        if moment is None:
            continue
        if on_day is None or abs(moment.at.date() - on_day.at.date()).days <= 1:
            return moment
    return Moment(on_day.at, Precision.DAY) if on_day else None


def _first_date(declared: list[Any]) -> dt.datetime | None:
    for value in declared:
        moment = parse_date(value) if isinstance(value, str) else None
        if moment is not None:
            return moment.at
    return None


# What templates call the place where an article is signed.  A comment has authors too.
_SIGNING_CLASS = re.compile("byline|author|agency|signature|credit")
_SIGNING_ITEMS = {"author", "sourceOrganization"}
_SIGNING_TAGS = ("p", "div", "span", "address", "a", "li")
_MAX_BYLINE = 200


def _bylines(tree: HtmlElement) -> Iterator[str]:
    """Yield the lines that sign the page, as they stand on it."""
    body = tree.find("body")
    # A loop is several times faster here than XPath, whose contains() reads an
    # attribute anew for each word.
    for element in () if body is None else body.iter(*_SIGNING_TAGS):
        if not _signs(element):
            continue
        line = " ".join(element.text_content().split())
        if 0 < len(line) <= _MAX_BYLINE and not _is_comment(element):
            yield line


def _signs(element: HtmlElement) -> bool:
    attributes = element.attrib
    return bool(attributes) and (
        _SIGNING_CLASS.search(attributes.get("class", "")) is not None
        or attributes.get("rel") == "author"
        or attributes.get("itemprop") in _SIGNING_ITEMS
    )


def _is_comment(element: HtmlElement) -> bool:
    while element is not None:
        if "comment" in element.get("class", ""):
            return True
        element = element.getparent()
    return False


def _is_truncated(article: dict[str, Any]) -> bool | None:
    free = str(article.get("isAccessibleForFree", "")).lower().rsplit("/", 1)[-1]
    return {"false": True, "true": False}.get(free)


def _meta(tree: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content")
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _values(meta: dict[str, str], names: tuple[str, ...]) -> Iterator[str]:
    return (meta[name] for name in names if name in meta)


def _article(tree: HtmlElement) -> dict[str, Any]:
    """Return the page's JSON-LD object that is an article, empty if there is none."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            value = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(value):
            kinds = node.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(str(kind).endswith(("Article", "BlogPosting")) for kind in kinds):
                return node
    return {}


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    pending = [value]
    for _ in range(_MAX_NODES):
        if not pending:
            return
        node = pending.pop(0)
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            yield node
            pending.extend(node[key] for key in ("@graph", "mainEntity") if key in node)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value
