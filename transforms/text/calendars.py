"""Months and years as the world writes them, for :mod:`transforms.text.dates`.

Month names come from CLDR, in every language in which we know news.  They are read in any
spelling: with or without accents, hamza or nukta, and with the endings and prefixes that
they have in dates (``martxoaren``, ``במרץ``, ``d'abril``).  A name that means different
months in two languages (``listopad``) is not read.  Years of the Buddhist and of the
Iranian solar calendar are recognised by their size.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata

from babel import Locale
from babel.core import UnknownLocaleError

from transforms.text.strings import stream_safe

SHORT_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"

# Languages of the news that we know of; CLDR has each one's month names.
_LOCALES = (
    "af am ar ar_LB ar_MA as az be bg bn bs ca cs cy da de de_AT el en es et eu fa"
    " fi fil fr ga gl gu ha he hi hr hu hy id is it ka kk km kn ky lo lt lv mk ml mn"
    " mr ms mt my nb ne nl or pa pl ps pt ro ru si sk sl so sq sr sr_Latn sv sw ta te"
    " tg th tr uk ur uz vi zu"
).split()
# What CLDR leaves out: common spellings of newspapers.
_MORE_NAMES = {
    2: "फरबरी ফেব্রুয়ারি",
    1: "জানুয়ারি",
    4: "nisan abril",
    5: "mayis",
    6: "haziran",
    8: "আগস্ট",
    9: "setembre septembrie sept setiembre",
}
_SOLAR_MONTHS = (
    *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
    *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
)
_VIETNAMESE = re.compile(
    r"\b(?:t[2-7]|cn|thu\s+(?:[2-7]|\w+)|chu\s+nhat|ngay|nam)\b[,.]?"
    r"|\bth(?:g|ang)?\.?\s*(?P<month>\d{1,2})\b"
    r"|\bthang\s+(?P<word>muoi mot|muoi hai|gieng|mot|hai|ba|tu|nam|sau|bay|tam|chin"
    r"|muoi)\b"
)
_VIETNAMESE_WORDS = {"gieng": 1, "muoi mot": 11, "muoi hai": 12} | {
    word: month
    for month, word in enumerate("mot hai ba tu nam sau bay tam chin muoi".split(), 1)
}
_IS_VIETNAMESE = re.compile(r"\bth(?:g|ang)?\.?\s*\d|\bthang\s")
_COMPOUND_PARTS = re.compile(r"[\s.-]")
# A word goes on over the signs that combine with its letters.
_WORD = re.compile(r"[^\W\d_](?:[^\s\d_,;:/()|.–—-])*\.?")
_ANY_WORD = re.compile(r"\w+")
# Shorter names are the beginning of too many other words.
_LONGEST_ENDING = 4
_INFLECTED_NAME = 5
# Nukta, the signs of Arabic vowels, and from 200 on accents of every kind.
_NUKTA = 7
_ARABIC_SIGNS = range(27, 36)
_ACCENTS = 200

_OTHER_SPELLINGS = str.maketrans("ىیکı،、", "ييكi,,")

_BUDDHIST = range(2_500, 2_600)
_BUDDHIST_AHEAD = 543
# From 1990 on; the years after 1410 may as well be of the lunar calendar.
_SOLAR = range(1_369, 1_411)


def unaccented(text: str) -> str:
    """Return ``text`` in lower case, ASCII digits and without accents.

    Signs that make another letter of one, as the vowels of Thai and Hindi, stay.
    """
    text = unicodedata.normalize("NFKC", stream_safe(text)).casefold()
    if text.isascii():
        return text
    text = "".join(_plain_digit(c) for c in unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", text).translate(_OTHER_SPELLINGS)


def words_of(text: str) -> str:
    """Return the words of ``text``, folded: what two spellings of it have in common."""
    return " ".join(_ANY_WORD.findall(unaccented(text)))


def _plain_digit(character: str) -> str:
    if character.isascii():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    combining = unicodedata.combining(character)
    is_accent = combining >= _ACCENTS or combining in _ARABIC_SIGNS
    return "" if is_accent or combining == _NUKTA else character


def in_english(date: str) -> str:
    """Write the month as English shortens it, and drop all other words.

    Of two months the first is a weekday: ``mar`` is a Tuesday in French and Spanish.

    Args:
      date: A folded date.
    """
    if not date.isascii() or "th" in date:
        date = _simplified(date)
    months = {
        word.start(): month
        for word in _WORD.finditer(date)
        if (month := month_named(word[0]))
    }
    last = max(months, default=-1)

    def shortened(word: re.Match[str]) -> str:
        return f" {_short(months[last])} " if word.start() == last else " "

    return _WORD.sub(shortened, date).strip(" ,.-'\u2019")


def _simplified(date: str) -> str:
    """Write months of several words or with points in them in English."""
    if _IS_VIETNAMESE.search(date):
        date = _VIETNAMESE.sub(_vietnamese, date)
    if date.isascii():
        return date
    compounds, pattern = _compounds()
    return pattern.sub(lambda name: f" {_short(compounds[name[0]])} ", date)


def _vietnamese(part: re.Match[str]) -> str:
    if part["month"]:
        month = int(part["month"])
        return f" {_short(month)} " if 1 <= month <= 12 else part[0]  # noqa: PLR2004
    return f" {_short(_VIETNAMESE_WORDS[part['word']])} " if part["word"] else " "


def _short(month: int) -> str:
    return SHORT_MONTHS[3 * month - 3 : 3 * month]


def month_named(word: str) -> int | None:
    """Return the month that a folded word names, 1 to 12; None for another word."""
    word = word.rstrip(".")
    month = _english_months().get(word)
    if month or word.isdecimal():
        return month
    names = _foreign_months()
    for form in (word, word.rpartition("'")[2], word.rpartition("\u2019")[2]):
        if form in names:
            return names[form]
    if word.startswith("ב") and word[1:] in names:
        return names[word[1:]]
    for end in range(len(word) - 1, len(word) - _LONGEST_ENDING - 1, -1):
        if end >= _INFLECTED_NAME and word[:end] in names:
            return names[word[:end]]
    return None


def is_solar_month(text: str) -> bool:
    """Return whether a folded text names a month of the Iranian calendar."""
    return any(name in _solar_months() for name in text.split())


def solar_months_as_numbers(text: str) -> str:
    """Write the months of the Iranian calendar in a folded text as numbers."""
    months = _solar_months()
    return " ".join(
        f"/{months[word]}/" if word in months else word for word in text.split()
    )


@functools.cache
def _solar_months() -> dict[str, int]:
    return {unaccented(name): number for number, name in enumerate(_SOLAR_MONTHS, 1)}


def gregorian(year: int, month: int, day: int) -> dt.datetime:
    """Return the midnight of a date in any of the calendars.

    Raises:
      ValueError: For what is no date.
    """
    if year in _SOLAR:
        return _from_solar(year, month, day)
    if year in _BUDDHIST:
        year -= _BUDDHIST_AHEAD
    return dt.datetime(year, month, day, tzinfo=dt.UTC)


# The day before the first of Farvardin 1369, the first year taken: 1990-03-21.
_SOLAR_EPOCH = dt.date(1990, 3, 20).toordinal()
_LEAP_YEARS = frozenset({1370, 1375, 1379, 1383, 1387, 1391, 1395, 1399, 1403, 1408})


def _from_solar(year: int, month: int, day: int) -> dt.datetime:
    """Read a date of the Iranian calendar: six months of 31 days, then of 30."""
    longest = 31 if month <= 6 else 30 if month < 12 or year in _LEAP_YEARS else 29  # noqa: PLR2004
    if not (1 <= month <= 12 and 1 <= day <= longest):  # noqa: PLR2004
        raise ValueError(day)
    years = year - _SOLAR.start
    leaps = sum(leap < year for leap in _LEAP_YEARS)
    days = 365 * years + leaps + 30 * (month - 1) + min(month - 1, 6) + day
    date = dt.date.fromordinal(_SOLAR_EPOCH + days)
    return dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC)


@functools.cache
def day_comes_first(language: str) -> bool | None:
    """Return whether a language writes the day first in ``10/06/2024``; None if unknown.

    Args:
      language: As a page declares it, ``pt-BR`` or ``fr``.
    """
    tag = language.strip().replace("-", "_")
    try:
        locale = Locale.parse(tag)
    except (ValueError, UnknownLocaleError):
        return None
    if locale.language == "en" and locale.territory is None:
        return None
    pattern = locale.date_formats["short"].pattern.casefold()
    positions = sorted((pattern.find(sign), sign) for sign in "dmy")
    order = "".join(sign for _, sign in positions)
    return {"dmy": True, "mdy": False}.get(order)


def load_months() -> None:
    """Read the names of months in every language, which takes most of a second."""
    _english_months()
    _compounds()


@functools.cache
def _english_months() -> dict[str, int]:
    return _month_names(["en"])


@functools.cache
def _foreign_months() -> dict[str, int]:
    return _month_names(_LOCALES)


@functools.cache
def _compounds() -> tuple[dict[str, int], re.Pattern[str]]:
    names = {
        name: month
        for name, month in _foreign_months().items()
        if _COMPOUND_PARTS.search(name) and not name.isascii()
    }
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(rf"{re.escape(name)}\.?" for name in longest_first)
    spelled = {f"{name}.": month for name, month in names.items()} | names
    return spelled, re.compile(pattern)


def _month_names(locales: list[str]) -> dict[str, int]:
    """Collect the months' names; one that means two months (listopad) means none."""
    months: dict[str, set[int]] = {}
    for locale in locales:
        for context in Locale.parse(locale).months.values():
            for width in ("wide", "abbreviated"):
                for month, name in context[width].items():
                    months.setdefault(unaccented(name).rstrip(".॰"), set()).add(month)
    if locales == _LOCALES:
        for month, names in _MORE_NAMES.items():
            for name in names.split():
                months.setdefault(unaccented(name), set()).add(month)
    return {
        name: month.pop()
        for name, month in months.items()
        if len(month) == 1 and not name.isdecimal()
    }
