from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transforms.errors import Unreadable
from transforms.listings import Entry
from transforms.parse.feed import MAX_FEED_BYTES, looks_like_feed, parse_feed
from transforms.text.fragment import fragment_text
from transforms.vocabulary import Reason

FEEDS = Path(__file__).parents[1] / "golden" / "feeds"
URL = "https://base.example/feeds/news.xml"
PERIOD, FREQUENCY = "sy:updatePeriod", "sy:updateFrequency"
ORIGINAL = "feedburner:origLink"
JSON_FEED = {"version": "https://jsonfeed.org/version/1.1", "title": "News"}
ITEM = '<rss version="2.0"><channel><item>{}</item></channel></rss>'


def feeds() -> list[Path]:
    paths = sorted(FEEDS.iterdir())
    return [path for path in paths if not path.name.endswith(".expected.json")]


def brief(record: Any) -> dict[str, Any]:
    """What a record says, without the fields that it leaves open."""
    found = dataclasses.asdict(record)
    found["entries"] = [
        {key: value for key, value in entry.items() if value not in (None, ())}
        for entry in found["entries"]
    ]
    plain = json.dumps(
        {key: value for key, value in found.items() if value is not None}, default=str
    )
    result: dict[str, Any] = json.loads(plain)
    return result


def entry_of(inside: str) -> Entry:
    return parse_feed(ITEM.format(inside).encode(), url=URL).entries[0]


@pytest.mark.parametrize("path", feeds(), ids=lambda path: path.stem)
def test_golden_feeds(path: Path, golden: Callable[[Path, Any], None]) -> None:
    feed = parse_feed(path.read_bytes(), url=URL)
    golden(path.with_name(f"{path.name}.expected.json"), brief(feed))


@pytest.mark.parametrize("path", feeds(), ids=lambda path: path.stem)
def test_golden_feeds_are_known_by_their_first_bytes(path: Path) -> None:
    starts_with_a_php_warning = path.stem == "broken-pt"
    assert looks_like_feed(path.read_bytes()[:4096]) is not starts_with_a_php_warning


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"\xef\xbb\xbf \n\t", Reason.EMPTY),
        (b"\0" * 100, Reason.EMPTY),
        (b"/etc/passwd", Reason.MALFORMED),
        (b"http://127.0.0.1/feed", Reason.MALFORMED),
        (b"no feed at all", Reason.MALFORMED),
        (b"<", Reason.MALFORMED),
        (b"{broken", Reason.MALFORMED),
        (b'{"items": ' + b"[" * 100_000, Reason.MALFORMED),
        (b'{"items": ' + b"1" * 10_000 + b"}", Reason.MALFORMED),
        (b'{"items": 5}', Reason.UNSUPPORTED),
        (b"[1, 2]", Reason.UNSUPPORTED),
        (b"<!doctype html><html><body>News</body></html>", Reason.UNSUPPORTED),
        (b"<html><head><title>404<body>", Reason.UNSUPPORTED),
        (b"<sitemapindex><sitemap/></sitemapindex>", Reason.UNSUPPORTED),
        (b"<note><to>Tove</to></note>", Reason.UNSUPPORTED),
        (b" " * (MAX_FEED_BYTES + 1), Reason.TOO_LARGE),
        (b"<rss>" + b"<a/>" * 600_000 + b"</rss>", Reason.TOO_LARGE),
        (
            b"<rss %s/>" % b" ".join(b'xmlns:a%d="b"' % i for i in range(101)),
            Reason.TOO_LARGE,
        ),
    ],
    ids=lambda value: None if isinstance(value, Reason) else str(value[:24]),
)
def test_what_is_no_feed_is_refused(document: bytes, reason: Reason) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_feed(document)
    assert caught.value.reason is reason


def test_a_body_that_is_a_path_is_not_opened(tmp_path: Path) -> None:
    feed = tmp_path / "secret.xml"
    feed.write_text("<rss><channel><title>Secret</title></channel></rss>")
    with pytest.raises(Unreadable):
        parse_feed(str(feed).encode())


@pytest.mark.parametrize(
    ("declared", "content_type", "encoded"),
    [
        ("utf-8", None, "utf-8"),
        ("utf-8", "text/xml", "utf-8"),
        ("iso-8859-1", "application/rss+xml", "utf-8"),
        ("iso-8859-1", None, "iso-8859-1"),
        ("utf-8", "text/xml; charset=windows-1252", "windows-1252"),
        ("utf-16", None, "utf-16"),
        ("utf-16", None, "utf-16-be"),
        ("utf-32", None, "utf-32-le"),
        ("no-such-charset", "text/xml; charset=\x00=;;", "utf-8"),
        ("idna", "application/xml; charset=base64", "utf-8"),
    ],
)
def test_charsets(declared: str, content_type: str | None, encoded: str) -> None:
    document = (
        f'<?xml version="1.0" encoding="{declared}"?><rss version="2.0"><channel>'
        "<title>Là-bas, « à l'été » : ça gèle</title></channel></rss>"
    )
    feed = parse_feed(document.encode(encoded), content_type=content_type)
    assert feed.title == "Là-bas, « à l'été » : ça gèle"


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        (
            "<link>https://a.example/1?utm_source=x&amp;id=2</link>",
            "https://a.example/1?utm_source=x&id=2",
        ),
        ("<link>/1</link>", "https://base.example/1"),
        ("<link>//a.example/1</link>", "https://a.example/1"),
        ("<link>\n https://a.example/1 \n</link>", "https://a.example/1"),
        ("<link>https://me:pw@a.example/1#x</link>", "https://a.example/1"),
        ("<guid>https://a.example/1</guid>", "https://a.example/1"),
        ('<guid isPermaLink="false">https://a.example/1</guid>', None),
        ("<guid>1</guid>", None),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>file:///etc/passwd</link>", None),
        ("<link/>", None),
        ("<link/><guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid>https://a.example/1</guid><link> </link>", "https://a.example/1"),
        ("<link/><guid isPermaLink='false'>https://a.example/1</guid>", None),
        ("<link uri='at://x'>https://a.example/1</link>", "https://a.example/1"),
        (
            f"<link>https://b.example/</link><{ORIGINAL}>https://a.example/1</{ORIGINAL}>",
            "https://a.example/1",
        ),
    ],
)
def test_links(inside: str, url: str | None) -> None:
    assert entry_of(inside).url == url


@pytest.mark.parametrize(
    ("inside", "authors"),
    [
        ("<author>ann@a.media (Ann Lee)</author>", ("Ann Lee",)),
        ("<author>Ann Lee (ann@a.media)</author>", ("Ann Lee",)),
        ("<author>Ann Lee &lt;ann@a.example&gt;</author>", ("Ann Lee",)),
        ("<author>ann@a.example</author>", ()),
        (
            "<dc:creator>Ann</dc:creator><dc:creator>Bo &amp;amp; Co</dc:creator>",
            ("Ann", "Bo & Co"),
        ),
        ("<itunes:author>Ann</itunes:author>", ("Ann",)),
    ],
)
def test_authors(inside: str, authors: tuple[str, ...]) -> None:
    assert entry_of(inside).authors == authors


@pytest.mark.parametrize(
    ("inside", "image"),
    [
        ('<media:content url="/a.jpg" medium="image"/>', "https://base.example/a.jpg"),
        ('<media:content url="/a.webp?w=9"/>', "https://base.example/a.webp?w=9"),
        ('<media:content url="/a.mp4" type="video/mp4"/>', None),
        ('<media:thumbnail url="/a.jpg"/>', "https://base.example/a.jpg"),
        ('<enclosure url="/a.png" type="image/png"/>', "https://base.example/a.png"),
        ('<enclosure url="/a.mp3" type="audio/mpeg"/>', None),
        ('<itunes:image href="/a.jpg"/>', "https://base.example/a.jpg"),
    ],
)
def test_images(inside: str, image: str | None) -> None:
    assert entry_of(inside).image_url == image


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("&lt;b&gt;Caf\u00e9&lt;/b&gt;\n &amp;amp;\u200b bar", "Café & bar"),
        ("L&amp;#8217;\u00e9t\u00e9", "L\u2019été"),
        ("<![CDATA[a &lt;br/&gt; b]]>", "a <br/> b"),
        ("<![CDATA[Ask <em>me</em> \x07]]>", "Ask me"),
        ("A&lt;script&gt;alert(1)&lt;/script&gt;", "A"),
        ("1 &lt; 2 &gt; 0, AT&amp;T", "1 < 2 > 0, AT&T"),
        ("   ", None),
        ("Port<!-- new --> opens", "Port opens"),
        ("<![CDATA[Port<!-- new --> opens]]>", "Port opens"),
        ("Port<!-- new --> opens & closes", "Port opens & closes"),
        ("&#X50;ort", "Port"),
    ],
)
def test_titles_are_plain_and_clean(title: str, plain: str | None) -> None:
    assert entry_of(f"<title>{title}</title>").title == plain


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("&lt;p&gt;One&lt;/p&gt;", "<p>One</p>"),
        ("One &amp;amp; two", "One &amp; two"),
        ("1 &lt; 2\n\nthree", "<p>1 &lt; 2</p><p>three</p>"),
        ("plain", "plain"),
    ],
)
def test_summaries_are_html(text: str, html: str) -> None:
    assert entry_of(f"<description>{text}</description>").summary == html
    atom = (
        f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><summary>{text}</summary>"
        "</entry></feed>"
    )
    assert parse_feed(atom.encode()).entries[0].summary == html


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Intent: &lt;a&gt; as &lt;area&gt;", "Intent: <a> as <area>"),
        ("How the &lt;b&gt; tag died", "How the <b> tag died"),
        ("&lt;b&gt;Live&lt;/b&gt;: storm", "Live: storm"),
        ("Caf&amp;eacute; &amp;amp; bar", "Café & bar"),
    ],
)
@pytest.mark.parametrize("declared", ["", "type='text'"])
def test_plain_texts_of_atom_keep_their_signs(
    title: str, plain: str, declared: str
) -> None:
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry>"
        f"<title {declared}>{title}</title><summary {declared}>{title}</summary>"
        "</entry></feed>"
    )
    entry = parse_feed(atom.encode()).entries[0]
    assert entry.title == plain
    assert fragment_text(entry.summary or "") == plain


CHANNEL = "<link>https://port.example/</link>"
SELF = '<atom:link rel="self" href="https://port.example/feeds/all.xml"/>'


@pytest.mark.parametrize(
    ("about", "link", "url"),
    [
        (CHANNEL, "/1", "https://port.example/1"),
        (CHANNEL, "news/1", "https://port.example/news/1"),
        (CHANNEL, "//sea.example/1", "https://sea.example/1"),
        (SELF, "/1", "https://port.example/1"),
        (SELF, "1", "https://port.example/feeds/1"),
        ("", "/1", None),
    ],
)
def test_relative_links_in_a_file(about: str, link: str, url: str | None) -> None:
    rss = f"<rss><channel>{about}<item><link>{link}</link></item></channel></rss>"
    assert parse_feed(rss.encode()).entries[0].url == url


@pytest.mark.parametrize("key", ["home_page_url", "feed_url"])
def test_relative_links_of_json(key: str) -> None:
    items = [{"id": 1.0, "url": "/1"}, {"id": "https://port.example/2"}]
    feed = {**JSON_FEED, key: "https://port.example/x", "items": items}
    first, second = parse_feed(json.dumps(feed).encode()).entries
    assert (first.id, first.url) == ("1", "https://port.example/1")
    assert second.url == "https://port.example/2"


@pytest.mark.parametrize(
    "around", ["<stories>{}</stories>", "<items><title>All</title>{}</items>"]
)
def test_items_within_other_elements(around: str) -> None:
    rss = f"<rss><channel>{around}</channel></rss>".format(
        "<item><title>One</title></item><item><title>Two</title></item>"
    )
    entries = parse_feed(rss.encode()).entries
    assert [entry.title for entry in entries] == ["One", "Two"]


def test_a_sitemap_with_pictures_and_films() -> None:
    others = "".join(
        f"<{kind}:{kind}><{kind}:title>Clip</{kind}:title>"
        f"<{kind}:publication_date>2021-01-01</{kind}:publication_date>"
        f"<{kind}:keywords>clip</{kind}:keywords></{kind}:{kind}>"
        for kind in ("video", "image", "other")
    )
    news = (
        "<news:news><news:publication><news:name>Port</news:name></news:publication>"
        "<news:publication_date>2026-03-02</news:publication_date>"
        "<news:title>Basin closes</news:title><news:keywords>port</news:keywords>"
        "</news:news>"
    )
    sitemap = (
        f"<urlset><url><loc>https://a.example/1</loc>{others}{news}</url></urlset>"
    )
    entry = parse_feed(sitemap.encode()).entries[0]
    assert (entry.title, entry.tags) == ("Basin closes", ("port",))
    assert entry.published is not None
    assert entry.published.at.year == 2026


def test_a_description_of_atom_03() -> None:
    atom = (
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><info>About</info></feed>"
    )
    assert parse_feed(atom.encode()).description == "About"


def test_half_characters_of_json_are_replaced() -> None:
    item = {"id": "\ud800", "content_html": "<p>\ud83d\ude00 \udc00</p>"}
    (entry,) = parse_feed(json.dumps({**JSON_FEED, "items": [item]}).encode()).entries
    assert (entry.id, entry.content) == ("\ufffd", "<p>\U0001f600 \ufffd</p>")


def test_dates_that_cannot_be_read_are_kept_as_they_are() -> None:
    entry = entry_of("<pubDate>10/06/2024 10:00</pubDate>")
    assert entry.published is None
    assert entry.published_raw == "10/06/2024 10:00"
    readable = entry_of("<pubDate>1718020800</pubDate>")
    assert readable.published is not None
    assert readable.published.at == dt.datetime(2024, 6, 10, 12, tzinfo=dt.UTC)
    assert readable.published_raw is None


@pytest.mark.parametrize(
    ("channel", "seconds"),
    [
        ("<ttl>60</ttl>", 3_600),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", 86_400),
        (f"<{PERIOD}> hourly </{PERIOD}><{FREQUENCY}>4</{FREQUENCY}>", 900),
        (f"<{PERIOD}>daily</{PERIOD}><{FREQUENCY}>0</{FREQUENCY}>", 86_400),
        ("", None),
    ],
)
def test_time_to_live(channel: str, seconds: int | None) -> None:
    feed = parse_feed(f"<rss><channel>{channel}</channel></rss>".encode())
    assert feed.ttl_seconds == seconds
