"""HTML fragments of feeds to text.

The content of a feed's entry is the article already, with no boilerplate to remove.
trafilatura, made for whole pages, would drop its short pieces.  So every block becomes a
paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

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
# Without huge_tree libxml2 ends at 256 levels, with it at 2,048: lists and bold type that
# nobody closes have more than the former, and all that follows would be lost.
_PARSER = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)

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

_ANY_TAG = re.compile(r"<(/?)([a-z][\w-]*)(?:[^<>]*>|[^<>]{0,200}$)", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# What of the silent hides all that follows it, where its end is missing.
_HIDING = _SILENT - {"rp", "rt", "rtc"}
_HIDING_TAG = re.compile(
    rf"<(/?)({'|'.join(sorted(_HIDING))}|figure)\b[^<>]*>?", re.IGNORECASE
)
# What stands behind the end of a page belongs to it.
_PAGE_END = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_PROGRAMS = {"script", "style"}
# Looked for in the first characters after a tag: prose has none of it there.
_PROGRAM, _FIRST = re.compile(r"[{}=]|\w\("), 200
_LAYOUT = re.compile(r"<(?:a|br|div|em|h\d|img|li|p|span|strong|ul)\b", re.IGNORECASE)
_OPEN = re.compile(r"<[a-z/!?]", re.IGNORECASE)
# The beginning of a tag that was cut off.
_CUT = re.compile(r"<[/!?]?\w[\w:-]*(?:\s*$|\s+[\w:-]+\s*=)")


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
    fragment = _ended(fragment)
    # Halves of characters, of which lxml takes none.
    whole = fragment.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    # With an element around it no text is an empty document, which lxml refuses.
    tree = html.document_fromstring(f"<div>{whole}</div>", parser=_PARSER)
    text = "".join(_pieces(tree))
    if not text.strip():
        # A quote that never ends, or more levels than any parser takes.
        text = unescape("".join(_between_tags(whole)))
    if _REFERENCE.search(text):
        text = unescape(text)
    return paragraphs(text)


def _ended(fragment: str) -> str:
    """Return a fragment in which nothing hides all that follows because it never ends.

    A browser shows as little of it; but who reads would lose an article.
    """
    if "<![CDATA[" in fragment:
        fragment = fragment.replace("<![CDATA[", "").replace("]]>", "")
    # What is no comment is text.
    start = max(fragment.rfind("-->"), fragment.rfind("--!>")) + 1
    fragment = fragment[:start] + fragment[start:].replace("<!--", "&lt;!--")
    fragment = _without_open(_PAGE_END.sub("", fragment))
    start = fragment.rfind(">") + 1
    found = _OPEN.search(fragment, start)
    if found is not None and not _CUT.match(fragment, found.start()):
        fragment = fragment[:start] + fragment[start:].replace("<", "&lt;")
    return fragment


def _without_open(fragment: str) -> str:
    """Return a fragment without tags of silent elements that never end."""
    ends: dict[str, int] = {}
    starts = []
    for tag in _HIDING_TAG.finditer(fragment):
        name = tag[2].lower()
        if tag[1]:
            # A figure ends its caption.
            ends["figcaption" if name == "figure" else name] = tag.start()
        elif name != "figure":
            starts.append((name, tag))
    parts, last = [], 0
    has_layout = _LAYOUT.search(fragment) is not None
    for name, tag in starts:
        is_alone = tag[0].endswith("/>")
        rest = fragment[tag.end() : tag.end() + _FIRST]
        if tag.start() < ends.get(name, -1) or (
            name in _PROGRAMS and not is_alone and _PROGRAM.search(rest)
        ):
            continue
        # In prose it is a word.
        is_word = not has_layout and tag[0].lower() == f"<{name}>"
        parts += [fragment[last : tag.start()], escape(tag[0]) if is_word else " "]
        last = tag.end()
    return "".join((*parts, fragment[last:]))


def _between_tags(fragment: str) -> Iterator[str]:
    """Yield what stands between tags, without a look at how they belong together."""
    fragment = _COMMENT.sub("", fragment)
    last, silent = 0, None
    for tag in _ANY_TAG.finditer(fragment):
        if silent is None:
            yield fragment[last : tag.start()]
            yield "\n\n" if tag[2].lower() in _BLOCKS else " "
            silent = (
                tag[2].lower() if tag[2].lower() in _SILENT and not tag[1] else None
            )
        elif tag[1] and tag[2].lower() == silent:
            silent = None
        last = tag.end()
    if silent is None:
        yield fragment[last:]


def _pieces(tree: etree._Element) -> Iterator[str]:
    """Yield the text of a tree, blank lines around its blocks, however deep they are."""
    walk = etree.iterwalk(tree, events=("start", "end"))
    laid_out = 0
    for event, element in walk:
        tag = element.tag
        edge = "\n\n" if tag in _BLOCKS else " " * (tag in _CELLS)
        if event == "start" and tag in _SILENT:
            walk.skip_subtree()
        elif event == "start":
            laid_out += tag == "pre"
            yield edge
            yield "\n" if tag == "br" else _spaced(element.text, laid_out)
        else:
            if tag not in _SILENT:
                laid_out -= tag == "pre"
                yield edge
            if element is not tree:
                yield _spaced(element.tail, laid_out)


def _spaced(text: str | None, laid_out: int) -> str:
    """Return text as it is where it is laid out, else with single spaces for white space."""
    if not text or laid_out:
        return text or ""
    folded = " ".join(text.split())
    return f"{' ' * text[0].isspace()}{folded}{' ' * text[-1].isspace()}" or " "
