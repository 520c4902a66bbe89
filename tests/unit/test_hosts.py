from __future__ import annotations

import datetime as dt

import pytest
from loopback import TROUBLES

from transforms.vocabulary import FetchOutcome
from transforms.web.access import FetchOptions, Hosts, Web
from transforms.web.feed_state import Answer
from transforms.web.response import FetchError

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
URL = "https://news.example/feed"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


def hosts(time: dt.datetime | Clock) -> Hosts:
    found = Hosts(Web(FetchOptions(), "0", time))
    for _ in range(3):
        assert not found.wants_rest(URL)
        found.heard(Answer(URL, None))
    assert found.wants_rest("https://news.example/page")
    assert not found.wants_rest("https://other.example/")
    return found


def test_in_a_bounded_run_a_host_that_fails_is_left_alone_to_its_end() -> None:
    assert hosts(NOON).wants_rest(URL)


def test_in_a_run_without_end_it_is_tried_again_and_forgiven_when_it_answers() -> None:
    clock = Clock()
    found = hosts(clock)
    clock.now += dt.timedelta(minutes=11)
    assert not found.wants_rest(URL)
    found.heard(Answer(URL, None))
    assert found.wants_rest(URL)
    clock.now += dt.timedelta(minutes=11)
    found.heard(Answer(URL, 200))
    found.heard(Answer(URL, None))
    assert not found.wants_rest(URL)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_only_a_host_that_does_not_answer_is_left_alone(trouble: FetchOutcome) -> None:
    found = Hosts(Web(FetchOptions(), "0", NOON))
    for _ in range(6):
        found.failed(FetchError(trouble, "no answer", URL))
    is_away = trouble in {"name", "connect", "tls", "timeout", "protocol"}
    assert found.wants_rest(URL) == is_away
