from __future__ import annotations

import pytest

from transforms.fragment import fragment_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<p>Un <b>mot</b>,<br>deux</p><p>Trois &amp; quatre</p> fin",
            "Un mot,\ndeux\n\nTrois & quatre\n\nfin",
        ),
        ("plain text & more", "plain text & more"),
        ("a\n\nb", "a\n\nb"),
        ("<script>evil()</script><p>good</p><style>p{}</style>", "good"),
        ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
        ("<figure><img><figcaption>caption</figcaption></figure><p>text</p>", "text"),
        ("<!-- note --><p>text</p>", "text"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_blocks_become_paragraphs(html: str, text: str) -> None:
    assert fragment_text(html) == text


def test_hostile_nesting_ends() -> None:
    assert isinstance(fragment_text("<div>" * 50_000 + "x"), str)
