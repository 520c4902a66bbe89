"""What of a page belongs to something else than its article, and texts of elements.

Comments, lists of other stories, pictures, forms and the site's frame are apart.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from transforms.text.strings import one_line

_APART_TAGS = frozenset({"aside", "nav", "figure", "figcaption", "form", "button"})
_APART_CLASS = re.compile(
    r"(?<!no-)(?<!has-)comment(?!s?-(?:open|closed|count|link|off))|disqus|respond(?:$|[\s_-])"
    r"|related|sidebar|side-bar|recommend|promo(?:$|[\s_-])|newsletter|most-?read"
    r"|popular|trending|breadcrumb|carousel|also-read|more-(?:news|stories)"
    r"|latest|widget-(?:area|title)|recent|read-?more|next-?(?:post|article)|bio(?:$|[\s_-])"
)
_SILENT = frozenset(
    {"script", "style", "noscript", "svg", "template", "button", "select"}
)
_BREAKS = frozenset(
    {"br", "div", "p", "li", "td", "span", "time", "h1", "h2", "h3", "a"}
)
_MOST_PIECES = 300


def is_apart(
    element: HtmlElement, frame: frozenset[HtmlElement], *, is_near: bool = False
) -> bool:
    """Return whether an element belongs to something else than the article.

    Args:
      element: The element.
      frame: What the headline stands in: that is the article, or the whole page.
      is_near: It stands beside the headline, where a "teaser" is the article's own.
    """
    current = element
    is_meta = False
    while current is not None and current not in frame and current.tag != "body":
        if current.tag == "aside":
            # A column beside the headline may hold what the template says of the article.
            if not (is_near and is_meta):
                return True
        elif current.tag in _APART_TAGS or (
            current.tag == "footer" and not _is_in_article(current)
        ):
            return True
        is_meta = is_meta or "meta" in (current.get("class") or "")
        if any(
            name and _is_apart_class(name, is_near=is_near)
            for name in (current.get("class"), current.get("id"))
        ):
            return True
        current = current.getparent()
    return False


@functools.lru_cache(maxsize=20_000)
def _is_apart_class(classes: str, *, is_near: bool) -> bool:
    lower = classes.lower()
    if not is_near and "teaser" in lower:
        return True
    return _APART_CLASS.search(lower) is not None


def _is_in_article(element: HtmlElement) -> bool:
    return any(parent.tag in {"article", "main"} for parent in element.iterancestors())


def line_of(element: HtmlElement, longest: int) -> str:
    """Return the text of an element on one line, empty where it is longer."""
    size = 0
    pieces: list[str] = []
    for piece in _pieces(element):
        pieces.append(piece)
        size += len(piece.strip())
        if size > longest or len(pieces) > _MOST_PIECES:
            return ""
    line = one_line("".join(pieces)) or ""
    return line if len(line) <= longest else ""


def text_behind(element: HtmlElement, longest: int, *, is_last: bool = False) -> str:
    """Return the text right behind an element, or of the element behind it.

    Args:
      element: The element.
      longest: Characters that the text of an element may have.
      is_last: Of the last element in another, the element behind that one counts.
    """
    tail = one_line(element.tail) or ""
    if tail.strip(" :"):
        return tail
    following = element.getnext()
    if following is None and is_last and (parent := element.getparent()) is not None:
        following = parent.getnext()
    if following is None or not isinstance(following.tag, str):
        return ""
    return line_of(following, longest)


def _pieces(element: HtmlElement) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in _SILENT:
        return
    if element.tag in _BREAKS:
        yield " "
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield child.tail or ""
    if element.tag in _BREAKS:
        yield " "
