"""HTML fragments of feeds to text.

What a feed carries as content is the article already: there is no boilerplate to tell
apart, and trafilatura, made for whole pages, drops short pieces.  So every block becomes
a paragraph.
"""

from __future__ import annotations

from lxml import etree, html

from transforms.text import paragraphs

_BLOCKS = frozenset(
    "address article aside blockquote dd div dl dt fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul".split()
)
_SILENT = frozenset(
    "script style noscript template iframe object svg form button figcaption".split()
)
# libxml2 refuses to go deeper than this by itself; stated for the reader.
_PARSER = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=False)


def fragment_text(fragment: str) -> str:
    """Return the text of ``fragment``, its blocks as paragraphs; plain text stays."""
    if "<" not in fragment and "&" not in fragment:
        return paragraphs(fragment)
    try:
        tree = html.document_fromstring(f"<div>{fragment}</div>", parser=_PARSER)
    except (etree.ParserError, ValueError):
        return ""
    pieces: list[str] = []
    silent: etree._Element | None = None
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag
        if event == "start":
            if silent is None and tag in _SILENT:
                silent = element
            if tag in _BLOCKS:
                pieces.append("\n\n")
            if silent is None:
                pieces.append("\n" if tag == "br" else _folded(element.text))
            continue
        if tag in _BLOCKS:
            pieces.append("\n\n")
        if silent is element:
            silent = None
        if silent is None:
            pieces.append(_folded(element.tail))
    return paragraphs("".join(pieces))


def _folded(text: str | None) -> str:
    """Fold the white space of the markup, which means nothing, to single spaces."""
    if not text:
        return ""
    folded = " ".join(text.split())
    return f"{' ' * text[0].isspace()}{folded}{' ' * text[-1].isspace()}" or " "
