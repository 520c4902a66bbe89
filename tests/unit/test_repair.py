from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable

import pytest

from transforms.errors import Unreadable
from transforms.listings import Entry
from transforms.parse.feed import MAX_FIELD, parse_feed
from transforms.vocabulary import Reason

URL = "https://base.example/feeds/news.xml"
ITEM = '<rss version="2.0"><channel><item>{}</item></channel></rss>'


def entry_of(inside: str) -> Entry:
    return parse_feed(ITEM.format(inside).encode(), url=URL).entries[0]


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "{0}">]>',
        '<!doctype rss [ <!entity a "{0}"> ]>',
        '<!-- <rss> --><!DOCTYPE rss [<!ENTITY a "{0}">]>',
        '<!DOCTYPE rss SYSTEM "<!--" [<!ENTITY a "{0}">]><!-- -->',
        '<!DOCTYPE rss [<!ENTITY % a "{0}">]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_feeds_that_declare_entities_are_refused(prolog: str, encoding: str) -> None:
    document = prolog.format("x" * 100_000) + (
        f"<rss><channel><title>{'&a;' * 300}</title></channel></rss>"
    )
    with pytest.raises(Unreadable) as caught:
        parse_feed(document.encode(encoding))
    assert caught.value.reason is Reason.UNSUPPORTED


def test_an_article_about_entities_is_no_declaration() -> None:
    inside = "<title><![CDATA[<!ENTITY a 'b'>]]></title><link>http://a.example/</link>"
    assert entry_of(inside).url == "http://a.example/"


def nested(count: int) -> str:
    return ITEM.format("<a>" * count + "</a>" * count)


def many_categories() -> str:
    names = "".join(f"<category>{number}</category>" for number in range(100_000))
    return ITEM.format(names)


def many_keywords() -> str:
    words = ",".join(map(str, range(200_000)))
    return ITEM.format(f"<media:keywords>{words}</media:keywords>")


def growing_bases() -> str:
    return "<rss><channel>" + f'<b xml:base="{"y/" * 200}">' * 200 + "<i/>" * 20_000


BOMBS: dict[str, Callable[[], str]] = {
    "depth": lambda: nested(100_000),
    "items": lambda: "<rss><channel>" + "<item/>" * 200_000 + "</channel></rss>",
    "categories": many_categories,
    "keywords": many_keywords,
    "bases": growing_bases,
    "undeclared prefixes": lambda: (
        "<rss>" + "".join(f"<a{number}:b/>" for number in range(50_000)) + "</rss>"
    ),
    "open comments": lambda: ITEM.format(
        f"<title><![CDATA[{'<!--' * 200_000}]]></title>"
    ),
    "open titles": lambda: "<rss><channel><item>" + "<title>" * 200_000,
    "open CDATA": lambda: "<rss><channel>&" + "<![CDATA[" * 200_000,
    "blank prolog": lambda: "<?xml version='1.0'?>" + "\n" * 5_000_000 + "<rss/>",
    "blank comment": lambda: "<!--" + "\n" * 5_000_000 + "--><rss/>",
    "references": lambda: ITEM.format(f"<title>{'&amp;' * 500_000}</title>"),
    "attributes": lambda: (
        "<rss " + " ".join(f'a{number}=""' for number in range(200_000)) + "/>"
    ),
    "addresses": lambda: ITEM.format(f"<author>{'a@b.' * 500_000}</author>"),
    "date": lambda: ITEM.format(f"<pubDate>1{' ' * 5_000_000}x</pubDate>"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_feed_takes_long(bomb: str) -> None:
    document = BOMBS[bomb]().encode()
    start = time.thread_time()
    parse_feed(document, url=URL)
    # A second is usual here; without the limits most of these take minutes.
    assert time.thread_time() - start < 20


def test_limits_of_entries_labels_and_fields() -> None:
    items = "".join(f"<item><guid>{number}</guid></item>" for number in range(2_500))
    feed = parse_feed(f"<rss><channel>{items}</channel></rss>".encode())
    assert [feed.entries[0].id, feed.entries[-1].id] == ["0", "1999"]
    assert len(feed.entries) == 2_000
    assert 0 < len(parse_feed(many_categories().encode()).entries[0].tags) <= 100

    long = entry_of(f"<title>{'x' * (MAX_FIELD + 1)}</title><guid>kept</guid>")
    assert (long.title, long.id) == (None, "kept")
    json_items = [{"id": number} for number in range(2_500)]
    assert len(parse_feed(json.dumps({"items": json_items}).encode()).entries) == 2_000


NAMESPACES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "xmlns:media='http://search.yahoo.com/mrss/'"
)
MILLION = 1_000_000
LONG = {
    "word": "a" * MILLION,
    "spaces": "a" + " " * MILLION + "b",
    "lines": "\n" * MILLION,
    "addresses": "a@" * (MILLION // 2),
    "brackets": "(" * MILLION,
    "dots": "a." * (MILLION // 2),
}
PLACES = {
    "author": "<item><author>{}</author></item>",
    "after a child": "<item><author>Ann<b/>{}</author></item>",
    "dc": "<item><dc:creator>{}</dc:creator></item>",
    "credit": "<item><media:credit>{}</media:credit></item>",
    "webmaster": "<webMaster>{}</webMaster>",
    "date": "<item><pubDate>{}</pubDate></item>",
    "link": "<item><link>{}</link></item>",
    "attribute": "<item><category domain='{}'>x</category></item>",
    "unknown": "<item><x>{}</x></item>",
    "title": "<item><title>{}</title></item>",
}


@pytest.mark.parametrize("place", PLACES)
def test_no_field_costs_more_than_its_length(place: str) -> None:
    for name, text in LONG.items():
        inside = PLACES[place].format(text)
        document = (
            f"<rss version='2.0' {NAMESPACES}><channel>{inside}"
            "<item><title>Good</title><author>ann@a.example (Ann Berg)</author></item>"
            "</channel></rss>"
        )
        started = time.thread_time()
        feed = parse_feed(document.encode())
        # feedparser alone takes minutes for some.
        assert time.thread_time() - started < 5, name
        assert feed.entries[-1].title == "Good"
        assert feed.entries[-1].authors == ("Ann Berg",)


def test_what_is_short_is_kept_where_more_than_a_value_stands_behind_it() -> None:
    long = "<b/>" + "z" * MILLION
    date = "Mon, 02 Mar 2026 10:00:00 GMT"
    entry = entry_of(
        f"<category>Ports{long}</category><guid>7{long}</guid>"
        f"<pubDate>{date}{long}</pubDate>"
    )
    assert (entry.tags, entry.id) == (("Ports",), "7")
    assert entry.published is not None
    assert entry.published.at == dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)


def test_names_are_kept_and_what_is_none_is_not() -> None:
    many = ", ".join(f"Ann Berg{number}" for number in range(100))
    for text, author in ((many, many), ("x" * 300, None), (f"Ann {'x' * 300}", None)):
        document = f"<rss><channel><item><author>{text}</author></item></channel></rss>"
        (entry,) = parse_feed(document.encode()).entries
        assert entry.authors == (() if author is None else (author,))


@pytest.mark.parametrize(
    "inside", ["<gml:pos>1 2</gml:pos>", "<georss:point>1</georss:point>"]
)
def test_a_place_that_stands_alone_loses_no_feed(inside: str) -> None:
    places = (
        "xmlns:gml='http://www.opengis.net/gml' "
        "xmlns:georss='http://www.georss.org/georss'"
    )
    document = (
        f"<rss version='2.0' {places}><channel><item>{inside}<title>Good</title></item>"
        "</channel></rss>"
    )
    assert parse_feed(document.encode()).entries[0].title == "Good"


def test_what_feedparser_stumbles_over_is_malformed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("feedparser.parse", lambda *_, **__: 1 / 0)
    with pytest.raises(Unreadable, match="ZeroDivisionError") as caught:
        entry_of("<title>x</title>")
    assert caught.value.reason is Reason.MALFORMED


def test_an_empty_body_ends_where_it_begins() -> None:
    # Everything behind it was left as it is up to the end of another body.
    inside = "<content:encoded/><title>Gates</title><description>One <br> <b>two"
    entry = entry_of(f"{inside}</description>")
    assert (entry.title, entry.summary, entry.content) == (
        "Gates",
        "One <br> <b>two",
        None,
    )


@pytest.mark.parametrize(
    ("inside", "title"),
    [
        ("<title>Ham &nosuch; eggs</title>", "Ham &nosuch; eggs"),
        ("<title>Ham &amp; eggs</title><description/>", "Ham & eggs"),
        ('<title no:such="x">Ham</title>', "Ham"),
    ],
)
def test_entities_and_prefixes_that_nobody_declared(inside: str, title: str) -> None:
    assert entry_of(inside).title == title
