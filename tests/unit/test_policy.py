from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.listings import Subscription
from transforms.web.access import Memory
from transforms.web.feed_state import Answer, FeedState
from transforms.web.policy import (
    MAX_TRIES,
    Pace,
    decide,
    due_at,
    freshness,
    host_pause,
    is_due,
    is_unchanged,
    may_try_again,
    request_headers,
    reset,
    retry_after,
    staggered,
)

URL = "https://a.example/feed"
NEW = "https://b.example/feed"
NOW = dt.datetime(2024, 6, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
ETAG = 'W/"caf\xe9-1"'
MODIFIED = "Mon,  10 jun 2024 07:00 GMT"
GOOD = Answer(URL, 200, etag=ETAG, last_modified=MODIFIED, body_hash="h1", is_feed=True)
NOT_MODIFIED = Answer(URL, 304)
ASKED = decide(FeedState(URL), GOOD, NOW - DAY)


def test_nothing_is_invented_for_a_first_request() -> None:
    assert request_headers(FeedState(URL), URL) == {}
    assert is_due(FeedState(URL), NOW)


def test_of_a_feed_that_has_moved_to_an_address_its_origin_is_known() -> None:
    memory = Memory({URL: FeedState("", origin="first")})
    assert memory.state_of(Subscription(URL)) == FeedState(URL, origin="first")


def test_validators_are_sent_verbatim_and_only_to_their_url() -> None:
    headers = {"If-None-Match": ETAG, "If-Modified-Since": MODIFIED}
    assert request_headers(ASKED, URL) == headers
    for other in (NEW, URL + "/", URL.replace("https", "http"), URL + "?"):
        assert request_headers(ASKED, other) == {}


@pytest.mark.parametrize(
    ("answer", "etag", "last_modified"),
    [
        (GOOD, ETAG, MODIFIED),
        # Only one of two: never the other one made up.
        (dataclasses.replace(GOOD, etag=None), None, MODIFIED),
        (dataclasses.replace(GOOD, last_modified=None), ETAG, None),
        # The body is the same and yet the validators are new.
        (dataclasses.replace(GOOD, etag='"2"'), '"2"', MODIFIED),
        # The ETag changes while the date does not, and the other way round.
        (dataclasses.replace(GOOD, etag='"2"', body_hash="h2"), '"2"', MODIFIED),
        (dataclasses.replace(GOOD, last_modified="x"), ETAG, "x"),
        # A 200 without them clears them.
        (dataclasses.replace(GOOD, etag=None, last_modified=None), None, None),
        # A 304 may renew one and says nothing of the other.
        (NOT_MODIFIED, ETAG, MODIFIED),
        (dataclasses.replace(NOT_MODIFIED, etag='"3"'), '"3"', MODIFIED),
        (dataclasses.replace(NOT_MODIFIED, last_modified="x"), ETAG, "x"),
        # What is no feed says nothing of the feed.
        (Answer(URL, 200, etag='"html"', body_hash="h3"), ETAG, MODIFIED),
        (Answer(URL, 500, etag='"error"'), ETAG, MODIFIED),
        # What cannot be sent back without breaking the request.
        (dataclasses.replace(GOOD, etag='"1"\r\nHost: x'), None, MODIFIED),
    ],
)
def test_each_validator_is_updated_on_its_own(
    answer: Answer, etag: str | None, last_modified: str | None
) -> None:
    headers = request_headers(decide(ASKED, answer, NOW), URL)
    assert headers.get("If-None-Match") == etag
    assert headers.get("If-Modified-Since") == last_modified


def test_validators_belong_to_the_url_that_answered() -> None:
    hops = ((302, NEW),)
    state = decide(FeedState(URL), dataclasses.replace(GOOD, url=NEW, hops=hops), NOW)
    assert request_headers(state, URL) == {}
    assert request_headers(state, NEW)["If-None-Match"] == ETAG


@pytest.mark.parametrize(
    ("answer", "unchanged"),
    [
        (NOT_MODIFIED, True),
        (GOOD, True),
        (dataclasses.replace(GOOD, etag='"2"', last_modified="x"), True),
        (dataclasses.replace(GOOD, body_hash="h2"), False),
        (Answer(URL, 200, is_feed=True), False),
    ],
    ids=["304", "same", "new validators", "same ETag, new body", "no body"],
)
def test_the_body_decides_what_is_new(answer: Answer, *, unchanged: bool) -> None:
    assert is_unchanged(ASKED, answer) is unchanged
    if answer.body_hash:
        changed_at = NOW - DAY if unchanged else NOW
        assert decide(ASKED, answer, NOW).changed_at == changed_at


def follow(state: FeedState, *hops: tuple[int, str], status: int = 200) -> FeedState:
    answer = dataclasses.replace(
        GOOD, url=hops[-1][1] if hops else state.url, hops=hops, status=status
    )
    return decide(state, answer, NOW)


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_believed_in_its_third_run(status: int) -> None:
    state = FeedState(URL)
    for run in (1, 2):
        state = follow(state, (status, NEW))
        assert (state.url, state.moved_to, state.moved_runs) == (URL, NEW, run)
    state = follow(state, (status, NEW))
    assert (state.url, state.moved_to, state.moved_runs) == (NEW, None, 0)
    assert request_headers(state, NEW)["If-None-Match"] == ETAG


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_never_stored(status: int) -> None:
    state = FeedState(URL)
    for _ in range(5):
        state = follow(state, (status, NEW))
    assert (state.url, state.moved_to) == (URL, None)


def test_a_304_from_the_target_counts_as_the_feed() -> None:
    state = follow(follow(FeedState(URL), (301, NEW)), (301, NEW), status=304)
    assert follow(state, (301, NEW), status=304).url == NEW


def test_only_the_permanent_part_of_a_chain_is_stored() -> None:
    state = FeedState(URL)
    for _ in range(3):
        state = follow(state, (301, NEW), (302, "https://c.example/"), (301, URL + "x"))
    assert state.url == NEW


def test_moves_are_counted_only_in_a_row_and_to_one_target() -> None:
    twice = follow(follow(FeedState(URL), (301, NEW)), (301, NEW))
    assert follow(twice, (301, "https://c.example/")).moved_runs == 1
    assert follow(twice).moved_runs == 0
    # A target that is no feed neither counts nor loses what was counted.
    no_feed = Answer(NEW, 200, hops=((301, NEW),))
    assert decide(twice, no_feed, NOW).moved_runs == 2
    assert decide(twice, no_feed, NOW).url == URL


def test_gone_retires_until_reset() -> None:
    state = decide(ASKED, Answer(URL, 410), NOW)
    assert state.retired
    assert not is_due(state, NOW + 1_000 * DAY)
    again = reset(state)
    assert is_due(again, NOW)
    assert again.failures == 0


def test_gone_after_a_permanent_redirect_retires_too() -> None:
    assert decide(ASKED, Answer(NEW, 410, hops=((301, NEW),)), NOW).retired
    assert not decide(ASKED, Answer(NEW, 410, hops=((302, NEW),)), NOW).retired


@pytest.mark.parametrize("status", [404, 403, 401, 400, 500, 503, None, 200, 204, 304])
def test_failures_back_off_and_recover(status: int | None) -> None:
    state = FeedState(URL)
    waits = []
    for _ in range(30):
        state = decide(state, Answer(URL, status), NOW)
        assert state.next_poll is not None
        waits.append(state.next_poll - NOW)
    assert waits[:3] == [HOUR, 2 * HOUR, 3 * HOUR]
    assert waits[-1] == DAY
    assert state.failures == 30
    assert state.succeeded_at is None
    state = decide(state, GOOD, NOW)
    assert (state.failures, state.succeeded_at) == (0, NOW)
    assert state.next_poll == NOW + HOUR


@pytest.mark.parametrize(
    ("raw", "pause"),
    [
        ("120", dt.timedelta(minutes=2)),
        (" 120.5 ", dt.timedelta(minutes=2)),
        ("0", dt.timedelta()),
        ("316800", DAY),
        ("9" * 500, DAY),
        ("Mon, 10 Jun 2024 12:30:00 GMT", HOUR / 2),
        ("Monday, 10-Jun-24 12:30:00 GMT", HOUR / 2),
        ("Mon Jun 10 12:30:00 2024", HOUR / 2),
        ("Mon, 10 Jun 2024 11:30:00 GMT", dt.timedelta()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("-1", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(raw: str | None, pause: dt.timedelta | None) -> None:
    assert retry_after(raw, NOW) == pause


@pytest.mark.parametrize(
    ("status", "raw", "pause"),
    [
        (429, "7200", 2 * HOUR),
        (503, "7200", 2 * HOUR),
        (429, None, HOUR),
        (503, None, None),
        (500, "7200", None),
        (200, "7200", None),
        (None, None, None),
    ],
)
def test_a_host_is_given_its_pause(
    status: int | None, raw: str | None, pause: dt.timedelta | None
) -> None:
    answer = Answer(URL, status, retry_after=raw)
    until = host_pause(answer, NOW)
    assert until == (pause if pause is None else NOW + pause)
    if until is not None:
        fresh = FeedState("https://a.example/other")
        assert not is_due(fresh, until - dt.timedelta(seconds=1), until)
        assert is_due(fresh, until, until)


def test_the_feed_waits_for_its_host() -> None:
    state = decide(ASKED, Answer(URL, 429, retry_after="36000"), NOW)
    assert state.next_poll == NOW + 10 * HOUR
    state = decide(ASKED, Answer(URL, 429, retry_after="1"), NOW)
    assert state.next_poll == NOW + HOUR


@pytest.mark.parametrize(
    ("status", "raw", "again"),
    [
        *((500, None, True), (502, None, True), (503, None, True), (599, None, True)),
        *(
            (503, "5", False),
            (429, None, False),
            (404, None, False),
            (None, None, False),
        ),
        *((200, None, False), (600, None, False)),
    ],
)
def test_server_errors_are_tried_twice(
    status: int | None, raw: str | None, *, again: bool
) -> None:
    answer = Answer(URL, status, retry_after=raw)
    assert may_try_again(answer, 1) is again
    assert not may_try_again(answer, MAX_TRIES)


@pytest.mark.parametrize(
    ("changes", "wait"),
    [
        ({}, HOUR),
        ({"cache_control": "max-age=60"}, HOUR),
        ({"cache_control": "public, Max-Age=7200, s-maxage=1"}, 2 * HOUR),
        ({"cache_control": 'max-age="7200"', "age": "3600"}, HOUR),
        ({"cache_control": "max-age=99999999999"}, DAY),
        ({"cache_control": "no-store, max-age=7200"}, HOUR),
        ({"cache_control": "max-age=x"}, HOUR),
        ({"expires": "Mon, 10 Jun 2024 15:00:00 GMT"}, 3 * HOUR),
        ({"expires": "0"}, HOUR),
        ({"ttl_seconds": 7_200}, 2 * HOUR),
        ({"ttl_seconds": 7_200, "cache_control": "max-age=10800"}, 3 * HOUR),
        ({"ttl_seconds": 365 * 86_400}, DAY),
    ],
    ids=str,
)
def test_the_publisher_may_lengthen_the_interval(
    changes: dict[str, str | int], wait: dt.timedelta
) -> None:
    state = decide(ASKED, dataclasses.replace(GOOD, **changes), NOW)  # type: ignore[arg-type]
    assert state.next_poll == NOW + wait


def test_the_feeds_own_wish_outlasts_a_304() -> None:
    state = decide(ASKED, dataclasses.replace(GOOD, ttl_seconds=7_200), NOW)
    assert decide(state, NOT_MODIFIED, NOW).next_poll == NOW + 2 * HOUR
    longer = dataclasses.replace(NOT_MODIFIED, cache_control="max-age=10800")
    state = decide(state, longer, NOW)
    assert state.next_poll == NOW + 3 * HOUR
    assert decide(state, NOT_MODIFIED, NOW).next_poll == NOW + 2 * HOUR


def test_the_configured_pace_holds() -> None:
    pace = Pace(interval=2 * DAY, longest=DAY)
    wish = dataclasses.replace(GOOD, ttl_seconds=60)
    assert decide(ASKED, wish, NOW, pace).next_poll == NOW + 2 * DAY
    assert decide(ASKED, Answer(URL, 404), NOW, pace).next_poll == NOW + 2 * DAY


def test_a_scheduler_that_comes_a_little_early_is_let_in() -> None:
    state = decide(FeedState(URL), GOOD, NOW)
    assert not is_due(state, NOW + dt.timedelta(minutes=58))
    assert is_due(state, NOW + dt.timedelta(minutes=59, seconds=30))


ANSWERS = st.builds(
    Answer,
    url=st.sampled_from([URL, NEW]),
    status=st.one_of(st.none(), st.integers(100, 599), st.just(200), st.just(304)),
    hops=st.lists(
        st.tuples(st.sampled_from([301, 302, 308]), st.sampled_from([URL, NEW]))
    ).map(tuple),
    etag=st.one_of(st.none(), st.text(max_size=5)),
    last_modified=st.one_of(st.none(), st.text(max_size=5)),
    retry_after=st.one_of(st.none(), st.text(max_size=9), st.integers().map(str)),
    cache_control=st.one_of(
        st.none(), st.text(), st.integers().map("max-age={}".format)
    ),
    expires=st.one_of(st.none(), st.text(max_size=30)),
    age=st.one_of(st.none(), st.text(max_size=5)),
    body_hash=st.one_of(st.none(), st.sampled_from("ab")),
    is_feed=st.booleans(),
    ttl_seconds=st.one_of(st.none(), st.integers(0, 10**12)),
)


@given(st.lists(ANSWERS, max_size=8))
def test_whatever_comes_the_next_request_is_bounded_and_sound(
    answers: list[Answer],
) -> None:
    state = FeedState(URL)
    for answer in answers:
        state = decide(state, answer, NOW)
        assert state.retired or state.next_poll is not None
        if state.next_poll is not None:
            assert HOUR <= state.next_poll - NOW <= DAY
        for value in request_headers(state, answer.url).values():
            assert re.fullmatch(r"[^\x00-\x1f\x7f\u0100-\U0010ffff]+", value)
        assert (freshness(answer, NOW) or 0) >= 0


@pytest.mark.parametrize("answer", [GOOD, NOT_MODIFIED])
def test_what_has_not_changed_for_long_is_asked_more_rarely(answer: Answer) -> None:
    rhythm = Pace(interval=HOUR, longest=DAY, rhythm=0.1)
    for since, wait in [(1, 1), (10, 1), (30, 3), (100, 10), (1000, 24)]:
        state = dataclasses.replace(ASKED, changed_at=NOW - since * HOUR)
        assert decide(state, answer, NOW, rhythm).next_poll == NOW + wait * HOUR
        assert decide(state, answer, NOW, Pace()).next_poll == NOW + HOUR
    # What has just changed, or what the server wishes, counts as ever.
    fresh = dataclasses.replace(answer, body_hash="h2", cache_control="max-age=18000")
    state = dataclasses.replace(ASKED, changed_at=NOW - 30 * HOUR)
    assert decide(state, fresh, NOW, rhythm).next_poll == NOW + 5 * HOUR


def test_the_moment_to_ask_is_reported() -> None:
    later = NOW + HOUR
    assert due_at(FeedState(URL)) == dt.datetime.min.replace(tzinfo=dt.UTC)
    assert due_at(FeedState(URL), later) == later
    assert due_at(FeedState(URL, next_poll=NOW), later) == later
    assert due_at(FeedState(URL, next_poll=later), NOW) == later
    assert due_at(FeedState(URL, next_poll=NOW, retired=True)) is None


def test_pauses_end_at_different_times_and_never_early() -> None:
    until = NOW + dt.timedelta(hours=1)
    ends = {staggered(until, NOW, f"host{number}") for number in range(50)}
    assert len(ends) > 40
    assert min(ends) >= until
    assert max(ends) <= until + dt.timedelta(minutes=5)
    assert staggered(NOW, NOW, "host") == NOW
