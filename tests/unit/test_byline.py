from __future__ import annotations

import time

import pytest

from transforms.byline import Byline, clean_authors, dateline_agency, parse_byline


@pytest.mark.parametrize(
    ("line", "authors", "agency"),
    [
        (
            "Marie de La Roche Saint-André, avec AFP",
            ["Marie de La Roche Saint-André"],
            "AFP",
        ),
        ("avec AFP", [], "AFP"),
        ("(Reuters)", [], "Reuters"),
        ("Source: AFP", [], "AFP"),
        ("Mit Material von dpa", [], "dpa"),
        ("dpa/AFP", [], "dpa"),
        ("来源：新华社", [], "Xinhua"),
        ("By John Smith", ["John Smith"], None),
        ("John Smith (AP)", ["John Smith"], "AP"),
        (
            "Par Jeanne Dupont et Paul d'Ormesson",
            ["Jeanne Dupont", "Paul d'Ormesson"],
            None,
        ),
    ],
)
def test_bylines(line: str, authors: list[str], agency: str | None) -> None:
    assert parse_byline(line) == Byline(tuple(authors), agency)


@pytest.mark.parametrize(
    "line",
    [
        "La Russie est isolée",
        "Vladimir Poutine et Kim Jong Un",
        "Réactions internationales",
        "By the way",
        "Il a rencontré M. Poutine, a indiqué l'agence Reuters.",
        "",
    ],
)
def test_sentences_and_headings_are_no_bylines(line: str) -> None:
    assert parse_byline(line) is None


@pytest.mark.parametrize(
    "line", ["A " * 79, "Aa de la " * 17, "A, " * 53, "A et " * 31]
)
def test_a_hostile_line_costs_nothing(line: str) -> None:
    started = time.process_time()
    parse_byline(line[:160])
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("PARIS, 12 sept (Reuters) - Le président", "Reuters"),
        ("KYIV, Ukraine (AP) — The president", "AP"),
        ("新华社北京9月12日电 国务院", "Xinhua"),
        ("The bank (AP) said", None),
        ("AFP reporters were there", None),
    ],
)
def test_datelines(text: str, agency: str | None) -> None:
    assert dateline_agency(text) == agency


def test_authors_are_people_once_each() -> None:
    declared = ["By Jane Doe, Reuters", "jane doe", "Rédaction", "web@example.org", ""]
    assert clean_authors(declared) == Byline(("Jane Doe",), "Reuters")
    assert clean_authors(["Le Figaro avec AFP"]).agency == "AFP"
