"""Pages as trees: parsed once, into elements that are cheap to walk."""

from __future__ import annotations

import re

from lxml import etree, html
from lxml.html import HtmlElement

from transforms.errors import Unreadable
from transforms.page.flatten import flattened
from transforms.vocabulary import Reason

# lxml.html's own parser calls Python for each element that is looked at, to choose its
# class.  Here all have the same one.
_PARSER = etree.HTMLParser(
    collect_ids=False,
    default_doctype=False,
    encoding="utf-8",
    remove_comments=True,
    remove_pis=True,
)
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
# lxml takes none of them back into a tree.
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\r"})
_NON_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
# What libxml2 takes amiss: a slash in the document type, a root that is closed at once.
_DOCTYPE = re.compile(rb"< ?! ?DOCTYPE[^>]*/[^<>]*>", re.IGNORECASE)
_CLOSED_ROOT = re.compile(rb"(<html[^\n]*?)\s*/>", re.IGNORECASE)
# What stands behind it belongs to the page.
_PAGE_END = re.compile(rb"</(?:body|html)\s*>", re.IGNORECASE)
_HAS_TEXT = etree.XPath(
    "boolean(.//text()[normalize-space() and not(parent::script or parent::style)])"
)
# Below 256 levels libxml2 drops all that follows.
_DEEPEST = 250
_BEGINNING = 50
_FIRST_LINES = 4
_HEAD = 4_096


def page_tree(content: str) -> HtmlElement | None:
    """Return the tree of a page, without its comments; None for what is not HTML.

    Args:
      content: The page's markup.  What it says of its charset does not count.

    Raises:
      Unreadable: When its elements lie deeper in each other than can be read.
    """
    beginning = content[:_BEGINNING].lower()
    # Bytes have a fast way to lose some, and need no second conversion in libxml2.
    data = _encoded(content).translate(None, _CONTROLS)
    for character in _NON_CHARACTERS:
        data = data.replace(character, b"")
    if "doctype" in beginning:
        first, _, rest = data.partition(b"\n")
        data = _DOCTYPE.sub(b"", first, count=1) + b"\n" + rest
    if any(
        b"<html" in line and line.endswith(b"/>")
        for line in data[:_HEAD].splitlines()[:_FIRST_LINES]
    ):
        data = _CLOSED_ROOT.sub(rb"\1>", data, count=1)
    try:
        tree = html.fromstring(data, parser=_PARSER)
        if _has_more(tree):
            data = _PAGE_END.sub(b"", data)
            tree = html.fromstring(data, parser=_PARSER)
            if _has_more(tree):
                tree = html.fromstring(flattened(data), parser=_PARSER)
    except (etree.LxmlError, ValueError):
        return None
    if _has_more(tree):
        raise Unreadable(Reason.MALFORMED, "its elements lie too deep in each other")
    # A lone element, and nowhere a word of HTML: some other text.
    return tree if len(tree) > 1 or "html" in beginning else None


def _has_more(tree: HtmlElement) -> bool:
    """Return whether a page has more text than its tree, or may have.

    What stands behind the end of a page is another root.  Where libxml2 has given up, the
    last element is the deepest that it takes.
    """
    root = tree.getroottree().getroot()
    return _is_cut(root) or any(
        _is_cut(other) or _HAS_TEXT(other) for other in root.itersiblings()
    )


def _is_cut(root: HtmlElement) -> bool:
    element, depth = root, 1
    while len(element):
        element, depth = element[-1], depth + 1
    return depth >= _DEEPEST


def _encoded(content: str) -> bytes:
    try:
        return content.encode()
    except UnicodeEncodeError:
        # Half a character, which would end the page for libxml2.
        halves = content.encode("utf-16", "surrogatepass")
        return halves.decode("utf-16", "replace").encode()
