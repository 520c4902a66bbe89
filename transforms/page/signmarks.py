"""Names that sign an article without a line of their own.

``<h5>Author: </h5>Ann Lee`` and ``<p>Auteur : Ann Lee</p>`` name people by a label,
wherever they stand.  A link to an author's page may have no more than a first name or
a pen name: it is the author's where nothing else signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from transforms.page.apart import is_apart, line_of, text_behind
from transforms.text.strings import one_line

_AUTHOR = (
    r"autor(?:in|en|innen|es|a)?|authors?|auteur(?:e|s|es)?|autore|autrice|forfatter"
    r"|skribent|toimittaja|автор|записал|作者|文／|執筆者?"
)
_LABEL = re.compile(rf"\s*(?:{_AUTHOR})(?P<colon>\s*[:：]\s*|\s*$)", re.IGNORECASE)
# Few texts begin like a label: no other is worth the search for one.
_BEGINNINGS = frozenset(label[:2] for label in _AUTHOR.split("|"))
_AUTHORS_PAGE = re.compile(r"/(?:author|autor|auteur|autore)s?/[^/?#]+/?$")
_NAME_CLASS = re.compile(r"(?:^|\s)fn(?:$|\s)")
_HOUSE = re.compile(
    r"blog|archiv|reda[ck]|news|team|portal|maga[sz]in|admin|online|press",
    re.IGNORECASE,
)
_MAX_NAMES = 100
_MOST = 20


def labelled_names(
    elements: list[HtmlElement], frame: frozenset[HtmlElement]
) -> Iterator[str]:
    """Yield what stands behind a label that calls it the author.

    Args:
      elements: Elements of the page, in its order.
      frame: What the headline stands in.
    """
    seen = 0
    for element in elements:
        text = element.text
        if not text or text.lstrip()[:2].lower() not in _BEGINNINGS:
            continue
        found = _LABEL.match(text)
        if found is None:
            continue
        seen += 1
        if seen > _MOST:
            return
        rest = one_line(text[found.end() :])
        name = rest if found["colon"].strip() else None
        if not rest and len(element) == 0:
            name = text_behind(element, _MAX_NAMES).strip(" :")
        if name and len(name) <= _MAX_NAMES and not is_apart(element, frame):
            yield name


def linked_names(
    elements: list[HtmlElement], frame: frozenset[HtmlElement]
) -> Iterator[str]:
    """Yield the texts of links that lead to an author's page, and of hCard's names."""
    seen = 0
    for element in elements:
        if element.tag not in {"a", "span"}:
            continue
        if (
            element.get("rel") == "author"
            or _NAME_CLASS.search(element.get("class") or "")
            or _AUTHORS_PAGE.search(element.get("href") or "")
        ):
            seen += 1
            if seen > _MOST:
                return
            name = line_of(element, _MAX_NAMES)
            if name and not _HOUSE.search(name) and not is_apart(element, frame):
                yield name
