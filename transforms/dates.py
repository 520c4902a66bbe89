"""Dates as feeds and pages write them.

The standards (RFC 822 and 5322, ISO 8601, W3CDTF, asctime, seconds since 1970) and what
publishers make of them: other languages' month names (from CLDR), a comma too many, the
year at the end.  A moment is never guessed:

* An unknown or ambiguous zone (``IST`` is India, Ireland and Israel) makes the whole
  date unknown, as it may be half a day off.
* A time without any zone tells the day, hardly more: it is kept as if it were UTC, so
  that articles of one feed stay in order, but its precision is the day.
* ``10/06/2024`` is June or October and therefore nothing; ``25/06/2024`` is a date.
* A year or a month without a day is no date.

Whether a moment can be true is another question: :func:`plausible`.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
import zoneinfo

from babel import Locale

from transforms.records import Moment, Precision

_MAX_LENGTH = 100
"""Characters; the longest form known, a JavaScript date, has about 80."""
_EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
"""The design's rule: nothing on the web was published before the web."""
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

# Languages of the feeds that we know of; CLDR has each one's month names.
_LOCALES = (
    *("ar", "ar_LB", "ar_MA", "az", "bg", "bn", "bs", "ca", "cs", "da", "de", "el"),
    *("en", "es", "et", "eu", "fa", "fi", "fil", "fr", "ga", "gl", "he", "hi", "hr"),
    *("hu", "hy", "id", "is", "it", "ka", "kk", "ky", "lt", "lv", "mk", "ms", "mt"),
    *("nb", "ne", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sr_Latn"),
    *("sv", "sw", "ta", "th", "tr", "uk", "ur", "uz", "vi"),
)
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"

_COMMENT = re.compile(r"\([^)]*\)")
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?")
_HALF_DAYS = {"오전": "am", "午前": "am", "上午": "am"} | dict.fromkeys(
    ("오후", "午後", "下午"), "pm"
)
_HALF_DAY_FIRST = re.compile(r"\b([ap]m)\s+(\d{1,2}:\d{2}(?::\d{2})?)")
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?:t?(\d\d)(\d\d)(\d\d)?)?(?=\D|$)")
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?\.?")

_TIME = re.compile(
    r"(?:^|(?<=\d)t|[\s,]+)(?:at\s+|um\s+|à\s+|-\s+)?"
    r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?"
    r"(?:\s*(?P<half>[ap]\.?m\.?(?=\W|$)))?"
)
_ZONE = re.compile(
    r"\s*(?:(?P<name>(?:etc/)?[a-z]{1,5})\s*)?"
    r"(?:(?P<sign>[+\u2212-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?(?:\s*[a-z]{1,5})?)?"
    r"(?P<rest>[\s,]+\d{4})?\s*"
)
_SEPARATOR = r"[\s,./-]+"
_DATES = tuple(
    re.compile(form.replace("~", _SEPARATOR))
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<year>\d{4})-(?P<ordinal>\d{3})",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})",
        r"(?P<day>1[3-9]|2\d|3[01])[-/](?P<month>\d{1,2})[-/](?P<year>\d{4})",
        r"(?P<month>\d{1,2})[-/](?P<day>1[3-9]|2\d|3[01])[-/](?P<year>\d{4})",
        r"(?P<day>\d{1,2})~(?P<name>[a-z]{3})~(?P<year>\d{4}|\d\d)",
        r"(?P<name>[a-z]{3})~(?P<day>\d{1,2})~(?P<year>\d{4})",
        r"(?P<year>\d{4})~(?P<name>[a-z]{3})~(?P<day>\d{1,2})",
    )
)
_CLOCK = ("hour", "minute", "second")
_NOON = 12
_LEAP = 60
"""A leap second is shown as the 60th; datetime has no place for it."""
_CENTURY = 50
"""RFC 5322, section 4.3: a two-digit year below 50 is in this century."""


def parse_date(raw: str | None) -> Moment | None:
    """Read a date.

    Args:
      raw: What the feed or page says, in any of the forms above.

    Returns:
      The moment in UTC, with the precision that was declared; None for whatever is not
      understood without doubt, so that the caller keeps ``raw``.
    """
    text = _fold(raw or "")
    if not text:
        return None
    try:
        return _epoch(text) or _calendar(text)
    except (ValueError, OverflowError):
        return None


def plausible(at: dt.datetime, now: dt.datetime) -> bool:
    """Tell whether something seen at ``now`` can have been published ``at``.

    Args:
      at: An aware datetime, as declared.
      now: When it was fetched, aware.

    Returns:
      False before 1990 and more than a day ahead of ``now``.
    """
    return at >= _EARLIEST and at - now <= _AHEAD


def _fold(raw: str) -> str:
    if len(raw) > _MAX_LENGTH:
        return ""
    text = unicodedata.normalize("NFKC", raw).casefold()
    return " ".join(_COMMENT.sub(" ", text).split())


def _epoch(text: str) -> Moment | None:
    """Read seconds or milliseconds since 1970, where the number cannot be a date."""
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1]) if match[1] else int(match[2]) // 1000
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return Moment(at, Precision.SECOND) if at >= _EARLIEST else None


def _calendar(text: str) -> Moment | None:
    text = _EAST_ASIAN.sub(r"\1-\2-\3 ", text)
    for word, half in _HALF_DAYS.items():
        text = text.replace(word, f"{half} ")
    text = _HALF_DAY_FIRST.sub(r"\2 \1", text)
    text = _BASIC.sub(_extended, text, count=1)
    clock = _TIME.search(text)
    if clock is None:
        return Moment(_midnight(text), Precision.DAY)
    zone = _ZONE.fullmatch(text, clock.end())
    if zone is None:
        return None
    at = _midnight(text[: clock.start()] + (zone["rest"] or "")) + _since(clock)
    if not zone["name"] and not zone["sign"]:
        return Moment(at, Precision.DAY)
    precision = Precision.SECOND if clock["second"] else Precision.MINUTE
    return Moment(at - _offset(zone, at), precision)


def _extended(basic: re.Match[str]) -> str:
    year, month, day, hour, minute, second = basic.groups()
    date = f"{year}-{month}-{day}"
    if hour is None:
        return date
    return f"{date} {hour}:{minute}" + (f":{second}" if second else "")


def _since(clock: re.Match[str]) -> dt.timedelta:
    """Tell how long after midnight a time is; raises ValueError for what is none."""
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
    """Tell how far ahead of UTC a zone is; raises ValueError where that is unknown."""
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
    try:
        place = zoneinfo.ZoneInfo(_PLACES[name])
    except zoneinfo.ZoneInfoNotFoundError as error:
        raise ValueError(name) from error
    return local.replace(tzinfo=place).utcoffset() or dt.timedelta()


def _midnight(date: str) -> dt.datetime:
    """Read a date; raises ValueError for what is none."""
    date = _in_english(date)
    for form in _DATES:
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
    month = _MONTHS.index(name) // 3 + 1 if name else int(found["month"])
    return dt.datetime(year, month, int(found["day"]), tzinfo=dt.UTC)


def _in_english(date: str) -> str:
    """Write the month as English shortens it, and drop all other words.

    Of two months the first is a weekday: ``mar`` is a Tuesday in French and Spanish.
    """
    months = {
        word.start(): month for word in _WORD.finditer(date) if (month := _month(word))
    }
    last = max(months, default=-1)
    kept = _WORD.sub(lambda word: months[last] if word.start() == last else " ", date)
    return kept.strip(" ,.-")


def _month(word: re.Match[str]) -> str | None:
    name = word[0].rstrip(".")
    month = _english_months().get(name) or _foreign_months().get(name)
    return f" {_MONTHS[3 * month - 3 : 3 * month]} " if month else None


@functools.cache
def _english_months() -> dict[str, int]:
    return _month_names(("en",))


@functools.cache
def _foreign_months() -> dict[str, int]:
    return _month_names(_LOCALES)


def _month_names(locales: tuple[str, ...]) -> dict[str, int]:
    """Collect the months' names; one that means two months (listopad) means none."""
    months: dict[str, set[int]] = {}
    for locale in locales:
        for context in Locale.parse(locale).months.values():
            for width in ("wide", "abbreviated"):
                for month, name in context[width].items():
                    word = unicodedata.normalize("NFKC", name).casefold().rstrip(".")
                    months.setdefault(word, set()).add(month)
    return {name: month.pop() for name, month in months.items() if len(month) == 1}
