from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.error_handling import CollectingErrorHandler
from newsroom import Newsroom

from transforms.feeds.poll import Poller, PollFeeds, _PollFn
from transforms.feeds.shards import (
    Shard,
    ShardState,
    ShardStateCoder,
    ShardTracker,
    shards,
)
from transforms.listings import Entry, Fetch, Listed, Subscription, Waited
from transforms.records import Reject
from transforms.web.access import FetchOptions, Web

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
INTERVAL = dt.timedelta(minutes=10)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


def web(clock: Clock | dt.datetime, **options: object) -> Web:
    chosen = FetchOptions(
        contact="https://example.org/me",
        allowed_networks=("127.0.0.0/8",),
        interval_minutes=10,
        feed_pause_seconds=0,
        **options,  # type: ignore[arg-type]
    )
    return Web(chosen, "0", clock)


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as opened:
        yield opened


def titles(results: Iterable[object]) -> list[str]:
    return sorted(r.entry.title or "" for r in results if isinstance(r, Listed))


def outcomes(results: Iterable[object]) -> list[str]:
    return [result.outcome for result in results if isinstance(result, Fetch)]


def test_an_entry_is_listed_once_and_again_when_it_changes(newsroom: Newsroom) -> None:
    clock = Clock()
    poll = Poller(web(clock))
    shard = Shard(0, (Subscription(newsroom.feeds[0]),))
    for _ in range(7):
        newsroom.publish()
    known, results = poll(shard, ShardState())
    assert titles(results) == ["Harbour 0", "Harbour 3", "Harbour 5", "Harbour 6"]
    assert poll.pause(shard, known) == dt.timedelta(seconds=5)

    known, results = poll(shard, known)
    assert results == []

    clock.now += INTERVAL
    assert poll.pause(shard, known) == dt.timedelta()
    known, results = poll(shard, known)
    assert (outcomes(results), titles(results)) == (["unchanged"], [])

    for _ in range(3):
        newsroom.publish()
    clock.now += INTERVAL
    known, results = poll(shard, known)
    assert (outcomes(results), titles(results)) == (["news"], ["Harbour 9"])

    for story in newsroom.stories[6:7]:
        story.versions += 1
    clock.now += INTERVAL
    _, results = poll(shard, known)
    assert titles(results) == ["Harbour 6"]


def test_a_feed_that_fails_is_asked_less_and_holds_up_no_other(
    newsroom: Newsroom,
) -> None:
    clock = Clock()
    newsroom.publish()
    bad = Subscription("http://127.0.0.1:9/feed")
    poll = Poller(web(clock))
    shard = Shard(0, (bad, Subscription(newsroom.feeds[0])))
    known, results = poll(shard, ShardState())
    assert sorted(outcomes(results)) == ["connect", "news"]
    assert known.feeds[bad.url].failures == 1
    asked: Counter[str] = Counter()
    for _ in range(6):
        clock.now += INTERVAL
        known, results = poll(shard, known)
        asked.update(outcomes(results))
    assert asked["unchanged"] == 6
    assert asked["connect"] < 4


def test_a_round_asks_so_many_feeds_and_the_next_one_the_others(
    newsroom: Newsroom,
) -> None:
    feeds = tuple(Subscription(f"{newsroom.feeds[0]}?n={n}") for n in range(6))
    poll = Poller(web(Clock(), threads=1))
    shard = Shard(0, feeds)
    known, results = poll(shard, ShardState())
    assert len(outcomes(results)) == 4
    assert poll.pause(shard, known) == dt.timedelta()
    known, results = poll(shard, known)
    assert len(outcomes(results)) == 2
    assert len(known.feeds) == 6


def test_what_nobody_foresaw_is_a_reject_and_the_feed_is_left_alone_for_a_while(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("never seen")

    monkeypatch.setattr("transforms.feeds.parsing.parse_feed", fail)
    poll = Poller(web(Clock()))
    shard = Shard(0, (Subscription(newsroom.feeds[0]),))
    known, (reject,) = poll(shard, ShardState())
    assert "never seen" in reject.detail
    assert poll(shard, known)[1] == []


def test_the_feeds_of_a_host_share_a_shard() -> None:
    feeds = [
        Subscription(f"https://{host}.example/{n}")
        for host in "abcdefgh"
        for n in (1, 2)
    ]
    made = shards(feeds, 3)
    assert len(made) == 3
    hosts = [{feed.url[:10] for feed in shard.feeds} for shard in made]
    assert sum(map(len, hosts)) == 8
    assert sorted(f.url for s in made for f in s.feeds) == sorted(f.url for f in feeds)


def test_the_state_of_a_shard_outlives_the_worker(newsroom: Newsroom) -> None:
    newsroom.publish()
    url = newsroom.feeds[0].replace("//", "//me:secret@")
    known, _ = Poller(web(Clock()))(Shard(0, (Subscription(url),)), ShardState())
    encoded = ShardStateCoder().encode(known)
    assert ShardStateCoder().decode(encoded) == known
    assert "secret" not in repr(known)


def test_a_round_that_was_given_away_is_not_claimed() -> None:
    before, after = ShardState(), ShardState(listed={"x": ("y",)})
    tracker = ShardTracker(before)
    assert tracker.try_split(0.5) is None
    progress = tracker.current_progress()
    assert (progress.completed_work, progress.remaining_work) == (0, 1)
    assert tracker.try_split(0) == (ShardState(is_over=True), before)
    assert not tracker.try_claim(after)
    assert tracker.check_done()
    progress = tracker.current_progress()
    assert (progress.completed_work, progress.remaining_work) == (1, 0)


def test_beam_is_told_that_a_poll_has_no_end_and_states_no_order() -> None:
    # Of a bounded restriction it would wait for the end, and group by equal bytes.
    assert not ShardTracker(ShardState()).is_bounded()
    assert not ShardStateCoder().is_deterministic()


def test_results_of_a_round_that_was_given_away_go_nowhere(newsroom: Newsroom) -> None:
    newsroom.publish()
    shard = Shard(0, (Subscription(newsroom.feeds[0]),))
    poll = _PollFn(web(NOON), dt.timedelta(), None, None)
    poll.setup()
    known = poll.initial_restriction(shard)
    tracker = poll.create_tracker(known)
    tracker.try_split(0)
    # Who resumes it repeats the round.
    assert list(poll.process(shard, tracker, None)) == []
    # An engine that drains the pipeline drops what is left: the next start polls it.
    assert poll.truncate(shard, known) is None


def test_a_claimed_round_leaves_what_follows_it() -> None:
    after = ShardState(listed={"x": ("y",)})
    tracker = ShardTracker(ShardState())
    assert tracker.try_claim(after)
    with pytest.raises(ValueError, match="rounds left"):
        tracker.check_done()
    assert tracker.try_split(0) == (ShardState(is_over=True), after)
    assert tracker.check_done()


def test_in_a_pipeline_it_polls_until_the_file_appears(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    for _ in range(3):
        newsroom.publish()
    stop, seen, rejected = (tmp_path / name for name in ("stop", "seen", "rejected"))

    def note(listed: Listed) -> None:
        stop.touch()
        with seen.open("a") as log:
            log.write(f"{listed.entry.title}\n")

    bad = f"{newsroom.url}/no/such/feed"

    def note_reject(reject: Reject) -> None:
        with rejected.open("a") as log:
            log.write(f"{reject.stage} {reject.key}\n")

    feeds = shards([Subscription(url) for url in (bad, *newsroom.feeds)], 2)
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as root:
        with CollectingErrorHandler() as rejects:
            polling = PollFeeds(feeds, web(NOON), rejects, dt.timedelta(), str(stop))
            listed, _ = root | polling
        listed | "Note" >> beam.Map(note)
        rejects.output() | "Note rejects" >> beam.Map(note_reject)
    assert set(seen.read_text().splitlines()) == {f"Harbour {n}" for n in range(3)}
    assert set(rejected.read_text().splitlines()) == {f"feeds {bad}"}


class Waits:
    """Entries that are due again."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts
        self.tries = 1

    def due(self, now: dt.datetime) -> list[Listed]:
        waited = Waited("0a", now, self.tries)
        entries = [Entry(url=f"https://{host}.example/x") for host in self.hosts]
        return [
            Listed(entry, "feed", waited=dataclasses.replace(waited, entry=f"0{n}"))
            for n, entry in enumerate(entries)
        ]

    def close(self) -> None:
        """Be let go of."""


def test_what_waits_goes_out_once_a_try_though_no_feed_lists_it() -> None:
    clock, waits = Clock(), Waits("a")
    poll = Poller(web(clock), lambda: waits)
    shard = Shard(0, ())
    known, results = poll(shard, ShardState())
    assert len(results) == 1
    # It is due until its next try is committed.
    clock.now += INTERVAL
    known = ShardStateCoder().decode(ShardStateCoder().encode(known))
    known, results = poll(shard, known)
    assert results == []
    waits.tries = 2
    known, results = poll(shard, known)
    assert results == []  # nobody looked again so soon
    clock.now += INTERVAL
    known, results = poll(shard, known)
    assert len(results) == 1


def test_each_page_that_is_waited_for_has_one_shard() -> None:
    waits = Waits(*"abcdefgh")
    feeds = [Subscription(f"https://{host}.example/feed") for host in "stuvwxyz"]
    found: list[str | None] = []
    for shard in shards(feeds, 3):
        poll = Poller(web(NOON), lambda: waits)
        _, results = poll(Shard(shard.number, (), shard.share), ShardState())
        found += [one.entry.url for one in results if isinstance(one, Listed)]
    assert sorted(map(str, found)) == [
        f"https://{host}.example/x" for host in "abcdefgh"
    ]
