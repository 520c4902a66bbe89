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


WORDS = "The council voted"


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        (f"<!-- {WORDS}", f"<!-- {WORDS}"),
        (f"<!-- note --><p>{WORDS}</p><!-- more", f"{WORDS}\n\n<!-- more"),
        (f"<![CDATA[<p>{WORDS}</p>]]>", WORDS),
        (f"<![CDATA[{WORDS} &amp; more", f"{WORDS} & more"),
        (f"<?php {WORDS} &amp; more", f"<?php {WORDS} & more"),
        (f"&amp; the <script> tag: {WORDS}", f"& the <script> tag: {WORDS}"),
        (f"<script src=x/><p>{WORDS}</p>", WORDS),
        (f"<p>{WORDS}</p><script>run({{", WORDS),
        (f"<form><p>{WORDS}</p>", WORDS),
        (f"<noscript><img><p>{WORDS}</p>", WORDS),
        (f"<figcaption><p>{WORDS}</p>", WORDS),
        (f"<figure><figcaption>a</figure><p>{WORDS}</p>", WORDS),
        (f"<p>a</p></body></html> {WORDS}", f"a\n\n{WORDS}"),
        (f"a <few words & <b 2: {WORDS}", f"a <few words & <b 2: {WORDS}"),
        (f"<p>{WORDS} <a href='http", WORDS),
        (f"<a href='x>one</a><p>{WORDS}</p>", f"one\n\n{WORDS}"),
        (f"<p>\ud83d {WORDS} \ud83d\ude00</p>", f"\ufffd {WORDS} \U0001f600"),
        (f"{'<b>' * 1_000}{WORDS}", WORDS),
        (f"{'<div>' * 3_000}{WORDS}", WORDS),
        ("<!-- a <b>note</b> --><img src=x>", ""),
        ("<style>p { color: red", ""),
    ],
)
def test_nothing_that_never_ends_hides_an_article(fragment: str, text: str) -> None:
    assert fragment_text(fragment) == text


def test_more_levels_than_a_parser_takes_are_read_between_the_tags() -> None:
    deep = "<div>" * 100_000
    assert fragment_text(f"{deep}<script>evil()</script>one <b>two</b>") == "one two"
