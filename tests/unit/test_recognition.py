"""What is a feed: by its first bytes, beneath noise, or announced by a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.errors import Unreadable
from transforms.parse.discover import discover_feeds
from transforms.parse.feed import looks_like_feed, parse_feed

URL = "https://base.example/feeds/news.xml"
ITEM = "<rss version='2.0'><channel><item><title>Port</title></item></channel></rss>"
NOISE = [
    "<br />\n<b>Warning</b>: Undefined key in <b>/var/www/rss.php</b><br />\n",
    "Notice: undefined index\n",
    "<div>cached</div>",
    "<soap:Envelope xmlns:soap='urn:soap'>",
]


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize(
    "feed",
    [
        ITEM,
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>Port</title></entry></feed>",
        "<urlset><url><loc>https://a.example/1</loc><title>Port</title></url></urlset>",
    ],
    ids=["rss", "atom", "sitemap"],
)
def test_noise_above_a_feed_is_passed_over(noise: str, feed: str) -> None:
    declared = f'{noise}<?xml version="1.0" encoding="utf-8"?>{feed}'
    for document in (declared, noise + feed):
        assert [entry.title for entry in parse_feed(document.encode()).entries] == [
            "Port"
        ]


def test_a_page_that_shows_a_feed_is_no_feed() -> None:
    page = f"<html><body><p>How to write a feed: {ITEM}</p></body></html>"
    with pytest.raises(Unreadable):
        parse_feed(page.encode())


@pytest.mark.parametrize(
    "head",
    [
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->\n<rss version='2.0'>",
        b"<!DOCTYPE rss [<!ENTITY a 'b'>]><RSS>",
        b"<atom:feed xmlns:atom='http://www.w3.org/2005/Atom'>",
        "<?xml version='1.0' encoding='utf-16'?><rdf:RDF>".encode("utf-16"),
        b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
    ],
)
def test_feeds_are_known_by_their_head(head: bytes) -> None:
    assert looks_like_feed(head)


@pytest.mark.parametrize(
    "head",
    [
        *(b"", b"rss", b"<", b"<html><rss>", b"<!doctype html><html>", b"<svg>"),
        *(b'{"title": "x"}', b"[1]", b"<!-- <rss>", b"\xff\xfe\x00", b"<feedback>"),
    ],
)
def test_other_heads_are_no_feeds(head: bytes) -> None:
    assert not looks_like_feed(head)


def test_discovery_in_the_order_of_the_page() -> None:
    page = b"""<html><head><base href="/site/">
      <link rel=alternate type="application/rss+xml" title="Comments" href="c.xml">
      <link rel="ALTERNATE" type="application/atom+xml; q=1"
            href="atom.xml?a=1&amp;b=2">
      <link rel="alternate" type="text/xml" href="https://me:pw@cdn.example/rss">
      <link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
      <link rel="alternate" type="application/rss+xml" href="javascript:x">
      <link rel="alternate" hreflang="de" href="/de">
      <link rel="feed" href="atom.xml?a=1&amp;b=2">
      </head><body><a href="/feed">not needed</a>"""
    assert discover_feeds(page, "https://a.example/dir/page") == (
        "https://a.example/site/atom.xml?a=1&b=2",
        "https://cdn.example/rss",
        "https://a.example/site/c.xml",
    )


def test_discovery_by_path_stays_on_the_site() -> None:
    page = b"""<a href="/feed/">a</a> <a href="/news.rss">b</a>
      <a href="/?feed=rss2">c</a>
      <a href="https://other.example/feed">d</a> <a href="/feedback">e</a> <a>f</a>"""
    assert discover_feeds(page, "https://www.a.example/") == (
        "https://www.a.example/feed/",
        "https://www.a.example/news.rss",
        "https://www.a.example/?feed=rss2",
    )


@pytest.mark.parametrize("page", [b"", b"\0", b"<", b"<html>", b"\xff\xfe<\0a\0"])
def test_discovery_in_nothing(page: bytes) -> None:
    assert discover_feeds(page, "https://a.example/") == ()


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    "<rss>",
                    "<channel>",
                    "<item>",
                    "</item>",
                    "<title>",
                    "</title>",
                    "<feed ",
                ),
                *(
                    "xmlns='http://www.w3.org/2005/Atom'>",
                    "<entry>",
                    "<link href='x'/>",
                    "&",
                ),
                *(
                    "<![CDATA[",
                    "]]>",
                    "<!--",
                    "-->",
                    "<!DOCTYPE a [",
                    "<?xml",
                    "?>",
                    "&#0;",
                ),
                *(
                    "<media:content url='a'/>",
                    "<dc:date>",
                    "a:b='c'",
                    "&eacute;",
                    "&#xD800;",
                ),
                *(
                    "<content type='xhtml'>",
                    "<div>",
                    "<author>a@b.c (d)",
                    "{",
                    '{"items":[{}]}',
                ),
                *(
                    "<urlset>",
                    "<url>",
                    "<loc>",
                    "<news:title>",
                    "<a:b:c>",
                    "\x1b\x00\ufffe",
                ),
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=24,
).map("".join)


@given(
    st.one_of(
        st.binary(max_size=200), PIECES.map(lambda s: s.encode("utf-8", "replace"))
    )
)
def test_no_input_raises_anything_else(document: bytes) -> None:
    looks_like_feed(document)
    discover_feeds(document, URL)
    try:
        feed = parse_feed(document, url=URL)
    except Unreadable:
        return
    for entry in feed.entries:
        assert entry.url is None or entry.url.startswith(("http://", "https://"))
