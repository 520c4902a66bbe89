"""Text that dates an article without an element of its own.

``<h5>Date:</h5> 2 March 2026``, ``<br>Published on 2 March 2026``, ``This entry was posted
on Monday, 2 March 2026``: a label says what the date is, wherever it stands.  By the
headline a date needs no label.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from transforms.page.apart import is_apart, text_behind
from transforms.text.strings import one_line


@dataclasses.dataclass(frozen=True, slots=True)
class Dated:
    """Something that dates.

    Attributes:
      value: The date as it is written for machines or people.
      is_published: The template calls it the date of publication.
      is_modified: The template calls it the date of the last change.
      is_near: It stands beside the headline.
      before: The words before it.
      is_labelled: It begins with words that call it the date of publication.
    """

    value: str
    is_published: bool = False
    is_modified: bool = False
    is_near: bool = False
    before: str = ""
    is_labelled: bool = False


_SURE = (
    r"published|first published|originally published|posted(?= on|:)|publication date"
    r"|date published|date of publication|erschienen am|veröffentlicht|erstellt am"
    r"|publikationsdatum|veröffentlichungsdatum|veröffentlicht am|publiée? le|publie le"
    r"|mise? en ligne le"
    r"|date de publication|publicado|fecha de publicación|data de publicação|pubblicato"
    r"|data di pubblicazione|gepubliceerd|publicatiedatum|geplaatst op|publicerad|publisert"
    r"|publiceret|udgivet|julkaistu|opublikowano|data publikacji|дата публикации"
    r"|опубликовано|опубліковано|дата публікації|기사\s?입력|입력(?:시간)?|등록|승인"
    r"|发布时间|發布時間|发布日期|發布日期|發佈日期|公開日|掲載日|投稿日|yayınlanma(?: tarihi)?"
    r"|yayın tarihi|megjelent|đăng ngày|ngày đăng|diterbitkan|تاريخ النشر|نشر في|פורסם"
    r"|δημοσιεύ[θτ]ηκε|data publicării|publicat (?:la|pe)"
)
# Of an event, too: beside other facts about an article only.
_BARE = r"date|datum|dato|data|fecha|дата|tarih|日期|날짜|dátum"
_SENTENCE = (
    r"this (?:entry|post|article|story) was (?:posted|published|written)"
    r"|dieser (?:beitrag|eintrag|artikel|post)\b|cet? (?:article|billet) a été publié"
    r"|est[ae] (?:entrada|artículo|post) (?:fue|ha sido) (?:publicad|escrit)"
    r"|quest[oa] (?:articolo|post|voce) (?:è stat[oa]|fu) (?:pubblicat|scritt|postat|inserit)"
    r"|dit (?:bericht|artikel) (?:is|werd) (?:geplaatst|gepubliceerd)"
)
_LABELLED = re.compile(
    rf"\s*[(\[]?(?:(?P<sure>{_SURE})|(?P<bare>{_BARE})|(?P<sentence>{_SENTENCE}))"
    rf"(?=[\s:：\[(\d]|$)",
    re.IGNORECASE,
)
# Few texts begin like a label: no other is worth the search for one.
_BEGINNINGS = frozenset(
    label[:2] for label in f"{_SURE}|{_BARE}|{_SENTENCE}".split("|")
)
_ALONE = re.compile(r"[\s:：|]*")
_FACTS = re.compile(
    r"(?<!\w)(?:aut(?:h?or|eur|ore|orin|rice)e?s?|author|auteur|автор|lesezeit|reading time"
    r"|keywords?|mots[- ]clés|schlagw[oö]rte?r?|stichw[oö]rte?r?|ressort|rubrik|section)(?!\w)",
    re.IGNORECASE,
)
# What is published may be a book or a record, which the article is about.
_OTHER_WORK = re.compile(
    r"\bISBN|(?<!\w)(?:verlag|publisher|éditeur|editorial|seiten|pages|páginas|preis|price"
    r"|label|genre|plattform|platforms?|regie|director)(?!\w)\s*:?|[€£]",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_MAX_LINE = 160
_MAX_CONTAINER = 300
# Characters that any other fact beside the date takes.
_FACT = 10
# A page has a few labels of each kind; what has hundreds is a list of other things.
_MOST_LABELS = 40
# Text this long is the article's: a bare date behind it is part of the story.
_PROSE = 200


def labelled_texts(
    elements: list[HtmlElement], frame: frozenset[HtmlElement]
) -> Iterator[Dated]:
    """Yield the texts that call themselves the date of publication.

    Args:
      elements: Elements of the page, in its order.
      frame: What the headline stands in.
    """
    seen = 0
    for element in elements:
        for text, is_behind in ((element.text, False), (element.tail, True)):
            if not text or not _may_label(text):
                continue
            found = _LABELLED.match(text)
            holder = element.getparent() if is_behind else element
            if found is None or holder is None:
                continue
            seen += 1
            if seen > _MOST_LABELS:
                return
            value = _labelled(text, found, element, holder)
            if value and not is_apart(holder, frame):
                yield Dated(value, is_published=True, is_labelled=True)


def _may_label(text: str) -> bool:
    return text.lstrip()[:3].lstrip("([")[:2].lower() in _BEGINNINGS


def _labelled(
    text: str, found: re.Match[str], element: HtmlElement, holder: HtmlElement
) -> str:
    """Return a label with the date behind it, empty where there is none."""
    if found["sentence"]:
        return _beginning(holder)
    line = one_line(text) or ""
    if (
        not _DIGIT.search(line)
        and holder is element
        and _ALONE.fullmatch(text, found.end())
    ):
        line = f"{line} {text_behind(element, _MAX_LINE, is_last=True)}"
    if not _DIGIT.search(line) or len(line) > _MAX_LINE:
        return ""
    around = _beginning(holder)
    container = holder.getparent()
    if container is not None and len(around) < len(line) + _FACT:
        around = _beginning(container)
    if _OTHER_WORK.search(around) or (found["bare"] and not _FACTS.search(around)):
        return ""
    return line


def _beginning(element: HtmlElement) -> str:
    texts: list[str] = []
    size = 0
    for text in element.itertext():
        texts.append(text)
        size += len(text)
        if size > _MAX_CONTAINER:
            break
    return " ".join(" ".join(texts).split())


def loose_texts(
    elements: list[HtmlElement], headline: int, frame: frozenset[HtmlElement]
) -> Iterator[Dated]:
    """Yield the texts that stand loose beside the headline and may date, up to the text.

    Args:
      elements: What stands beside the headline.
      headline: The place of the headline among them.
      frame: What the headline stands in.
    """
    for number, element in enumerate(elements):
        for text, holder in (
            (element.text if len(element) else None, element),
            (element.tail, element.getparent()),
        ):
            if not text:
                continue
            if number >= headline and len(text.strip()) > _PROSE:
                return
            line = one_line(text) if _DIGIT.search(text) else None
            if (
                line
                and holder is not None
                and len(line) <= _MAX_LINE
                and not is_apart(holder, frame, is_near=True)
            ):
                yield Dated(line, is_near=True)
