from __future__ import annotations

import datetime as dt
import json

import pytest
from lxml import html

from transforms.metadata import page_metadata
from transforms.records import Precision


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
    found = page_metadata(tree, "2026-11-20")
    assert found.published is not None
    assert found.published.at == dt.datetime(2026, 11, 21, 4, 30, tzinfo=dt.UTC)
    assert found.published.precision is Precision.SECOND


def test_json_ld_is_searched_in_graphs_and_lists() -> None:
    article = {
        "@type": ["NewsArticle"],
        "datePublished": "2026-11-20T08:00:00Z",
        "dateModified": "2026-11-21T09:00:00Z",
        "articleSection": ["Monde", "Asie"],
        "isAccessibleForFree": "False",
    }
    tree = page([{"@type": "WebSite"}, {"@graph": [{"@type": "Person"}, article]}])
    found = page_metadata(tree, "2026-11-20")
    assert found.modified_at == dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
    assert found.section == "Monde"
    assert found.is_truncated is True


def test_a_time_on_another_day_is_not_this_articles() -> None:
    tree = page(article__published_time="2019-01-01T08:00:00Z")
    found = page_metadata(tree, "2026-11-20")
    assert found.published is not None
    assert found.published.at.date() == dt.date(2026, 11, 20)
    assert found.published.precision is Precision.DAY


@pytest.mark.parametrize(
    ("free", "truncated"),
    [(True, False), (False, True), ("http://schema.org/False", True), ("?", None)],
)
def test_paywalls(free: object, truncated: bool | None) -> None:
    tree = page({"@type": "NewsArticle", "isAccessibleForFree": free})
    assert page_metadata(tree, None).is_truncated is truncated


@pytest.mark.parametrize(
    "script",
    ["{", "[" * 100_000, '{"@graph": 3}', '"text"', '{"@type": null}', "null"],
)
def test_broken_json_ld_is_passed_over(script: str) -> None:
    tree = html.document_fromstring(
        f'<html><body><script type="application/ld+json">{script}</script></body></html>'
    )
    assert page_metadata(tree, None).published is None
