"""Feeds are parsed in a child process, which is ended where one takes too long."""

from __future__ import annotations

import pytest

from transforms.feeds.parsing import Body, FeedParser, Parsed
from transforms.vocabulary import Reason
from transforms.work.child import PoolOptions

URL = "https://news.example/feed"
ITEM = "<item><title>Harbour</title><link>/1</link><description>It is open.</description></item>"
FEED = f"<rss version='2.0'><channel><title>World</title>{ITEM}</channel></rss>"
PAGE = "<html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head></html>"


def body(text: str, asked: str = URL) -> Body:
    return Body(text.encode(), None, URL, asked)


def said(parsed: Parsed) -> tuple[object, ...]:
    problem = parsed.problem
    return parsed.feed, problem and (problem.reason, problem.detail), parsed.instead


@pytest.mark.parametrize(
    "given",
    [
        body(FEED),
        body(PAGE),
        body(PAGE, asked="https://news.example/rss"),
        body(""),
        body("{"),
        body("<html><p>Nothing here.</p></html>"),
        Body(FEED.encode("utf-16"), "text/xml; charset=utf-16", URL, URL),
    ],
)
def test_a_child_says_what_this_process_would(given: Body) -> None:
    here = FeedParser(PoolOptions(processes=0))(given)
    assert said(FeedParser(PoolOptions())(given)) == said(here)
    assert said(FeedParser(None)(given)) == said(here)


def test_a_feed_and_a_page_that_names_one() -> None:
    parse = FeedParser(PoolOptions())
    feed = parse(body(FEED)).feed
    assert feed is not None
    assert [entry.url for entry in feed.entries] == ["https://news.example/1"]
    page = parse(body(PAGE))
    assert page.problem is not None
    assert (page.problem.reason, page.instead) == (
        Reason.NOT_A_FEED,
        "https://news.example/rss",
    )


def test_one_that_takes_too_long_is_ended_and_the_next_is_parsed() -> None:
    parse = FeedParser(PoolOptions(deadline_seconds=0.2))
    slow = parse(body(FEED.replace(ITEM, ITEM * 60_000)))
    assert slow.feed is None
    assert slow.problem is not None
    assert slow.problem.reason is Reason.TIMEOUT
    assert "0.2 s of processor time" in slow.problem.detail
    assert parse(body(FEED)).feed is not None


def test_what_nobody_foresaw_is_raised_where_it_is_waited_for() -> None:
    no_bytes = Body(None, None, URL, URL)  # type: ignore[arg-type]
    for pool in (PoolOptions(), PoolOptions(processes=0)):
        with pytest.raises(TypeError, match="NoneType"):
            FeedParser(pool)(no_bytes)
    assert FeedParser(PoolOptions())(body(FEED)).feed is not None
