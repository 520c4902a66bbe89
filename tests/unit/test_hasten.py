"""Expressions in other words find what they found."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import lxml.html
import pytest
from benchmarks.pages import pages
from lxml import etree

from transforms.fast.hasten import hasten, hastened
from transforms.fast.search import Search

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
        ".//*[self::div or self::p][starts-with(@id|@class, 'cookie') or @style='z']",
        "(.//*[self::div][re:test(@class|@id, '^hidden')])[1]",
        ".//*[self::li or self::p][not(@class)][1]",
        ".//*[not(self::div) or @id = 'y'][@class]",
        ".//*[self::div][contains(@class, 'x [1]/y')]",
        ".//*[self::div][@class][2]",
        ".//*[self::div][.//span]",
        ".//*[self::div][@class][.//span or .//li]",
        "(.//*[self::div][@class][.//li])[1]",
        ".//*[self::div][@class][not(.//li)][1]",
        ".//div[@class]|.//*[@style]",
        ".//*[re:test(@id|@style, 'hidden')]",
        ".//*[re:test(@class, '^$')]",
        ".//*[not(re:test(@class, 'cookie', 'i'))]",
        ".//p[re:test(@id, '[A-Z]') or re:test(@class, \"a'b\")]",
    ],
)
def test_the_same_elements_are_found(path: str) -> None:
    old = etree.XPath(path, namespaces=REGEXP)
    new = hastened(path) or old
    for tree in (*TREES, *TREES):
        assert new(tree) == old(tree)
        for part in tree.iter("body", "article"):
            assert new(part) == old(part)


@pytest.mark.parametrize(
    ("path", "is_remembered"),
    [
        (".//*[self::div or self::p][re:test(@class, 'a')]", True),
        ("(.//*[re:test(@id|@class, 'a')])[1]", True),
        (".//*[self::div][@class='a'][1]", True),
        (".//*[self::div][@class='a'][2]", False),
        (".//*[self::div][.//p]", False),
        (".//*[self::div][@class='a'][not(.//h1) or @id='b']", True),
        (".//*[self::div][@class='a'][position() < 3]", False),
        (".//*[self::div][@class='a'][.//p[1]]", False),
        (".//*[self::div][@class=string(.)]", False),
        (".//*[self::div][@class='a']|.//p", False),
        ("//*[self::div][@class='a']", False),
        (".//div[@class='a']", False),
        ("(.//*[self::div][@class='a'])[2]", False),
    ],
)
def test_what_asks_elements_for_their_own_attributes_is_remembered(
    path: str, is_remembered: bool
) -> None:
    assert isinstance(hastened(path), Search) == is_remembered


def test_an_expression_is_asked_once_for_each_combination_of_attributes() -> None:
    asked: list[str] = []

    def compiled(path: str) -> Any:
        plain = etree.XPath(path)

        def ask(element: etree._Element) -> Any:
            asked.append(element.get("class", ""))
            return plain(element)

        return ask

    search = Search(".//*[self::p][contains(@class, 'b')]", compiled)
    tree = lxml.html.fromstring(
        "<div><p class=ab>1<p class=c>2<p class=ab id=x>3<p>4</div>"
    )
    for _ in range(2):
        assert [element.text for element in search(tree)] == ["1", "3"]
    assert asked == ["ab", "c", ""]


def test_many_combinations_of_attributes_are_not_all_remembered() -> None:
    tree = lxml.html.fromstring(
        f"<div>{''.join(f'<p class=c{number}></p>' for number in range(5_000))}"
        f"<p class='{'c' * 600}'></p></div>"
    )
    search = Search(".//*[self::p][contains(@class, 'c')]", etree.XPath)
    assert len(search(tree)) == len(search(tree)) == 5_001
    assert len(search.known) <= 4_000
    assert all(len(name or "") < 600 for key in search.known for name in key)


_WORK = """
import datetime, hashlib, json, sys
import transforms.extract.article as extract
from benchmarks.pages import pages
from transforms.fast.search import Search
from transforms.records import Document, Media, TextSource

def is_rewritten():
    search = sys.modules["trafilatura.xpaths"].OVERALL_DISCARD_XPATH[0]
    others = ("settings", "baseline")
    modules = [sys.modules[f"trafilatura.{name}"] for name in others]
    paths = [module.BASIC_CLEAN_XPATH.path for module in modules]
    return [type(search) is Search, *("nb:test" in path for path in paths)]

at_import = is_rewritten()
work = extract.extractor(extract.ExtractOptions())
now = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)
found = [
    list(work(Document(page.html, Media.HTML, TextSource.PAGE, now)))
    for page in pages(12, seed=5)
]
print(json.dumps([at_import, is_rewritten(), repr(found)]))
"""


def worked(plain: str) -> list[Any]:
    """Return what was rewritten at the import, then when work began, and the articles."""
    done = subprocess.run(
        [sys.executable, "-c", _WORK],
        cwd=ROOT,
        env=os.environ | {"NEWSBEAM_PLAIN": plain, "PYTHONPATH": str(ROOT / "tests")},
        check=True,
        capture_output=True,
        text=True,
    )
    result: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.slow
def test_searches_are_put_in_other_words_when_work_begins_and_find_the_same() -> None:
    at_import, at_work, articles = worked("0")
    assert not any(at_import)
    assert all(at_work)
    _, plain_at_work, plain_articles = worked("1")
    assert not any(plain_at_work)
    assert articles == plain_articles


def test_a_package_without_searches_is_left_alone_with_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEWSBEAM_PLAIN", raising=False)
    assert hasten("json") == 0
    assert "json has no searches where they were" in caplog.text


NAMESPACES = {"x": "urn:other", "re": "http://exslt.org/regular-expressions"}


@pytest.mark.parametrize(
    "path",
    ["//x:p[re:test(@class, 'a')]", ".//*[@class='a'][not(ancestor::x:div)]"],
)
def test_an_expression_with_a_namespace_of_its_own_stays_as_it_is(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEWSBEAM_PLAIN", raising=False)
    library = ModuleType(name := f"library{len(path)}")
    library.__dict__["ODD"] = odd = etree.XPath(path, namespaces=NAMESPACES)
    library.__dict__["OWN"] = etree.XPath(".//*[self::p][@class='a: b']")
    monkeypatch.setitem(sys.modules, name, library)
    assert hasten(name) == 1
    assert library.ODD is odd
    assert isinstance(library.OWN, Search)
    tree = etree.fromstring("<d xmlns:x='urn:other'><x:p class='a'/></d>")
    assert [element.tag for element in library.ODD(tree)] == ["{urn:other}p"]


def test_the_plain_way_leaves_searches_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEWSBEAM_PLAIN", "1")
    library = ModuleType("plain_library")
    library.__dict__["OWN"] = own = etree.XPath(".//*[self::p][@class='a']")
    monkeypatch.setitem(sys.modules, "plain_library", library)
    assert hasten("plain_library") == 0
    assert library.OWN is own
