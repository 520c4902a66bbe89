from __future__ import annotations

import datetime as dt

import pytest

from pipeline.status import warning
from transforms.policy import FeedState

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
FEED = FeedState("https://example.org/feed")


def news(gap: dt.timedelta, last: dt.timedelta) -> list[dt.datetime]:
    return [NOW - last - gap * number for number in range(9, -1, -1)]


@pytest.mark.parametrize(
    ("gap", "last", "expected"),
    [
        (HOUR, 2 * HOUR, None),
        (HOUR, 60 * HOUR, None),
        (HOUR, 100 * HOUR, "silent for 4 days; it used to bring news every 1 hours"),
        (168 * HOUR, 400 * HOUR, None),
        (
            168 * HOUR,
            700 * HOUR,
            "silent for 29 days; it used to bring news every 7 days",
        ),
    ],
)
def test_silence_is_measured_by_a_feeds_own_past(
    gap: dt.timedelta, last: dt.timedelta, expected: str | None
) -> None:
    assert warning(FEED, news(gap, last), NOW) == expected


def test_little_past_tells_nothing() -> None:
    assert warning(FEED, news(HOUR, 500 * HOUR)[:3], NOW) is None


def test_gone_and_failing_feeds() -> None:
    assert "410" in (warning(FeedState("x", retired=True), [], NOW) or "")
    assert "failed 3 times" in (warning(FeedState("x", failures=3), [], NOW) or "")
