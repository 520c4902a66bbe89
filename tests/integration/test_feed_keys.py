"""Feeds whose addresses hold secrets: told apart, remembered, asked whole, never shown."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from news_site import Reader
from press import Press, item, news, told
from pytest_httpserver import HTTPServer

from pipeline.replay import Selection, replay
from pipeline.state.feed_keys import KEY_FILE, FeedKeys, open_keys, take_keys
from transforms.errors import ConfigError
from transforms.listings import Subscription

Command = Callable[..., Any]


@pytest.fixture
def press(httpserver: HTTPServer) -> Press:
    return Press(httpserver)


def printed(press: Press) -> list[str]:
    return [
        press.feed(f"/feed?sid={sid}", *(told(city, n, guid=str(n)) for n in (1, 2)))
        for sid, city in (("s3cret1", "Lima"), ("s3cret2", "Oslo"))
    ]


@pytest.mark.slow
def test_feeds_that_differ_in_a_secret_have_a_state_each(
    press: Press, reader: Reader, newsbeam: Command
) -> None:
    feeds = printed(press)
    assert news(reader, *feeds) == 4
    press.fail("/feed?sid=s3cret1", 410)
    printed_again = press.feed("/feed?sid=s3cret2", told("Riga", 3, guid="3"))
    assert news(reader, *feeds) == 1
    assert news(reader, feeds[0], printed_again) == 0
    assert len(press.asked("/feed?sid=s3cret1")) == 2
    assert len(press.asked("/feed?sid=s3cret2")) == 3
    folder = reader.dataset.path
    ledger = newsbeam("status", folder).stdout
    assert "s3cret" not in ledger
    assert ledger.count("/feed?sid=***") == 2
    both = press.url("/feed?sid=***")
    refused = newsbeam("status", folder, "--reset", both)
    assert refused.returncode == 2
    assert "2 feeds" in refused.stderr
    done = newsbeam("status", folder, "--reset", feeds[0])
    assert done.returncode == 0
    assert "s3cret" not in done.stdout + done.stderr
    printed(press)
    assert news(reader, *feeds) == 0
    assert len(press.asked("/feed?sid=s3cret1")) == 3


@pytest.mark.slow
def test_the_key_is_its_owners_and_may_be_lost(press: Press, reader: Reader) -> None:
    feeds = [*printed(press), press.feed("/open", told("Bern", 1, guid="1"))]
    for url in feeds:
        path = url.removeprefix(press.url("/"))
        press.answers[f"/{path}"].headers["ETag"] = '"v1"'
    assert news(reader, *feeds) == 5
    key = reader.dataset.path / KEY_FILE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for spoil in (key.unlink, lambda: key.write_text("nothing")):
        spoil()
        assert news(reader, *feeds) == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    # Asked as if for the first time; what holds no secret is known by its address.
    for path in ("/feed?sid=s3cret1", "/feed?sid=s3cret2"):
        asked = press.asked(path)
        assert ["If-None-Match" in request.headers for request in asked] == [False] * 3
    asked = press.asked("/open")
    assert ["If-None-Match" in r.headers for r in asked] == [False, True, True]


@pytest.mark.slow
def test_replay_asks_for_the_whole_address(press: Press, reader: Reader) -> None:
    feeds = printed(press)
    good = {path: press.answers[path] for path in press.answers}
    for path in good:
        press.fail(path, 500)
    assert news(reader, *feeds) == 0
    rejects = reader.dataset.rows("rejects")
    assert len(rejects) == 2
    assert "s3cret" not in repr(rejects)
    press.answers.update(good)
    press.requests.clear()
    # Without the configuration nobody knows the secret: the rejects stay.
    report = replay(reader.config(press.url("/other")), Selection())
    assert press.requests == []
    assert len(reader.dataset.rows("rejects")) == 2
    report = replay(reader.config(*feeds), Selection())
    assert report.as_json()["new"] == 4
    assert {r.query_string for r in press.requests} == {b"sid=s3cret1", b"sid=s3cret2"}
    assert reader.dataset.rows("rejects") == []


def test_a_link_with_a_secret_is_replayed_whole_and_never_shown(
    press: Press, reader: Reader
) -> None:
    link = press.url("/Lima?token=s3cret3")
    feed = press.feed("/feed", item(title="Lima", guid=link, link=link))
    assert news(reader, feed) == 0
    rejects = reader.dataset.rows("rejects")
    assert [row["key"] for row in rejects] == [press.url("/Lima?token=***")]
    assert "s3cret3" not in repr(rejects + reader.dataset.rows("fetches"))
    press.page("/Lima?token=s3cret3", "Lima")
    assert replay(reader.config(feed), Selection()).as_json()["new"] == 1
    assert reader.dataset.rows("rejects") == []
    # An item's link is data.
    assert [row["url"] for row in reader.dataset.rows()] == [link]


def test_a_link_whose_key_is_lost_stays_rejected(press: Press, reader: Reader) -> None:
    link = press.url("/Lima?token=s3cret3")
    feed = press.feed("/feed", item(title="Lima", link=link))
    assert news(reader, feed) == 0
    (reader.dataset.path / KEY_FILE).unlink()
    press.page("/Lima?token=s3cret3", "Lima")
    press.requests.clear()
    assert replay(reader.config(feed), Selection()).as_json()["new"] == 0
    assert press.requests == []
    assert len(reader.dataset.rows("rejects")) == 1


def test_a_key_says_nothing_and_an_alias_is_nobody_elses(tmp_path: Path) -> None:
    keys = open_keys(tmp_path)
    assert open_keys(tmp_path) == keys
    assert repr(keys.secret) not in repr(keys)
    assert keys.of("https://h.example/feed?id=1") == "https://h.example/feed?id=1"
    one, other = (f"https://h.example/feed?key={n}" for n in (1, 2))
    assert len({keys.of(one), keys.of(other), FeedKeys(b"x" * 32).of(one)}) == 3
    alone, *_ = keys.given_to([Subscription(one)])
    assert alone.alias == "https://h.example/feed?key=***"
    assert [feed.alias for feed in keys.given_to(map(Subscription, (one, other)))] == [
        None,
        None,
    ]


def test_a_key_that_cannot_be_kept_is_named(tmp_path: Path) -> None:
    source, blocked = tmp_path / "set", tmp_path / "blocked"
    source.mkdir()
    open_keys(source)
    blocked.write_text("no folder")
    with pytest.raises(ConfigError, match=f"{KEY_FILE}: Not a directory; the key of"):
        open_keys(blocked)
    with pytest.raises(ConfigError, match=f"{KEY_FILE}: File exists"):
        take_keys(source, blocked)
