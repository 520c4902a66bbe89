"""What files are looked up by: addresses of one page alike, others hardly ever."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pipeline.state.lookup import has_any, marks_of, packed
from transforms.urls import canonical, place

_HOSTS = (
    *("a.example", "www.a.example", "www.gov.uk", "www.com", "m.paper.co.uk", "X.org"),
    *("amp.x.org", "x.org:80", "x.org.", "www.www.x.org", "1.2.3.4", "localhost"),
    *("xn--bcher-kva.example", "bücher.example", "a_b.example"),
)
_SEGMENTS = (
    *("news", "a.html", "b.amp", "AMP", "amp", "..", ".", "a%7Eb", "a~b", "2024", ""),
    *("x;sid=1", "café", "a.b-c_d", "campaign", "..x", ".x", "a+b", "a:b", "x.", "-"),
)
_ENDS = ("", "/", "//", "?a=1", "?utm_source=x&amp=1", "#x", "#/route", "?")


def addresses(count: int) -> list[str]:
    some = random.Random(7)  # noqa: S311 - no secret
    return [
        some.choice(("http://", "https://", "HTTP://", "ftp://", ""))
        + some.choice(_HOSTS)
        + "".join(f"/{some.choice(_SEGMENTS)}" for _ in range(some.randint(0, 4)))
        + some.choice(_ENDS)
        for _ in range(count)
    ]


def test_addresses_of_one_page_have_one_place() -> None:
    places: dict[str, str] = {}
    for url in addresses(20_000):
        identity = canonical(url)
        if identity is None:
            assert place(url) == url
            continue
        page = identity.partition("#")[0].partition("?")[0]
        assert places.setdefault(page, place(url)) == place(url)
        # As it is read from the identity, whatever was seen at a glance.
        assert place(url) == place(identity.replace("https:", "HTTPS:"))
    assert len(set(places.values())) > 1_000


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.paper.example/news/1?utm_source=x", "paper.example/news/1"),
        ("http://paper.example/news/1/#top", "paper.example/news/1"),
        ("https://paper.example/news/1/amp/", "paper.example/news/1"),
        ("https://www.gov.uk/", "gov.uk"),
        ("https://Paper.example/a%7Eb", "paper.example/a~b"),
        ("a name", "a name"),
    ],
)
def test_a_place(url: str, expected: str) -> None:
    assert place(url) == expected


@pytest.mark.parametrize("count", [0, 1, 2, 500, 40_000])
def test_what_was_packed_is_found_and_hardly_anything_else(count: int) -> None:
    some = np.random.default_rng(3)
    marks = some.integers(0, 2**32, count, np.uint32)
    found = packed(marks)
    assert len(found) <= 1 + 2 * count
    assert all(has_any(found, marks[at : at + 1]) for at in range(0, count, 97))
    others = some.integers(0, 2**32, 2_000, np.uint32)
    wrong = sum(has_any(found, others[at : at + 1]) for at in range(len(others)))
    assert wrong <= 8


def test_marks_that_lie_far_apart_are_packed_less_exactly() -> None:
    far = np.array([5, 2**32 - 1], np.uint32)
    found = packed(far)
    assert has_any(found, far[:1])
    assert has_any(found, far[1:])


def test_ids_and_addresses_are_marked_together() -> None:
    marks = marks_of(["https://a.example/1", "not \udcff one"], ["ab" * 16, "cd" * 16])
    assert marks.dtype == np.uint32
    assert list(marks[2:]) == [0xABABABAB, 0xCDCDCDCD]
    assert marks[0] == marks_of(["http://www.a.example/1/?utm_id=2"], ())[0]
