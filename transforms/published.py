"""When an article was published, as its page declares it.

Sources are trusted in the order of :data:`TRUST`: the first one that declares a possible
moment decides.  Nothing else counts: not a year in the footer, a date in the text, a
reader's comment or the version of a style sheet.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from transforms.calendars import fold, month_named
from transforms.dates import parse_date, plausible
from transforms.jsonld import Node, as_list
from transforms.landmarks import Dated, Landmarks
from transforms.records import DateSource, Moment, Precision

TRUST = (
    DateSource.FEED,
    DateSource.FILE,
    DateSource.JSON_LD,
    DateSource.META,
    DateSource.TIME,
    DateSource.BYLINE,
    DateSource.URL,
    DateSource.UPDATED,
)
"""Who is believed about the date of publication, the most trustworthy first.

The feed's entry or the record of the file; the page's own node of JSON-LD; ``meta``
elements; ``time`` elements of the article; a visible line by the headline or byline; a
whole date in the path of the address; last the feed's date of change, where the entry
has no other.
"""

# The first is the most specific: a bare "date" may be any.
META_PUBLISHED = (
    *("article:published_time", "og:published_time", "og:article:published_time"),
    *("article:published", "article.published", "rnews:datepublished"),
    *("datepublished", "date_published", "parsely-pub-date", "sailthru.date"),
    *("cxenseparse:publishtime", "cxenseparse:recs:publishtime", "bt:pubdate"),
    *("dc.date.issued", "dcterms.issued", "citation_online_date", "pubdate"),
    *("citation_publication_date", "citation_date", "publish-date", "publishdate"),
    *("publication_date", "publication-date", "article_date_original", "og:pubdate"),
    *(
        "dcterms.created",
        "dc.date.created",
        "datecreated",
        "dc.created",
        "date.created",
    ),
    *("dcterms.date", "dc.date", "date"),
)
META_MODIFIED = (
    *("article:modified_time", "og:updated_time", "og:article:modified_time"),
    *("datemodified", "dcterms.modified", "dc.date.modified", "last-modified"),
    "lastmod",
)

_UPDATED_WORD = re.compile(
    fold(
        r"updated|modified|revised|last change|aktualisiert|geandert|\bstand\b|mis a jour|modifie"
        r"|maj\b|actualiza|modificad|aggiornat|atualizad|bijgewerkt|gewijzigd|oppdatert|opdateret"
        r"|uppdatera|senast|paivitetty|aktualizov|zaktualizow|aktualizacja|обновлен|изменен"
        r"|оновлен|guncel|frissit|更新|修改|수정|업데이트|تحديث|به روز|अपडेट|अद्यतन|cap nhat"
        r"|diperbarui|diperbaharui|อัปเดต|อัพเดต|ενημερωσ|עודכן|azurirano|ажурирано"
    )
)
_PUBLISHED_WORD = re.compile(
    fold(
        r"publi|posted|created|erstellt|veroffentlicht|gepostet|pubblicat|gepubliceerd|geplaatst"
        r"|julkaistu|objavljeno|opublikowan|dodano|\bdatum\b|\bdate\b|\bfecha\b|\bdata\b|press|опубликован|опублiкован|опублікован|дата"
        r"|yayin|megjelent|发布|發布|公開|掲載|배포|입력|등록|نشر|منتشر|प्रकाशित|প্রকাশ|dang luc"
        r"|terbit|tayang|เผยแพร่|δημοσιευ|פורסם|utworzono"
    )
)
# Other days that stand beside a headline.
_OTHER_DAY = re.compile(
    fold(
        r"accepted|received|\bborn\b|died|deadline|until|expires|event|termin|\bbis\b|geboren"
        r"|gestorben|\bab dem\b|jusqu|hasta|fino al|valid|gultig|\bsince\b|\bseit\b|depuis"
        r"|\bfrom\b|copyright|©|premiere|release|kinostart|erscheint"
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
)
_CLOCK = (
    r"(?:\s*\d{1,2}\s?[時时시点點]\s?\d{1,2}\s?[分분](?:\s?\d{1,2}\s?[秒초])?|"
    r"[\s,|·•/–—-]*(?:um|at|a|as|alle|kl|klo|o)?\.?\s*\d{1,2}(?::|\s?h\s?|\.)\d{2}(?::\d{2})?"
    r"(?!\d)(?:\s?[ap]\.?m\.?(?=\W|$))?(?:\s*(?:\(?(?:[a-z]{2,4}|gmt\s?[+-]\d{1,2}|[+-]\d\d:?\d\d)\)?)"
    r"(?=\W|$))?)?"
)
_PIECE = re.compile(f"(?:{_IN_WORDS}|{_NUMERIC}){_CLOCK}")
_SHORT_YEAR = re.compile(r"(?<!\d)(\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?)(\d\d)(?!\d)")
_CLOCK_SIGNS = re.compile(r"\s+[|·•/–—-]\s+|[|·•]")
_WORDS = re.compile(r"[^\W\d_]+")
_MOST_WORDS = 6
_MOST_WORDS_OF_A_DATE_LINE = 12

# In this order only where the day cannot be a month.
_URL_DAY_FIRST = re.compile(
    r"(?:^|[/_-])(1[3-9]|2\d|3[01])-(\d{2})-((?:19|20)\d\d)(?=[/_.-]|$)"
)
_URL_DATES = (
    re.compile(r"(?:^|[/_-])((?:19|20)\d\d)[/_-](\d{1,2})[/_-](\d{1,2})(?=[/_.-]|$)"),
    re.compile(r"(?:^|[/_-])((?:19|20)\d\d)/?(\d\d)(\d\d)(?=[/_.-]|$)"),
    re.compile(r"(?:^|/)((?:19|20)\d\d)/([a-z]{3})/(\d{1,2})(?=[/_.-]|$)"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Declaration:
    """A moment of publication, and who declares it."""

    moment: Moment
    source: DateSource


def declared_by_page(
    article: Node,
    meta: Mapping[str, str],
    landmarks: Landmarks,
    urls: Iterable[str],
    *,
    day_first: bool | None,
) -> Iterator[Declaration]:
    """Yield what a page declares of its publication, the most trustworthy first.

    Args:
      article: The page's own node of JSON-LD.
      meta: Its ``meta`` elements by lower-case name.
      landmarks: What stands on it.
      urls: Its addresses.
      day_first: How its language writes ``10/06/2024``.
    """
    for value in _of(article, "datePublished", "dateCreated"):
        if moment := read_moment(value):
            yield Declaration(moment, DateSource.JSON_LD)
    for name in META_PUBLISHED:
        if moment := parse_date(meta.get(name), day_first=day_first):
            yield Declaration(moment, DateSource.META)
    for moment in _by_time(landmarks.times, day_first=day_first):
        yield Declaration(moment, DateSource.TIME)
    for moment in _by_line(landmarks.lines, day_first=day_first):
        yield Declaration(moment, DateSource.BYLINE)
    for url in urls:
        if moment := date_in_url(url):
            yield Declaration(moment, DateSource.URL)


def believed(
    declarations: Iterable[Declaration], fetched_at: dt.datetime
) -> Declaration | None:
    """Return the first declaration that can be true.

    A declared day is replaced by a later declaration with a time on the same day.
    """
    can_be = [d for d in declarations if plausible(d.moment.at, fetched_at)]
    if not can_be:
        return None
    first = can_be[0]
    if first.moment.precision is not Precision.DAY:
        return first
    return next(
        (
            other
            for other in can_be
            if other.moment.precision is not Precision.DAY
            and _is_on_day(other.moment.at, first.moment.at)
        ),
        first,
    )


_WEST, _EAST = dt.timedelta(hours=12), dt.timedelta(hours=14)
_DAY = dt.timedelta(days=1)


def _is_on_day(at: dt.datetime, day: dt.datetime) -> bool:
    """Return whether a moment is on a day in any time zone."""
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - _EAST <= at < midnight + _DAY + _WEST


def modified_by_page(
    article: Node,
    meta: Mapping[str, str],
    landmarks: Landmarks,
    *,
    day_first: bool | None,
) -> dt.datetime | None:
    """Return the last change that a page declares."""
    for value in _of(article, "dateModified"):
        if moment := read_moment(value):
            return moment.at
    for name in META_MODIFIED:
        if moment := parse_date(meta.get(name), day_first=day_first):
            return moment.at
    for time in landmarks.times:
        moment = parse_date(time.value, day_first=day_first)
        if moment and _tells_change(time) and (time.is_near or time.is_modified):
            return moment.at
    for line in landmarks.lines:
        for moment, is_change in dates_in_line(line, day_first=day_first):
            if is_change and line.is_near:
                return moment.at
    return None


def _of(article: Node, *keys: str) -> Iterator[Any]:
    for key in keys:
        yield from as_list(article.get(key))


def read_moment(value: Any) -> Moment | None:
    """Read a date of JSON-LD: a string, a number of seconds or of milliseconds."""
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return parse_date(value if isinstance(value, str) else f"{value:.0f}")


def _tells_change(time: Dated) -> bool:
    return time.is_modified or (
        not time.is_published and _label(time.before) is DateSource.UPDATED
    )


def _label(words: str) -> DateSource | None:
    """Return what the words before a date call it."""
    folded = fold(words)
    updated = [found.end() for found in _UPDATED_WORD.finditer(folded)]
    published = [found.end() for found in _PUBLISHED_WORD.finditer(folded)]
    if updated and max(updated) > max(published, default=-1):
        return DateSource.UPDATED
    return DateSource.BYLINE if published else None


def _by_time(times: Iterable[Dated], *, day_first: bool | None) -> Iterator[Moment]:
    """Yield the moments of ``time`` elements: called so, by the headline, or the only."""
    read = [
        (time, moment)
        for time in times
        if not _tells_change(time) and not _OTHER_DAY.search(fold(time.before))
        if (moment := parse_date(time.value, day_first=day_first))
    ]
    for time, moment in read:
        if time.is_published and time.is_near:
            yield moment
    for time, moment in read:
        if time.is_near:
            yield moment
    days = {moment.at.date() for time, moment in read if not time.is_near}
    if len(days) == 1:
        yield from (moment for time, moment in read if not time.is_near)


def _by_line(lines: Iterable[Dated], *, day_first: bool | None) -> Iterator[Moment]:
    """Yield the moments of lines: by the headline, else where all say the same day."""
    near: list[Moment] = []
    far: list[Moment] = []
    for line in lines:
        for moment, is_change in dates_in_line(line, day_first=day_first):
            if is_change:
                continue
            (near if line.is_near else far).append(moment)
    yield from near
    if len({moment.at.date() for moment in far}) == 1:
        yield from far


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
    for part in _PARTS.split(line.value):
        yield from _dates_in_part(
            dataclasses.replace(line, value=part), day_first=day_first
        )


_PARTS = re.compile(r"\s*[|·•]\s*")


def _dates_in_part(
    line: Dated, *, day_first: bool | None
) -> Iterator[tuple[Moment, bool]]:
    text = fold(line.value)
    found = [
        (match, moment)
        for match in _PIECE.finditer(text)
        if (moment := _read_piece(match[0], day_first=day_first))
    ]
    if not found or not _is_date_line(line, text, [match for match, _ in found]):
        return
    # In East Asia what a date is called stands behind it.
    is_behind = not _WORDS.search(text[: found[0][0].start()])
    starts = [match.start() for match, _ in found]
    ends = [match.end() for match, _ in found]
    for (match, moment), before, behind in zip(
        found, [0, *ends], [*starts[1:], len(text)], strict=False
    ):
        words = (
            text[match.end() : behind] if is_behind else text[before : match.start()]
        )
        yield moment, line.is_modified or _label(words) is DateSource.UPDATED


def _read_piece(piece: str, *, day_first: bool | None) -> Moment | None:
    piece = _CLOCK_SIGNS.sub(" ", piece)
    # In an unknown language 20.03.12 may begin with the year.
    if day_first is not None:
        piece = _SHORT_YEAR.sub(rf"\g<1>{_CENTURY}\2", piece, count=1)
    return parse_date(piece, day_first=day_first)


_CENTURY = "20"


def _is_date_line(line: Dated, text: str, dates: list[re.Match[str]]) -> bool:
    rest = text
    for match in dates:
        rest = rest.replace(match[0], " ")
    if _OTHER_DAY.search(rest):
        return False
    words = [word for word in _WORDS.findall(rest) if not month_named(word)]
    if line.is_published:
        return len(words) <= _MOST_WORDS_OF_A_DATE_LINE
    if _PUBLISHED_WORD.search(rest) or _UPDATED_WORD.search(rest):
        return len(words) <= _MOST_WORDS_OF_A_DATE_LINE
    dated = {word for match in dates for word in _WORDS.findall(match[0])}
    return len(words) <= _MOST_WORDS and not _is_sentence(line.value, dated)


# Words in small letters that stand in a line of names and dates.
_SMALL = frozenset(
    """by von on am um uhr de la le el the of at par por di da del du des den der van zu
    vom y e et und and i en in le à às kl klo h st nd rd th pm min min. read lesezeit minuten
    h. g r m d""".split()
)


def _is_sentence(line: str, dated: set[str]) -> bool:
    return any(
        word[0].islower() and word not in _SMALL and fold(word) not in dated
        for word in _WORDS.findall(line)
    )


def date_in_url(url: str) -> Moment | None:
    """Return the whole date in the path of an address, None where there is none."""
    path = urlsplit(url).path.lower()
    if found := _URL_DAY_FIRST.search(path):
        return parse_date(f"{found[3]}-{found[2]}-{found[1]}")
    for pattern in _URL_DATES:
        for year, month, day in pattern.findall(path):
            moment = parse_date(f"{year}-{month}-{day}") or parse_date(
                f"{day} {month} {year}" if month.isalpha() else None
            )
            if moment:
                return Moment(moment.at, Precision.DAY)
    return None
