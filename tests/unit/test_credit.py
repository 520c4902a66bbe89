"""Whose report an article is, and how that is known."""

from __future__ import annotations

import pytest

from transforms.extract.credit import origin_of
from transforms.parse.feed import parse_feed
from transforms.records import Origin
from transforms.vocabulary import OriginEvidence, OriginKind

AGENCY, PUBLICATION, SITE = OriginKind


def origin(text: str = "Rain fell.", **given: str | None) -> Origin | None:
    known: dict[str, str | None] = {
        "site": "paper.com",
        "canonical_url": None,
        "source": None,
        "publication": "The Paper",
        "agency": None,
    }
    return origin_of(**(known | given), text=text)


def test_nothing_that_names_another_is_unknown() -> None:
    assert origin() is None
    assert origin(source="the paper") is None
    assert origin(canonical_url="https://www.paper.com/a/b") is None
    assert origin(canonical_url="https://other.com/") is None


def test_each_evidence_is_named() -> None:
    assert origin(agency="AFP") == Origin("AFP", AGENCY, OriginEvidence.CREDIT)
    assert origin(source="Other Daily", agency="AFP") == Origin(
        "Other Daily", PUBLICATION, OriginEvidence.FEED
    )
    assert origin(canonical_url="https://news.other.com/a/b", source="x") == Origin(
        "other.com", SITE, OriginEvidence.CANONICAL
    )
    assert origin(site="reuters.com", agency="AFP") == Origin(
        "Reuters", AGENCY, OriginEvidence.SITE
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("This article was first published in Other Daily.", "Other Daily"),
        ("Originally published by Other Daily", "Other Daily"),
        ("This story originally appeared on Other Daily, a site.", "Other Daily"),
        ("Dieser Artikel ist zuerst in Anderes Blatt erschienen.", "Anderes Blatt"),
        ("Zuerst erschienen bei Anderes Blatt.", "Anderes Blatt"),
        ("Cet article a été initialement publié par Autre Journal.", "Autre Journal"),
        ("Esta nota fue publicada originalmente en Otro Diario.", "Otro Diario"),
        ("Questo articolo è apparso per la prima volta su Altro.", "Altro"),
        ("The letter was first published in Leipzig in 1774.", None),
    ],
)
def test_a_line_says_where_it_was_published_first(line: str, name: str | None) -> None:
    found = origin(f"Rain fell.\n\nMore rain fell.\n\n{line}")
    expected = name and Origin(name, PUBLICATION, OriginEvidence.TEXT)
    assert found == expected


def test_the_source_of_an_entry_is_read() -> None:
    feed = parse_feed(
        b"""<rss version="2.0"><channel><title>Sum</title><link>https://sum.com</link>
        <item><title>Rain</title><link>https://sum.com/1</link>
        <source url="https://other.com/feed">Other &amp; Daily</source></item>
        <item><title>Sun</title><link>https://sum.com/2</link></item>
        </channel></rss>""",
        url="https://sum.com/feed",
    )
    assert [entry.source for entry in feed.entries] == ["Other & Daily", None]
