"""Ids without numbers: what they are, what they cost, what they change."""

from __future__ import annotations

import subprocess
import sys

import pytest
import trafilatura
from benchmarks.pages import pages
from lxml import html

from transforms.fast.ids import drop_numbers

# Bytes that copies of pages with ids of their own leave in a process.
_LEFT = """
import copy, pathlib, resource, sys
import trafilatura
from transforms.fast.ids import drop_numbers

def page(number):
    ids = (f"comment-{number}-{line}-{'x' * 50}" for line in range(5_000))
    return "<html><body>" + "".join(f"<p id='{name}'>x</p>" for name in ids)

def resident():
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()

for number in range(40):
    if number == 10:
        before = resident()
    tree = trafilatura.load_html(page(number))
    if sys.argv[1] == "plain":
        drop_numbers(tree)
    copy.deepcopy(tree)
print(resident() - before)
"""


def left(how: str) -> int:
    command = [sys.executable, "-c", _LEFT, how]
    return int(subprocess.check_output(command))


def test_a_number_is_a_0() -> None:
    tree = html.document_fromstring(
        "<body id='p12'><p id='comment-13099841'>a</p><p id='main'>b</p><p id>c</p>"
        "<p class='c1'>d</p>"
    )
    drop_numbers(tree)
    assert tree.xpath("//@id") == ["p0", "comment-0", "main", ""]
    assert tree.xpath("//@class") == ["c1"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_process_does_not_grow_with_the_ids_it_has_seen() -> None:
    # 30 pages with 5,000 ids of 70 bytes each.
    assert left("as they are") > 8_000_000
    assert left("plain") < 3_000_000


@pytest.mark.parametrize("fast", [True, False])
def test_the_text_is_the_same(fast: bool) -> None:
    for page in pages(30, seed=9):
        as_it_is, plain = (trafilatura.load_html(page.html) for _ in range(2))
        drop_numbers(plain)
        text = trafilatura.extract(as_it_is, fast=fast)
        assert text
        assert trafilatura.extract(plain, fast=fast) == text
