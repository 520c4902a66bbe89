"""Which countries a text names: traps that others fall into."""

from __future__ import annotations

import time

import pytest
from kit import ROOT, SEED

from transforms.enrich.countries import CountryTagger
from transforms.enrich.gazetteer import load_gazetteer
from transforms.records import Country, Entity, EntityType, Field, Kind, Mention, Role


@pytest.fixture(scope="module")
def tagger() -> CountryTagger:
    return CountryTagger(load_gazetteer())


def codes(tagger: CountryTagger, text: str, language: str | None) -> set[str]:
    return {c.code for c in tagger.tag(title=None, text=text, language=language)}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "Le leader nord-coréen est arrivé en Russie.", {"KP", "RU"}),
        ("fr", "Le président sud-coréen a parlé.", {"KR"}),
        ("en", "North Korea fired a missile, South Korea said.", {"KP", "KR"}),
        ("fr", "La République démocratique du Congo accuse le Rwanda.", {"CD", "RW"}),
        ("fr", "Le Congo-Brazzaville a voté.", {"CG"}),
        ("fr", "La Guinée équatoriale et la Guinée-Bissau.", {"GQ", "GW"}),
        ("en", "Papua New Guinea voted on Sunday.", {"PG"}),
        ("en", "South Sudan signed a peace deal.", {"SS"}),
        ("en", "American Samoa was hit by a storm.", {"AS"}),
        ("fr", "L'armée nigérienne a pris le pouvoir.", {"NE"}),
        ("fr", "L'armée nigériane a repoussé l'attaque.", {"NG"}),
        ("en", "The Dominican Republic closed its border with Haiti.", {"DO", "HT"}),
        ("fr", "Le gouvernement français a réagi.", {"FR"}),
        ("en", "American officials declined to comment.", {"US"}),
        ("fr", "L’Élysée et Downing Street se sont parlé.", {"FR", "GB"}),
        ("en", "The Kremlin answered the White House.", {"RU", "US"}),
        ("fr", "D'Ukraine, l'Italie et l’Espagne.", {"UA", "IT", "ES"}),
        ("en", "Swaziland, now Eswatini, votes.", {"SZ"}),
        ("en", "Türkiye and Turkey are one.", {"TR"}),
        ("de", "Die nordkoreanische Regierung schwieg.", {"KP"}),
        ("es", "El gobierno surcoreano respondió.", {"KR"}),
        ("ru", "Министр обороны России прибыл в Китай.", {"RU", "CN"}),
        ("pl", "Prezydent Polski odwiedził Niemcy.", {"PL", "DE"}),
        ("zh", "中国外交部与日本代表会谈。", {"CN", "JP"}),
        ("ar", "وصل الرئيس المصري إلى السعودية.", {"EG", "SA"}),
        ("tr", "Türkiye ve Yunanistan görüştü.", {"TR", "GR"}),
        ("en", "Kosovo and Taiwan applied.", {"XK", "TW"}),
    ],
)
def test_what_is_named(
    tagger: CountryTagger, language: str, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "absent"),
    [
        (
            "en",
            "They ate turkey on fine china with a polish of wax.",
            {"TR", "CN", "PL"},
        ),
        ("en", "Michael Jordan and Chad Smith met Paris Hilton.", {"JO", "TD", "FR"}),
        ("fr", "Le père de Maurice Durand est venu.", {"MU"}),
        ("en", "The team told us that it was for us.", {"US"}),
        ("en", "Atlanta, Georgia, was under water.", {"GE"}),
        ("fr", "Le dirigeant nord-coréen et la Corée du Nord.", {"KR"}),
        ("fr", "Le gouvernement français a réagi.", {"TF"}),
        ("en", "American officials declined to comment.", {"MP"}),
        ("en", "Nigeria and the Nigerian army.", {"NE"}),
        ("fr", "le mali d'une caisse et un chili con carne", {"ML", "CL"}),
    ],
)
def test_what_is_not_meant(
    tagger: CountryTagger, language: str, text: str, absent: set[str]
) -> None:
    assert not codes(tagger, text, language) & absent


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Jordan said that he would stay."),
        ("fr", "Vladimir a dit qu'il resterait."),
        ("fr", "Maurice a dit qu'il resterait."),
    ],
)
def test_people_are_no_countries_where_the_model_says_so(
    tagger: CountryTagger, language: str, text: str
) -> None:
    name = text.split(maxsplit=1)[0]
    person = Entity(name, EntityType.PER, 1, (Mention(name, 0, len(name)),))
    found = tagger.tag(title=None, text=text, language=language, entities=(person,))
    assert found == ()


def test_offsets_kinds_and_fields(tagger: CountryTagger) -> None:
    title = "L’Ukraine appelle Paris"
    text = "Kiev attend l’aide des Européens et de l’Allemagne, a dit le Kremlin."
    found = tagger.tag(title=title, text=text, language="fr")
    kinds: dict[str, set[Kind]] = {}
    for country in found:
        for mention in country.mentions:
            field = title if mention.field is Field.TITLE else text
            assert field[mention.start : mention.end] == mention.text
            kinds.setdefault(country.code, set()).add(mention.kind)
    assert kinds["UA"] == {Kind.NAME, Kind.CAPITAL}
    assert kinds["RU"] == {Kind.GOVERNMENT}
    assert found[0].code == "UA"


def test_roles_of_the_seed_without_an_entity_model(tagger: CountryTagger) -> None:
    text = (ROOT / SEED).read_text()
    found: tuple[Country, ...] = tagger.tag(title=None, text=text, language="fr")
    roles = {country.code: country.role for country in found}
    assert roles == {
        "RU": Role.FOCUS,
        "KP": Role.FOCUS,
        "US": Role.SECONDARY,
        "UA": Role.SECONDARY,
        "FR": Role.INCIDENTAL,
    }
    assert sum(country.score for country in found) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "text", ["", "a" * 200_000, "Korea " * 20_000, "\U0001f1eb" * 999]
)
def test_any_text_ends_soon(tagger: CountryTagger, text: str) -> None:
    started = time.process_time()
    tagger.tag(title=None, text=text, language=None)
    assert time.process_time() - started < 10
