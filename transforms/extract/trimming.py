"""Lines at the beginning and the end of a text that are not of it.

A page's template writes the day, the section, the minutes that it takes to read and the
publication's name above the story, and who took the pictures below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from transforms.page.datelines import dates_in_line
from transforms.page.datemarks import Dated
from transforms.text.calendars import words_of

_READING_TIME = re.compile(
    r"(?:(?:estimated )?reading time|lesezeit|tempo de leitura|temps de lecture|leestijd"
    r"|tiempo de lectura|tempo di lettura|время чтения|czas czytania"
    r"|okuma s[uü]resi)\b.{0,20}\d.{0,20}"
    r"|\d{1,2}[ -]?min(?:ute[ns]?|utos?|uti)?\.? (?:read|to read|de lecture|lesezeit|de lectura"
    r"|de leitura|di lettura|leestijd)\b.{0,20}",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"[(\[]?(?:(?:main|featured?|lead|title|header|cover|hero|top)[ -]?)?"
    r"(?:(?:titel|beitrags|aufmacher|symbol|vorschau|header|archiv)[ -]?)?"
    r"(?:images?|photos?|photograph|pictures?|foto(?:gra(?:f|fía|fia))?s?|bild(?:er)?|bildnachweis"
    r"|bildquelle|fotocredit|imagen|immagine|imagem|фото|illustration|cr[eé]dits?(?: photos?)?)"
    r"(?: (?:credits?|by|courtesy(?: of)?|via))?\s*(?:[:：©(]|/\s).{2,110}",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:(?:tele?(?:fon|phone)?|phone|fax|mobil|тел)[.: ]*\+?|\+)[\d\s()/.–-]{6,30}",
    re.IGNORECASE,
)
_LONGEST = 120
_LONGEST_DATE = 70
_LONGEST_CREDIT = 90
_FIRST, _LAST = 3, 2


def trimmed(text: str, titles: Iterable[str], names: Iterable[str]) -> str:
    """Return the text without what its page's template writes around it.

    Args:
      text: Paragraphs, with blank lines between them.
      titles: What the page calls itself.
      names: What it calls its publication and section.
    """
    blocks = text.split("\n\n")
    if len(blocks) <= _FIRST:
        return text
    headlines = {words_of(title) for title in titles}
    houses = {words_of(name) for name in names} - {""}
    first = [
        block
        for block in blocks[:_FIRST]
        if not _is_above(block, headlines, houses) and not _is_picture(block)
    ]
    rest = blocks[_FIRST:]
    for _ in range(_LAST):
        if rest and _is_picture(rest[-1]):
            rest.pop()
    return "\n\n".join([*first, *rest])


def _is_above(block: str, headlines: set[str], houses: set[str]) -> bool:
    if len(block) > _LONGEST:
        return False
    return (
        _READING_TIME.fullmatch(block) is not None
        or _NUMBER.fullmatch(block) is not None
        or words_of(block) in houses
        or (len(block) <= _LONGEST_DATE and _only_dates(block))
        or _is_dated_headline(block, headlines)
    )


def _only_dates(block: str) -> bool:
    return block[:1] not in "-|•" and any(
        next(dates_in_line(Dated(block), day_first=order), None)
        for order in (True, False)
    )


_DAY_BEFORE = re.compile(r"[\d./\s:-]{8,20}(?=\D)")


def _is_dated_headline(block: str, headlines: set[str]) -> bool:
    day = _DAY_BEFORE.match(block)
    return day is not None and words_of(block[day.end() :]) in headlines


def _is_picture(block: str) -> bool:
    return len(block) <= _LONGEST_CREDIT and _PICTURE.fullmatch(block) is not None
