from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream as ScriptedStream
from apache_beam.testing.util import assert_that, equal_to
from kit import Nothing
from streams import NOON, article, seconds, stream_pipeline

from pipeline.counters import Counters
from transforms.dedup.articles import (
    Deduplicator,
    DropSeen,
    PassedArticles,
    Versions,
    judge,
    recognised,
)
from transforms.dedup.marks import place_of
from transforms.records import Article
from transforms.text.strings import digest
from transforms.work.steps import Skip

DAY = dt.timedelta(days=1)


class OneArticle(Nothing):
    """A dataset that holds one article in one text, as its revision 4."""

    def __init__(self) -> None:
        self.held = article(1, "old text")

    def revision(self, article_id: str, content_hash: str) -> int | None:
        held = (self.held.id, self.held.content_hash)
        return 4 if (article_id, content_hash) == held else None

    def latest(self, article_id: str) -> int | None:
        return 4 if article_id == self.held.id else None

    def with_text(self, mark: str) -> str | None:
        del mark
        return None

    def at_path(self, path: str) -> str | None:
        return self.held.id if path == "known.txt" else None


def revision(decided: tuple[Article | Skip, Versions]) -> int:
    assert isinstance(decided[0], Article)
    return decided[0].revision


def test_another_text_is_the_next_revision_and_an_old_one_none() -> None:
    first = judge(article(1, "a"), None, Nothing())
    assert revision(first) == 0
    second = judge(article(1, "b"), first[1], Nothing())
    assert revision(second) == 1
    versions = second[1]
    for text in ("a", "b"):
        verdict, versions = judge(article(1, text), versions, Nothing())
        assert verdict == Skip("duplicate")
    assert revision(judge(article(1, "c"), versions, Nothing())) == 2


def test_where_there_is_no_state_the_dataset_is_asked() -> None:
    verdict, versions = judge(article(1, "old text"), None, OneArticle())
    assert verdict == Skip("unchanged")
    assert revision(judge(article(1, "new text"), versions, OneArticle())) == 5
    assert revision(judge(article(1, "new text"), None, OneArticle())) == 5


@pytest.mark.parametrize(
    ("path", "expected"),
    [("known.txt", 1), ("other.txt", 2), ("known.txt!#3", 2), (None, 2)],
)
def test_a_file_whose_text_changed_is_known_by_its_path(
    path: str | None, expected: int
) -> None:
    changed = dataclasses.replace(article(2), path=path)
    assert recognised(changed, OneArticle(), PassedArticles()) == article(expected).id


def test_a_query_that_changed_is_the_article_with_the_same_text() -> None:
    link = "https://news.example/gates"
    held = dataclasses.replace(article(1), id=digest(place_of(link)))
    later = dataclasses.replace(article(2), canonical_url=f"{link}?from=feed")
    passed = PassedArticles({held.id: (0, (held.content_hash,))})
    assert recognised(later, Nothing(), passed) == held.id
    other = dataclasses.replace(later, content_hash=digest("other"))
    assert recognised(other, Nothing(), passed) == other.id


def test_two_queries_lead_to_one_article_of_a_batch() -> None:
    links = [f"https://news.example/gates?from={name}" for name in ("a", "b")]
    made = [
        dataclasses.replace(article(number), canonical_url=link, title="Gates")
        for number, link in enumerate(links)
    ]
    made.append(dataclasses.replace(made[0], id=article(3).id, title="Other gates"))
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as root:
        new, _ = root | beam.Create(made) | DropSeen(Nothing)
        titles = new | beam.Map(lambda one: one.title)
        assert_that(titles, equal_to(["Gates", "Other gates"]))


def stream(*steps: Callable[[ScriptedStream], ScriptedStream]) -> ScriptedStream:
    made = ScriptedStream()
    for step in steps:
        made = step(made)
    return made.advance_watermark_to_infinity()


def watermark(moment: dt.datetime) -> Callable[[ScriptedStream], ScriptedStream]:
    return lambda made: made.advance_watermark_to(seconds(moment))


def elements(
    moment: dt.datetime, *found: Article
) -> Callable[[ScriptedStream], ScriptedStream]:
    return lambda made: made.add_elements(
        [beam.window.TimestampedValue(one, seconds(moment)) for one in found]
    )


def passed(made: ScriptedStream, expected: list[tuple[str, int]]) -> None:
    with stream_pipeline() as root:
        new, _ = root | made | DropSeen(Nothing, 2 * DAY)
        told = new | beam.Map(lambda one: (one.text, one.revision))
        assert_that(told, equal_to(expected))


class WithoutFirst(Nothing):
    """A dataset that the first article was taken out of."""

    def is_forgotten(self, names: Iterable[str]) -> bool:
        return article(1).id in set(names)


def test_what_was_taken_out_is_passed_over_and_counted() -> None:
    options = PipelineOptions(["--runner=FnApiRunner"])
    root = beam.Pipeline(options=options)
    made = [article(1, "a"), article(2, "b"), article(1, "c")]
    new, sightings = root | beam.Create(made) | DropSeen(WithoutFirst)
    assert_that(new | beam.Map(lambda one: one.id), equal_to([article(2).id]))
    assert_that(sightings, equal_to([]), label="sightings")
    counted = Counters.of_flow(root.run()).stages["dedup"]
    assert counted == {"in": 3, "forgotten": 2, "out": 1}
    passed_over = list(Deduplicator(WithoutFirst())(article(1, "a")))
    assert passed_over == [Skip("forgotten")]


def test_late_and_out_of_order_articles_are_compared_like_any_other() -> None:
    made = stream(
        watermark(NOON),
        elements(NOON, article(1, "a"), article(2, "b")),
        watermark(NOON + DAY),
        elements(NOON - DAY / 2, article(1, "a"), article(1, "late")),
    )
    passed(made, [("a", 0), ("b", 0), ("late", 1)])


def test_state_expires_when_nothing_was_heard_for_so_long() -> None:
    made = stream(
        elements(NOON, article(1, "a"), article(2, "b")),
        watermark(NOON + 1.5 * DAY),
        # Heard of again: remembered two days from here.
        elements(NOON + 1.5 * DAY, article(1, "a")),
        watermark(NOON + 3 * DAY),
        elements(NOON + 3 * DAY, article(1, "a"), article(2, "b")),
    )
    passed(made, [("a", 0), ("b", 0), ("b", 0)])


def test_a_bundle_that_is_done_twice_brings_nothing_twice() -> None:
    options = ["--runner=FnApiRunner", "--direct_runner_bundle_repeat=1"]
    with beam.Pipeline(options=PipelineOptions(options)) as root:
        made = [article(1, "a"), article(1, "a"), article(1, "b"), article(2, "a")]
        new, _ = root | beam.Create(made) | DropSeen(Nothing)
        told = new | beam.Map(lambda one: (one.id, one.revision))
        expected = [(article(1).id, 0), (article(1).id, 1), (article(2).id, 0)]
        assert_that(told, equal_to(expected))


def test_files_of_a_batch_go_by_their_path() -> None:
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as root:
        changed = dataclasses.replace(article(2, "new text"), path="known.txt")
        new, _ = root | beam.Create([changed]) | DropSeen(OneArticle)
        told = new | beam.Map(lambda one: (one.id, one.revision))
        assert_that(told, equal_to([(article(1).id, 5)]))
