"""Landmarks: the places of a page that date and sign its article.

These are the headline, the short lines beside it, ``time`` elements, and elements that the
template names as a date or byline.  Comments, lists of other stories, pictures and the
site's frame are left out.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from collections.abc import Iterable, Iterator

from lxml.html import HtmlElement

from transforms.jsonld import likeness, shared_words
from transforms.text import one_line

_DATE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:date|datum|fecha|pub(?:lish(?:ed)?|date|time)?|posted|timestamp|datetime"
    r"|time|zeit|created|erstellt|dateline|postdate|postmetadata|articledate|pubdate"
    r"|storydate|newsdate|byline|entry-meta|post-meta|article-meta|meta-info|submitted)"
    r"(?:$|[\s_-])|(?:Date|Time)(?:$|[\s_-])|date$"
)
_SIGNING_CLASS = re.compile(
    r"by-?line|author|auteur|autor|signature|agency|writer|reporter|verfasser|redakteur",
    re.IGNORECASE,
)
_MODIFIED_ITEMS = frozenset({"dateModified", "dateUpdated"})
_PUBLISHED_ITEMS = frozenset({"datePublished", "dateCreated"})
_LOOKED_AT = (
    *("h1", "time", "figcaption", "p", "div", "span", "address", "a", "li", "ul", "td"),
    *("small", "em", "strong", "b", "i", "h2", "h3", "h4", "h5", "h6", "dd", "dt"),
    *("section", "header", "footer", "font", "center", "cite", "label"),
)
_APART_TAGS = frozenset({"aside", "nav", "figure", "figcaption", "form", "button"})
_APART_CLASS = re.compile(
    r"(?<!no-)(?<!has-)comment(?!s?-(?:open|closed|count|link|off))|disqus|respond(?:$|[\s_-])"
    r"|related|sidebar|side-bar|recommend|promo(?:$|[\s_-])|newsletter|most-?read"
    r"|popular|trending|breadcrumb|carousel|also-read|more-(?:news|stories)"
    r"|latest|widget-(?:area|title)|recent|read-?more|next-?(?:post|article)|bio(?:$|[\s_-])"
)
_PICTURE_CLASS = re.compile(
    r"caption|photo|image|picture|bildunterschrift|bildnachweis|imgcredit|media-?credit"
    r"|legende|legend|(?:^|[\s_-])credits?(?:$|[\s_-])"
)
_SILENT = frozenset(
    {"script", "style", "noscript", "svg", "template", "button", "select"}
)
_BREAKS = frozenset(
    {"br", "div", "p", "li", "td", "span", "time", "h1", "h2", "h3", "a"}
)

_BY = re.compile(
    r"(?:(?:posted|written|story|words|report(?:ed|ing)?|published)(?: on .{4,40}?)? by|by"
    r"|(?:ein )?(?:artikel|beitrag|gastbeitrag|kommentar|bericht|interview|text) von|von|par"
    r"|por|di|door|av|af|od|autor(?:in|a)?|auteur|text|texte|автор|oleh|文|作者|記者|记者)"
    r"(?:\s*[:：]\s*|\s+)\S",
    re.IGNORECASE,
)
# A page has a handful of each; one with thousands is no article's.
_MOST_HEADINGS = 20
_MOST_SUBHEADINGS = 100
_MOST_LINES = 100
_MOST_CAPTIONS = 300
_MOST_PIECES = 300
_MAX_LINE = 160
_MAX_CAPTION = 400
_MAX_HEADING = 300
# Elements before the headline and behind it that may date or sign it.
_BEFORE = 25
_BEHIND = 150
# Characters: the first paragraph of the text ends the lines under the headline.
_PARAGRAPH = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Dated:
    """Something that dates.

    Attributes:
      value: The date as it is written for machines or people.
      is_published: The template calls it the date of publication.
      is_modified: The template calls it the date of the last change.
      is_near: It stands beside the headline.
      before: The words before it.
    """

    value: str
    is_published: bool = False
    is_modified: bool = False
    is_near: bool = False
    before: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Landmarks:
    """What :func:`survey` finds, each in the page's order.

    Attributes:
      headings: The texts of ``h1`` elements.
      times: ``time`` elements.
      lines: Lines that may date the article.
      signing: Lines that sign it.
      captions: What stands under pictures.
    """

    headings: tuple[str, ...] = ()
    times: tuple[Dated, ...] = ()
    lines: tuple[Dated, ...] = ()
    signing: tuple[str, ...] = ()
    captions: frozenset[str] = frozenset()


def survey(tree: HtmlElement, titles: Iterable[str]) -> Landmarks:
    """Return the landmarks of a page.

    Args:
      tree: The parsed page.
      titles: What its head calls it, to know its headline by.
    """
    body = tree.find("body")
    if body is None:
        return Landmarks()
    elements = list(body.iter(*_LOOKED_AT))
    tags = [element.tag for element in elements]
    tops = [number for number, tag in enumerate(tags) if tag == "h1"][:_MOST_HEADINGS]
    headings = {number: line_of(elements[number], _MAX_HEADING) for number in tops}
    headline = _headline(elements, headings, list(titles))
    near = _near(elements, headline)
    frame = frozenset(() if headline is None else elements[headline].iterancestors())
    times: list[Dated] = []
    lines: list[Dated] = []
    signing: dict[str, None] = {}
    captions: set[str] = set()
    for number, element in enumerate(elements):
        is_near = number in near
        if tags[number] == "time":
            dated = None
            if len(times) < _MOST_LINES:
                dated = _time(element, frame, is_near=is_near)
            if dated:
                times.append(dated)
        elif duty := _duty(element) | (_NEAR if is_near else 0):
            _look(element, duty, frame, lines, signing, captions)
    return Landmarks(
        headings=tuple(text for text in headings.values() if text),
        times=tuple(times),
        lines=tuple(lines),
        signing=tuple(signing),
        captions=frozenset(captions - {""}),
    )


def _headline(
    elements: list[HtmlElement], headings: dict[int, str], titles: list[str]
) -> int | None:
    """Return the number of the element that is the article's headline."""
    told = [text for text in titles if text]
    named = [number for number, text in headings.items() if text]
    # The site's logo shares a word or two with the title, the headline all of them.
    shared = {number: shared_words(headings[number], told) for number in named}
    alike = [number for number in named if likeness(headings[number], told) > 0]
    if alike:
        return max(alike, key=lambda number: (shared[number], -number))
    below = (number for number, e in enumerate(elements) if e.tag in {"h2", "h3"})
    for number in itertools.islice(below, _MOST_SUBHEADINGS if told else 0):
        text = line_of(elements[number], _MAX_HEADING)
        is_alike = bool(text) and likeness(text, told) > 0
        if is_alike and not is_apart(elements[number], frozenset()):
            return number
    return named[0] if named else None


def _near(elements: list[HtmlElement], headline: int | None) -> range:
    """Return the numbers of the elements beside the headline, up to the text."""
    if headline is None:
        return range(0)
    end = min(len(elements), headline + _BEHIND)
    for number in range(headline + 1, end):
        element = elements[number]
        if element.tag == "p" and len(element.text_content()) > _PARAGRAPH:
            # A date may open the text: "2.3.2026 - The board ..."
            end = number + 1
            break
    return range(max(0, headline - _BEFORE), end)


_OPENING = re.compile(r"\s*([^\n–—|-]{2,40}?\d{4})\s*[–—|-]\s")


def _opening(paragraph: HtmlElement) -> str:
    """Return what stands before the first dash of a text, where that may be a date."""
    opening = _OPENING.match(paragraph.text_content()[:60])
    return opening[1].strip() if opening else ""


# What an element may be good for, as its template says; or by where it stands.
_SIGNS, _DATES, _PUBLISHES, _CHANGES, _PICTURE, _NEAR = (2**n for n in range(6))
_ITEM_DUTIES = {
    **dict.fromkeys(("author", "sourceOrganization", "creator"), _SIGNS),
    **dict.fromkeys(_PUBLISHED_ITEMS, _DATES | _PUBLISHES),
    **dict.fromkeys(_MODIFIED_ITEMS, _DATES | _CHANGES),
}


def _duty(element: HtmlElement) -> int:
    get = element.get
    classes, identity = get("class"), get("id")
    duty = _duty_of(classes) if classes else 0
    if identity:
        duty |= _duty_of(identity)
    if item := get("itemprop"):
        duty |= _ITEM_DUTIES.get(item, 0)
    if get("rel") == "author":
        duty |= _SIGNS
    return duty | (_PICTURE if element.tag == "figcaption" else 0)


@functools.lru_cache(maxsize=20_000)
def _duty_of(classes: str) -> int:
    duty = _SIGNS if _SIGNING_CLASS.search(classes) else 0
    if _DATE_CLASS.search(classes):
        duty |= _DATES | _PUBLISHES
    return duty | (_PICTURE if _PICTURE_CLASS.search(classes) else 0)


def _look(
    element: HtmlElement,
    duty: int,
    frame: frozenset[HtmlElement],
    lines: list[Dated],
    signing: dict[str, None],
    captions: set[str],
) -> None:
    if duty & _PICTURE:
        if len(captions) < _MOST_CAPTIONS:
            captions.add(line_of(element, _MAX_CAPTION))
        return
    if len(signing) >= _MOST_LINES and len(lines) >= _MOST_LINES:
        return
    line = line_of(element, _MAX_LINE)
    if not line and duty & _NEAR and element.tag == "p":
        line = _opening(element)
    has_digit = any(character.isdecimal() for character in line)
    if duty & _NEAR and _BY.match(line):
        duty |= _SIGNS
    is_near = bool(duty & _NEAR)
    if not line or not (has_digit or duty & _SIGNS):
        return
    if is_apart(element, frame, is_near=is_near):
        return
    if duty & _SIGNS and len(signing) < _MOST_LINES:
        signing[line] = None
    if len(lines) < _MOST_LINES and has_digit and duty & (_DATES | _NEAR | _SIGNS):
        lines.append(
            Dated(
                line,
                is_published=bool(duty & _PUBLISHES),
                is_modified=bool(duty & _CHANGES),
                is_near=is_near,
            )
        )


def _time(
    element: HtmlElement, frame: frozenset[HtmlElement], *, is_near: bool
) -> Dated | None:
    attributes = element.attrib
    value = attributes.get("datetime") or attributes.get("content") or ""
    if not any(character.isdecimal() for character in value):
        value = line_of(element, _MAX_LINE)
    if not value or is_apart(element, frame, is_near=is_near):
        return None
    item = attributes.get("itemprop", "")
    classes = attributes.get("class", "").lower()
    is_published = (
        item in _PUBLISHED_ITEMS
        or "pubdate" in attributes
        or "published" in classes
        or "entry-date" in classes
    )
    is_modified = not is_published and (
        item in _MODIFIED_ITEMS or "updated" in classes or "modified" in classes
    )
    return Dated(value, is_published, is_modified, is_near, _words_before(element))


_BEFORE_CHARACTERS = 40


def _words_before(element: HtmlElement) -> str:
    """Return what stands right before an element: ``Updated``, ``Publié le``."""
    previous = element.getprevious()
    for _ in range(2):
        if previous is not None:
            before = previous.tail or ""
            if (
                not before.strip()
                and isinstance(previous.tag, str)
                and previous.tag != "time"
            ):
                before = previous.text_content()
        else:
            parent = element.getparent()
            before = (parent.text or "") if parent is not None else ""
        if before.strip() or previous is not None or element.getparent() is None:
            break
        element = element.getparent()
        previous = element.getprevious()
    return before[-_BEFORE_CHARACTERS:].strip()


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
    while current is not None and current not in frame and current.tag != "body":
        if current.tag in _APART_TAGS or (
            current.tag == "footer" and not _is_in_article(current)
        ):
            return True
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
