"""HTML fragments of feeds to text.

The content of a feed's entry is the article already, with no boilerplate to remove.
trafilatura, made for whole pages, would drop its short pieces.  So every block becomes a
paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from lxml import etree, html

from transforms.text.strings import paragraphs

_BLOCKS = set(
    """address article aside blockquote dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tr
    ul""".split()
)
# Not blocks, but what is in two of them is two words.
_CELLS = {"td", "th"}
# Scripts, controls, what stands in for a film where there is none, and the readings
# above Han characters, which repeat what is below them.
_SILENT = set(
    """audio button canvas datalist figcaption form iframe noscript object rp rt rtc
    script select style svg template textarea video""".split()
)
# Without huge_tree libxml2 refuses more than 256 levels, which bounds our recursion.
_PARSER = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=False)

_MAX_ESCAPED = 3
"""Times that markup is seen escaped in feeds: by the template, by the feed, by its XML."""
_TAG = re.compile(r"</?[a-z][\w-]*(?:\s[^<>]*)?/?>", re.IGNORECASE)
# An escaped end tag, or several that break lines: more than a text about markup shows.
_END = re.compile(r"&(?:amp;)*(?:lt|#60|#x3c);/[a-z]", re.IGNORECASE)
_BREAK = re.compile(
    r"&(?:amp;)*(?:lt|#60|#x3c);(?:br|hr|img|p)(?:\s|/|&)", re.IGNORECASE
)
_REFERENCE = re.compile(
    r"&(?:amp|nbsp|quot|apos|lt|gt|hellip|[lr][sd]quo|[mn]dash|#\d{2,5}|#x[\da-f]{2,5});",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"<!--|</[a-z][^<>]*>|<(?:a|b|br|div|em|i|img|p|span|strong)\b[^<>]*>"
    r"|&(?:#\d{1,8}|#x[\da-f]{1,8}|[a-z]\w{1,31});",
    re.IGNORECASE,
)


def has_markup(text: str) -> bool:
    """Return whether a text, declared or not, was meant as HTML: it has a tag or reference."""
    return _MARKUP.search(text) is not None


def fragment_text(fragment: str) -> str:
    """Return the text of ``fragment``, its blocks as paragraphs; plain text stays.

    HTML that was escaped once too often, so that its tags or references would show, is
    taken for what it was meant to be.
    """
    for _ in range(_MAX_ESCAPED):
        is_escaped = _END.search(fragment) or len(_BREAK.findall(fragment)) > 1
        if _TAG.search(fragment) or not is_escaped:
            break
        fragment = unescape(fragment)
    if "<" not in fragment and "&" not in fragment:
        return paragraphs(fragment)
    try:
        tree = html.document_fromstring(f"<div>{fragment}</div>", parser=_PARSER)
    except (etree.ParserError, ValueError):
        return ""
    text = "".join(_pieces(tree))
    if _REFERENCE.search(text):
        text = unescape(text)
    return paragraphs(text)


def _pieces(element: etree._Element, *, is_laid_out: bool = False) -> Iterator[str]:
    """Yield the text inside an element, blank lines around its blocks."""
    if element.tag in _SILENT:
        return
    edge = "\n\n" if element.tag in _BLOCKS else " " * (element.tag in _CELLS)
    is_laid_out = is_laid_out or element.tag == "pre"
    spaced = _kept if is_laid_out else _single_spaced
    yield edge
    yield "\n" if element.tag == "br" else spaced(element.text)
    for child in element:
        yield from _pieces(child, is_laid_out=is_laid_out)
        yield spaced(child.tail)
    yield edge


def _kept(text: str | None) -> str:
    return text or ""


def _single_spaced(text: str | None) -> str:
    """Fold the white space of the markup, which means nothing, to single spaces."""
    if not text:
        return ""
    folded = " ".join(text.split())
    return f"{' ' * text[0].isspace()}{folded}{' ' * text[-1].isspace()}" or " "
