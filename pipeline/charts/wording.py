"""Wording: codes, days and counts as people say them."""

from __future__ import annotations

import datetime as dt
import functools

from babel import Locale

from pipeline.charts.markup import UNKNOWN

# Characters of a name in a sentence.
_SHOWN = 60
_DAY = dt.timedelta(days=1)
TYPES = {"PER": "person", "ORG": "organisation", "LOC": "place"}
"""The types of names that are ranked."""
_OUTCOMES = {
    "news": "brought news",
    "unchanged": "unchanged",
    "later": "not asked: wants to be left alone",
    "robots": "not asked: robots.txt",
    "http_error": "HTTP error",
    "name": "unknown host",
    "connect": "no connection",
    "tls": "TLS failed",
    "not_a_feed": "not a feed",
}


@functools.cache
def _english() -> Locale:
    return Locale("en")


def country(code: str | None) -> str:
    """Return the English name of a country, by CLDR."""
    return UNKNOWN if code is None else str(_english().territories.get(code, code))


def language(code: str | None) -> str:
    """Return the English name of a language, by CLDR."""
    return UNKNOWN if code is None else str(_english().languages.get(code, code))


def outcome(name: str | None) -> str:
    """Return how a feed answered, in words."""
    if name is None:
        return UNKNOWN
    return _OUTCOMES.get(name, name[:_SHOWN].replace("_", " "))


def day(moment: dt.datetime) -> str:
    """Return a day: 7 October 2025."""
    return f"{moment.day} {moment:%B %Y}"


def days(first: dt.datetime, closes: dt.datetime) -> str:
    """Return the days from one until before another: 3 to 9 October 2025."""
    last = closes - _DAY
    if first.date() == last.date():
        return day(first)
    start = f"{first.day}"
    if (first.month, first.year) != (last.month, last.year):
        start = f"{first.day} {first:%B}"
    if first.year != last.year:
        start = day(first)
    return f"{start} to {day(last)}"


def listed(names: list[str]) -> str:
    """Return names as a list in a sentence: France, Iraq and Japan."""
    names = [name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…" for name in names]
    if len(names) < 2:  # noqa: PLR2004 - one name is a list already
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
