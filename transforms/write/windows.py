"""Windows: articles, rejects and fetches by the time of what they report, minutes at a time.

An article's event time is its publication.  News is read after it was published, so the
watermark is not a promise here but a pace.  It follows the clock at a distance
(:mod:`transforms.feeds.poll`); what is older is late, and that is normal.  A window emits its
rows soon after each arrival, until the watermark is ``lateness_hours`` past it.  Beam drops
what arrives even later.  To avoid that, an article that is older than half of that time
counts by the time when it was fetched.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam
from apache_beam.transforms import trigger
from apache_beam.transforms.window import FixedWindows, IntervalWindow, TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp

from transforms.records import Article, StagedFile
from transforms.write.options import WindowOptions
from transforms.write.window_write import Firing, firing

Clock = Callable[[], dt.datetime]


def event_time(article: Article, lateness: dt.timedelta) -> dt.datetime:
    """Return the event time of an article.

    Args:
      article: The article.
      lateness: How long a window waits.
    """
    published, fetched = article.published_at, article.fetched_at
    if published is None or not fetched - lateness / 2 <= published <= fetched:
        return fetched
    return published


def stamp_events(options: WindowOptions) -> beam.PTransform:
    """Return what gives articles their event time."""
    lateness = dt.timedelta(hours=options.lateness_hours)
    return beam.Map(_stamped, lateness).with_output_types(Article)


def _stamped(article: Article, lateness: dt.timedelta) -> TimestampedValue:
    return TimestampedValue(article, _timestamp(event_time(article, lateness)))


def stamp_now(clock: Clock) -> beam.PTransform:
    """Return what gives a log, such as rejects and fetches, the time at which it passes."""
    return beam.Map(_stamped_now, clock)


def _stamped_now(record: Any, clock: Clock) -> TimestampedValue:
    return TimestampedValue(record, _timestamp(clock()))


def _timestamp(moment: dt.datetime) -> Timestamp:
    return Timestamp.of(moment.timestamp())


@functools.cache
def _soon_and_often(seconds: int) -> trigger.TriggerFn:
    # One object, which alone Beam finds equal to itself where windows flow together.
    soon = trigger.AfterProcessingTime(seconds)
    return trigger.AfterWatermark(early=soon, late=soon)


def into_windows(options: WindowOptions) -> beam.PTransform:
    """Return what puts elements into windows that fire soon, often, and late as well."""
    return beam.WindowInto(
        FixedWindows(options.minutes * 60),
        trigger=_soon_and_often(options.flush_seconds),
        accumulation_mode=trigger.AccumulationMode.DISCARDING,
        allowed_lateness=Duration.of(options.lateness_hours * 3_600),
    )


@dataclasses.dataclass(eq=False)
class GatherFiles(beam.PTransform):
    """Staged files, windowed, to the firings of their windows."""

    def expand(self, files: beam.PCollection[StagedFile]) -> beam.PCollection[Firing]:
        """Return the firings."""
        return (
            files
            | "One dataset"
            >> beam.Map(_keyed).with_output_types(tuple[str, StagedFile])
            | "By window" >> beam.GroupByKey()
            | "Firings" >> beam.Map(_firing).with_output_types(Firing)
        )


def _keyed(file: StagedFile) -> tuple[str, StagedFile]:
    return "", file


def _firing(
    keyed: tuple[str, Iterable[StagedFile]],
    window: IntervalWindow = beam.DoFn.WindowParam,
) -> Firing:
    _, files = keyed
    start = window.start.to_utc_datetime(has_tz=True)
    return firing(start, files)
