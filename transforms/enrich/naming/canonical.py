"""One spelling of a name across articles, where that is safe.

A country, the United Nations and the European Union have one in every language of the
Unicode CLDR, which Babel provides; an agency has the one of its column.  People have one if
their spellings differ only in accents, hyphens or capitals, in how an ending of Russian
and Ukrainian names is written in Latin letters (``Zelenskyy``, ``Zelensky``), or in how a
language romanises a name whose given name shows where it is from
(:mod:`transforms.enrich.naming.romanisation`).  Nothing more is safe: many people share a family
name, and different initials are different people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from babel import Locale

from transforms.enrich.geography.matches import Match
from transforms.enrich.naming.organisations import unions
from transforms.enrich.naming.romanisation import romanised
from transforms.signing.agencies import agency_of
from transforms.vocabulary import EntityType, Kind

_ENGLISH = Locale("en")
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "’": "'", "ʼ": "'"}
)
# Ukrainian -ський and Russian -ский; the -ski of Poland is another ending.
_SKY = re.compile(r"sk(?:yy|yi|yj|iy|ij|ii|yï)$")
_LAST_LATIN = "\u024f"


def canonical_of(
    name: str, kind: EntityType, language: str | None, matches: Mapping[str, Match]
) -> str | None:
    """Return one spelling for a name in any article, None where that is not sure.

    Args:
      name: Its fullest form in the article.
      kind: What it names.
      language: BCP 47 tag of the article.
      matches: What the gazetteer knows of the article's words, by surface.
    """
    if kind is EntityType.PER:
        return romanised(name, language) or _person(name)
    if kind is EntityType.ORG:
        agency = agency_of(name)
        if agency and name.casefold().startswith(agency.casefold()):
            return agency
        return unions(language).get(name.casefold())
    match = matches.get(name)
    if match and match.kind is Kind.NAME and len(match.codes) == 1:
        return str(_ENGLISH.territories.get(match.codes[0], "")) or None
    return None


def _person(name: str) -> str | None:
    """Return a full name in Latin letters without what spellings differ by."""
    words = unicodedata.normalize("NFD", name.translate(_LETTERS)).replace("-", " ")
    plain = "".join(char for char in words if not unicodedata.combining(char)).split()
    whole = [word for word in plain if len(word.strip(".")) > 1]
    if len(whole) < 2 or any(  # noqa: PLR2004 - a given name and another
        char.isalpha() and char > _LAST_LATIN for char in "".join(plain)
    ):
        return None
    first, *rest = [_capital(word) for word in plain]
    return " ".join([first, *(_SKY.sub("sky", word) for word in rest)])


def _capital(word: str) -> str:
    """Return a word in capitals, or in lower case, with one capital; others as they are."""
    is_loud = word.isupper() and "." not in word and len(word) > 1
    return word.capitalize() if is_loud else word
