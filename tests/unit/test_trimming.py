from __future__ import annotations

import datetime as dt

import pytest
from lxml import html

from transforms.extract.metadata import PageMetadata, page_metadata
from transforms.extract.trimming import trimmed
from transforms.page.furniture import is_promotion
from transforms.signing.people import Byline, clean_authors

STORY = "\n\n".join(
    f"The harbour board voted on Tuesday to close basin {n} while divers work."
    for n in "ABCD"
)
TITLES = ("Locks shut until spring",)
NAMES = ("Harbour Post", "Politics")
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "line",
    [
        "2 March 2026",
        "Posted: Monday, March 2, 2026. 10:11 pm CST.",
        "UPDATED: Tue., Nov. 19, 2019",
        "5. November 2021, 10:39 Uhr",
        "Stand: 02.03.2026",
        "24. März 2026 | Pressemitteilungen",
        "기사입력 :[ 2026-03-02 15:24 ]",
        "5:45 AM PST 11/19/2019 by Ann Lee",
        "Tempo de leitura: 2 minutos",
        "5 min read",
        "Lesezeit: ca. 7 Minuten",
        "Tel. +49 (0)40 123456",
        "HARBOUR POST",
        "Politics",
        "02.03.2026Locks shut until spring",
        "(Bild: Dieter Storch)",
    ],
)
def test_a_line_above_a_text_is_not_of_it(line: str) -> None:
    assert trimmed(f"{line}\n\n{STORY}", TITLES, NAMES) == STORY
    standfirst = "A long wait for the crews of the northern basin."
    text = f"{standfirst}\n\n{line}\n\n{STORY}"
    assert trimmed(text, TITLES, NAMES) == f"{standfirst}\n\n{STORY}"


@pytest.mark.parametrize(
    "line",
    [
        "Main image credit: Getty",
        "Titelbild: Ann Lee on Unsplash",
        "Foto: MDR/Bernd Kramer",
        "Crédits photos : Bestimage",
        "Photo Credit: Catwalk",
    ],
)
def test_a_credit_of_a_picture_below_a_text_is_not_of_it(line: str) -> None:
    assert trimmed(f"{STORY}\n\n{line}", TITLES, NAMES) == STORY


@pytest.mark.parametrize(
    "line",
    [
        "On 2 March 2026 the board met again.",
        "The lock shuts on 2 March 2026",
        "- 2 March 2026: the lock shuts",
        "Politics is a matter of patience.",
        "Foto ergo sum, he said.",
        "Pictures of the lock were everywhere.",
        "1914 - 1918",
        "5 minutes later the gates were shut.",
    ],
)
def test_what_a_story_says_stays(line: str) -> None:
    for text in (f"{line}\n\n{STORY}", f"{STORY}\n\n{line}"):
        assert trimmed(text, TITLES, NAMES) == text


def test_a_short_text_is_left_alone() -> None:
    assert trimmed("2 March 2026\n\nThe lock is shut.", (), ()).startswith("2 March")


@pytest.mark.parametrize(
    ("paragraph", "is_one"),
    [
        ("Follow NBC Latino on Facebook, Twitter and Instagram.", True),
        ("If you enjoyed reading this post – would you consider a gift?", True),
        ("Registrieren Sie sich jetzt kostenlos:", True),
        ("Anzeige", True),
        (">>> Jetzt die aktuelle Ausgabe bestellen! <<<", True),
        (">>> import harbour", False),
        ("Anzeige erstattete der Hafenmeister am Montag.", False),
        ("Follow the river on foot and you reach the old lock.", False),
    ],
)
def test_calls_to_the_reader(paragraph: str, is_one: bool) -> None:
    assert is_promotion(paragraph) is is_one


def read(body: str) -> PageMetadata:
    page = f"<title>Gates</title><body><article><h1>Gates</h1>{body}</article></body>"
    return page_metadata(html.document_fromstring(page), "https://harbour.org/a", NOW)


@pytest.mark.parametrize(
    ("body", "authors"),
    [
        ("<div><h5>Autor: </h5>Peter Maas/SP-X <br></div>", ("Peter Maas",)),
        ("<p>Auteur : Kofi Ansah</p><p>Edition : M-A. Pi</p>", ("Kofi Ansah",)),
        ("<h4>Autor</h4><p><a href='/p/1'>Ann Lee</a><b>, </b></p>", ("Ann Lee",)),
        ("<p>By <a rel=author href='/u/1'>Thilo</a> / 6 March</p>", ("Thilo",)),
        (
            "<span class=posted><a href='/author/dom/'>Dominique</a></span>",
            ("Dominique",),
        ),
        ("<a rel=author href='/u/1'>Admin</a>", ()),
        ("<a rel=author href='/u/1'>Harbour</a>", ()),
        ("<a rel=author href='/u/1'>Hafenblog-Archiv</a>", ()),
        ("<div class=comments><a href='/author/bob/'>Bob</a></div>", ()),
        ("<p>The author</p><p>Harbour Road</p>", ()),
    ],
)
def test_names_by_label_and_link(body: str, authors: tuple[str, ...]) -> None:
    assert read(body).authors == authors


@pytest.mark.parametrize(
    ("field", "byline"),
    [
        ("By TOM KRIS, AP Auto Writer", Byline(("Tom Kris",), "AP")),
        ("Ann Lee, Reuters Staff", Byline(("Ann Lee",), "Reuters")),
    ],
)
def test_a_writer_of_an_agency_credits_it(field: str, byline: Byline) -> None:
    assert clean_authors([field]) == byline


def test_an_agency_beside_the_author_is_credited() -> None:
    found = read(
        "<div class=attribution><span class=author> Tom Davis </span>"
        "<span class=publication> Associated Press </span></div>"
    )
    assert (found.authors, found.agency) == (("Tom Davis",), "AP")
