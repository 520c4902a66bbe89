from __future__ import annotations

import dataclasses
import datetime as dt

import apache_beam as beam
from apache_beam.testing.test_stream import TestStream as ScriptedStream
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import TimestampedValue
from streams import NOON, seconds, stream_pipeline

from transforms.feeds.pages import DropFollowed
from transforms.listings import Entry, Listed, Moment, Waited
from transforms.vocabulary import Precision

DAY = dt.timedelta(days=1)


def listed(path: str, feed: str = "https://a.example/feed", day: int = 1) -> Listed:
    updated = Moment(dt.datetime(2026, 11, day, tzinfo=dt.UTC), Precision.SECOND)
    url = f"https://news.example/{path}"
    return Listed(Entry(url=url, title=path, updated=updated), feed)


def at(moment: dt.datetime, *entries: Listed) -> list[TimestampedValue]:
    return [TimestampedValue(entry, seconds(moment)) for entry in entries]


def passed(made: ScriptedStream, expected: list[str]) -> None:
    with stream_pipeline() as root:
        new, _ = root | made | DropFollowed(2 * DAY)
        told = new | beam.Map(lambda one: one.entry.title)
        assert_that(told, equal_to(expected))


def test_an_entry_goes_on_once_whoever_lists_it_and_again_when_it_changed() -> None:
    other = "https://b.example/feed"
    made = (
        ScriptedStream()
        .add_elements(at(NOON, listed("x"), listed("y")))
        .add_elements(at(NOON - DAY, listed("x", other), listed("z", other)))
        .add_elements(at(NOON, listed("x", day=2)))
        .advance_watermark_to_infinity()
    )
    passed(made, ["x", "y", "z", "x"])


def test_a_change_counts_for_the_feed_that_brought_the_entry() -> None:
    def brief(title: str, feed: str) -> Listed:
        return Listed(Entry(url="https://news.example/x", title=title), feed)

    first, second = "https://a.example/feed", "https://b.example/feed"
    made = (
        ScriptedStream()
        .add_elements(at(NOON, brief("Nine", first)))
        .add_elements(at(NOON, brief("Our nine", second), brief("Nine", first)))
        .add_elements(at(NOON, brief("Our ten", second), brief("Ten", first)))
        .advance_watermark_to_infinity()
    )
    passed(made, ["Nine", "Ten"])


def test_an_entry_is_forgotten_after_one_to_two_periods() -> None:
    made = ScriptedStream().add_elements(at(NOON, listed("x")))
    for days in (1, 3, 7):
        made = made.advance_watermark_to(seconds(NOON + days * DAY))
        made = made.add_elements(at(NOON + days * DAY, listed("x"), listed(f"{days}")))
    passed(made.advance_watermark_to_infinity(), ["x", "1", "3", "x", "7"])


def test_each_try_of_one_that_waits_goes_on_once() -> None:
    waits = [
        dataclasses.replace(listed("x"), waited=Waited("0a", NOON, tries))
        for tries in (1, 1, 2)
    ]
    made = (
        ScriptedStream()
        .add_elements(at(NOON, listed("x")))
        .add_elements(at(NOON, *waits))
        .advance_watermark_to_infinity()
    )
    passed(made, ["x", "x", "x"])
