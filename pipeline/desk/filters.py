"""Filters: which articles are meant, said once for all commands that choose some."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transforms.codes import country_problem, language_problem
from transforms.errors import ConfigError
from transforms.text.letters import goes_on, marks

MOMENT = "coalesce(published_at, fetched_at)"
"""When an article was published, as far as is known; its partition has that day."""
# Patterns of longer texts take seconds to make, until there is no memory for them.
_MOST_LETTERS = 1_000
# Latin letters with marks, up to those of Vietnamese, and Greek ones.
_MARKED = (
    *(*range(0xC0, 0x250), *range(0x1E00, 0x1F00)),
    *(*range(0x370, 0x400), *range(0x1F00, 0x2000)),
)
# What no rule of Unicode takes apart, and people write without: strokes, the Turkish i, the
# Russian yo, the forms of alef.
_ALIKE = dict(
    zip("łøđħŧıİё\u0622\u0623\u0625\u0671", "lodhtiiе" + 4 * "\u0627", strict=True)
)
# Points and vowels that Hebrew and Arabic may leave out, and what draws a line longer.
_HEBREW, _ARABIC = "\u0591-\u05c7", "\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
_LEFT_OUT = re.compile(f"[{_HEBREW}{_ARABIC}]")
_MAY_HAVE_POINTS = (
    (re.compile("[\u05d0-\u05f2]"), f"[{_HEBREW}]*"),
    (re.compile("[\u0620-\u064a\u066e-\u06d3]"), f"[{_ARABIC}]*"),
)
# Around a phrase, as search engines want it.
_QUOTES = re.compile('["“”„«»]')
# Scripts that put no space between words: Thai to Myanmar, Khmer, those of East Asia.
_UNSPACED = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff66-\uffdc]"
)
# What is no letter, digit or mark, and what chooses how a sign looks; see text.letters.
_EDGE = r"[^\pL\pN\p{Mn}\p{Mc}]|[\x{FE00}-\x{FE0F}]"
_SITE = (
    "site = $source OR ends_with(site, '.' || $source) OR lower(source_name) = $source"
)
_NAMED = (
    'regexp_matches(name, {0}) OR regexp_matches("text", {0}) '
    "OR regexp_matches(coalesce(canonical, ''), {0})"
)


def has_words(sql: str, name: str) -> str:
    """Return the condition that a text has words.

    Args:
      sql: The text: a column, since it is computed several times.
      name: Of the words' parameters, see :meth:`Words.parameters`.
    """
    # DuckDB looks for the words alone several times as fast as for their edges, too, and
    # as much faster where no letter can have a mark.
    return (
        f"(CASE WHEN strlen({sql}) = length({sql}) "
        f"THEN regexp_matches({sql}, ${name}_ascii) "
        f"ELSE regexp_matches({sql}, ${name}_inside) END "
        f"AND regexp_matches({sql}, ${name}))"
    )


def check_words(option: str, value: str) -> None:
    """Raise ConfigError where a text has no word, or is longer than a pattern may be.

    Args:
      option: What it was given for.
      value: The text.
    """
    if len(value) > _MOST_LETTERS:
        raise ConfigError(f"{option}: give at most {_MOST_LETTERS:,} characters")
    if not any(map(str.isalnum, value)):
        raise ConfigError(f"{option} {value!r}: give a word")


@dataclasses.dataclass(frozen=True, slots=True)
class Filters:
    """What articles must have; None for what does not matter.

    Attributes:
      since: Published from then on; fetched, where that is not known.
      until: Published before then.
      language: In this language, a BCP 47 primary subtag.
      country: They name this country, ISO 3166-1 alpha-2.
      person: They name this person, in any spelling that leads to the same one.
      organization: They name this organisation, likewise.
      source: Of this site, or of a publication of this name.
      text: They have these words, one after another, in title or text.

    Raises:
      ConfigError: When a country or a language is none.
    """

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    language: str | None = None
    country: str | None = None
    person: str | None = None
    organization: str | None = None
    source: str | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        for option, code, problem in (
            ("country", self.country and self.country.upper(), country_problem),
            ("language", self.language and self.language.lower(), language_problem),
        ):
            wrong = problem(code) if code is not None else None
            if wrong is not None:
                raise ConfigError(f"--{option} {code!r}: {wrong}")
        for option in ("person", "organization", "source", "text"):
            value = getattr(self, option)
            if value is not None:
                check_words(f"--{option}", value)

    def where(self, view: str = "articles") -> tuple[str, dict[str, Any]]:
        """Return a condition, and its parameters.

        Args:
          view: What it is of: ``articles``, or ``versions``.
        """
        conditions = [*self._days(), *self._values(), *self._names()]
        if self.source is not None:
            days = "".join(f" AND {one}" for one in self._days())
            has_site = f"id IN (SELECT id FROM articles WHERE ({_SITE}){days})"  # noqa: S608 - ours
            conditions.append(_SITE if view == "articles" else has_site)
        return " AND ".join(
            f"({one})" for one in conditions
        ) or "true", self._parameters()

    def views(self) -> tuple[str, ...]:
        """Return the views that the condition is of; each takes time to open."""
        has_names = self.person is not None or self.organization is not None
        return ("articles", "mentions") if has_names else ("articles",)

    def may_have(self, day: dt.date) -> bool:
        """Return whether articles of a partition may be meant."""
        values = self._parameters()
        first: dt.date = values.get("since_day", day)
        last: dt.date = values.get("until_day", day)
        return first <= day <= last

    def _days(self) -> Iterator[str]:
        """Yield conditions on partitions, which spare files, be they days or months."""
        if self.since is not None:
            yield "date >= $since_day"
        if self.until is not None:
            yield "date <= $until_day"

    def _values(self) -> Iterator[str]:
        if self.since is not None:
            yield f"{MOMENT} >= $since"
        if self.until is not None:
            yield f"{MOMENT} < $until"
        if self.language is not None:
            yield "language = $language"
        if self.country is not None:
            yield "list_contains(country_codes, $country)"
        if self.text is not None:
            yield f"{has_words('title', 'text')} OR {has_words('text', 'text')}"

    def _names(self) -> Iterator[str]:
        days = "".join(f" AND {one}" for one in self._days())
        for kind, option in (("PER", "person"), ("ORG", "organization")):
            if getattr(self, option) is None:
                continue
            named = _NAMED.format(f"${option}")
            of = f"SELECT {{}} FROM mentions WHERE type = '{kind}'{days}"  # noqa: S608 - ours
            # One canonical spelling stands for all that other articles have.
            same = f"{of.format('canonical')} AND canonical IS NOT NULL AND ({named})"
            yield f"id IN ({of.format('id')} AND ({named} OR canonical IN ({same})))"

    def _parameters(self) -> dict[str, Any]:
        values = {
            "since": self.since,
            "until": self.until,
            "since_day": self.since
            and self.since.astimezone(dt.UTC).date().replace(day=1),
            "until_day": self.until and self.until.astimezone(dt.UTC).date(),
            "language": self.language and self.language.lower(),
            "country": self.country and self.country.upper(),
            "source": self.source and self.source.strip().lower(),
            "person": self.person and Words(self.person).re2(),
            "organization": self.organization and Words(self.organization).re2(),
        }
        found: dict[str, Any] = {
            name: value for name, value in values.items() if value is not None
        }
        if self.text is not None:
            found |= Words(self.text, is_beginning=True).parameters("text")
        return found


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """Words one after another, in any case, with marks on letters or without.

    Attributes:
      text: The words.
      is_beginning: The last may be the beginning of one.
    """

    text: str
    is_beginning: bool = False

    def re2(self) -> str:
        """Return the pattern for DuckDB, to which letters beyond ASCII are no word."""
        before = "" if self._first_is_unspaced() else rf"(?:^|{_EDGE})"
        after = "" if self._last_is_open() else rf"(?:$|{_EDGE})"
        return f"(?i){before}{self._body()}{after}"

    def parameters(self, name: str) -> dict[str, str | None]:
        """Return what :func:`has_words` needs.

        The pattern, that of the words alone, and the latter for texts that are ASCII: None
        where no such text has the words.
        """
        return {
            name: self.re2(),
            f"{name}_inside": f"(?i){self._body()}",
            f"{name}_ascii": self._ascii_body(),
        }

    def compiled(self) -> re.Pattern[str]:
        """Return the same for Python; it matches the words alone."""
        before = "" if self._first_is_unspaced() else rf"(?<![^\W_])(?<![{marks()}])"
        after = "" if self._last_is_open() else rf"(?![^\W_]|[{marks()}])"
        return re.compile(f"(?i){before}{self._body()}{after}")

    def _body(self) -> str:
        return r"\s+".join("".join(map(_spellings, word)) for word in self._words())

    def _words(self) -> list[str]:
        """Return the words as they are looked for."""
        text = _QUOTES.sub(" ", unicodedata.normalize("NFC", self.text))
        return _LEFT_OUT.sub("", text).split()

    def _ascii_body(self) -> str | None:
        letters = [[_ascii(letter) for letter in word] for word in self._words()]
        if not all(map(all, letters)):
            return None
        return "(?i)" + r"\s+".join(re.escape("".join(map(str, w))) for w in letters)

    def _first_is_unspaced(self) -> bool:
        return _has_no_edge("".join(self._words())[:1])

    def _last_is_open(self) -> bool:
        return self.is_beginning or _has_no_edge("".join(self._words())[-1:])


def _has_no_edge(letter: str) -> bool:
    return not goes_on(letter) or _UNSPACED.match(letter) is not None


@functools.cache
def _spellings(letter: str) -> str:
    """Return the pattern for a letter, with marks or without."""
    if letter in "'’":
        return "['’]"
    bare = _bare(letter)
    marked = _marked().get(bare, ())
    points = next((sets for of, sets in _MAY_HAVE_POINTS if of.match(letter)), "")
    return (f"[{bare}{''.join(marked)}]" if marked else re.escape(letter)) + points


def _ascii(letter: str) -> str | None:
    """Return how ASCII writes what a letter's pattern matches, None where it cannot."""
    if letter in "'’":
        return "'"
    # In any case: a long s is an s.
    forms = (_bare(letter), letter, letter.upper(), letter.casefold())
    return next((form for form in forms if len(form) == 1 and form.isascii()), None)


def _bare(letter: str) -> str:
    """Return a letter without its marks, in small letters."""
    known = _ALIKE.get(letter) or _ALIKE.get(letter.lower())
    return known or unicodedata.normalize("NFD", letter.lower())[0]


@functools.cache
def _marked() -> Mapping[str, Sequence[str]]:
    """Return the letters with marks, in small letters, by those without."""
    found: dict[str, list[str]] = {}
    for letter, bare in _ALIKE.items():
        found.setdefault(bare, []).append(letter)
    for code in _MARKED:
        letter = chr(code)
        bare = _bare(letter)
        is_new = letter not in _ALIKE and letter.islower() and bare != letter
        if is_new and bare.isalpha():
            found.setdefault(bare, []).append(letter)
    return found
