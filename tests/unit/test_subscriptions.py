"""OPML as readers export it, and as people write it by hand."""

from __future__ import annotations

import pytest

from transforms.parse.subscriptions import FeedOptions, feed_address, read_opml

OPML = (
    "<opml version='2.0'><head/><body><outline text='News'>{}</outline></body></opml>"
)


def urls(outlines: str) -> list[str]:
    return [feed.url for feed in read_opml(OPML.format(outlines).encode())]


@pytest.mark.parametrize(
    "outline",
    [
        "<outline xmlUrl='https://port.example/rss' title='Port'/>",
        "<outline xmlurl='https://port.example/rss' text='Port'/>",
        "<outline XMLURL='https://port.example/rss' TITLE='Port'/>",
        "<outline URL='https://port.example/rss' text='Port' type='rss'/>",
        "<outline url='https://port.example/rss' TEXT='Port'/>",
        "<OUTLINE xmlUrl=' https://port.example/rss ' title='Port'/>",
    ],
)
def test_spellings_of_an_outline(outline: str) -> None:
    (feed,) = read_opml(OPML.format(outline).encode())
    assert (feed.url, feed.name) == ("https://port.example/rss", "Port")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("feed://port.example/rss", "http://port.example/rss"),
        ("feed:https://port.example/rss", "https://port.example/rss"),
        ("FEED://port.example/rss", "http://port.example/rss"),
        ("rss://port.example/rss", "http://port.example/rss"),
        ("https://port.example/rss", "https://port.example/rss"),
        ("ftp://port.example/rss", None),
        ("feed:javascript:alert(1)", None),
    ],
)
def test_addresses_that_browsers_handed_on(url: str, address: str | None) -> None:
    assert feed_address(url) == address
    if address is not None:
        assert FeedOptions(url=url).url == address


def test_comments_are_disabled_and_what_is_below_them() -> None:
    outlines = (
        "<outline isComment='TRUE'><outline><outline xmlUrl='https://a.example/1'/>"
        "</outline></outline><outline xmlUrl='https://a.example/2'/>"
        "<outline isComment='false' xmlUrl='https://a.example/3'/>"
        "<outline iscomment='true' xmlUrl='https://a.example/4'/>"
    )
    found = read_opml(OPML.format(outlines).encode())
    assert [feed.enabled for feed in found] == [False, True, True, False]


def test_raw_ampersands_and_html_entities_are_repaired() -> None:
    outline = "<outline text='Caf&eacute; & bar' xmlUrl='https://a.example/?x=1&y=2'/>"
    (feed,) = read_opml(OPML.format(outline).encode())
    assert (feed.url, feed.name) == ("https://a.example/?x=1&y=2", "Café & bar")


def test_a_list_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    cut = OPML.format("<outline xmlUrl='https://a.example/1'/>").partition(
        "</outline>"
    )[0]
    assert [feed.url for feed in read_opml(cut.encode())] == ["https://a.example/1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_encodings(encoding: str) -> None:
    declared = f"<?xml version='1.0' encoding='{encoding}'?>"
    outline = "<outline text='Café du port à l’été' xmlUrl='https://a.example/1'/>"
    (feed,) = read_opml((declared + OPML.format(outline)).encode(encoding))
    assert feed.name == "Café du port à l’été"


def test_pages_are_left_out_and_what_is_no_address_is_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outlines = (
        "<outline type='link' url='https://a.example/page'/>"
        "<outline xmlUrl='ftp://a.example/rss'/><outline text='empty'/>"
    )
    assert urls(outlines) == []
    assert [record.getMessage() for record in caplog.records] == [
        "OPML: not an http or https URL, left out: ftp://a.example/rss"
    ]


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE opml [<!ENTITY a 'b'>]><opml><body>&a;</body></opml>",
        "<rss/>",
        "no markup",
        "",
    ],
)
def test_what_is_no_opml_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(read_opml(document.encode()))


def test_thousands_of_wrong_addresses_are_a_few_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outlines = "".join(f"<outline url='ftp://a.example/{n}'/>" for n in range(3_000))
    assert urls(outlines) == []
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "OPML: and 2990 more"


def test_a_list_of_megabytes_is_refused_unread() -> None:
    with pytest.raises(ValueError, match="more than 20,000,000 bytes"):
        list(read_opml(bytes(20_000_001)))


@pytest.mark.parametrize(
    ("country", "language", "kept"),
    [
        ("FR", "fr", ("FR", "fr")),
        ("UK", "english", (None, None)),
        ("", "", (None, None)),
    ],
)
def test_what_a_list_says_of_a_publication_is_kept_where_it_is_a_code(
    country: str, language: str, kept: tuple[str | None, str | None]
) -> None:
    said = f'country="{country}" language="{language}"'
    outline = f'<outline xmlUrl="https://a.example/f" {said}/>'
    (feed,) = read_opml(OPML.format(outline).encode())
    assert (feed.country, feed.language) == kept
