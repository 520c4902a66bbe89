"""One spelling across articles, and never two people as one."""

from __future__ import annotations

import pytest

from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.naming.canonical import canonical_of
from transforms.vocabulary import EntityType

PER, ORG, LOC, MISC = EntityType


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (
            ("Volodymyr Zelensky", "Volodymyr Zelenskyy", "Volodymyr Zelenskyi"),
            "Volodymyr Zelensky",
        ),
        (("Kim Jong Un", "Kim Jong-Un", "KIM JONG UN"), "Kim Jong Un"),
        (("Jean-Luc Mélenchon", "Jean-Luc Melenchon"), "Jean Luc Melenchon"),
        (("Lech Wałęsa", "Lech Walesa"), "Lech Walesa"),
    ],
)
def test_spellings_of_one_person(spellings: tuple[str, ...], expected: str) -> None:
    assert {canonical_of(name, PER, "en", {}) for name in spellings} == {expected}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("George W. Bush", "George H. W. Bush"),
        ("Jan Kowalski", "Jan Kowalsky"),
        ("Martin Schulz", "Martin Schultz"),
        ("Hans Müller", "Hans Muller-Rott"),
    ],
)
def test_two_people_stay_two(one: str, other: str) -> None:
    assert canonical_of(one, PER, "de", {}) != canonical_of(other, PER, "de", {})


@pytest.mark.parametrize(
    "name", ["Zelensky", "V. Zelensky", "Владимира Путина", "Путин", "毛泽东"]
)
def test_who_is_not_sure_has_none(name: str) -> None:
    assert canonical_of(name, PER, "en", {}) is None


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (
            {
                "ru": "Владимир Путин",
                "en": "Vladimir Putin",
                "de": "Wladimir Putin",
                "fr": "Vladimir Poutine",
                "nl": "Vladimir Poetin",
                "es": "Vladímir Putin",
                "pl": "Władimir Putin",
            },
            "Vladimir Putin",
        ),
        (
            {
                "uk": "Володимир Зеленський",
                "en": "Volodymyr Zelenskyy",
                "de": "Wolodymyr Selenskyj",
                "fr": "Volodymyr Zelensky",
                "it": "Volodymyr Zelenskij",
                "es": "Volodímir Zelenski",
            },
            "Volodymyr Zelensky",
        ),
        (
            {
                "ru": "Сергей Шойгу",
                "en": "Sergei Shoigu",
                "de": "Sergej Schoigu",
                "fr": "Sergueï Choïgou",
            },
            "Sergey Shoigu",
        ),
        (
            {
                "ru": "Алексей Навальный",
                "en": "Alexei Navalny",
                "de": "Alexej Nawalny",
                "fr": "Alexeï Navalny",
            },
            "Alexey Navalny",
        ),
    ],
)
def test_a_name_has_one_spelling_in_all_romanisations(
    spellings: dict[str, str], expected: str
) -> None:
    found = {
        canonical_of(name, PER, language, {}) for language, name in spellings.items()
    }
    assert found == {expected}


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Владимир Зеленский", "Володимир Зеленський", "ru"),
        ("Dmitri Medvedev", "Dmytro Medvedev", "en"),
        ("Sergey Ivanov", "Sergey Ivanova", "en"),
        ("Сергей Иванов", "Сергей Иваненко", "ru"),
        ("Andrej Duda", "Andrzej Duda", "pl"),
        ("Jan Kowalski", "Jan Kowalsky", "pl"),
        ("Sergej Schulz", "Sergej Chulz", "fr"),
        ("Владимир Путин", "Владимир Владимирович Путин", "ru"),
    ],
)
def test_namesakes_in_part_stay_two(one: str, other: str, language: str) -> None:
    assert canonical_of(one, PER, language, {}) != canonical_of(
        other, PER, language, {}
    )


def test_countries_and_unions_have_one_name_in_all_languages() -> None:
    for language, text in (
        ("de", "Angela Merkel sprach in Deutschland über die Vereinten Nationen."),
        ("fr", "Angela Merkel a parlé en Allemagne des Nations Unies."),
        ("es", "Angela Merkel habló en Alemania de las Naciones Unidas."),
    ):
        entities, _ = find_entities(
            title=None,
            text=text,
            language=language,
            options=EntityOptions(),
            gazetteer=load_gazetteer(),
        )
        named = {entity.canonical for entity in entities}
        assert {"Angela Merkel", "Germany"} <= named
    assert canonical_of("Naciones Unidas", ORG, "es", {}) == "United Nations"
    assert canonical_of("Union européenne", ORG, "fr", {}) == "European Union"
    assert canonical_of("Siemens", ORG, "de", {}) is None
    assert canonical_of("Springfield", LOC, "en", {}) is None
