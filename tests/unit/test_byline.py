from __future__ import annotations

import time

import pytest

from transforms.signing.byline import parse_byline
from transforms.signing.people import Byline


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
        ("Written by John Smith", ["John Smith"], None),
        ("Auteur : Jeanne Dupont", ["Jeanne Dupont"], None),
        ("(hen/dpa)", [], "dpa"),
        ("(sda/afp)", [], "SDA"),
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
        # The credits of pictures
        "JEAN MARTIN / AFP",
        "Foto: Jean Martin (AFP)",
        "Getty Images, AFP",
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
    started = time.thread_time()
    parse_byline(line[:160])
    assert time.thread_time() - started < 0.5
