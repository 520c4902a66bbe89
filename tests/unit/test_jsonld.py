from __future__ import annotations

import json
import time

import pytest
from lxml import html

from transforms.page.jsonld import Signs, headline_of, own_article, read_json_ld

OWN = {
    "@type": "NewsArticle",
    "headline": "Lock gates shut until spring",
    "datePublished": "2026-03-02T10:00:00Z",
}
OTHER = {
    "@type": "NewsArticle",
    "headline": "Ferry fares go up",
    "url": "https://harbour.example/ferry",
    "datePublished": "2026-01-15T10:00:00Z",
}
SIGNS = Signs(
    frozenset({"https://harbour.example/gates"}),
    ("Lock gates shut until spring", "Lock gates shut until spring | The Harbour"),
    "https://harbour.example/gates",
)


def page(*scripts: str) -> html.HtmlElement:
    elements = "".join(
        f'<script type="application/ld+json">{script}</script>' for script in scripts
    )
    return html.document_fromstring(f"<html><head>{elements}</head><body/></html>")


@pytest.mark.parametrize(
    "script",
    [
        '//<![CDATA[\n{"headline": "a, ]", "n": [1, 2]}\n//]]>',
        '/* <![CDATA[ */ {"headline": "a, ]", "n": [1, 2]} /* ]]> */',
        '<!-- {"headline": "a, ]", "n": [1, 2]} -->',
        '{"headline": "a, ]", "n": [1, 2,],}',
        '{"headline": "a, ]", "n": [1, 2]};',
        "{&quot;headline&quot;: &quot;a, ]&quot;, &quot;n&quot;: [1, 2]}",
        '{"headline": "a, ]", "n": [1, 2]}{"@type": "Person"}',
    ],
)
def test_scripts_are_read_as_publishers_write_them(script: str) -> None:
    nodes = read_json_ld(page(script))
    assert nodes[0] == {"headline": "a, ]", "n": [1, 2]}


def test_what_a_broken_script_says_once_is_kept() -> None:
    script = (
        '{"@type": "NewsArticle", "headline": "The "lock" shuts",'
        '"datePublished": "2026-03-02T10:00:00Z", "author": {"name": "x"}}'
    )
    (node,) = read_json_ld(page(script))
    assert node["datePublished"] == "2026-03-02T10:00:00Z"


@pytest.mark.parametrize(
    "nodes",
    [
        [OTHER, OWN],
        [OWN, OTHER],
        [{"@graph": [OTHER, OWN]}],
        [{"@type": "ItemList", "itemListElement": [OTHER]}, OTHER, OWN],
        [OTHER, {**OWN, "headline": "Gates", "mainEntityOfPage": "/gates"}],
        [
            OTHER,
            {
                **OWN,
                "headline": "?",
                "url": "https://harbour.example/gates?utm_source=x",
            },
        ],
        [OTHER, {**OWN, "mainEntityOfPage": {"@id": "https://harbour.example/gates"}}],
    ],
)
def test_a_page_has_its_own_node(nodes: list[object]) -> None:
    found = own_article(read_json_ld(page(*map(json.dumps, nodes))), SIGNS)
    assert found["datePublished"] == OWN["datePublished"]


@pytest.mark.parametrize(
    "nodes",
    [
        [OTHER],
        [{**OTHER, "url": None}],
        [{"@type": "ItemList", "itemListElement": [OWN]}],
        [{"@type": "NewsMediaOrganization", "foundingDate": "1911-01-01"}],
    ],
)
def test_anothers_node_is_nobodys(nodes: list[object]) -> None:
    found = own_article(read_json_ld(page(*map(json.dumps, nodes))), SIGNS)
    assert "datePublished" not in found


def test_two_nodes_of_one_page_complete_each_other() -> None:
    dated = {"@type": "NewsArticle", "headline": OWN["headline"], "dateModified": "x"}
    found = own_article([OWN, dated], SIGNS)
    assert (found["datePublished"], found["dateModified"]) == (
        OWN["datePublished"],
        "x",
    )


def test_a_headline_is_one_line() -> None:
    assert headline_of({"headline": ["Lock &amp;\n gates"]}) == "Lock & gates"


@pytest.mark.parametrize(
    "script",
    [
        *('"' + '\\"' * 200_000, ", " * 200_000, '{"a": 1,' + " " * 500_000),
        *("[" * 200_000, "//" * 500_000, '{"@graph": 3}', "null", ""),
    ],
)
def test_hostile_scripts_cost_little(script: str) -> None:
    started = time.thread_time()
    read_json_ld(page(script))
    assert time.thread_time() - started < 2
