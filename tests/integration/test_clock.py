"""A clock that was once wrong by a year keeps nothing waiting for that year."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from pathlib import Path

import pytest
from kit import Dataset
from news_site import START, Reader
from press import Press, item
from pytest_httpserver import HTTPServer

from pipeline.dataset.home import LocalHome
from pipeline.dataset.publish import RunFolder
from pipeline.reports.metrics import last_success
from pipeline.reports.status import warning
from pipeline.run import run
from pipeline.state.database import State
from transforms.web.access import FetchOptions, Hosts, Memory, Web
from transforms.web.feed_state import Answer, FeedState
from transforms.web.policy import Pace, due_at, is_due, trusted

YEAR = dt.timedelta(days=366)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def press(httpserver: HTTPServer) -> Press:
    return Press(httpserver)


def test_feeds_hosts_and_pages_are_asked_when_the_clock_is_right_again(
    press: Press, dataset: Dataset
) -> None:
    reader = Reader(dataset)
    cities = ["Lima", "Oslo"]

    def read(now: dt.datetime) -> int:
        links = [press.page(f"/{city}", city) for city in cities]
        if now > START + HOUR * 1_000:
            press.fail("/Oslo", 429, **{"Retry-After": "7200"})
        feed = press.feed("/feed", *(item(title="x", link=link) for link in links))
        report = run(reader.config(feed), now=now)
        assert report.imbalances == []
        return int(report.as_json()["new"])

    assert read(START + YEAR) == 1
    cities.append("Riga")
    assert read(START) == 2
    assert read(START + 2 * HOUR) == 0
    assert [len(press.asked(f"/{city}")) for city in cities] == [1, 2, 1]
    assert len(press.asked("/feed")) == 3


def test_a_moment_further_ahead_than_any_pause_is_not_believed() -> None:
    pace = Pace(longest=3 * DAY)
    for ahead, is_believed in ((2 * DAY, True), (YEAR, False)):
        state = FeedState("u", next_poll=START + ahead)
        assert (due_at(trusted(state, START, pace)) == START + ahead) is is_believed
        memory = Memory({"u": state}, {"h": START + ahead / 4}).believed(START, pace)
        assert is_due(memory.feeds["u"], START) is not is_believed
        assert (memory.hosts != {}) is is_believed


def test_a_host_is_not_left_alone_after_the_clock_was_set_back() -> None:
    times = [START + YEAR] * 9
    hosts = Hosts(Web(FetchOptions(), "0", lambda: times[-1]))
    for _ in range(3):
        hosts.heard(Answer("http://h.example/", None))
    hosts.heard(Answer("http://i.example/", 429))
    assert hosts.wants_rest("http://h.example/")
    assert hosts.wants_rest("http://i.example/")
    times.append(START)
    assert not hosts.wants_rest("http://h.example/")
    assert not hosts.wants_rest("http://i.example/")


def test_a_run_of_a_wrong_clock_is_neither_the_last_nor_the_latest(
    tmp_path: Path,
) -> None:
    now = dt.datetime.now(dt.UTC)
    for name, ago, has_ended in (
        ("a", YEAR, True),
        ("b", -YEAR, True),
        ("c", HOUR, False),
    ):
        folder = RunFolder(tmp_path, name)
        folder.begin(now - ago)
        batch = folder.path / "00000"
        batch.mkdir()
        (batch / "manifest.json").write_text(json.dumps({"run_id": name}))
        if has_ended:
            folder.end(b"{}")
    home = LocalHome(tmp_path)
    with contextlib.closing(State(home.index)) as state:
        assert home.cut_short("", state, dt.datetime.now(dt.UTC)) == [{"run_id": "c"}]
    home.prune(1)
    assert [path.name for path in (tmp_path / "_runs").iterdir()] == ["c"]


def test_what_was_noted_ahead_keeps_no_alarm_quiet(tmp_path: Path) -> None:
    news = [START - n * HOUR for n in range(300, 200, -1)]
    known = warning(FeedState("u"), [*news, START + YEAR], START)
    assert known == warning(FeedState("u"), news, START)
    assert known is not None
    assert known.startswith("silent")
    state = State(tmp_path / "state.sqlite")
    for moment in (*(START + YEAR + n * HOUR for n in range(60)), START):
        state.requests._note_news("u", moment)  # noqa: SLF001 - as a run notes it
    assert state.requests.news() == {"u": [START]}
    state.close()
    path = tmp_path / "newsbeam.prom"
    for moment in (START, START + YEAR):
        path.write_text(
            f"newsbeam_run_success_timestamp_seconds {moment.timestamp()}\n"
        )
        expected = START if moment == START else None
        assert last_success(path, START) == expected
