"""What publishers say of the rights of text and data mining, by TDMRep."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from transforms.web.reservations import reserved_by, said, together
from transforms.web.robots import RobotsFile

SITE = "https://news.example"


def told(rules: object, path: str) -> bool | None:
    text = rules if isinstance(rules, str) else json.dumps(rules)
    at = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    return reserved_by(RobotsFile(SITE, at, text), SITE + path)


def rule(location: object, value: object) -> dict[str, object]:
    return {"location": location, "tdm-reservation": value}


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ([rule("/", 1)], "/a/b", True),
        ([rule("/*", 0)], "/a", False),
        ([rule("/free/*", 0), rule("/", 1)], "/free/a", False),
        ([rule("/free/*", 0), rule("/", 1)], "/paid/a", True),
        ([rule("/*.html$", 1)], "/a.html", True),
        ([rule("/*.html$", 1)], "/a.html?page=2", None),
        ([rule("/a$", 1)], "/ab", None),
        ([rule("/a*b*c", 1)], "/a-c-b-c", True),
        ([rule("/a*b*c", 1)], "/a-c-b", None),
        ([rule("/*ab*ab$", 1)], "/ab", None),
        ([rule("/ab*ab$", 1)], "/ab", None),
        ([rule("/x", 1)], "/a", None),
        ([rule("/", "1")], "/a", True),
        # What is not as it should be is not said.
        ([rule("/", 2)], "/a", None),
        ([{"location": "/", "tdm-reservation": True}], "/a", None),
        ([rule(None, 1), rule("", 1), "text", None, {}], "/a", None),
        ({"location": "/", "tdm-reservation": 1}, "/a", None),
        ("no json", "/a", None),
        ("[" * 100_000, "/a", None),
        ("", "/a", None),
    ],
)
def test_the_first_rule_that_matches_holds(
    rules: object, path: str, expected: bool | None
) -> None:
    assert told(rules, path) is expected


def test_one_place_that_reserves_is_enough() -> None:
    assert together((None, False, True)) is True
    assert together((None, False)) is False
    assert together((None, None)) is None
    assert [said(v) for v in ("1", " 0 ", "yes", "", None)] == [
        True,
        False,
        *[None] * 3,
    ]
