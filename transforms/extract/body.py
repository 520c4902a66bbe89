"""The body of a page: which of its text is the article.

trafilatura finds it.  This module adds what the structure of a page shows and a single
algorithm does not see.  Blocks that only link elsewhere are removed first, and the pieces
of one body are joined.  If trafilatura returns a menu, a caption or a tenth of the text
that the page declares, other extractors are tried.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

import trafilatura
import trafilatura.settings
from lxml import etree
from lxml.html import HtmlElement

from transforms.fast.cascade import Cascade
from transforms.page.furniture import is_promotion, leads_elsewhere
from transforms.text.fragment import fragment_text
from transforms.text.strings import folded, one_line, paragraphs, word_count

Focus = Literal["balance", "precision", "recall"]

# Characters.  A text of this length and of prose is trafilatura's own find; otherwise its
# second opinions (readability, jusText) are asked too, which costs as much again.
_SHORT = 1_000
# Below this, a caption or a teaser: everything is asked, and what scripts hold as well.
_VERY_SHORT = 500
# The share of words in sentences; articles have .9 and more, menus next to nothing, and
# lists of results in between.
_PROSE = 0.6
# Bytes of a line that is prose even without a full stop, and with one.  Bytes weigh
# scripts by how much a character says: three for Han, one for Latin letters.
_LONG_LINE = 80
_SENTENCE = 35
_STOP = re.compile(r"[.!?…。！？।؟۔][\"'”’»)\]]*$")

_BODY_CLASS = re.compile(
    r"(?:article|story|post|entry|news)[_-]{0,2}(?:body|content|text)", re.IGNORECASE
)
_BLOCKS = ("p", "ul", "ol", "h2", "h3", "h4", "h5")
_LEADS = ("p", "h2", "h3", "h4", "div", "span")
_CONTAINED = frozenset(
    {"p", "div", "section", "article", "ul", "ol", "table", "figure"}
)
# Words of a standfirst; a shorter description is a slogan, a longer one the text.
_LEAST_STANDFIRST, _MOST_STANDFIRST = 6, 90
# The headline is repeated, if it is, among the first paragraphs.
_FIRST_PARAGRAPHS = 3
# A string that is never closed ends with the text, so each quote is read once.
_STRING = re.compile(r'"((?:[^"\\]|\\.){200,}+)("|\\?\Z)')
_ESCAPED_PARAGRAPH = ("\\u003cp", "\\u003Cp", "<p", "\\u003cdiv")
# Of what a page declares as its text, the share that a text must have to be believed.
_SAME = 0.6
_SHINGLE = 4
# Characters and line breaks of one cell; a cell of data has a line or two.
_LAID_OUT, _LAID_OUT_BREAKS = 400, 4


def tidy(tree: HtmlElement) -> None:
    """Remove from a page what is never in an article, and join the parts of one body.

    Args:
      tree: The parsed page; changed in place.
    """
    body = tree.find("body")
    if body is None:
        return
    etree.strip_elements(body, "rt", "rp", "rtc", with_tail=False)
    for span in body.iter("span"):
        if span.get("class") and "br" in span.get("class").split():
            span.tag = "br"
    for table in list(body.iter("table")):
        if _is_layout(table):
            for part in table.iter(
                "table", "tbody", "thead", "tfoot", "tr", "td", "th"
            ):
                part.tag = "div"
    _join_pieces(body)
    for block in list(body.iter(*_BLOCKS)):
        if block.getparent() is not None and leads_elsewhere(block):
            block.drop_tree()


def _is_layout(table: HtmlElement) -> bool:
    """Return whether a table lays out the page, as they did before style sheets.

    Such a table holds other tables, the headline, or paragraphs in a cell.
    """
    if table.get("role") == "presentation":
        return True
    if table.find(".//th") is not None or table.find("caption") is not None:
        return False
    if table.find(".//table") is not None or table.find(".//h1") is not None:
        return True
    return any(
        len(cell.findall(".//p")) > 1
        or len(cell.findall("br")) >= _LAID_OUT_BREAKS
        or len(cell.text_content()) > _LAID_OUT
        for cell in table.iter("td")
    )


def _join_pieces(body: HtmlElement) -> None:
    """Move the later pieces of an article's body into the first.

    Templates cut a body into pieces around advertisements; trafilatura takes one.
    """
    pieces: dict[tuple[object, str], list[HtmlElement]] = defaultdict(list)
    for element in body.iter("div", "section"):
        name = element.get("class") or ""
        is_marked = element.get("itemprop") == "articleBody"
        if (is_marked or _names_a_body(name)) and element.find(".//p") is not None:
            article = next(element.iterancestors("article", "main"), body)
            pieces[article, "" if is_marked else name].append(element)
    for (article, _), found in pieces.items():
        first, rest = found[0], found[1:]
        for piece in rest:
            is_inside = any(above in found for above in piece.iterancestors())
            # A headline of its own: another article on the same page.
            if is_inside or piece.find(".//h1") is not None or article is body:
                continue
            first.extend(list(piece))


# Classes repeat within a page, and from page to page of a site.
@functools.lru_cache(maxsize=2_000)
def _names_a_body(classes: str) -> bool:
    return _BODY_CLASS.search(classes) is not None


def page_text(
    tree: HtmlElement,
    url: str | None,
    *,
    focus: Focus,
    tables: bool,
    declared: str | None = None,
) -> str:
    """Return the text of the article on a page, empty if there is none.

    Args:
      tree: The page, tidied.
      url: Its address.
      focus: Whether to prefer more text, or text that is certainly the article's.
      tables: Whether the text of tables is wanted.
      declared: What the page declares as the article's text, if it does.

    Returns:
      Paragraphs, separated by blank lines.
    """
    cascade = Cascade.over(tree, tables=tables)

    def ask(*, fast: bool, focus: Focus = focus) -> str:
        if cascade is not None and focus != "precision":
            with contextlib.suppress(TypeError, ValueError):
                return _blocks(cascade.text(fast=fast, focus=focus))
        found = trafilatura.bare_extraction(
            tree,
            url=url,
            fast=fast,
            favor_precision=focus == "precision",
            favor_recall=focus == "recall",
            include_comments=False,
            include_tables=tables,
            with_metadata=False,
        )
        if not isinstance(found, trafilatura.settings.Document) or not found.text:
            return ""
        return _blocks(found.text)

    text = ask(fast=True)
    if len(text) < _SHORT or prose_share(text) < _PROSE:
        text = _better(text, ask(fast=False))
        if len(text) < _VERY_SHORT:
            text = _better(text, ask(fast=True, focus="recall"))
            text = _better(text, _in_scripts(tree))
    if declared:
        text = _as_declared(text, declared)
    return "\n\n".join(part for part in text.split("\n\n") if not is_promotion(part))


def _blocks(text: str) -> str:
    # trafilatura ends every block with one line break.
    return paragraphs(text.replace("\n", "\n\n"))


def prose_share(text: str) -> float:
    """Return the share of ``text`` that is in lines as prose has them, 0 to 1."""
    whole = prose = 0
    for line in text.split("\n"):
        size = len(line.encode("utf-8", "replace"))
        whole += size
        if size >= _LONG_LINE or (size >= _SENTENCE and _STOP.search(line)):
            prose += size
    return prose / whole if whole else 0.0


def _better(text: str, other: str) -> str:
    """Return the text with more prose, less what is not prose."""

    def worth(candidate: str) -> float:
        return (2 * prose_share(candidate) - 1) * len(candidate)

    return other if other and (not text or worth(other) > worth(text)) else text


def _as_declared(text: str, declared: str) -> str:
    """Return what the page declares as its text, where most of that was not found."""
    declared = fragment_text(declared)
    wanted = _shingles(declared)
    if len(declared) < _SHORT or prose_share(declared) < _PROSE or not wanted:
        return text
    found = _shingles(text)
    return text if len(wanted & found) >= _SAME * len(wanted) else declared


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = folded(text).split()
    return set(zip(*(words[at:] for at in range(_SHINGLE)), strict=False))


def _in_scripts(tree: HtmlElement) -> str:
    """Return the article that stands in a script's state alone, as JSON strings of HTML."""
    found = ""
    for script in tree.iter("script"):
        state = script.text or ""
        if not any(mark in state for mark in _ESCAPED_PARAGRAPH):
            continue
        for text in _strings(state):
            if len(text) > len(found) and prose_share(text) >= _PROSE:
                found = text
    return found


def _strings(state: str) -> Iterator[str]:
    for match in _STRING.finditer(state):
        is_closed = match[2] == '"'
        if not is_closed or not any(mark in match[1] for mark in _ESCAPED_PARAGRAPH):
            continue
        try:
            yield fragment_text(json.loads(f'"{match[1]}"', strict=False))
        except ValueError:
            continue


def with_standfirst(
    text: str, tree: HtmlElement, headlines: Iterable[str], description: str | None
) -> str:
    """Return ``text`` without a repeated headline, and below the page's standfirst.

    Args:
      text: The article, as :func:`page_text` returns it.
      tree: The page.
      headlines: What the page calls itself.
      description: What it says it is about.

    Returns:
      The text.  The description stands first where the page shows it, word for word,
      and the text does not have it.
    """
    names = {folded(headline) for headline in headlines}
    parts = text.split("\n\n")
    at = 0
    while at < min(_FIRST_PARAGRAPHS, len(parts)) and len(parts) > 1:
        if folded(parts[at]) in names:
            del parts[at]
        else:
            at += 1
    if description and _is_standfirst(description, "\n".join(parts), names, tree):
        parts.insert(0, one_line(description) or "")
    return "\n\n".join(parts)


def _is_standfirst(
    description: str, text: str, names: set[str], tree: HtmlElement
) -> bool:
    lead = folded(description)
    body = tree.find("body")
    if body is None or lead in names or lead in folded(text):
        return False
    if not _LEAST_STANDFIRST <= word_count(description) <= _MOST_STANDFIRST:
        return False
    return any(
        _shows(element, lead, len(description))
        for element in body.iter(*_LEADS)
        if not any(child.tag in _CONTAINED for child in element)
    )


def _shows(element: HtmlElement, lead: str, length: int) -> bool:
    shown = "".join(element.itertext()) if len(element) else element.text or ""
    # Folding is expensive, and few blocks are of this length.
    return length / 2 < len(shown) < 2 * length and folded(shown) == lead
