from __future__ import annotations

import pytest

from transforms.text.fragment import fragment_text


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
        (
            "<table><tr><td>Peru</td><td>Chile</td></tr><tr><th>1</th><td>2</td></tr></table>",
            "Peru Chile\n\n1 2",
        ),
        ("<ruby>酒田市<rp>(</rp><rt>さかたし</rt><rp>)</rp></ruby>は", "酒田市は"),
        ("<pre>one\n  two</pre>", "one\n\ntwo"),
        ("<video>No film.</video><select><option>A</select><p>text</p>", "text"),
        ("<details><summary>More</summary>text</details>", "More\n\ntext"),
        ("&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;", "One\n\nTwo"),
        ("&amp;lt;p&amp;gt;One&amp;lt;/p&amp;gt;", "One"),
        ("One&lt;br&gt;two&lt;br /&gt;three", "One\n\ntwo\n\nthree"),
        ("Line up with &lt;br&gt; tags", "Line up with <br> tags"),
        ("<p>Shown as &lt;/p&gt; here</p>", "Shown as </p> here"),
        ("AT&amp;amp;T it&amp;#8217;s &amp;hellip;", "AT&T it’s …"),
        ("a &lt; b and c &gt; d", "a < b and c > d"),
    ],
)
def test_blocks_become_paragraphs(html: str, text: str) -> None:
    assert fragment_text(html) == text


def test_hostile_nesting_ends() -> None:
    assert isinstance(fragment_text("<div>" * 50_000 + "x"), str)
