"""Codes of countries and languages, and what was meant by a text that is not one.

The names and the codes in other use (``UK``, ``FRA``, ``ger``) are those of CLDR, which
Babel provides.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Mapping

from babel import Locale
from babel.core import get_global

# CLDR lists them beside the countries: groups, unknown and made-up ones.
_NO_COUNTRIES = frozenset("EU EZ QO UN XA XB ZZ".split())
_NO_LANGUAGES = frozenset("mul root und zxx".split())
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-[A-Za-z0-9]{2,8})*")
# The languages whose own names for countries and languages are known as well.
_SPOKEN = "en fr de es it pt nl pl ru uk tr ar zh ja".split()
_CLOSE = 0.8


def country_problem(code: str) -> str | None:
    """Return what is wrong with the code of a country, None if it is one."""
    known = countries()
    if code in known:
        return None
    meant = _meant(
        code,
        {_folded(key): key for key in known}
        | {_folded(key): new for key, new in _replaced("territory_aliases", known)},
        _names("territories", known),
    )
    return f"not a country of ISO 3166-1; {_advice(meant, 'GB or FR')}"


def language_problem(code: str) -> str | None:
    """Return what is wrong with the code of a language (BCP 47), None if it is one."""
    languages = _languages()
    match = _LANGUAGE.fullmatch(code)
    if match and match[1] in languages:
        return None
    # The case and the dash of a tag are its form, not its meaning.
    primary, *rest = re.split(r"[-_]", code.strip())
    replaced = dict(_replaced("language_aliases", languages))
    codes = {_folded(key): key for key in languages} | {
        _folded(key): new for key, new in replaced.items()
    }
    meant = _meant(primary if rest else code, codes, _names("languages", languages))
    # A country's code: what is spoken there.
    spoken = get_global("likely_subtags").get(f"und_{primary.upper()}", "")
    meant = meant or spoken.partition("_")[0] or None
    if meant and rest and _folded(primary) in codes:
        meant = "-".join((meant, *rest))
    return f"not a language of BCP 47; {_advice(meant, 'en or fr')}"


def _advice(meant: str | None, examples: str) -> str:
    if meant:
        return f"did you mean {meant}?"
    return f"write its code, such as {examples}"


@functools.cache
def countries() -> frozenset[str]:
    """Return the codes of all countries, ISO 3166-1 alpha-2."""
    known = map(str, Locale("en").territories)
    return frozenset(key for key in known if _COUNTRY.fullmatch(key)) - _NO_COUNTRIES


@functools.cache
def _languages() -> frozenset[str]:
    known = map(str, Locale("en").languages)
    return frozenset(key.partition("_")[0] for key in known) - _NO_LANGUAGES


def _replaced(kind: str, known: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield codes in other use with the one that they stand for."""
    for old, new in get_global(kind).items():  # type: ignore[arg-type]
        # A country that has come apart stands for none of its parts.
        found = new if isinstance(new, str) else new[0] if len(new) == 1 else ""
        if found in known:
            yield old, found


def _names(kind: str, known: Iterable[str]) -> dict[str, str]:
    """Return the codes by their names in several languages."""
    names: dict[str, str] = {}
    for spoken in reversed(_SPOKEN):
        found = getattr(Locale(spoken), kind)
        names |= {_folded(name): code for code, name in found.items() if code in known}
    return names


def _meant(
    given: str, codes: Mapping[str, str], names: Mapping[str, str]
) -> str | None:
    folded = _folded(given)
    if folded in codes or folded in names:
        return codes.get(folded) or names[folded]
    close = difflib.get_close_matches(folded, names, n=1, cutoff=_CLOSE)
    return names[close[0]] if close else None


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
