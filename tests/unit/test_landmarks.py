"""What dates and signs a page by its place and its markup, and how much of it is read."""

from __future__ import annotations

import datetime as dt
import string

import pytest
from lxml import html

from transforms.extract.metadata import PageMetadata, page_metadata
from transforms.page.landmarks import survey
from transforms.page.signmarks import labelled_names

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
LONG = "The harbour board voted to shut the gates of the northern lock by spring. " * 4
TIME = "<time datetime='2026-03-02T10:00Z'>x</time>"


def read(beside: str = "", below: str = "") -> PageMetadata:
    page = (
        "<html lang=en><head><title>Gates</title></head><body><article><h1>Gates</h1>"
        f"{beside}<p>{LONG}</p></article>{below}</body></html>"
    )
    return page_metadata(html.document_fromstring(page), None, NOW)


@pytest.mark.parametrize(
    ("beside", "below", "at"),
    [
        ("<abbr title='2 March 2026'>MP</abbr>", "", None),
        ("<abbr class=published title='2026-03-02T10:00Z'>x</abbr>", "", "10:00"),
        ("<time>2 March 2026</time>", "", "00:00"),
        ("<time></time>", "", None),
        # Beside other days, no time below the text can be known to be the article's.
        ("", f"<p>Gates</p><div>{TIME}</div>", "10:00"),
        (
            "",
            f"<p>Gates</p><div>{TIME}</div><p>{TIME.replace('-02T', '-03T')}</p>",
            None,
        ),
        # The teaser of the article stands beside its headline, that of another does not.
        (f"<div class=teaser>{TIME}</div>", "", "10:00"),
        ("", f"<p>Gates</p><div class=teaser>{TIME}</div>", None),
        # What stands behind the first sentences is no line under the headline.
        ("<b>x</b> 2 March 2026", "", "00:00"),
        (f"{LONG}<b>x</b> 2 March 2026", "", None),
    ],
)
def test_what_dates_a_page(beside: str, below: str, at: str | None) -> None:
    found = read(beside, below).published
    assert (found and f"{found.moment.at:%Y-%m-%d %H:%M}") == (
        at and f"2026-03-02 {at}"
    )


def test_a_label_with_nothing_behind_it_names_nobody() -> None:
    label = "<div><h5>Author:</h5>{}</div>"
    assert read(below=label.format("Ann Lee")).authors == ("Ann Lee",)
    assert read(below=label.format("")).authors == ()


def test_a_page_with_more_lines_and_names_than_an_article_has_is_read_in_part() -> None:
    lines = "".join(
        f"<p class=byline>By Ann Lee on 2 March {year}</p>"
        for year in range(1900, 2020)
    )
    names = [f"Ann Lee{letter}" for letter in string.ascii_lowercase]
    links = "".join(f"<a rel=author href=/{name}>{name}</a>" for name in names)
    labels = "".join(f"<p>Author: {name}</p>" for name in names)
    tree = html.document_fromstring(f"<html><body>{lines}{links}{labels}</body></html>")
    found = survey(tree, [])
    assert [line.value for line in found.lines][::99] == [
        "By Ann Lee on 2 March 1900",
        "By Ann Lee on 2 March 1999",
    ]
    assert len(found.lines) == 100
    assert found.linked == tuple(names[:20])
    assert list(labelled_names(list(tree.iter("p")), frozenset())) == names[:20]
