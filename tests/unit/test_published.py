from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from lxml import html

from transforms.extract.metadata import PageMetadata, page_metadata
from transforms.extract.published import TRUST, date_in_url
from transforms.page.datelines import dates_in_line
from transforms.page.datemarks import Dated
from transforms.vocabulary import DateSource

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
LONG = (
    "The harbour board voted to shut the gates of the northern lock until spring. " * 4
)
LD = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Gates", %s}</script>'


def read(
    head: str = "",
    beside: str = "",
    below: str = "",
    lang: str = "en",
    above: str = "",
) -> PageMetadata:
    page = (
        f"<html lang='{lang}'><head><title>Gates</title>{head}</head><body><nav>1 May 2025</nav>"
        f"<article>{above}<h1>Gates</h1>{beside}<p>{LONG}</p>"
        "<p>Opened on 12 June 1998.</p></article>"
        f"{below}<footer>© 2014-2026 Gazette</footer></body></html>"
    )
    return page_metadata(html.document_fromstring(page), None, NOW)


def published(**parts: str) -> tuple[str, str, str] | None:
    found = read(**parts).published
    if found is None:
        return None
    return found.moment.at.isoformat()[:16], found.moment.precision, found.source


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"head": "<link rel=canonical href='https://a.example/budget-2026'>"},
        {"head": "<link rel=stylesheet href='/style.css?v=2026-03-02'>"},
        {"head": "<title>Plan 2030: what changes in 2018</title>"},
        {
            "below": "<div class=comments><time datetime='2026-03-02T10:00Z'>x</time></div>"
        },
        {"below": "<ul class=related><li class=date>2 March 2026</li></ul>"},
        {
            "below": "<aside><time datetime='2026-03-02' itemprop=datePublished>x</time></aside>"
        },
        {"beside": "<p>Accepted 16 December 2025</p>"},
        {"beside": "<p>It opened on 12 June 1998</p>"},
        {"beside": "<p class=date>Updated 2 March 2026</p>"},
        {
            "beside": "<figure><figcaption>The lock on 2 March 2026</figcaption></figure>"
        },
        {"head": "<meta name=date content='2031-01-01'>"},
        # Members, readers, events and books have days as well.
        {"below": "<dl class=author><dd>Registered: 2 March 2026, 5:56</dd></dl>"},
        {"below": "<div id=comments><p>Posted on 2 March 2026 by Ann</p></div>"},
        {"below": "<footer><p>Published: 2 March 2026</p></footer>"},
        {"below": "<p><b>Date:</b> 2 March 2026<br><b>Place:</b> Old Hall</p>"},
        {"below": "<p>Ann Lee: Gates<br>Published: 2 March 2026<br>ISBN 978-3-0</p>"},
        {"below": "<p>Published on 2 March 2026</p><p>Published on 9 March 2026</p>"},
        {"beside": f"<p>On 2 March 2026 - {LONG}</p>"},
        {"head": "<title>Gates | 2 March 2026</title>"},
        # The teaser before the headline is another story's.
        {
            "above": "<span class=day>2 March 2026</span>"
            "<h2>Herring season opens with few boats</h2>"
        },
        {
            "head": '<script type="application/ld+json">{"@type": "VideoObject", "name":'
            ' "Herring season opens", "uploadDate": "2026-03-02"}</script>'
        },
    ],
)
def test_nothing_is_invented(parts: dict[str, str]) -> None:
    assert published(**parts) is None


@pytest.mark.parametrize(
    ("parts", "declared"),
    [
        # The page's own JSON-LD goes before everything else on the page.
        (
            {
                "head": LD % '"datePublished": "2026-03-02T10:00Z"'
                + "<meta name=date content='2026-03-09'>"
            },
            ("2026-03-02T10:00", "minute", "json-ld"),
        ),
        (
            {"head": LD % '"datePublished": 1772496000000'},
            ("2026-03-03T00:00", "second", "json-ld"),
        ),
        (
            {"head": LD % '"datePublished": {"@value": "2026-03-02"}'},
            ("2026-03-02T00:00", "day", "json-ld"),
        ),
        (
            {"head": LD % '"datePublished": "2026-03-02T10:00:00Z",'},
            ("2026-03-02T10:00", "second", "json-ld"),
        ),
        # A day gives way to the time of the same day.
        (
            {
                "head": LD % '"datePublished": "2026-03-02"',
                "beside": "<time datetime='2026-03-02T23:30-05:00'>x</time>",
            },
            ("2026-03-03T04:30", "minute", "time"),
        ),
        # What is impossible is passed over.
        (
            {
                "head": LD % '"datePublished": "0001-01-01"'
                + "<meta name=pubdate content='2026-03-02'>"
            },
            ("2026-03-02T00:00", "day", "meta"),
        ),
        # Of meta elements the most specific.
        (
            {
                "head": "<meta name=date content='2026-03-09'>"
                "<meta property=article:published_time content='2026-03-02T10:00:00Z'>"
            },
            ("2026-03-02T10:00", "second", "meta"),
        ),
        # time elements, the change apart
        (
            {
                "beside": "<p>Updated <time datetime='2026-03-09T17:20+01:00'>9 March</time>"
                " Published <time datetime='2026-03-02T10:57+01:00'>2 March</time></p>"
            },
            ("2026-03-02T09:57", "minute", "time"),
        ),
        (
            {
                "beside": "<time class=updated datetime='2026-03-09'>x</time>"
                "<time datetime='2026-03-02'>x</time>"
            },
            ("2026-03-02T00:00", "day", "time"),
        ),
        # Lines by the headline
        (
            {"beside": "<span class=date>27/02/2026 | 10:19h</span>"},
            ("2026-02-27T00:00", "day", "byline"),
        ),
        (
            {"beside": "<p>By Ann Lee | 2 March 2026</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {"beside": "<p>Published: 2 March 2026 10:30 GMT</p>"},
            ("2026-03-02T10:30", "minute", "byline"),
        ),
        (
            {"beside": "<p>2 March 2026 · Filed under the harbour</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {"beside": "<p>02.03.2026, 10:30 Uhr</p>"},
            ("2026-03-02T10:30", "day", "byline"),
        ),
        (
            {"beside": "<p>Anna Schmidt, 02.03.26</p>", "lang": "de"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {"beside": "<p>Publié le 02/03/2026</p>", "lang": "fr"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {"beside": "<p>2026年3月2日 10時30分 公開</p>"},
            ("2026-03-02T10:30", "day", "byline"),
        ),
        ({"beside": "<p>२ मार्च २०२६</p>"}, ("2026-03-02T00:00", "day", "byline")),
        ({"beside": "<p>২ মার্চ ২০২৬, ১০:৩০</p>"}, ("2026-03-02T10:30", "day", "byline")),
        ({"beside": "<p>2 มีนาคม 2569</p>"}, ("2026-03-02T00:00", "day", "byline")),
        ({"beside": "<p>2 tháng 3, 2026</p>"}, ("2026-03-02T00:00", "day", "byline")),
        (
            {"beside": "<p>نشر في 2 مارس 2026</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        ({"beside": "<p>۱۱ اسفند ۱۴۰۴</p>"}, ("2026-03-02T00:00", "day", "byline")),
        (
            {"beside": f"<p>2.3.2026 - {LONG}</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {"beside": f"<p>BERLIN, 2. März 2026 (dpa) – {LONG}</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {"beside": f"<p>LONDON, March 2, 2026 /PRNewswire/ -- {LONG}</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {"beside": f"<p>Karlsruhe, (02.03.2026). {LONG}</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        # Behind a long standfirst
        (
            {"beside": f"<p>{LONG}</p><p>02.03.2026 – {LONG}</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        # A year of two digits at the end, points that are lines
        (
            {"beside": "<em>( Pescara, 2 Marzo 26 )</em>", "lang": "it"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {
                "beside": "<table><tr><td>02 | 03 | 2026 </td></tr></table>",
                "lang": "de",
            },
            ("2026-03-02T00:00", "day", "byline"),
        ),
        # Text that stands loose by the headline
        (
            {"beside": "<dl><dt>x</dt></dl>기사입력 :[ 2026-03-02 15:24 ]<div></div>"},
            ("2026-03-02T15:24", "day", "byline"),
        ),
        (
            {"beside": f"<div>2. März 2026, 19:49 | <b>x</b><p>{LONG}</p></div>"},
            ("2026-03-02T19:49", "day", "byline"),
        ),
        (
            {
                "beside": "<aside><ul class=content-meta><li>Politics<li>02.03.2026</ul></aside>"
            },
            ("2026-03-02T00:00", "day", "byline"),
        ),
        # Labels, wherever they stand in the article
        (
            {"below": "<p>Last change: 3 March 2026<br>Published on: 2 March 2026</p>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {
                "below": "<div><h5>Datum: </h5>02.03.2026 <br><h5>Autor: </h5>Ann Lee</div>"
            },
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {
                "below": "<dl><dt>Published</dt><dd>2 March 2026</dd></dl>"
                "<p class=date>5 May 2025</p>"
            },
            ("2026-03-02T00:00", "day", "byline"),
        ),
        (
            {
                "below": "<div class=author>Author: <a>Ann</a> on 2 March 2026, 13:36</div>"
                "<div class=author>9 March 2026 Bob</div>"
            },
            ("2026-03-02T13:36", "day", "byline"),
        ),
        (
            {
                "below": "<p>This entry was posted on Monday, <b>March 2nd, 2026</b> at 11:03 pm"
                " and is filed under Harbour. You can skip to the end and leave a response,"
                " or trackback from your own site.</p>"
            },
            ("2026-03-02T23:03", "day", "byline"),
        ),
        (
            {
                "below": "<p>Dieser Beitrag wurde am <b>2. März 2026</b> gepostet und unter"
                " Hafen abgelegt.</p>"
            },
            ("2026-03-02T00:00", "day", "byline"),
        ),
        # hAtom, and a title with site and day
        (
            {
                "beside": "<abbr class=published title='2026-03-02T10:00:00Z'>Monday</abbr>"
            },
            ("2026-03-02T10:00", "second", "time"),
        ),
        (
            {"head": "<meta property=og:title content='Gates | DW | 02.03.2026'>"},
            ("2026-03-02T00:00", "day", "byline"),
        ),
        # In either order: the line on the page says which.
        (
            {
                "head": "<meta name=date content='02/03/2026 12:43:42'>",
                "below": "<p>Erstellt am: 03.02.2026</p>",
                "lang": "de",
            },
            ("2026-02-03T12:43", "day", "meta"),
        ),
        # The page's own recording, where it has no story
        (
            {
                "head": '<script type="application/ld+json">{"@type": "VideoObject", "name":'
                ' "Gates", "uploadDate": "2026-03-02T10:00Z"}</script>'
            },
            ("2026-03-02T10:00", "minute", "json-ld"),
        ),
        # The path of the address, last
        (
            {"head": "<link rel=canonical href='https://a.example/2026/03/02/gates'>"},
            ("2026-03-02T00:00", "day", "url"),
        ),
    ],
)
def test_what_is_declared_is_kept(
    parts: dict[str, str], declared: tuple[str, str, str]
) -> None:
    assert published(**parts) == declared


@pytest.mark.parametrize(
    "headline",
    ["<h4>Locks shut until spring</h4>", "<p class=h1>Locks shut until spring</p>"],
)
def test_a_headline_of_another_element_dates_its_page(headline: str) -> None:
    page = (
        "<title>Locks shut until spring</title><body><p class=logo>Harbour Post</p>"
        f"<div><em>02.03.2026 11:35</em></div>{headline}<p>{LONG}</p>"
    )
    found = page_metadata(html.document_fromstring(page), None, NOW).published
    assert found is not None
    assert found.moment.at == dt.datetime(2026, 3, 2, 11, 35, tzinfo=dt.UTC)


def test_the_last_change_is_apart() -> None:
    found = read(beside="<p>By Ann Lee | Updated 3 March 2026 8:00 a.m. ET</p>")
    assert found.published is None
    assert found.modified_at == dt.datetime(2026, 3, 3, 13, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("line", "dates"),
    [
        (
            "Published 2 March 2026 Updated 9 March 2026",
            [("2026-03-02", False), ("2026-03-09", True)],
        ),
        (
            "2026年3月2日 公開 2026年3月9日 更新",
            [("2026-03-02", False), ("2026-03-09", True)],
        ),
        ("Stand: 02.03.2026 10:30 Uhr", [("2026-03-02", True)]),
        ("The lock shuts on 2 March 2026", []),
        ("Open until 2 March 2026", []),
        ("© 2 March 2026", []),
    ],
)
def test_lines(line: str, dates: list[tuple[str, bool]]) -> None:
    found = [
        (moment.at.date().isoformat(), is_change)
        for moment, is_change in dates_in_line(Dated(line), day_first=None)
    ]
    assert found == dates


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/2026/03/02/gates", "2026-03-02"),
        ("/2026/3/2/gates", "2026-03-02"),
        ("/news/2026-03-02-gates", "2026-03-02"),
        ("/news/gates-20260302.html", "2026-03-02"),
        ("/world/2026/mar/02/gates", "2026-03-02"),
        ("/news/29-10-2025", "2025-10-29"),
        ("/2026/03/gates", None),
        ("/budget-2026", None),
        ("/news/20261345", None),
        ("/gates?d=2026-03-02", None),
    ],
)
def test_dates_in_addresses(path: str, day: str | None) -> None:
    moment = date_in_url(f"https://a.example{path}")
    assert (moment and moment.at.date().isoformat()) == day


def test_the_order_of_trust_names_every_source_once() -> None:
    assert sorted(TRUST) == sorted(DateSource)


def test_the_order_of_trust_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "quality.md").read_text("utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith("| `published_at`"))
    order = re.findall(r"`([a-z-]+)`(?: or `file`)?:", row)
    assert order == [source for source in TRUST if source is not DateSource.FILE]
