"""trafilatura's steps, each done once, find what trafilatura finds."""

from __future__ import annotations

import copy
import gc
import logging
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import trafilatura
from benchmarks.pages import pages
from kit import ROOT
from lxml.html import HtmlElement
from trafilatura import core, main_extractor

from transforms.extract import body
from transforms.fast import cascade
from transforms.fast.cascade import Cascade
from transforms.page.tree import page_tree
from transforms.text import charset

SENTENCE = (
    "The harbour was closed on Monday after a storm had damaged two of its cranes. "
)
MENU = "".join(f"<li><a href=/{n}>Harbour news number {n}</a></li>" for n in range(90))
ODD = {
    "nothing": "<html><body></body></html>",
    "a caption": "<html><body><figure><p>Ann Lee</p></figure><p>A few words.</p></body></html>",
    "short among much": (
        f"<html><body><div class=x>{MENU}</div><div><p>{SENTENCE * 3}</p></div>"
        f"<div>{'<br>'.join([SENTENCE] * 30)}</div></body></html>"
    ),
    "teasers alone": (
        f"<html><body>{f'<div class=teaser><p>{SENTENCE}</p></div>' * 9}</body></html>"
    ),
    "a forum": (
        '<html><head><script type="application/ld+json">'
        '{"@type": "DiscussionForumPosting"}</script></head><body><div class=post>'
        f"<p>{SENTENCE}</p></div><div id=comments><p>{SENTENCE * 4}</p></div></body></html>"
    ),
    "comments": (
        f"<html><body><article><p>{SENTENCE * 9}</p></article>"
        f"<ol class=commentlist>{'<li>I was there.</li>' * 9}</ol></body></html>"
    ),
    "a text in JSON-LD": (
        '<html><head><script type="application/ld+json">{"@type": "NewsArticle", '
        f'"articleBody": "{SENTENCE * 9}"}}</script></head><body><p>Read on</p></body></html>'
    ),
    "tables": (
        f"<html><body><main><table>{f'<tr><td>{SENTENCE}<td>1' * 9}</table></main></body></html>"
    ),
    "a list of links": f"<html><body><ul>{MENU}</ul></body></html>",
}
WAYS: tuple[tuple[bool, Any], ...] = (
    (True, "balance"),
    (False, "balance"),
    (True, "recall"),
    (False, "recall"),
)


def contents() -> Iterator[str]:
    yield from ODD.values()
    made = (page.html for page in pages(12, seed=3))
    kept = sorted((ROOT / "seeds/offline/pages").glob("*/*.html"))[:12]
    for data in (*made, *(path.read_bytes() for path in kept)):
        yield charset.decode(data)


def tree_of(content: str) -> HtmlElement:
    tree = page_tree(content)
    assert tree is not None
    return tree


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("NEWSBEAM_PLAIN", raising=False)
    cascade.is_as_known.cache_clear()
    yield
    cascade.is_as_known.cache_clear()


@pytest.mark.parametrize("tables", [True, False])
@pytest.mark.parametrize("ways", [WAYS, WAYS[::-1]], ids=["fast first", "fast last"])
def test_the_same_text_is_found(ways: Any, tables: bool) -> None:
    for content in contents():
        once = Cascade.over(tree_of(content), tables=tables)
        assert once is not None
        for is_fast, focus in ways:
            found = trafilatura.bare_extraction(
                tree_of(content),
                fast=is_fast,
                favor_recall=focus == "recall",
                include_comments=False,
                include_tables=tables,
            )
            assert once.text(fast=is_fast, focus=focus) == (
                getattr(found, "text", None) or ""
            )


def test_a_page_has_the_same_body_without_private_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def texts() -> list[str]:
        return [
            body.page_text(tree_of(content), None, focus="balance", tables=True)
            for content in contents()
        ]

    used = texts()
    monkeypatch.setenv("NEWSBEAM_PLAIN", "1")
    cascade.is_as_known.cache_clear()
    assert Cascade.over(tree_of(ODD["nothing"]), tables=True) is None
    assert texts() == used


def test_a_tree_is_copied_once_where_enough_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: list[str] = []
    plain = copy.copy

    def counted(tree: Any) -> Any:
        copied.append(tree.tag)
        return plain(tree)

    monkeypatch.setattr(copy, "copy", counted)
    numbered = "".join(f"<p>{number}. {SENTENCE}</p>" for number in range(60))
    tree = tree_of(f"<html><body><article>{numbered}</article></body></html>")
    once = Cascade.over(tree, tables=True)
    assert once is not None
    assert once.text(fast=True, focus="balance").count(SENTENCE.strip()) == 60
    assert copied == ["html"]
    # What is asked beside it is given copies of its own.
    assert once.text(fast=False, focus="balance").count(SENTENCE.strip()) == 60
    assert copied == ["html"] * 3


def test_a_page_is_freed_at_once() -> None:
    """No cycle holds its tree, some megabytes, until the collector looks for cycles."""
    once = Cascade.over(tree_of(ODD["comments"]), tables=True)
    assert once is not None
    gc.disable()
    try:
        for fast in (True, False):
            once.text(fast=fast, focus="recall")
        page = weakref.ref(once)
        del once
        assert page() is None
    finally:
        gc.enable()


def test_the_plain_way_is_gone_where_trafilatura_has_changed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(core, "_recall_retry")
    assert Cascade.over(tree_of(ODD["comments"]), tables=True) is None
    assert "trafilatura has other steps than it had" in caplog.text
    monkeypatch.undo()
    cascade.is_as_known.cache_clear()
    caplog.set_level(logging.WARNING)
    monkeypatch.delattr(main_extractor, "deepcopy")
    assert Cascade.over(tree_of(ODD["comments"]), tables=True) is None
