"""Pages become the trees that trafilatura makes of them, of cheaper elements."""

from __future__ import annotations

from pathlib import Path

import pytest
import trafilatura
from benchmarks.pages import pages
from kit import ROOT
from lxml import etree
from lxml.html import HtmlElement

from transforms.page.tree import page_tree
from transforms.text import charset

PUBLIC = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/">'
)
ODD = {
    "nothing": "",
    "white space": " \n ",
    "a word": "word",
    "plain text": "No page. It only says so, twice.",
    "an element": "<p>alone</p>",
    "two elements": "<p>one</p><p>two</p>",
    "a fragment in a page": "<html><p>one",
    "a feed": '<?xml version="1.0" encoding="latin-1"?><rss><channel/></rss>',
    "XHTML in another charset": (
        '<?xml version="1.0" encoding="iso-8859-1"?><html><body><p>café</p></body></html>'
    ),
    "a charset that is not so": '<html><meta charset="koi8-r"><p>Ж café “q”</p></html>',
    "a document type with slashes": f"{PUBLIC}<html><body><p>a</p></body></html>",
    "a document type in lines": f"{PUBLIC}\n<html>\n<body><p>a</p></body></html>",
    "a root closed at once": '<!DOCTYPE html>\n<html lang="de"/>\n<body><p>a</p></body>',
    "controls": "<html><body><p>a\x00b\x0bc\x1fd\x7f\x85e\tf\r\ng</p></body></html>",
    "not characters": "<html><body><p>a\ufffeb\uffffc\ufffdd</p></body></html>",
    "beyond the plane": "<html><body><p>𝒜 😀 漢</p></body></html>",
    "references": "<html><body><p>&#1;&#0;&#xD800;&amp;&nosuch;&hellip;</p></body></html>",
    "comments": "<html><!-- c --><body><?php x ?><p>a<!-- b -->c</p></body></html>",
    "controls of forms": "<html><body><form><input name=a><label>b</label></form></body>",
    "unclosed": "<html><body><div><p>a<p>b<script>if (a < b) {",
    "two bodies": "<html><body><p>a</p></body><body class=x><p>b</p></body></html>",
}


def shape(tree: HtmlElement | None) -> str | None:
    return None if tree is None else etree.tostring(tree, encoding="unicode")


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_an_odd_page_becomes_the_same_tree(content: str) -> None:
    assert shape(page_tree(content)) == shape(trafilatura.load_html(content))


def test_a_page_becomes_the_same_tree() -> None:
    kept: list[Path] = sorted((ROOT / "seeds/offline/pages").glob("*/*.html"))
    made = [page.html for page in pages(40, seed=7)]
    for data in (*made, *(path.read_bytes() for path in kept)):
        content = charset.decode(data)
        assert shape(page_tree(content)) == shape(trafilatura.load_html(content))


def test_no_element_has_a_class_of_its_own() -> None:
    tree = page_tree(ODD["controls of forms"])
    assert tree is not None
    assert {type(element) for element in tree.iter()} == {HtmlElement}


def test_half_a_character_ends_no_page() -> None:
    tree = page_tree("<html><body><p>a\ud800b\udc00\ud83d\ude00c</p></body></html>")
    assert tree is not None
    assert tree.text_content() == "a\ufffdb\ufffd😀c"
