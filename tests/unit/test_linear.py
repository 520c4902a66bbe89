"""No text makes a function work by the square of its length, or worse.

The cases of the default run were quadratic or worse once.  The slow run sends half a
megabyte of every kind of hostile text through every function that reads a text of the web.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from xml.sax.saxutils import quoteattr

import pytest
from growth import SIZES, grows_too_fast, repeated
from lxml import etree, html

from transforms import redaction, urls
from transforms.enrich.countries import CountryTagger
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.geography.plain import make_plain
from transforms.enrich.naming.mentions import gather
from transforms.enrich.naming.spans import Span, Taken
from transforms.errors import Unreadable
from transforms.extract import body, published, titles
from transforms.extract.body import _STRING
from transforms.extract.metadata import page_metadata
from transforms.fast.ids import drop_numbers
from transforms.files import feed, record
from transforms.files.formats import detect_format
from transforms.page import furniture, publication
from transforms.page.walls import wall
from transforms.parse import jsonfeed
from transforms.parse.discover import discover_feeds
from transforms.parse.feed import looks_like_feed, parse_feed
from transforms.parse.repair import read_markup
from transforms.parse.subscriptions import feed_address, read_opml
from transforms.signing import agencies, byline, people
from transforms.text import charset, fragment
from transforms.text import strings as text
from transforms.text.calendars import unaccented
from transforms.text.dates import parse_date
from transforms.vocabulary import EntityType, Field
from transforms.web import policy

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
NO_TEXT = (Unreadable, ValueError, etree.ParserError, RecursionError)


def tolerant(function: Callable[[str], object]) -> Callable[[str], object]:
    def call(hostile: str) -> object:
        try:
            return function(hostile)
        except NO_TEXT:
            return None

    return call


def in_bytes(function: Callable[[bytes], object]) -> Callable[[str], object]:
    return tolerant(lambda hostile: function(hostile.encode("utf-8", "replace")))


def in_feed(name: str) -> Callable[[str], object]:
    """Return what reads a feed with a hostile text in one element."""

    def read(hostile: str) -> object:
        escaped = hostile.replace("&", "&amp;").replace("<", "&lt;")
        item = f"<item><guid>1</guid><{name}>{escaped}</{name}></item>"
        document = f"<rss version='2.0'><channel><title>t</title>{item}</channel></rss>"
        return parse_feed(document.encode("utf-8", "replace"), url="http://a.example/f")

    return tolerant(read)


def in_outline(name: str) -> Callable[[str], object]:
    """Return what reads an OPML file with a hostile text in one attribute."""

    def read(hostile: str) -> object:
        attributes = {"text": "x", "xmlUrl": "http://a.example/f"} | {name: hostile}
        said = " ".join(f"{key}={quoteattr(text)}" for key, text in attributes.items())
        return opml(f"<outline {said}/>")

    return tolerant(read)


def opml(body: str) -> object:
    """Read an OPML file with this body, be it markup or not."""
    document = f"<opml version='2.0'><body>{body}</body></opml>"
    return list(read_opml(document.encode("utf-8", "replace")))


def in_page(hostile: str) -> object:
    safe = hostile.replace('"', "")
    page = (
        f'<html><head><meta name="date" content="{safe}"></head>'
        f'<body><p class="author">x</p>{hostile}</body></html>'
    )
    tree = html.document_fromstring(page)
    drop_numbers(tree)
    return page_metadata(tree, "https://a.example/b", NOW)


def in_strings(hostile: str) -> object:
    return _STRING.findall(hostile)


def names_everywhere(hostile: str) -> object:
    """Take every word for a name: of a person, an organisation, in turns."""
    spans: list[Span] = []
    start = 0
    for number, words in enumerate(hostile.split(",")):
        end = start + len(words)
        kind = EntityType.ORG if number % 5 == 0 else EntityType.PER
        if words.strip():
            spans.append(Span(start, end, kind))
        start = end + 1
    return gather({Field.TEXT: hostile}, spans)


def places_everywhere(hostile: str) -> object:
    taken = Taken((start, start + 4) for start in range(0, len(hostile), 8))
    return sum(taken.overlaps(at, at + 3) for at in range(0, len(hostile), 6))


def numbered(size: int) -> str:
    """Return a list of people no two of whom are the same."""
    return ",".join(f"A{number} B{number}name" for number in range(size // 16))


def one_family(size: int) -> str:
    return ",".join(f"A{number} Kim" for number in range(size // 10))


def wrapped(size: int) -> str:
    line = "the council voted to rebuild the old bridge over the river\n"
    return line * (size // len(line))


Make = Callable[[int], str]
ONCE_SLOW: tuple[tuple[str, Callable[[str], object], Make], ...] = (
    ("marks in no order", text.clean, repeated("\u0301\u0323")),
    ("marks, hashed", text.content_hash, repeated("\u0323\u0301\u05b0")),
    ("marks in a date", unaccented, repeated("\u0301\u0323")),
    ("marks that come apart", text.clean, repeated("\u0f73\u0323")),
    ("marks, plainly", make_plain, repeated("\u0301\u0323")),
    ("a wrapped paragraph", text.unwrapped, wrapped),
    ("strings without end", in_strings, repeated('\\"', '"')),
    ("commas in a name", publication.tidy_name, repeated(",", "A", "b")),
    ("declarations", tolerant(read_markup), repeated("<?xml")),
    ("spaces before an address", in_feed("author"), repeated(" ", "A", "b")),
    ("people", names_everywhere, numbered),
    ("a family", names_everywhere, one_family),
    ("a long name", names_everywhere, repeated("A")),
    ("places", places_everywhere, repeated("a")),
    ("labels", tolerant(in_page), repeated("<b>Date:</b> 1<br>Published: ")),
)


@pytest.mark.parametrize(
    ("function", "make"),
    [case[1:] for case in ONCE_SLOW],
    ids=[case[0] for case in ONCE_SLOW],
)
def test_what_was_quadratic_is_no_more(
    function: Callable[[str], object], make: Make
) -> None:
    assert grows_too_fast(function, make, SIZES[:3]) == ""


OUTLINE = '<outline text="x" xmlUrl="http://a.example/f"'
OPML: dict[str, Make] = {
    "deep": repeated('<outline text="x">'),
    "deep, with feeds": repeated(f"{OUTLINE}>"),
    "wide": repeated(f"{OUTLINE}/>"),
    "no addresses": repeated('<outline xmlUrl="javascript:a"/>'),
    "attributes": lambda size: f"<outline {numbered_attributes(size)}/>",
    "namespaces": lambda size: f"<outline {numbered_attributes(size, 'xmlns:')}/>",
    "one attribute": lambda size: f"<outline text='{'a' * size}'/>",
    "one attribute of entities": lambda size: (
        f"<outline text='{'&lt;' * (size // 4)}'/>"
    ),
    "entities that nobody declared": lambda size: "&x;" * (size // 3),
    "quotes without end": repeated("<outline text='"),
    "quotes of the other kind": repeated("\"'", "<outline text="),
    "ends without a start": repeated("</outline>"),
    "comments": repeated("<!--"),
}


def numbered_attributes(size: int, prefix: str = "") -> str:
    return " ".join(f"{prefix}a{number}='x'" for number in range(size // 16))


@pytest.mark.parametrize("name", OPML)
def test_subscriptions_of_every_form_are_read_in_linear_time(name: str) -> None:
    assert grows_too_fast(tolerant(opml), OPML[name]) == ""


def test_an_opml_file_that_declares_entities_is_refused_at_once() -> None:
    lines = [f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 30)]
    head = f"<!DOCTYPE opml [<!ENTITY a0 'a'>{''.join(lines)}]>"
    with pytest.raises(ValueError, match="declares XML entities"):
        list(read_opml(f"{head}<opml><body>&a29;</body></opml>".encode()))


@pytest.mark.parametrize("piece", ["<!--x-->", "<?a?>", "<!doctype a>", "<!---->\n"])
def test_pieces_before_a_document_are_read_one_way(piece: str) -> None:
    # Each of them could be taken for a part of the one before: 2 to the power of 200 ways.
    head = (piece * 200).encode()
    assert not looks_like_feed(head + b"text")
    assert looks_like_feed(head + b"<rss>")
    assert detect_format(head + b"<div>", "x.html")
    assert detect_format(head + b"<html>", "x") in {"html", "text"}


def test_dots_at_the_end_of_a_summary_are_looked_for_at_its_end() -> None:
    assert feed.ends_in_dots("The council voted" + "\u2026</b></p>")
    assert not feed.ends_in_dots("\u2026" * 400_000 + "a")


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "clean": text.clean,
    "one_line": text.one_line,
    "paragraphs": text.paragraphs,
    "unwrapped": text.unwrapped,
    "word_count": text.word_count,
    "content_hash": tolerant(text.content_hash),
    "parse_byline": byline.parse_byline,
    "dateline_agency": agencies.dateline_agency,
    "clean_authors": lambda s: people.clean_authors([s]),
    "is_site_name": lambda s: publication.is_site_name(s, [s], "http://a.example/"),
    "tidy_name": publication.tidy_name,
    "name_key": publication.name_key,
    "sounds_like_a_publication": publication.sounds_like_a_publication,
    "date_in_url": published.date_in_url,
    "is_promotion": furniture.is_promotion,
    "prose_share": body.prose_share,
    "choose_title": lambda s: titles.choose_title(
        titles.Headlines(headings=(s, s), element=s, open_graph=s, json_ld=s),
        (s,),
        None,
    ),
    "parse_date": parse_date,
    "has_markup": fragment.has_markup,
    "fragment_text": fragment.fragment_text,
    "as_html": jsonfeed.as_html,
    "resolve": lambda s: urls.resolve("https://a.example/b/c", s),
    "normalize": urls.normalize,
    "canonical": urls.canonical,
    "domain": urls.domain,
    "redact": redaction.redact,
    "redact_feed": redaction.redact_feed,
    "redact_message": redaction.redact_message,
    "redact_input": redaction.redact_input,
    "wall": lambda s: wall(s, s, 10, s),
    "decode": in_bytes(charset.decode),
    "codec_of": charset.codec_of,
    "retry_after": lambda s: policy.retry_after(s, NOW),
    "feed_address": feed_address,
    "read_names": tolerant(record.read_names),
    "read_labels": tolerant(record.read_labels),
    "looks_like_feed": in_bytes(looks_like_feed),
    "detect_format": in_bytes(lambda s: detect_format(s, "x")),
    "discover_feeds": in_bytes(lambda s: discover_feeds(s, "http://a.example/")),
    "read_markup": tolerant(read_markup),
    "xmlUrl": in_outline("xmlUrl"),
    "outline": in_outline("text"),
    "opml": tolerant(opml),
    "page_metadata": tolerant(in_page),
    "title": in_feed("title"),
    "description": in_feed("description"),
    "link": in_feed("link"),
    "pubDate": in_feed("pubDate"),
    "category": in_feed("category"),
    "names": tolerant(names_everywhere),
    "ends_in_dots": feed.ends_in_dots,
}
UNITS = (
    *("a", "A", "1", " ", "\n", "\t", "(", ")", '"', "'", "<", ">", "&", ".", ",", "-"),
    *("/", ":", "@", ";", "%", "[", "{", "\\", "=", "#", "*", "_", "\u2026", "\xa0"),
    *("\u0301", "a\u0301", "\u0301\u0323", "\u0323\u0301\u05b0", "\u1100\u1161\u11a8"),
    *("\u4e2d", "\U0001f1eb", "\u200d", "\u202e", "\ud800", "\0", "\x1b[", "\x1b]"),
    *(
        "\x9b0",
        "By ",
        "By A ",
        "By Aa Bb ",
        "A ",
        "Aa ",
        "A, ",
        "Aa et ",
        "AFP, ",
        "we ",
    ),
    *("<a>", "<div>", "</div>", "<a ", '<a b="', "<!--", "<![CDATA[", "<?", "<?xml"),
    *(
        "<br>",
        "&amp;",
        "&amp;lt;",
        "&#",
        "&lt;br&gt;",
        "eyJa.",
        "a@",
        "a.",
        "a:",
        "a\u2019",
    ),
    *("http://", "http://a@", "//a:b", "?a=", "&a=b", "a%2F", "%2525", "../", "a/../"),
    *("key/", "token=a&", "12:", "10/", "2024-", "jan ", "a\n", "- ", "A.", "U.S. "),
    *("Aa Bb,", "Bb,", "Kim,", "Aa B. Bb,", "Korea ", "New York, ", ". ", '."'),
)
# A megabyte shows no more, and takes four times as long.
QUARTERS = tuple(size // 4 for size in SIZES)
STARTS = {
    "eyJ": "a",
    "<": "a",
    "<a ": "b",
    "http://": "a",
    "http://a.example/": ".amp",
    "http://a.example/?": "a=b&",
    "http://a.example/#": "/a",
    "https://a.example/key/": "a",
    "By ": "A",
    "{": '"a":{',
    "[": "[",
    "<rss>": "<a>",
}


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_quarter_of_a_megabyte_of_anything_is_read_in_linear_time(name: str) -> None:
    makes: Iterable[tuple[str, Make]] = [
        *((repr(unit), repeated(unit)) for unit in UNITS),
        *(
            (repr(start + unit), repeated(unit, start))
            for start, unit in STARTS.items()
        ),
        *((repr(f"A{unit}…b"), repeated(unit, "A", "b")) for unit in UNITS[:30]),
        ("people", numbered),
        ("a family", one_family),
        ("wrapped", wrapped),
    ]
    found = {
        what: grows_too_fast(FUNCTIONS[name], make, QUARTERS) for what, make in makes
    }
    assert {what: how for what, how in found.items() if how} == {}


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_countries_are_found_in_linear_time() -> None:
    tagger = CountryTagger(load_gazetteer())

    def tag(hostile: str) -> object:
        return tagger.tag(title=None, text=hostile, language="en")

    found = {unit: grows_too_fast(tag, repeated(unit)) for unit in UNITS}
    assert {what: how for what, how in found.items() if how} == {}
