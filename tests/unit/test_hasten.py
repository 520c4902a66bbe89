"""Expressions in other words find what they found."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from benchmarks.pages import pages
from lxml import etree

from transforms.fast.hasten import hasten, hastened

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


_WORK = """
import datetime, hashlib, json, sys
import transforms.extract.article as extract
from benchmarks.pages import pages
from transforms.records import Document, Media, TextSource

def is_rewritten():
    path = sys.modules["trafilatura.xpaths"].OVERALL_DISCARD_XPATH[0].path
    others = ("settings", "baseline")
    modules = [sys.modules[f"trafilatura.{name}"] for name in others]
    paths = [path, *(module.BASIC_CLEAN_XPATH.path for module in modules)]
    return ["nb:test" in path for path in paths]

at_import = is_rewritten()
work = extract._extractor(extract.ExtractOptions())
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
