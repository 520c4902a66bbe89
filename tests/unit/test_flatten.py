"""Pages that go on behind their end, or nest deeper than a parser follows, keep their text."""

from __future__ import annotations

import pytest
from growth import grows_too_fast, repeated
from lxml.html import HtmlElement

from transforms.errors import Unreadable
from transforms.page.flatten import flattened
from transforms.page.tree import page_tree
from transforms.vocabulary import Reason

HEAD = "<!DOCTYPE html><html><head><title>A bridge</title></head><body>"
END = "</body></html>"
STORY = "<p>The council voted.</p>"


def text_of(content: str) -> list[str]:
    tree = page_tree(content)
    assert isinstance(tree, HtmlElement)
    body = tree.find("body")
    assert body is not None
    return " ".join(body.itertext()).split()


@pytest.mark.parametrize(
    "behind",
    [
        "<p>More of it.</p>",
        "More of it.",
        "\n<!-- served --><div><b>More</b> of it.</div></body></html>",
        "<html><body><p>More</p></body></html><p>of it.</p>",
    ],
)
def test_what_stands_behind_the_end_belongs_to_the_page(behind: str) -> None:
    found = text_of(f"{HEAD}{STORY}{END}{behind}")
    assert found == ["The", "council", "voted.", "More", "of", "it."]


@pytest.mark.parametrize("tag", ["div", "span", "font", "blockquote", "section"])
@pytest.mark.parametrize("levels", [240, 400, 3_000, 100_000])
def test_no_text_is_lost_to_depth(tag: str, levels: int) -> None:
    deep = f"<{tag} class=x>" * levels + "It is old." + f"</{tag}>" * levels
    page = f"{HEAD}{STORY}{deep}<p>It was built in 1931.</p>{END}<p>By staff</p>"
    said = "The council voted. It is old. It was built in 1931. By staff"
    assert text_of(page) == said.split()


def test_tags_that_are_never_closed() -> None:
    paragraphs = [f"Sentence {number}." for number in range(2_000)]
    page = HEAD + "".join(f"<font><p>{one}</p>" for one in paragraphs) + END
    assert text_of(page) == " ".join(paragraphs).split()


def test_paragraphs_stay_apart_and_programs_stay_out_of_the_text() -> None:
    deep = "<div>" * 300
    inside = (
        "<div>One</div><div>Two<script>if (a<b) { '<div>' }</script></div>"
        "<!-- <div> --><ul><li>Three<li>Four</ul>"
    )
    tree = page_tree(f"{HEAD}{deep}{inside}{END}")
    assert tree is not None
    words = [text.strip() for text in tree.xpath("//body//text()[not(parent::script)]")]
    assert [word for word in words if word] == ["One", "Two", "Three", "Four"]


def test_a_page_that_ends_where_it_ends_is_left_alone() -> None:
    scripts = "<script>a('</html>')</script>\n<!-- x -->\n"
    tree = page_tree(f"{HEAD}{STORY}{END}{scripts}")
    assert tree is not None
    assert [child.tag for child in tree] == ["head", "body"]
    assert tree.find(".//script") is None


def test_what_cannot_be_read_whole_is_said() -> None:
    with pytest.raises(Unreadable) as refused:
        page_tree(f"{HEAD}{STORY}{'<li><td>' * 1_000}Lost{END}")
    assert refused.value.reason is Reason.MALFORMED
    assert refused.value.detail == "its elements lie too deep in each other"


HOSTILE = {
    "levels": repeated("<div>"),
    "levels with text": repeated("<div>a"),
    "names": repeated("a", "<div>" * 300 + "<"),
    "attributes": repeated("b=c ", "<div>" * 300 + "<a "),
    "no end of a tag": repeated("<a "),
    "ends": repeated("</b>", "<div>" * 300),
    "ends of others": repeated("<b></i>", "<div>" * 300),
    "comments": repeated("<!--", "<div>" * 300),
    "scripts": repeated("<script></scripx>", "<div>" * 300),
    "titles": repeated("<title>a</title>", "<div>" * 300),
    "tables": repeated("<table><tr><td>"),
    "pages": repeated("</html>a"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_take_linear_time(name: str) -> None:
    assert grows_too_fast(lambda page: flattened(page.encode()), HOSTILE[name]) == ""
    assert grows_too_fast(page_tree, HOSTILE[name]) == ""
