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

from transforms.listings import Moment
from transforms.page.datelines import OTHER_DAY, dates_in_line, label
from transforms.page.datemarks import Dated
from transforms.page.jsonld import Node, as_list
from transforms.page.landmarks import Landmarks
from transforms.text.calendars import unaccented
from transforms.text.dates import parse_date, plausible
from transforms.vocabulary import DateSource, Precision

TRUST = tuple(DateSource)
"""Who is credible about the date of publication, the most trustworthy first.

The feed's entry or the record of the file; the page's own node of JSON-LD; ``meta``
elements; ``time`` elements of the article; a visible line by the headline or byline; a
whole date in the path of the address; last the feed's date of change, where the entry
has no other.
"""

# The first is the most specific: a bare "date" may be any.
META_PUBLISHED = (
    "article:published_time og:published_time og:article:published_time"
    " article:published article.published rnews:datepublished datepublished"
    " date_published parsely-pub-date sailthru.date cxenseparse:publishtime"
    " cxenseparse:recs:publishtime bt:pubdate dc.date.issued dcterms.issued"
    " citation_online_date pubdate citation_publication_date citation_date"
    " publish-date publishdate publication_date publication-date"
    " article_date_original og:pubdate dcterms.created dc.date.created datecreated"
    " dc.created date.created dcterms.date dc.date date"
).split()
META_MODIFIED = (
    "article:modified_time og:updated_time og:article:modified_time datemodified"
    " dcterms.modified dc.date.modified last-modified lastmod"
).split()

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
    titles: Iterable[str] = (),
    day_first: bool | None,
) -> Iterator[Declaration]:
    """Yield what a page declares of its publication, the most trustworthy first.

    Args:
      article: The page's own node of JSON-LD.
      meta: Its ``meta`` elements by lower-case name.
      landmarks: What stands on it.
      urls: Its addresses.
      titles: What its head calls it.
      day_first: How its language writes ``10/06/2024``.
    """
    lines = landmarks.lines
    in_order: tuple[tuple[DateSource, Iterable[Moment | None]], ...] = (
        (
            DateSource.JSON_LD,
            map(read_moment, _of(article, "datePublished", "dateCreated")),
        ),
        (
            DateSource.META,
            (
                _of_meta(meta.get(name), lines, day_first=day_first)
                for name in META_PUBLISHED
            ),
        ),
        (DateSource.JSON_LD, map(read_moment, _of(article, "uploadDate"))),
        (DateSource.TIME, _by_time(landmarks.times, day_first=day_first)),
        (DateSource.BYLINE, _by_line(lines, day_first=day_first)),
        (DateSource.BYLINE, _by_title(titles, day_first=day_first)),
        (DateSource.URL, map(date_in_url, urls)),
    )
    for source, moments in in_order:
        for moment in moments:
            if moment:
                yield Declaration(moment, source)


def credible(
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
        not time.is_published and label(time.before) is DateSource.UPDATED
    )


def _by_time(times: Iterable[Dated], *, day_first: bool | None) -> Iterator[Moment]:
    """Yield the moments of ``time`` elements: called so, by the headline, or the only."""
    read = [
        (time, moment)
        for time in times
        if not _tells_change(time) and not OTHER_DAY.search(unaccented(time.before))
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
    """Yield the moments of lines: by the headline, else where all say the same day.

    Elsewhere lines that call their date one of publication go first.
    """
    near: list[Moment] = []
    labelled: list[Moment] = []
    far: list[Moment] = []
    for line in lines:
        found = labelled if line.is_labelled else far
        for moment, is_change in dates_in_line(line, day_first=day_first):
            if not is_change:
                (near if line.is_near else found).append(moment)
    yield from near
    for moments in (labelled, far):
        if len({moment.at.date() for moment in moments}) == 1:
            yield from moments


_TITLE_JOINT = re.compile(r"\s+[|–—-]\s+")
_LEAST_PARTS = 3


def _by_title(titles: Iterable[str], *, day_first: bool | None) -> Iterator[Moment]:
    """Yield the days behind headline and site: ``Gates shut | DW | 02.03.2026``."""
    for title in titles:
        parts = _TITLE_JOINT.split(title)
        if len(parts) >= _LEAST_PARTS:
            moment = parse_date(parts[-1], day_first=day_first)
            if moment:
                yield moment


# Where a template writes days as another language does.
_EITHER_ORDER = re.compile(r"\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}(?!\d)")


def _of_meta(
    value: str | None, lines: Iterable[Dated], *, day_first: bool | None
) -> Moment | None:
    """Read a date of a ``meta`` element: 11/01/2026 as a line of the page confirms it."""
    moment = parse_date(value, day_first=day_first)
    if value is None or not _EITHER_ORDER.match(value):
        return moment
    readings = [parse_date(value, day_first=order) for order in (True, False)]
    written = {at.at.date() for at in _by_line(lines, day_first=day_first)}
    confirmed = [one for one in readings if one and one.at.date() in written]
    return confirmed[0] if len(confirmed) == 1 else moment


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
