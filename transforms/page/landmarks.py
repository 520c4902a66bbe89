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

from transforms.page.apart import is_apart, line_of
from transforms.page.datemarks import Dated, labelled_texts, loose_texts
from transforms.page.jsonld import likeness, shared_words
from transforms.page.signmarks import labelled_names, linked_names

_DATE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:date|datum|fecha|pub(?:lish(?:ed)?|date|time)?|posted|timestamp|datetime"
    r"|time|zeit|created|erstellt|dateline|postdate|postmetadata|articledate|pubdate"
    r"|storydate|newsdate|byline|entry-meta|post-meta|article-meta|meta-info|submitted)"
    r"(?:$|[\s_-])|(?:Date|Time)(?:$|[\s_-])|date$"
)
# Of classes in small letters: without regard to case it takes many times as long.
_SIGNING_CLASS = re.compile(
    r"by-?line|attribution|author|auteur|autor|signature|agency|writer|reporter|verfasser|redakteur"
)
_MODIFIED_ITEMS = frozenset({"dateModified", "dateUpdated"})
_PUBLISHED_ITEMS = frozenset({"datePublished", "dateCreated"})
_LOOKED_AT = (
    "h1 time abbr figcaption p div span address a li ul td small em strong b i h2 h3 h4 h5"
    " h6 dd dt dl section header footer font center cite label"
).split()
_PICTURE_CLASS = re.compile(
    r"caption|photo|image|picture|bildunterschrift|bildnachweis|imgcredit|media-?credit"
    r"|legende|legend|(?:^|[\s_-])credits?(?:$|[\s_-])"
)
_BY = re.compile(
    r"(?:(?:posted|written|story|words|report(?:ed|ing)?|published)(?: on .{4,40}?)? by|by"
    r"|(?:ein )?(?:artikel|beitrag|gastbeitrag|kommentar|bericht|interview|text) von|von|par"
    r"|por|di|door|av|af|od|auth?or(?:in|a)?|auteur|text|texte|автор|oleh|文|作者|記者|记者)"
    r"(?:\s*[:：]\s*|\s+)\S",
    re.IGNORECASE,
)
_HEADLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:h1|headline|(?:article|post|entry|news|page)[-_]?title)(?:$|[\s_-])"
)
_WORDS_OF_A_HEADLINE = 4
_TIMES = frozenset({"time", "abbr"})
# A page has a handful of each; one with thousands is no article's.
_MOST_HEADINGS = 20
_MOST_SUBHEADINGS = 100
_MOST_LINES = 100
_MOST_CAPTIONS = 300
_MAX_LINE = 160
_MAX_CAPTION = 400
_MAX_HEADING = 300
# Elements before the headline and behind it that may date or sign it.
_BEFORE = 25
_BEHIND = 150
# Characters: the first paragraph of the text ends the lines under the headline.
_PARAGRAPH = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Landmarks:
    """What :func:`survey` finds, each in the page's order.

    Attributes:
      headings: The texts of ``h1`` elements.
      times: ``time`` elements.
      lines: Lines that may date the article.
      signing: Lines that sign it.
      linked: What links to its author's page are called.
      captions: What stands under pictures.
    """

    headings: tuple[str, ...] = ()
    times: tuple[Dated, ...] = ()
    lines: tuple[Dated, ...] = ()
    signing: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
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
    titles = [text for text in titles if text]
    elements = list(body.iter(*_LOOKED_AT))
    tags = [element.tag for element in elements]
    tops = [number for number, tag in enumerate(tags) if tag == "h1"][:_MOST_HEADINGS]
    headings = {number: line_of(elements[number], _MAX_HEADING) for number in tops}
    headline = _headline(elements, headings, titles)
    near = _near(elements, headline, titles)
    frame = frozenset(() if headline is None else elements[headline].iterancestors())
    times: list[Dated] = []
    lines: list[Dated] = []
    signing: dict[str, None] = {}
    captions: set[str] = set()
    for number, element in enumerate(elements):
        is_near = number in near
        if tags[number] in _TIMES:
            dated = None
            if len(times) < _MOST_LINES:
                dated = _time(element, frame, is_near=is_near)
            if dated:
                times.append(dated)
        elif duty := _duty(element) | (_NEAR if is_near else 0):
            _look(element, duty, frame, lines, signing, captions)
    if headline is not None and len(lines) < _MOST_LINES:
        beside = [elements[number] for number in near]
        lines.extend(loose_texts(beside, headline - near.start, frame))
        lines.extend(_second_opening(elements, near.stop))
    lines.extend(labelled_texts([*elements, *body.iter("br")], frame))
    return Landmarks(
        headings=tuple(text for text in headings.values() if text),
        times=tuple(times),
        lines=tuple(lines),
        signing=(*signing, *labelled_names(elements, frame)),
        linked=tuple(linked_names(elements, frame)),
        captions=frozenset(captions - {""}),
    )


def _headline(
    elements: list[HtmlElement], headings: dict[int, str], titles: list[str]
) -> int | None:
    """Return the number of the element that is the article's headline."""
    told = titles
    named = [number for number, text in headings.items() if text]
    # The site's logo shares a word or two with the title, the headline all of them.
    shared = {number: shared_words(headings[number], told) for number in named}
    alike = [number for number in named if likeness(headings[number], told) > 0]
    if alike:
        return max(alike, key=lambda number: (shared[number], -number))
    below = (n for n, e in enumerate(elements) if e.tag in {"h2", "h3", "h4"})
    some = _MOST_SUBHEADINGS if told else 0
    for number in itertools.islice(below, some):
        if _is_own_headline(elements[number], told):
            return number
    called = (n for n, e in enumerate(elements) if _is_called_headline(e))
    own = [
        n for n in itertools.islice(called, some) if _is_own_headline(elements[n], told)
    ]
    texts = {number: line_of(elements[number], _MAX_HEADING) for number in own}
    # The site's name is in its titles as well.
    shared = {number: shared_words(text, told) for number, text in texts.items()}
    told_most = max(own, key=lambda number: (shared[number], -number), default=None)
    if told_most is not None and shared[told_most] >= _WORDS_OF_A_HEADLINE:
        return told_most
    return named[0] if named else None


def _is_own_headline(element: HtmlElement, told: list[str]) -> bool:
    text = line_of(element, _MAX_HEADING)
    is_alike = bool(text) and likeness(text, told) > 0
    return is_alike and not is_apart(element, frozenset())


def _is_called_headline(element: HtmlElement) -> bool:
    return element.tag in {"p", "div", "span"} and bool(
        _HEADLINE_CLASS.search(element.get("class") or "")
    )


def _near(
    elements: list[HtmlElement], headline: int | None, titles: list[str]
) -> range:
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
    start = headline
    while start > max(0, headline - _BEFORE):
        if _leads_elsewhere(elements[start - 1], elements[headline], titles):
            break
        start -= 1
    return range(start, end)


def _leads_elsewhere(
    element: HtmlElement, headline: HtmlElement, titles: list[str]
) -> bool:
    """Return whether an element is the headline of another story, or a link to one."""
    is_headline = element.tag in {"a", "h1", "h2", "h3", "h4"}
    if not is_headline and not _is_called_headline(element):
        return False
    text = line_of(element, _MAX_HEADING)
    return (
        len(text.split()) >= _WORDS_OF_A_HEADLINE
        and likeness(text, [line_of(headline, _MAX_HEADING), *titles]) <= 0
    )


# 2.3.2026 - The board ...; BERLIN, 2 March 2026 (dpa) - The ...; Berlin, (2.3.2026). The ...
_OPENING = re.compile(
    r"\s*(?!(?:am|on|le|in|im|seit|since|vom|by|bis|until|ab|nach|after|before|den|el|il)\s)"
    r"(?P<date>(?:[^\n–—|-]|(?<=\w)-(?=\w)){2,60}?\d{4})"
    r"(?:\)\.\s|\s*(?:\([^()\n]{2,30}\)|/[^/\n]{2,30}/)?\s*(?:[–—|-]|--)\s)",
    re.IGNORECASE,
)
_MOST_BETWEEN = 40


def _opening(paragraph: HtmlElement) -> str:
    """Return what stands before the first dash of a text, where that may be a date."""
    opening = _OPENING.match(paragraph.text_content()[:120])
    return opening["date"].strip().replace("(", "") if opening else ""


def _second_opening(elements: list[HtmlElement], start: int) -> Iterator[Dated]:
    """Yield what opens the text behind a long standfirst."""
    for element in elements[start : start + _MOST_BETWEEN]:
        if element.tag == "p" and len(element.text_content()) > _PARAGRAPH:
            if opening := _opening(element):
                yield Dated(opening, is_near=True)
            return


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
    duty = _SIGNS if _SIGNING_CLASS.search(classes.lower()) else 0
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
                is_labelled=bool(duty & _SIGNS) and _BY.match(line) is not None,
            )
        )


def _time(
    element: HtmlElement, frame: frozenset[HtmlElement], *, is_near: bool
) -> Dated | None:
    attributes = element.attrib
    value = attributes.get("datetime") or attributes.get("content") or ""
    if element.tag == "abbr":
        # hAtom: <abbr class="published" title="2026-03-02T10:00:00Z">
        value = attributes.get("title", "")
        if not _HATOM.search(attributes.get("class", "")):
            return None
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


_HATOM = re.compile(r"(?:^|\s)(?:published|updated|value-title)(?:$|\s)")
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
