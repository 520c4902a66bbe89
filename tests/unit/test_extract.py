from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from transforms.errors import Unreadable
from transforms.extract.article import extract
from transforms.listings import Moment
from transforms.records import Article, Declared, Document
from transforms.vocabulary import DateSource, Media, Precision, Reason, TextSource

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
BODY = "".join(
    f"<p>Le conseil municipal a voté mardi la reconstruction du pont numéro {n}, fermé "
    "depuis l'hiver dernier après la découverte de fissures dans ses piliers.</p>"
    for n in range(6)
)


def html(head: str = "", body: str = BODY) -> bytes:
    return (
        f"<!DOCTYPE html><html lang='fr'><head><title>Le pont</title>{head}</head>"
        f"<body><article><h1>Le pont</h1>{body}</article></body></html>"
    ).encode()


def page(content: bytes, **declared: object) -> Article:
    told = Declared(**declared)  # type: ignore[arg-type]
    return extract(Document(content, Media.HTML, TextSource.PAGE, NOW, declared=told))


def test_paragraphs_stay_apart() -> None:
    assert page(html()).text.count("\n\n") == 5


def test_a_canonical_url_is_believed_on_its_own_site() -> None:
    link = "<link rel='canonical' href='https://www.example.org/monde/pont'>"
    told = page(html(link), url="https://www.example.org/monde/pont?utm_source=x")
    assert told.canonical_url == "https://www.example.org/monde/pont"
    assert told.domain == "example.org"
    elsewhere = page(html(link), url="https://copy.example.com/a")
    assert elsewhere.canonical_url == "https://copy.example.com/a"


def test_a_home_page_is_no_articles_identity() -> None:
    link = "<link rel='canonical' href='https://www.example.org/'>"
    assert page(html(link)).canonical_url is None
    told = page(html(link), url="https://www.example.org/a")
    assert told.canonical_url == "https://www.example.org/a"


def test_an_application_that_names_itself_is_none_of_its_pages() -> None:
    link = "<link rel='canonical' href='https://www.example.org/app'>"
    told = page(html(link), url="https://www.example.org/app#!/monde/pont")
    assert told.canonical_url == "https://www.example.org/app#!/monde/pont"


def test_a_page_without_an_article_leaves_what_its_feed_had() -> None:
    listed = "<p>Le pont restera fermé.</p>"
    fallback = Document(listed, Media.FRAGMENT, TextSource.FEED, NOW)
    head = "<meta name='tdm-reservation' content='1'>"
    document = Document(
        html(head, "<p>Menu</p>"),
        Media.HTML,
        TextSource.PAGE,
        NOW,
        declared=Declared(tdm_reserved=True),
        fallback=fallback,
    )
    article = extract(document)
    assert (article.text, article.text_source) == (
        "Le pont restera fermé.",
        TextSource.FEED,
    )
    # It is rarely the whole; and what the page reserves it reserves for this, too.
    assert (article.is_truncated, article.tdm_reserved) == (True, True)
    empty = dataclasses.replace(fallback, content="<p></p>")
    with pytest.raises(Unreadable, match="words of text in the page"):
        extract(dataclasses.replace(document, fallback=empty))


def test_what_the_container_says_goes_before_the_page() -> None:
    head = "<meta property='article:published_time' content='2026-11-20T08:00:00Z'>"
    own = page(html(head))
    assert own.published_source is DateSource.META
    at = dt.datetime(2026, 11, 19, tzinfo=dt.UTC)
    told = page(
        html(head),
        published=Moment(at, Precision.DAY),
        published_source=DateSource.FEED,
        title="Titre du flux",
    )
    assert (told.published_at, told.published_source) == (at, DateSource.FEED)
    assert told.title == "Titre du flux"


def test_impossible_dates_are_nobodys() -> None:
    head = "<meta property='article:published_time' content='2026-11-20T08:00:00Z'>"
    future = Moment(dt.datetime(2031, 1, 1, tzinfo=dt.UTC), Precision.DAY)
    told = page(html(head), published=future, published_source=DateSource.FEED)
    assert told.published_source is DateSource.META


def test_bylines_leave_the_text_and_fill_the_columns() -> None:
    article = page(html(body=BODY + "<p>Jeanne Dupont, avec AFP</p>"))
    assert article.authors == ("Jeanne Dupont",)
    assert article.agency == "AFP"
    assert "AFP" not in article.text


def test_a_publication_is_no_author_of_its_own() -> None:
    head = (
        "<meta name='author' content='Le Pont Libre'>"
        "<meta property='og:site_name' content='Le Pont Libre'>"
    )
    article = page(html(head))
    assert article.source_name == "Le Pont Libre"
    assert article.authors == ()


def test_a_feeds_date_of_change_is_the_last_resort() -> None:
    at = dt.datetime(2026, 11, 19, tzinfo=dt.UTC)
    told = {
        "published": Moment(at, Precision.SECOND),
        "published_source": DateSource.UPDATED,
    }
    assert page(html(), **told).published_source is DateSource.UPDATED
    head = "<meta property='article:published_time' content='2026-11-18T08:00:00Z'>"
    assert page(html(head), **told).published_source is DateSource.META


def test_the_credit_of_a_picture_is_nobodys() -> None:
    picture = "<figure><img src=x><figcaption>Jeanne Martin / AFP</figcaption></figure>"
    article = page(html(body=f"{picture}<p>Jeanne Martin / AFP</p>{BODY}"))
    assert article.agency is None
    assert article.authors == ()


def test_a_credit_at_the_end_is_the_texts_own() -> None:
    closing = "<p>Les travaux commenceront au printemps. (AFP)</p>"
    assert page(html(body=BODY + closing)).agency == "AFP"
    under = "<div class=caption><p>Le pont en hiver. (AFP)</p></div>"
    assert page(html(body=BODY + under)).agency is None
    # Where it is taken for text.
    article = page(html(body=f"{BODY}<p class=legend>Le pont en hiver. (AFP)</p>"))
    assert article.text.endswith("Le pont en hiver. (AFP)")
    assert article.agency is None


@pytest.mark.parametrize("line", ["PARIS (AFP) - ", "Bremen/Kiel (dpa) - "])
def test_a_dateline_credits_the_agency(line: str) -> None:
    article = page(html(body=BODY.replace("<p>", f"<p>{line}", 1)))
    assert article.agency == line.split("(")[1].split(")", maxsplit=1)[0]


def test_the_headline_is_not_in_the_text_again() -> None:
    head = "<meta property='og:title' content='Le pont - Le Courrier'>"
    body = f"<h1>Le pont du nord restera fermé</h1><p>Le pont du nord restera fermé</p>{BODY}"
    article = page(html(head, body))
    assert article.text.startswith("Le conseil municipal")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x00\x01\x02" * 50, Reason.MALFORMED),
        (html(body="<p>Menu</p>"), Reason.NO_TEXT),
        (
            b"<html><head><title>Le pont</title></head><frameset><frame src=a></frameset>"
            b"</html>",
            Reason.NO_TEXT,
        ),
        (
            b"<html><head><title>Page introuvable</title></head><body><h1>Page introuvable"
            b"</h1><p>Essayez la recherche, ou retournez au d\xc3\xa9but.</p></body></html>",
            Reason.ERROR_PAGE,
        ),
        (
            b"<html><head><title>Just a moment...</title></head><body><p>Enable JavaScript"
            b" and cookies to continue</p></body></html>",
            Reason.CHALLENGE_PAGE,
        ),
        (
            html(
                body="<p>Nous et nos 842 partenaires utilisons des cookies.</p>"
                "<p>Continuer sans accepter</p>"
            ),
            Reason.CONSENT_WALL,
        ),
    ],
)
def test_pages_without_an_article_are_rejected(content: bytes, reason: Reason) -> None:
    with pytest.raises(Unreadable) as verdict:
        page(content)
    assert verdict.value.reason is reason


def test_plain_text_is_the_article() -> None:
    document = Document(
        "Un.\r\n\r\nDeux.", Media.TEXT, TextSource.FILE, NOW, path="a.txt"
    )
    article = extract(document)
    assert article.text == "Un.\n\nDeux."
    assert article.id == article.content_hash
    assert article.extractor is None
    encoded = dataclasses.replace(
        document, content="Grün.".encode("cp1252"), charset="windows-1252"
    )
    assert extract(encoded).text == "Grün."
