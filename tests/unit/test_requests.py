"""What the index remembers of requests, of this release's and of earlier ones."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import itertools
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import LISTED

from pipeline.state.database import State
from pipeline.state.indexed import Entries
from pipeline.state.inventory import FILE_NAME
from pipeline.state.waiting import time_text
from pipeline.unbounded import without_memory
from transforms.listings import Fetch, Subscription
from transforms.tables import TABLES
from transforms.text.strings import digest
from transforms.vocabulary import FetchKind, FetchOutcome
from transforms.web import access
from transforms.web.feed_state import FeedState, Validators

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
FEED = "https://news.example/feed"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with contextlib.closing(State(tmp_path / FILE_NAME)) as found:
        yield found


def run(state: State, number: int, *rows: dict[str, Any]) -> None:
    """Take over what a run logged."""
    at = NOON + dt.timedelta(hours=number)
    common = {
        "url": FEED,
        "feed": FEED,
        "status": 200,
        "bytes": 1,
        "milliseconds": 1,
        "was_conditional": False,
        "run_id": f"run{number}",
        "at": at,
    }
    table = pa.Table.from_pylist(
        [common | row for row in rows], schema=TABLES["fetches"]
    )
    with state.transaction():
        state.requests.take(table.to_batches(), NOON.toordinal())


def feed(number: int, **more: Any) -> dict[str, Any]:
    """Return the row of a feed that brought news."""
    validators = Validators(FEED, f'"v{number}"')
    known = FeedState(FEED, validators, body_hash=digest(str(number)))
    return {
        "kind": FetchKind.FEED,
        "outcome": FetchOutcome.NEWS,
        "state": access.write_state(known),
        **more,
    }


def page(status: int) -> dict[str, Any]:
    return {
        "kind": FetchKind.PAGE,
        "outcome": FetchOutcome.HTTP_ERROR,
        "url": "https://news.example/Lima",
        "status": status,
        "entry": digest("Lima"),
    }


def known_of(state: State, subscription: Subscription) -> FeedState:
    return state.requests.memory([subscription]).feeds[access.feed_key(subscription)]


def test_a_feed_of_version_0_1_vouches_for_no_page_that_was_not_available(
    state: State,
) -> None:
    """The feed was asked for the page again, in three runs at most."""
    for number, is_done in ((1, False), (2, False), (3, True)):
        run(state, number, feed(number), page(503))
        known = known_of(state, Subscription(FEED))
        assert (known.validators is not None) == is_done
        assert (known.body_hash is not None) == is_done
        with contextlib.closing(sqlite3.connect(state.path)) as db:
            assert Entries(db).has_entry(digest("Lima"), "") == is_done


def test_a_page_that_is_gone_keeps_no_feed_from_being_unchanged(state: State) -> None:
    run(state, 1, feed(1), page(404))
    validators = known_of(state, Subscription(FEED)).validators
    assert validators == Validators(FEED, '"v1"')


def test_what_version_0_1_kept_under_an_address_goes_to_the_key(state: State) -> None:
    keyed = Subscription(FEED, key="0123", alias=FEED)
    run(state, 1, feed(1))
    assert known_of(state, keyed).validators == Validators(FEED, '"v1"')
    run(state, 2, feed(2, feed_key="0123"))
    assert known_of(state, keyed).validators == Validators(FEED, '"v2"')
    assert [one.key for one in state.requests.feeds()] == ["0123"]
    hours = [NOON + dt.timedelta(hours=number) for number in (1, 2)]
    assert state.requests.news() == {"0123": hours}


@pytest.mark.parametrize(("number", "is_waiting"), [(1, False), (2, False), (3, True)])
def test_what_is_done_does_not_wait_for_a_row_of_before(
    state: State, number: int, is_waiting: bool
) -> None:
    """Merged files come in the order of the last run in them."""
    run(state, 2, page(404))
    at = NOON + dt.timedelta(hours=number)
    row = {
        "entry": digest("Lima"),
        "feed": FEED,
        "tries": 1,
        "payload": LISTED,
        "reason": "host_unreachable",
        "detail": "down",
        "run_id": "run",
        **dict.fromkeys(("since", "next_at", "at"), at),
    }
    rows = pa.Table.from_pylist([row], schema=TABLES["waiting"])
    with state.transaction():
        state.waiting.take(rows.to_batches(), NOON.toordinal())
    assert state.waiting.has(bytes.fromhex(digest("Lima"))) == is_waiting


def test_of_an_unbounded_pipeline_no_validators_are_remembered() -> None:
    """Its articles may be published later than what it asked for, or never."""
    known = FeedState(FEED, Validators(FEED, '"v1"'), body_hash="ab", asked_at=NOON)
    fetch = Fetch(
        kind=FetchKind.FEED,
        url=FEED,
        feed=FEED,
        outcome=FetchOutcome.NEWS,
        state=access.write_state(known),
    )
    state = without_memory(fetch).state
    assert state is not None
    expected = dataclasses.replace(known, validators=None, body_hash=None)
    assert access.read_state(state) == expected


WAITS = "INSERT INTO waiting VALUES (?, ?, '', '', 1, '', '', NULL)"
LEARNT = (
    "SELECT * FROM entries ORDER BY entry",
    "SELECT * FROM hosts ORDER BY host",
    "SELECT * FROM robots ORDER BY url",
    "SELECT * FROM waiting ORDER BY entry",
)
REQUESTS = st.lists(
    st.fixed_dictionaries(
        {
            "entry": st.sampled_from([digest(name) for name in "abc"]),
            "kind": st.sampled_from([FetchKind.PAGE, FetchKind.ROBOTS]),
            "outcome": st.sampled_from(
                [FetchOutcome.PAGE, FetchOutcome.HTTP_ERROR, FetchOutcome.LATER]
            ),
            "status": st.sampled_from([None, 200, 404, 503]),
            "state": st.sampled_from([None, None, '{"tries": 2}']),
            "not_before": st.sampled_from([None, None, NOON]),
            "entry_version": st.sampled_from(["1", "2", None]),
            "minute": st.integers(0, 5),
        }
    ),
    max_size=12,
)


@given(REQUESTS, st.booleans())
def test_many_rows_together_say_what_they_say_one_by_one(
    requests: list[dict[str, Any]], one_waits: bool
) -> None:
    minutes = itertools.count()
    rows = [
        {
            **{key: value for key, value in one.items() if key != "minute"},
            # No two requests are of one moment.
            "at": NOON + dt.timedelta(minutes=one["minute"], seconds=next(minutes)),
            "state": one["state"] if one["kind"] is FetchKind.PAGE else "{}",
        }
        for one in requests
    ]
    found = []
    for batches in ([rows], [[row] for row in sorted(rows, key=lambda row: row["at"])]):
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.closing(State(Path(folder) / FILE_NAME)) as state,
        ):
            if one_waits:
                with contextlib.closing(sqlite3.connect(state.path)) as db, db:
                    db.execute(WAITS, (bytes.fromhex(digest("a")), time_text(NOON)))
            for batch in batches:
                run(state, 0, *batch)
            with contextlib.closing(sqlite3.connect(state.path)) as db:
                found.append([db.execute(query).fetchall() for query in LEARNT])
    assert found[0] == found[1]
