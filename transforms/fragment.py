"""HTML fragments of feeds to text.

What a feed carries as content is the article already: there is no boilerplate to tell
apart, and trafilatura, made for whole pages, drops short pieces.  So every block becomes
a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html

from transforms.text import paragraphs

_BLOCKS = set(
    """address article aside blockquote dd div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul""".split()
)
_SILENT = {"script", "style", "noscript", "template", "iframe", "object", "svg", "form"}
_SILENT |= {"button", "figcaption"}
# Without huge_tree libxml2 refuses more than 256 levels, which bounds our recursion.
_PARSER = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=False)


_MARKUP = re.compile(
    r"</[a-z][^<>]*>|<(?:a|b|br|div|em|i|img|p|span|strong)\b[^<>]*>"
    r"|&(?:#\d{1,8}|#x[\da-f]{1,8}|[a-z]\w{1,31});",
    re.IGNORECASE,
)


def has_markup(text: str) -> bool:
    """Tell whether a text, declared or not, was meant as HTML: it has a tag or reference."""
    return _MARKUP.search(text) is not None


def fragment_text(fragment: str) -> str:
    """Return the text of ``fragment``, its blocks as paragraphs; plain text stays."""
    if "<" not in fragment and "&" not in fragment:
        return paragraphs(fragment)
    try:
        tree = html.document_fromstring(f"<div>{fragment}</div>", parser=_PARSER)
    except (etree.ParserError, ValueError):
        return ""
    return paragraphs("".join(_pieces(tree)))


def _pieces(element: etree._Element) -> Iterator[str]:
    """Yield the text inside an element, blank lines around its blocks."""
    if element.tag in _SILENT:
        return
    edge = "\n\n" if element.tag in _BLOCKS else ""
    yield edge
    yield "\n" if element.tag == "br" else _folded(element.text)
    for child in element:
        yield from _pieces(child)
        yield _folded(child.tail)
    yield edge


def _folded(text: str | None) -> str:
    """Fold the white space of the markup, which means nothing, to single spaces."""
    if not text:
        return ""
    folded = " ".join(text.split())
    return f"{' ' * text[0].isspace()}{folded}{' ' * text[-1].isspace()}" or " "
