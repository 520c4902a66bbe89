"""Takes the numbers out of the ids of a page's elements.

libxml2 2.14 puts every ``id`` of a tree that is copied into a dictionary of the thread,
which lxml keeps for as long as the thread lives, and trafilatura copies every tree.  Most
ids of news pages are numbered (``comment-13099841``).  Each is a new one, so an extracting
process would grow with the pages it has seen.  Without their numbers there are few ids.
All other code that reads ids, above all trafilatura's expressions, looks for words in
them, and caches the result for the few.
"""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

_WITH_ID = etree.XPath("//*[@id]")
_NUMBER = re.compile("[0-9]+")


def drop_numbers(tree: HtmlElement) -> None:
    """Put a ``0`` for every number in the ids of ``tree``, in place."""
    for element in _WITH_ID(tree):
        name = element.get("id")
        if (plain := _NUMBER.sub("0", name)) != name:
            element.set("id", plain)
