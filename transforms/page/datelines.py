"""Lines that date an article: what of a visible line is a date, and what it is called.

A line dates where it does nothing but date and sign, or where it calls its date one of
publication or of a change.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from transforms.listings import Moment
from transforms.page.datemarks import Dated
from transforms.text.calendars import month_named, unaccented
from transforms.text.dates import parse_date
from transforms.text.letters import word_of_letters
from transforms.vocabulary import DateSource

_UPDATED_WORD = re.compile(
    unaccented(
        r"updated|modified|revised|last change|aktualisiert|geandert|\bstand\b|mis a jour|modifie"
        r"|maj\b|actualiza|modificad|aggiornat|atualizad|bijgewerkt|gewijzigd|oppdatert|opdateret"
        r"|uppdatera|senast|paivitetty|aktualizov|zaktualizow|aktualizacja|обновлен|изменен"
        r"|оновлен|guncel|frissit|更新|修改|수정|업데이트|تحديث|به روز|अपडेट|अद्यतन|cap nhat"
        r"|diperbarui|diperbaharui|อัปเดต|อัพเดต|ενημερωσ|עודכן|azurirano|ажурирано"
    )
)
_PUBLISHED_WORD = re.compile(
    unaccented(
        r"publi|posted|created|erstellt|veroffentlicht|gepostet|erschienen|mise? en ligne"
        r"|pubblicat|gepubliceerd|geplaatst"
        r"|julkaistu|objavljeno|opublikowan|dodano|\bdatum\b|\bdate\b|\bfecha\b|\bdata\b|press|опубликован|опублiкован|опублікован|дата"
        r"|yayin|megjelent|发布|發布|公開|掲載|배포|입력|등록|نشر|منتشر|प्रकाशित|প্রকাশ|dang luc"
        r"|terbit|tayang|เผยแพร่|δημοσιευ|פורסם|utworzono"
    )
)
# Other days that stand beside a headline.
OTHER_DAY = re.compile(
    unaccented(
        r"accepted|received|\bborn\b|died|deadline|until|expires|event|termin|\bbis\b|geboren"
        r"|gestorben|\bab dem\b|jusqu|hasta|fino al|valid|gultig|\bsince\b|\bseit\b|depuis"
        r"|\bfrom\b|copyright|©|premiere|release|kinostart|erscheint"
        r"|registriert|registered|joined|member since|mitglied|beigetreten|inscri"
    )
)
_NUMERIC = (
    r"\d{4}\s?[-/.年년]\s?\d{1,2}\s?[-/.月월]\s?\d{1,2}(?!\d)\s?[日일]?"
    r"|(?<!\d)\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2})(?!\d)"
)
_MONTH_WORD = r"[^\W\d_](?:[^\s\d_,;:/()|.–—-]){1,16}\.?(?:[^\W\d_]{1,3}\.)?"
_IN_WORDS = (
    rf"(?<!\d)\d{{1,2}}(?:st|nd|rd|th|er|\.|º|a)?[\s,-]+(?:de\s+|of\s+|d['’]|thang\s+)?"
    rf"(?:{_MONTH_WORD}|\d{{1,2}})[\s,/-]+(?:de\s+|del\s+|nam\s+)?\d{{4}}(?!\d)"
    rf"|{_MONTH_WORD}[\s-]+\d{{1,2}}(?:st|nd|rd|th)?,?[\s-]+\d{{4}}(?!\d)"
    rf"|(?<!\d)\d{{4}}\.?\s+(?:m\.\s*|gada\s+)?(?:{_MONTH_WORD}\s+\d{{1,2}}|\d{{1,2}}\.?\s+"
    rf"{_MONTH_WORD})(?!\d)"
    # Two digits of a year are read at the end of a line only.
    rf"|(?<!\d)\d{{1,2}}\s+{_MONTH_WORD}\s+['’]?\d{{2}}(?=\s*[)\]]?\s*$)"
)
_CLOCK = (
    r"(?:\s*\d{1,2}\s?[時时시点點]\s?\d{1,2}\s?[分분](?:\s?\d{1,2}\s?[秒초])?|"
    r"[\s,|·•/–—-]*(?:um|at|a|as|alle|kl|klo|o)?\.?\s*\d{1,2}(?::|\s?h\s?|\.)\d{2}(?::\d{2})?"
    r"(?!\d)(?:\s?[ap]\.?m\.?(?=\W|$))?(?:\s*(?:\(?(?:(?!(?:and|und|by|von|in|on|par|is)\b)[a-z]{2,4}|gmt\s?[+-]\d{1,2}|[+-]\d\d:?\d\d)\)?)"
    r"(?=\W|$))?)?"
)
_PIECE = re.compile(f"(?:{_IN_WORDS}|{_NUMERIC}){_CLOCK}")
_SHORT_YEAR = re.compile(r"(?<!\d)(\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?)(\d\d)(?!\d)")
_CLOCK_SIGNS = re.compile(r"\s+[|·•/–—-]\s+|[|·•]")
_MOST_WORDS = 6
_MOST_WORDS_OF_A_DATE_LINE = 12


def label(words: str) -> DateSource | None:
    """Return what the words before a date call it."""
    folded = unaccented(words)
    updated = [found.end() for found in _UPDATED_WORD.finditer(folded)]
    published = [found.end() for found in _PUBLISHED_WORD.finditer(folded)]
    if updated and max(updated) > max(published, default=-1):
        return DateSource.UPDATED
    return DateSource.BYLINE if published else None


def dates_in_line(
    line: Dated, *, day_first: bool | None
) -> Iterator[tuple[Moment, bool]]:
    """Yield the dates of a line that does nothing but date and sign.

    Args:
      line: The line.
      day_first: How its language writes ``10/06/2024``.

    Yields:
      Each date, and whether it is one of a change.
    """
    for part in _PARTS.split(_PIPED.sub(r"\1.\2.\3", line.value)):
        yield from _dates_in_part(
            dataclasses.replace(line, value=part), day_first=day_first
        )


_PIPED = re.compile(
    r"(?<![\d|])(\d{1,2}|\d{4})\s?[|·]\s?(\d{1,2})\s?[|·]\s?(\d{4}|\d{1,2})(?!\d)"
)
_PARTS = re.compile(r"\s*[|·•]\s*")


def _dates_in_part(
    line: Dated, *, day_first: bool | None
) -> Iterator[tuple[Moment, bool]]:
    text = unaccented(line.value)
    found = [
        (match, moment)
        for match in _PIECE.finditer(text)
        if (moment := _read_piece(match[0], day_first=day_first))
    ]
    if not found or not _is_date_line(line, text, [match for match, _ in found]):
        return
    # In East Asia what a date is called stands behind it.
    is_behind = not word_of_letters().search(text[: found[0][0].start()])
    starts = [match.start() for match, _ in found]
    ends = [match.end() for match, _ in found]
    for (match, moment), before, behind in zip(
        found, [0, *ends], [*starts[1:], len(text)], strict=False
    ):
        words = (
            text[match.end() : behind] if is_behind else text[before : match.start()]
        )
        yield moment, line.is_modified or label(words) is DateSource.UPDATED


def _read_piece(piece: str, *, day_first: bool | None) -> Moment | None:
    piece = _CLOCK_SIGNS.sub(" ", piece)
    # In an unknown language 20.03.12 may begin with the year.
    if day_first is not None:
        piece = _SHORT_YEAR.sub(rf"\g<1>{_CENTURY}\2", piece, count=1)
    return parse_date(piece, day_first=day_first)


_CENTURY = "20"


def _is_date_line(line: Dated, text: str, dates: list[re.Match[str]]) -> bool:
    # A sentence that begins with "This entry was posted" goes on to other things.
    rest = text[: dates[-1].end()] if line.is_labelled else text
    for match in dates:
        rest = rest.replace(match[0], " ")
    if OTHER_DAY.search(rest):
        return False
    words = [word for word in word_of_letters().findall(rest) if not month_named(word)]
    if line.is_published or line.is_labelled:
        return len(words) <= _MOST_WORDS_OF_A_DATE_LINE
    if _PUBLISHED_WORD.search(rest) or _UPDATED_WORD.search(rest):
        return len(words) <= _MOST_WORDS_OF_A_DATE_LINE
    dated = {word for match in dates for word in word_of_letters().findall(match[0])}
    return len(words) <= _MOST_WORDS and not _is_sentence(line.value, dated)


# Words in small letters that stand in a line of names and dates.
_SMALL = frozenset(
    """by von on am um uhr de la le el the of at par por di da del du des den der van zu
    vom y e et und and i en in le à às kl klo h st nd rd th pm min min. read lesezeit minuten
    h. g r m d""".split()
)


def _is_sentence(line: str, dated: set[str]) -> bool:
    return any(
        word[0].islower() and word not in _SMALL and unaccented(word) not in dated
        for word in word_of_letters().findall(line)
    )
