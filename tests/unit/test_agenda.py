"""What a stream does next, by a clock that tests set."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

from pipeline.batches import Batch, Done
from pipeline.configuration.config import Config, load
from pipeline.stream.agenda import Agenda, floored_pace, stream_pace
from transforms.listings import Subscription
from transforms.parse.subscriptions import subscriptions
from transforms.web.access import Memory
from transforms.web.feed_state import FeedState
from transforms.web.policy import Pace

NOW = dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
FEEDS = tuple(f"https://h{number}.example/feed" for number in range(4))


def config(
    tmp_path: Path, *feeds: str, files: tuple[str, ...] = (), **stream: Any
) -> Config:
    flags = {
        "source": {"feeds": feeds, "files": files},
        "fetch": {"contact": "https://example.org/me", "threads": 2},
        "output": {"path": tmp_path / "dataset"},
        "stream": stream,
    }
    return load(None, (), flags)


def memory(*states: FeedState, hosts: dict[str, dt.datetime] | None = None) -> Memory:
    return Memory({state.url: state for state in states}, hosts or {})


def agenda_of(config: Config, memory: Memory, done: Done) -> Agenda:
    feeds = subscriptions(config.source.feeds, config.source.opml)
    return Agenda(config, memory, done, feeds, lambda _: False)


def asked(url: str, next_poll: dt.datetime) -> FeedState:
    return FeedState(url, asked_at=NOW - MINUTE, next_poll=next_poll)


def urls(batch: Batch | None) -> list[str]:
    return [feed.url for feed in batch.feeds] if batch else []


def test_feeds_are_asked_when_they_are_due_the_longest_waiting_first(
    tmp_path: Path,
) -> None:
    states = [asked(url, NOW - n * MINUTE) for n, url in enumerate(FEEDS[:3])]
    states.append(asked(FEEDS[3], NOW + MINUTE))
    agenda = agenda_of(config(tmp_path, *FEEDS), memory(*states), Done())
    assert urls(agenda.batch(NOW)) == [FEEDS[2], FEEDS[1], FEEDS[0]]
    counts = agenda.counts(NOW)
    assert (counts.feeds, counts.due) == (4, 3)
    assert counts.overdue == 2 * MINUTE


def test_of_feeds_never_asked_a_batch_has_no_more_than_threads(tmp_path: Path) -> None:
    agenda = agenda_of(config(tmp_path, *FEEDS), memory(), Done())
    assert len(urls(agenda.batch(NOW))) == 2
    few = agenda_of(config(tmp_path, *FEEDS, batch_feeds=1), memory(), Done())
    assert len(urls(few.batch(NOW))) == 1


def test_the_next_moment_is_reported_exactly(tmp_path: Path) -> None:
    states = [asked(FEEDS[0], NOW + 3 * MINUTE), asked(FEEDS[1], NOW + 2 * MINUTE)]
    agenda = agenda_of(config(tmp_path, *FEEDS[:2]), memory(*states), Done())
    assert agenda.batch(NOW) is None
    assert agenda.next_at() == NOW + 2 * MINUTE
    nothing = agenda_of(
        config(tmp_path, FEEDS[0]),
        memory(FeedState(FEEDS[0], retired=True)),
        Done(),
    )
    assert nothing.next_at() is None
    assert nothing.counts(NOW).retired == 1


def test_a_host_that_wants_rest_is_waited_for(tmp_path: Path) -> None:
    resting = {"h0.example": NOW + 5 * MINUTE}
    states = [asked(FEEDS[0], NOW), asked(FEEDS[1], NOW)]
    agenda = agenda_of(
        config(tmp_path, *FEEDS[:2]), memory(*states, hosts=resting), Done()
    )
    assert urls(agenda.batch(NOW)) == [FEEDS[1]]


def test_a_feed_that_was_passed_over_is_not_due_at_once(tmp_path: Path) -> None:
    state = asked(FEEDS[0], NOW)
    agenda = agenda_of(
        config(tmp_path, FEEDS[0], shortest_poll_seconds=30), memory(state), Done()
    )
    batch = agenda.batch(NOW)
    assert batch is not None
    agenda.done(batch, memory(state), NOW, is_news=False)
    assert agenda.batch(NOW) is None
    assert agenda.next_at() == NOW + MINUTE / 2


def test_a_feed_that_was_put_off_is_due_when_its_turn_comes(tmp_path: Path) -> None:
    state = asked(FEEDS[0], NOW)
    agenda = agenda_of(config(tmp_path, FEEDS[0]), memory(state), Done())
    batch = agenda.batch(NOW)
    assert batch is not None
    agenda.done(batch, memory(state), NOW, {FEEDS[0]: 15.0}, is_news=False)
    assert agenda.next_at() == NOW + MINUTE / 4
    assert not agenda.is_idle(NOW)
    agenda.done(batch, memory(state), NOW, is_news=False)
    assert agenda.is_idle(NOW)


def test_idle_is_a_round_without_news_or_nothing_due_soon(tmp_path: Path) -> None:
    agenda = agenda_of(config(tmp_path, *FEEDS[:2]), memory(), Done())
    batch = agenda.batch(NOW)
    assert batch is not None
    assert not agenda.is_idle(NOW)
    soon = [asked(url, NOW + MINUTE) for url in FEEDS[:2]]
    agenda.done(batch, memory(*soon), NOW, is_news=True)
    assert agenda.is_idle(NOW + MINUTE / 2)
    assert not agenda.is_idle(NOW + MINUTE)
    one = Batch(feeds=(Subscription(FEEDS[0]),))
    other = Batch(feeds=(Subscription(FEEDS[1]),))
    agenda.done(one, memory(*soon), NOW, is_news=False)
    assert not agenda.is_idle(NOW + MINUTE)
    agenda.done(other, memory(*soon), NOW, is_news=False)
    assert agenda.is_idle(NOW + MINUTE)
    agenda.done(one, memory(*soon), NOW, is_news=True)
    assert not agenda.is_idle(NOW + MINUTE)


def test_files_are_looked_for_at_intervals_and_known_by_size_and_time(
    tmp_path: Path,
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()

    def put(name: str, age: float, text: str = "x") -> None:
        (inbox / name).write_text(text)
        at = NOW.timestamp() - age
        os.utime(inbox / name, (at, at))

    def names(batch: Batch | None) -> list[str]:
        return [Path(path).name for path in batch.paths] if batch else []

    put("old.txt", 100)
    put("settling.txt", 1)
    agenda = agenda_of(config(tmp_path, files=(str(inbox),)), memory(), Done())
    batch = agenda.batch(NOW)
    assert names(batch) == ["old.txt"]
    assert batch is not None
    agenda.done(batch, memory(), NOW, is_news=True)
    # It looks again soon for what was still in writing, else after half a minute.
    assert agenda.next_at() == NOW + dt.timedelta(seconds=2)
    batch = agenda.batch(NOW + dt.timedelta(seconds=2))
    assert names(batch) == ["settling.txt"]
    assert batch is not None
    agenda.done(batch, memory(), NOW, is_news=False)
    later = NOW + dt.timedelta(seconds=32)
    assert agenda.next_at() == later
    assert agenda.batch(later) is None
    put("old.txt", 50, "changed")
    assert names(agenda.batch(later + MINUTE)) == ["old.txt"]
    again = agenda_of(config(tmp_path, files=(str(inbox),)), memory(), agenda.read)
    assert names(again.batch(later)) == ["old.txt"]


def test_files_that_were_read_before_count_once(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("a", "b", "new"):
        (inbox / name).write_text("x")
        os.utime(inbox / name, (0, 0))
    given = config(tmp_path, files=(str(inbox),))
    agenda = Agenda(given, memory(), Done(), (), lambda file: "new" not in file.path)
    batch = agenda.batch(NOW)
    assert batch is not None
    assert batch.paths == (str(inbox / "new"),)
    assert batch.unchanged == 2
    # One that fails is tried again.
    assert agenda.batch(NOW) == batch
    agenda.done(batch, memory(), NOW, is_news=True)
    (inbox / "new").write_text("xy")
    os.utime(inbox / "new", (0, 0))
    batch = agenda.batch(NOW + MINUTE)
    assert batch is not None
    assert batch.unchanged == 0


def test_many_files_are_several_batches(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(5):
        (inbox / f"{number}.txt").write_text("x")
    given = config(tmp_path, files=(str(inbox),))
    run = given.run.model_copy(update={"batch_files": 2})
    agenda = agenda_of(given.model_copy(update={"run": run}), memory(), Done())
    later = dt.datetime.now(dt.UTC) + MINUTE
    sizes = []
    while (batch := agenda.batch(later)) is not None:
        sizes.append(len(batch.files))
        assert not agenda.is_idle(later)
        agenda.done(batch, memory(), later, is_news=False)
    assert sizes == [2, 2, 1]


def test_the_pace_has_a_floor_of_its_own(tmp_path: Path) -> None:
    given = config(tmp_path, FEEDS[0])
    pace = stream_pace(given)
    assert pace.interval == dt.timedelta(hours=1)
    assert pace.rhythm == 0.1
    fetch = given.fetch.model_copy(update={"interval_minutes": 0})
    at_once = given.model_copy(update={"fetch": fetch})
    assert stream_pace(at_once).interval == MINUTE
    # The unbounded pipeline goes by it too.
    assert floored_pace(at_once) == Pace(MINUTE)
