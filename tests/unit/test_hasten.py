"""Expressions in other words find what they found."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pytest
from benchmarks.pages import pages
from lxml import etree

import transforms.extract
from transforms.hasten import hastened

ROOT = Path(__file__).parents[2]
REGEXP = {"re": "http://exslt.org/regular-expressions"}
ODD = b"""<html><head><meta name='author' content='A'></head><body class='Home'>
<div class='nav-top' id='x'><p id='Hidden' style='display:none'>a</p></div>
<div id='y' class='cookie-banner'><span class=''>b</span><ul id=''><li>c</li></ul></div>
<div style='hidden' id='z'>d</div><div id='hidden' style='z'>e</div>
<section class='comments COOKIE-NOTICE'>f</section><p>g</p></body></html>"""


def trees() -> Iterator[etree._Element]:
    yield lxml.html.document_fromstring(ODD)
    for page in pages(12, seed=5):
        yield lxml.html.document_fromstring(page.html)
    for path in sorted((ROOT / "seeds/offline/pages").glob("*/*.html"))[:12]:
        yield lxml.html.document_fromstring(path.read_bytes())


TREES = list(trees())


def expressions() -> Iterator[str]:
    """The expressions of trafilatura, as they are written: a fresh import has them."""
    for name in ("xpaths", "settings"):
        spec = importlib.util.find_spec(f"trafilatura.{name}")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for value in vars(module).values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, etree.XPath):
                    yield item.path


@pytest.mark.parametrize(
    "path",
    [
        *dict.fromkeys(expressions()),
        ".//*[re:test(@id|@style, 'hidden')]",
        ".//*[re:test(@class, '^$')]",
        ".//*[not(re:test(@class, 'cookie', 'i'))]",
        ".//p[re:test(@id, '[A-Z]') or re:test(@class, \"a'b\")]",
    ],
)
def test_the_same_elements_are_found(path: str) -> None:
    old = etree.XPath(path, namespaces=REGEXP)
    new = hastened(path)
    for tree in TREES:
        assert new(tree) == old(tree)


def test_trafilatura_searches_in_other_words() -> None:
    # The module that extracts has seen to it, wherever they are.
    assert transforms.extract.EXTRACTOR
    modules = sys.modules
    assert "nb:test" in modules["trafilatura.xpaths"].OVERALL_DISCARD_XPATH[0].path
    assert "nb:test" in modules["trafilatura.settings"].BASIC_CLEAN_XPATH.path
    assert "nb:test" in modules["trafilatura.baseline"].BASIC_CLEAN_XPATH.path
