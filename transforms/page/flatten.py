"""Flatten: markup whose elements lie deeper in each other than a parser follows.

libxml2 gives up a page below 256 levels, and all that stands behind that place is lost.
"""

from __future__ import annotations

import re
from collections import Counter

_TAG = re.compile(rb"<(/?)([a-z][^\s/>]{0,30})[^<>]*>|<!--", re.IGNORECASE)
_RAW = {
    name: re.compile(rb"</%s[^<>]*>" % name, re.IGNORECASE)
    for name in (b"script", b"style", b"textarea", b"title", b"xmp")
}
_VOID = set(
    b"area base br col embed hr img input link meta param source track wbr".split()
)
# They end where the next begins, and often have no tag for their end.
_ENDS_ITSELF = set(
    b"body colgroup dd dt head html li option p tbody td tfoot th thead tr".split()
)
_INLINE = set(
    b"a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark "
    b"nobr q s samp small span strike strong sub sup time tt u var".split()
)
# A table in a table lies four levels deeper than it: a parser takes four times this.
_DEEPEST = 50


def flattened(markup: bytes) -> bytes:
    """Return a page whose deepest elements are paragraphs, their text all there.

    Args:
      markup: The page, in UTF-8.
    """
    parts: list[bytes] = []
    stack: list[bytes] = []
    is_open: Counter[bytes] = Counter()
    # Since the last paragraph began: without any, they would be as many as the tags.
    has_text = True
    end = 0
    for tag in _TAG.finditer(markup):
        if tag.start() < end:
            # In a comment or a script.
            continue
        between = markup[end : tag.start()]
        has_text = has_text or bool(between.strip())
        parts.append(between)
        name = (tag[2] or b"").lower()
        end = _end(markup, tag.end(), name, is_end=bool(tag[1]))
        if name in _RAW or not name:
            parts.append(markup[tag.start() : end])
            continue
        is_deep = len(stack) > _DEEPEST
        if name not in _VOID | _ENDS_ITSELF:
            if not tag[1]:
                stack.append(name)
                is_open[name] += 1
            elif is_open[name]:
                _leave(stack, is_open, name)
        is_deep = is_deep or len(stack) > _DEEPEST
        if not is_deep or name in _VOID:
            parts.append(tag[0])
            has_text = True
        elif name not in _INLINE and has_text:
            parts.append(b"<p>")
            has_text = False
    return b"".join((*parts, markup[end:]))


def _end(markup: bytes, start: int, name: bytes, *, is_end: bool) -> int:
    """Return where what a tag begins ends, as far as no tags are looked for in it."""
    if not name:
        found = markup.find(b"-->", start)
        return len(markup) if found < 0 else found + 3
    if name not in _RAW or is_end:
        return start
    closed = _RAW[name].search(markup, start)
    return closed.end() if closed else len(markup)


def _leave(stack: list[bytes], is_open: Counter[bytes], name: bytes) -> None:
    """Take an element off the stack, and those that were not closed in it."""
    while stack:
        last = stack.pop()
        is_open[last] -= 1
        if last == name:
            return
