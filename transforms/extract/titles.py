"""Titles: an article's own, without the name of the site.

``og:title`` and ``title`` carry the publication's name, a heading may be its logo, and
JSON-LD may have a headline for search engines.  What two of them say is the title.  What
only one says is cut to the part that another confirms, or at the publication's name.
"""

from __future__ import annotations

import collections
import dataclasses
import html
import re
from collections.abc import Iterable

from transforms.page.jsonld import likeness
from transforms.page.publication import (
    is_site_name,
    sounds_like_a_publication,
)
from transforms.text.calendars import words_of
from transforms.text.dates import parse_date
from transforms.text.strings import one_line

# Between a headline and the name of a site, a section or a date.
_SEPARATOR = re.compile(
    r"\s+[-–—‒―|·•»«›‹:⋆*~/⁄◆✦<>]+\s+|\s*[|｜»]\s*|_"
    r"|(?<=[\u3040-\u30ff\u3400-\u9fff”」》])\s*[-–—]+\s*(?=\S)"
)
# These never occur inside a headline.
_STRONG = re.compile(r"[|｜»›·•⋆_]")
_MAX_TITLE = 300
# Words of the name of a site or section behind an upright line.
_MAX_TAIL = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Title:
    """An article's title, and the publication's name that was cut off."""

    text: str | None = None
    cut: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Headlines:
    """What a page calls itself.

    Attributes:
      json_ld: The headline of its own node.
      open_graph: ``og:title``.
      headings: Its ``h1`` elements.
      element: Its ``title`` element.
      is_live: The node is a live blog's, whose updates have headings of their own.
    """

    json_ld: str | None = None
    open_graph: str | None = None
    headings: tuple[str, ...] = ()
    element: str | None = None
    is_live: bool = False


def choose_title(said: Headlines, names: tuple[str, ...], url: str | None) -> Title:
    """Return the title of the article.

    Args:
      said: What the page calls itself.
      names: What it calls its publication.
      url: Its address.
    """
    headings = [
        text for text in map(_tidy, said.headings) if not _is_logo(text, names, url)
    ]
    json_ld = _tidy(said.json_ld or "")
    if said.is_live and json_ld:
        return Title(json_ld)
    known = {words_of(text): text for text in (*headings, json_ld) if text}
    known.pop("", None)
    open_graph = _cut(_tidy(said.open_graph or ""), known, names, url)
    element = _cut(_tidy(said.element or ""), known, names, url)
    others = known.keys() - {words_of(json_ld)}
    # A heading that ends so, behind a section, has all of it.
    is_whole = any(_ends_with(heading, json_ld) for heading in headings)
    json_ld_cut = Title(json_ld) if is_whole else _cut(json_ld, others, names, url)
    cut = element.cut or open_graph.cut
    return Title(
        _elected(headings, json_ld_cut.text, open_graph.text, element.text), cut
    )


def _elected(
    headings: list[str],
    json_ld: str | None,
    open_graph: str | None,
    element: str | None,
) -> str | None:
    votes: collections.Counter[str] = collections.Counter()
    texts: dict[str, str] = {}
    for group in ([json_ld], [open_graph], headings, [element]):
        for key, text in {words_of(text): text for text in group if text}.items():
            texts.setdefault(key, text)
            votes[key] += 1
    votes.pop("", None)
    if not votes:
        return None
    most = max(votes.values())
    if most > 1:
        best = [key for key, count in votes.items() if count == most]
        return _preferred(best, texts, headings)
    declared = [text for text in (json_ld, open_graph, element) if text]
    for text in declared:
        # A heading with a kicker before it or a date behind it.
        for heading in headings:
            if _ends_with(heading, text):
                return text
    if len(headings) == 1 or not declared:
        return headings[0] if headings else declared[0]
    like = [text for text in headings if likeness(text, declared) > 0]
    return like[0] if like else declared[0]


def _preferred(best: list[str], texts: dict[str, str], headings: list[str]) -> str:
    keys = [words_of(heading) for heading in headings]
    for key in best:
        if key in keys:
            return headings[keys.index(key)]
    return texts[best[0]]


def _ends_with(heading: str, text: str) -> bool:
    return len(words_of(text).split()) > 2 and words_of(heading).endswith(  # noqa: PLR2004
        f" {words_of(text)}"
    )


def _cut(
    text: str, known: Iterable[str], names: tuple[str, ...], url: str | None
) -> Title:
    """Cut a title to what is known, or by what names a site, a section or a day."""
    if not text or words_of(text) in known:
        return Title(text or None)
    joints = [(joint.start(), joint.end()) for joint in _SEPARATOR.finditer(text)]
    for start, end in reversed(joints):
        if words_of(text[:start]) in known:
            return Title(text[:start].strip(), _site(text[end:], names, url))
    for start, end in joints:
        if words_of(text[end:]) in known:
            return Title(text[end:].strip(), _site(text[:start], names, url))
    return _cut_unconfirmed(text, names, url)


def _cut_unconfirmed(text: str, names: tuple[str, ...], url: str | None) -> Title:
    site: str | None = None
    joints = list(_SEPARATOR.finditer(text))
    while joints:
        joint = joints.pop()
        head, tail = text[: joint.start()].strip(), text[joint.end() :].strip()
        is_name = is_site_name(tail, names, url)
        is_over = (
            is_name
            or (site is None and sounds_like_a_publication(tail))
            or parse_date(tail) is not None
            or (
                _STRONG.search(joint[0]) is not None
                and len(tail.split()) <= min(_MAX_TAIL, len(head.split()))
                and len(tail) < len(head)
            )
        )
        if not is_over or not words_of(head):
            break
        if site is None and parse_date(tail) is None:
            site = tail
        text = head
    first = _SEPARATOR.search(text)
    if first and is_site_name(text[: first.start()], names, url):
        site = site or text[: first.start()].strip()
        text = text[first.end() :].strip()
    return Title(text, site)


def _site(rest: str, names: tuple[str, ...], url: str | None) -> str | None:
    """Return the part of what was cut off that names the publication."""
    parts: list[str] = [part.strip() for part in _SEPARATOR.split(rest)]
    for part in reversed(parts):
        if part and (is_site_name(part, names, url) or sounds_like_a_publication(part)):
            return part
    return None


def _is_logo(text: str, names: tuple[str, ...], url: str | None) -> bool:
    return not text or is_site_name(text, names, url)


def _tidy(text: str) -> str:
    line = one_line(html.unescape(text)) or ""
    return line if len(line) <= _MAX_TITLE else ""
