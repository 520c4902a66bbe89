"""Dates as feeds and pages write them.

The standards (RFC 822 and 5322, ISO 8601, W3CDTF, asctime, seconds since 1970) and what
publishers make of them: other languages' month names (from CLDR), a comma too many, the
year at the end.  A moment is never guessed:

* A time that is not understood, and one in an unknown or ambiguous zone (``IST`` is
  India, Ireland and Israel), leaves the day that is written.
* A time without any zone gives the day, hardly more: it is kept as if it were UTC, so
  that articles of one feed stay in order, but its precision is the day.
* ``10/06/2024`` is June or October and therefore nothing, unless the reader knows in
  which order the page's language writes; ``25/06/2024`` is a date.
* A year or a month without a day is no date.
* Years of the Buddhist calendar (2569 is 2026) are counted back.

Whether a moment can be true is another question: :func:`plausible`.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import zoneinfo

from transforms.listings import Moment
from transforms.text import calendars
from transforms.vocabulary import Precision

LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
"""Before any moment."""

_MAX_LENGTH = 100
"""Characters; the longest form known, a JavaScript date, has about 80."""
_EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
"""Nothing on the web was published before the web."""
_AHEAD = dt.timedelta(days=1)
"""Slack for clocks and for days that begin earlier in the east."""

# Names by hours east of Greenwich: RFC 822's own, and those which the tz database uses
# with one meaning only or which are in common use with one.
_NAMES: dict[float, str] = {
    -10: "hst",
    -9: "akst",
    -8: "pst akdt",
    -7: "mst pdt",
    -6: "cst mdt",
    -5: "est cdt cot pet",
    -4: "edt ast vet",
    -3.5: "nst",
    -3: "adt brt art",
    -2.5: "ndt",
    -2: "brst",
    0: "z ut utc gmt wet etc/utc etc/gmt",
    1: "cet met mez bst west wat",
    2: "cest mest mesz eet cat sast",
    3: "eest msk trt idt eat",
    3.5: "irst",
    5: "pkt",
    5.75: "npt",
    7: "ict wib",
    8: "hkt sgt myt awst wita",
    9: "jst kst wit",
    9.5: "acst",
    10: "aest",
    10.5: "acdt",
    11: "aedt",
    12: "nzst",
    13: "nzdt",
}
_OFFSETS = {
    name: dt.timedelta(hours=hours)
    for hours, names in _NAMES.items()
    for name in names.split()
}
_UNIVERSAL = (None, "utc", "gmt", "ut", "z")
# Names for standard and summer time together: the date decides.
_PLACES = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
_MAX_OFFSET = 14 * 60
"""Minutes; Kiribati is the farthest from Greenwich."""

_COMMENT = re.compile(r"\([^)]*\)")
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?")
_EAST_ASIAN_TIME = re.compile(
    r"(\d{1,2})\s*[時时시点點]\s*(\d{1,2})\s*[分분](?:\s*(\d{1,2})\s*[秒초])?"
)
_OCLOCK = re.compile(r"(?<=\d\d)\s?(?:uhr|hrs?|hs|h(?!\s?\d)|น)\.?(?=\W|$)")
_HALF_DAYS = {"오전": "am", "午前": "am", "上午": "am"} | dict.fromkeys(
    ("오후", "午後", "下午"), "pm"
)
_HALF_DAY_FIRST = re.compile(r"\b([ap]m)\s+(\d{1,2}:\d{2}(?::\d{2})?)")
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?:t?(\d\d)(\d\d)(\d\d)?)?(?=\D|$)")
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})")

_TIME = re.compile(
    r"(?:^|(?<=\d)t|[\s,]+)(?:(?:at|um|a|as|alle|kl|klo|o|-)\.?\s+)?"
    r"(?P<hour>\d{1,2})(?::|\s?h\s?)(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?"
    r"(?:\s*(?P<half>[ap]\.?m\.?(?=\W|$)))?"
)
# Nordic and Indonesian papers write a time with points: only behind a whole date.
_POINTED_TIME = re.compile(
    r"(?<=\d{4})[\s,-]+(?:(?:at|um|kl|klo|ore|pukul|alle)\.?\s+)?"
    r"(?P<hour>\d{1,2})\.(?P<minute>\d{2})(?:\.(?P<second>\d{2}))?(?P<part>)(?P<half>)"
    r"(?=\s|,|$)"
)
_OFFSET = re.compile(r"[+\u2212-]\d{1,2}:?(?:\d{2})?(?=\s|$)")
_ZONE = re.compile(
    r"\s*(?:(?P<place>[a-z_]{2,20}/[a-z_]{2,30}(?:/[a-z_]{2,30})?)"
    r"|(?:(?P<name>(?:etc/)?[a-z]{1,5})\s*)?"
    r"(?:(?P<sign>[+\u2212-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?"
    r"(?:\s*[a-z]{1,5}|\+00:?00)?)?)"
    r"(?P<rest>[\s,]+\d{4})?\s*"
)
_SEPARATOR = r"[\s,./-]+"
_DATES = tuple(
    re.compile(form.replace("~", _SEPARATOR))
    for form in (
        r"(?P<year>\d{4})\s?[-/.]\s?(?P<month>\d{1,2})\s?[-/.]\s?(?P<day>\d{1,2})\.?",
        r"(?P<year>\d{4})-(?P<ordinal>\d{3})",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})",
        r"(?P<day>1[3-9]|2\d|3[01])[-/](?P<month>\d{1,2})[-/](?P<year>\d{4})",
        r"(?P<month>\d{1,2})[-/](?P<day>1[3-9]|2\d|3[01])[-/](?P<year>\d{4})",
        r"(?P<day>\d{1,2})~(?P<name>[a-z]{3})~(?P<year>\d{4}|\d\d)",
        r"(?P<name>[a-z]{3})~(?P<day>\d{1,2})~(?P<year>\d{4})",
        r"(?P<year>\d{4})~(?P<name>[a-z]{3})~(?P<day>\d{1,2})",
        r"(?P<year>\d{4})~(?P<day>\d{1,2})~(?P<name>[a-z]{3})",
    )
)
_SOLAR = re.compile(r"(?P<day>\d{1,2})\s*/(?P<month>\d{1,2})/\s*(?P<year>1[34]\d{2})")
_BY_ORDER = {
    True: re.compile(r"(?P<day>\d{1,2})[-/](?P<month>\d{1,2})[-/](?P<year>\d{4})"),
    False: re.compile(r"(?P<month>\d{1,2})[-/](?P<day>\d{1,2})[-/](?P<year>\d{4})"),
}
_CLOCK = ("hour", "minute", "second")
_NOON = 12
_LEAP = 60
"""A leap second is shown as the 60th; datetime has no place for it."""
_CENTURY = 50
"""RFC 5322, section 4.3: a two-digit year below 50 is in this century."""


def parse_date(raw: str | None, *, day_first: bool | None = None) -> Moment | None:
    """Read a date.

    Args:
      raw: What the feed or page says, in any of the forms above.
      day_first: How the language of the page writes ``10/06/2024``; None where that
        is unknown.

    Returns:
      The moment in UTC, with the precision that was declared; None for whatever is not
      understood without doubt, so that the caller keeps ``raw``.
    """
    text = _without_comments(raw or "")
    if not text:
        return None
    try:
        return _epoch(text) or _calendar(text, day_first=day_first)
    except (ValueError, OverflowError):
        return None


def plausible(at: dt.datetime, now: dt.datetime) -> bool:
    """Return whether something seen at ``now`` can have been published ``at``.

    Args:
      at: An aware datetime, as declared.
      now: When it was fetched, aware.

    Returns:
      False before 1990 and more than a day ahead of ``now``.
    """
    return at >= _EARLIEST and at - now <= _AHEAD


def _without_comments(raw: str) -> str:
    if len(raw) > _MAX_LENGTH:
        return ""
    return " ".join(_COMMENT.sub(" ", calendars.unaccented(raw)).split())


def _epoch(text: str) -> Moment | None:
    """Read seconds or milliseconds since 1970, where the number cannot be a date."""
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1]) if match[1] else int(match[2]) // 1000
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return Moment(at, Precision.SECOND) if at >= _EARLIEST else None


def _calendar(text: str, *, day_first: bool | None) -> Moment | None:
    if not text.isascii():
        text = _EAST_ASIAN.sub(r"\1-\2-\3 ", text)
        text = _EAST_ASIAN_TIME.sub(_colons, text)
        for word, half in _HALF_DAYS.items():
            text = text.replace(word, f"{half} ")
    text = _OCLOCK.sub("", _HALF_DAY_FIRST.sub(r"\2 \1", text))
    text = _BASIC.sub(_extended, text, count=1)
    clock = _TIME.search(text) or _POINTED_TIME.search(text)
    if clock is None:
        return Moment(_midnight(text, day_first=day_first), Precision.DAY)
    zone = _ZONE.fullmatch(text, clock.end())
    before = text[: clock.start()]
    if zone is None:
        # What follows the time is not understood: the day may stand on either side.
        after = _OFFSET.sub(" ", text[clock.end() :])
        return Moment(
            _midnight(f"{before} {after}", day_first=day_first), Precision.DAY
        )
    day = _midnight(before + (zone["rest"] or ""), day_first=day_first)
    is_named = any(zone[part] for part in ("name", "sign", "place"))
    try:
        at = day + _since(clock)
        if not is_named:
            return Moment(at, Precision.DAY)
        precision = Precision.SECOND if clock["second"] else Precision.MINUTE
        return Moment(at - _offset(zone, at), precision)
    except ValueError:
        return Moment(day, Precision.DAY)


def _colons(clock: re.Match[str]) -> str:
    """Write the time of an East Asian language with colons."""
    return " " + ":".join(part for part in clock.groups() if part) + " "


def _extended(basic: re.Match[str]) -> str:
    year, month, day, hour, minute, second = basic.groups()
    date = f"{year}-{month}-{day}"
    if hour is None:
        return date
    return f"{date} {hour}:{minute}" + (f":{second}" if second else "")


def _since(clock: re.Match[str]) -> dt.timedelta:
    """Return how long after midnight a time is; raises ValueError if it is not a time."""
    hour, minute, second = (int(clock[part] or 0) for part in _CLOCK)
    if clock["half"]:
        if not 1 <= hour <= _NOON:
            raise ValueError(hour)
        hour = hour % _NOON + (_NOON if clock["half"].startswith("p") else 0)
    if (hour, minute, second) == (24, 0, 0):
        return dt.timedelta(days=1)
    if second == _LEAP:
        second -= 1
    dt.time(hour, minute, second)
    microsecond = int((clock["part"] or "")[:6].ljust(6, "0"))
    return dt.timedelta(0, second, microsecond, 0, minute, hour)


def _offset(zone: re.Match[str], local: dt.datetime) -> dt.timedelta:
    """Return how far ahead of UTC a zone is; raises ValueError if that is unknown."""
    if zone["place"]:
        return _offset_at(_all_places().get(zone["place"], zone["place"]), local)
    name = zone["name"]
    if zone["sign"]:
        minutes = int(zone["hours"]) * 60 + int(zone["minutes"] or 0)
        if name not in _UNIVERSAL or minutes > _MAX_OFFSET:
            raise ValueError(zone[0])
        return dt.timedelta(minutes=minutes if zone["sign"] == "+" else -minutes)
    if name in _OFFSETS:
        return _OFFSETS[name]
    if name not in _PLACES:
        raise ValueError(name)
    return _offset_at(_PLACES[name], local)


def _offset_at(place: str, local: dt.datetime) -> dt.timedelta:
    """Return the offset of a place of the tz database; ValueError for no such place."""
    try:
        zone = zoneinfo.ZoneInfo(place)
    except (zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(place) from error
    return local.replace(tzinfo=zone).utcoffset() or dt.timedelta()


@functools.cache
def _all_places() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def _midnight(date: str, *, day_first: bool | None) -> dt.datetime:
    """Read a date; raises ValueError if it is not one."""
    if not date.isascii() and calendars.is_solar_month(date):
        date = calendars.solar_months_as_numbers(date)
    date = calendars.in_english(date)
    ordered = () if day_first is None else (_BY_ORDER[day_first],)
    for form in (*_DATES, *ordered, _SOLAR):
        if match := form.fullmatch(date):
            break
    else:
        raise ValueError(date)
    found = match.groupdict()
    year = int(found["year"])
    if len(found["year"]) == 2:  # noqa: PLR2004 - two digits
        year += 2000 if year < _CENTURY else 1900
    if ordinal := found.get("ordinal"):
        first = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
        at = first + dt.timedelta(days=int(ordinal) - 1)
        if at.year != year:
            raise ValueError(date)
        return at
    name = found.get("name")
    month = calendars.SHORT_MONTHS.index(name) // 3 + 1 if name else int(found["month"])
    return calendars.gregorian(year, month, int(found["day"]))
