"""One spelling across articles, and never two people as one."""

from __future__ import annotations

import pytest

from transforms.enrich.canonical import canonical_of
from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.gazetteer import load_gazetteer
from transforms.records import EntityType

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
    "name", ["Zelensky", "V. Zelensky", "Владимир Путин", "毛泽东"]
)
def test_who_is_not_sure_has_none(name: str) -> None:
    assert canonical_of(name, PER, "en", {}) is None


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
