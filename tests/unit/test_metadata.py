from __future__ import annotations

import datetime as dt
import json
import time

import pytest
from lxml import html

from transforms.extract.metadata import page_metadata
from transforms.text.calendars import load_months
from transforms.vocabulary import Precision

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def page(ld: object = None, **meta: str) -> html.HtmlElement:
    elements = "".join(
        f'<meta property="{name.replace("__", ":")}" content="{content}">'
        for name, content in meta.items()
    )
    script = (
        f'<script type="application/ld+json">{json.dumps(ld)}</script>' if ld else ""
    )
    return html.document_fromstring(
        f"<html><head>{elements}{script}</head><body><p>x</p></body></html>"
    )


def test_time_and_zone_come_from_meta() -> None:
    tree = page(article__published_time="2026-11-20T23:30:00-05:00")
    found = page_metadata(tree, None, NOW)
    assert found.published is not None
    assert found.published.moment.at == dt.datetime(2026, 11, 21, 4, 30, tzinfo=dt.UTC)
    assert found.published.moment.precision is Precision.SECOND


def test_json_ld_is_searched_in_graphs_and_lists() -> None:
    article = {
        "@type": ["NewsArticle"],
        "datePublished": "2026-11-20T08:00:00Z",
        "dateModified": "2026-11-21T09:00:00Z",
        "articleSection": ["Monde", "Asie"],
        "isAccessibleForFree": "False",
    }
    tree = page([{"@type": "WebSite"}, {"@graph": [{"@type": "Person"}, article]}])
    found = page_metadata(tree, None, NOW)
    assert found.modified_at == dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
    assert found.section == "Monde"
    assert found.is_truncated is True


@pytest.mark.parametrize(
    ("free", "truncated"),
    [(True, False), (False, True), ("http://schema.org/False", True), ("?", None)],
)
def test_paywalls(free: object, truncated: bool | None) -> None:
    tree = page({"@type": "NewsArticle", "isAccessibleForFree": free})
    assert page_metadata(tree, None, NOW).is_truncated is truncated


@pytest.mark.parametrize(
    "script",
    ["{", "[" * 100_000, '{"@graph": 3}', '"text"', '{"@type": null}', "null"],
)
def test_broken_json_ld_is_passed_over(script: str) -> None:
    tree = html.document_fromstring(
        f'<html><body><script type="application/ld+json">{script}</script></body></html>'
    )
    assert page_metadata(tree, None, NOW).published is None


def test_authors_are_the_nodes_own_and_may_be_named_elsewhere() -> None:
    people = [
        {"@type": "Person", "@id": "#1", "name": "Ann Lee"},
        {
            "@type": ["Person", "Organization"],
            "@id": "#2",
            "givenName": "Tom",
            "familyName": "Roe",
        },
    ]
    article = {
        "@type": "NewsArticle",
        "author": [
            {"@id": "#1"},
            {"@id": "#2"},
            {"@type": "Organization", "name": "Reuters"},
        ],
        "comment": {
            "@type": "Comment",
            "author": {"@type": "Person", "name": "Salty Dog"},
        },
        "publisher": {"@type": "Organization", "name": "Hafenblatt GmbH & Co. KG"},
    }
    found = page_metadata(page([article, *people]), None, NOW)
    assert found.authors == ("Ann Lee", "Tom Roe")
    assert found.agency == "Reuters"
    assert found.source_name == "Hafenblatt"


def test_the_line_on_the_page_may_name_more_people() -> None:
    article = {"@type": "NewsArticle", "author": "Ann Lee", "headline": "Gates"}
    head = f'<script type="application/ld+json">{json.dumps(article)}</script>'
    body = "<h1>Gates</h1><p class=byline>By Ann Lee and Tom Roe</p>"
    tree = html.document_fromstring(
        f"<html><head>{head}</head><body>{body}</body></html>"
    )
    assert page_metadata(tree, None, NOW).authors == ("Ann Lee", "Tom Roe")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("The Harbour", "The Harbour"),
        ("Hafenblatt GmbH", "Hafenblatt"),
        ("Le Port S.A.", "Le Port"),
        ("The Harbour | News from the quays", "The Harbour"),
        ("Hafen.example - Nachrichten für Seeleute", "Hafen.example"),
        ("© 2026 The Harbour. All rights reserved.", None),
        ("Quay Street 12, 20457 Selwyn", None),
        ("@harbour", None),
        ("https://harbour.example", None),
    ],
)
def test_a_publication_has_a_name(name: str, source: str | None) -> None:
    assert page_metadata(page(og__site_name=name), None, NOW).source_name == source


@pytest.mark.parametrize("home", ["", "/", "/?utm_source=x", "/;jsessionid=AB12"])
def test_a_home_page_is_passed_over_for_the_next_address(home: str) -> None:
    link = f"<link rel=canonical href='https://a.example{home}'>"
    meta = "<meta property=og:url content='https://a.example/news/gates'>"
    tree = html.document_fromstring(
        f"<html><head>{link}{meta}</head><body><p>x</p></body></html>"
    )
    assert page_metadata(tree, None, NOW).url == "https://a.example/news/gates"


def test_relative_addresses_have_a_base() -> None:
    head = "<base href='https://a.example/news/'><link rel=canonical href=gates.html>"
    tree = html.document_fromstring(
        f"<html><head>{head}</head><body><p>x</p></body></html>"
    )
    assert page_metadata(tree, None, NOW).url == "https://a.example/news/gates.html"


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        ("<h1>Gates</h1>", "<span></span>"),
        ("<h1>Gates</h1>", "<p class=byline>By Ann Lee, 2 March 2026</p>"),
        ("<h1>Gates</h1>", "<time datetime='2026-03-02'>x</time>"),
        ("<h1>Gates</h1><div class=author>", "<b> </b>"),
        ("", "<h1>Gates of the northern lock</h1>"),
        ("", "<h2>Gates of the northern lock</h2>"),
        ("", "<meta name=author content='Ann Lee'>"),
        ("", "<link rel=canonical href='https://a.example/x'>"),
        ("", "<figcaption>Ann Lee / AFP</figcaption>"),
        ("<h1>Gates</h1><p>", "1 "),
        ("<h1>Gates</h1><p class=date>", "1. a "),
        ("", '<script type=\'application/ld+json\'>{"@type":"NewsArticle"}</script>'),
    ],
)
def test_hostile_pages_cost_little(start: str, piece: str) -> None:
    load_months()
    page = f"<html><head><title>Gates</title></head><body>{start}{piece * 20_000}"
    tree = html.document_fromstring(page)
    started = time.thread_time()
    page_metadata(tree, "https://a.example/x", NOW)
    assert time.thread_time() - started < 2


def test_what_is_no_name_no_date_and_no_address_is_passed_over() -> None:
    article = {
        "@type": "NewsArticle",
        "author": [7, {"@type": "Person", "name": "Ada Byron"}],
        "datePublished": True,
        "url": "#top",
        "image": {"@type": "ImageObject", "contentUrl": ["https://a.example/i.jpg"]},
    }
    found = page_metadata(page(article), "https://a.example/story/7", NOW)
    assert found.authors == ("Ada Byron",)
    assert found.published is None
    assert found.url is None
    assert found.image_url == "https://a.example/i.jpg"


def test_of_a_long_list_of_sections_the_first_counts() -> None:
    sections = ", ".join(f"Section {number}" for number in range(20))
    found = page_metadata(page(article__section=sections), None, NOW)
    assert found.section == "Section 0"


def test_the_last_change_may_be_in_meta() -> None:
    tree = page(article__modified_time="2026-11-21T09:00:00Z")
    changed = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
    assert page_metadata(tree, None, NOW).modified_at == changed


def test_objects_one_after_the_other_are_read_up_to_what_is_broken() -> None:
    tree = html.document_fromstring(
        '<html><head><script type="application/ld+json">{"@type": "WebSite"};\n'
        '{"@type": "NewsArticle", "articleSection": "Sea"}, {"@type": </script></head>'
        "<body><p>x</p></body></html>"
    )
    assert page_metadata(tree, None, NOW).section == "Sea"
