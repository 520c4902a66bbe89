from __future__ import annotations

import dataclasses
import datetime as dt

import pyarrow as pa

from transforms import listings, records
from transforms.listings import Fetch
from transforms.records import Article, Reject, Stamp
from transforms.tables import ARTICLES, FETCHES, REJECTS, TABLES
from transforms.vocabulary import FetchKind, FetchOutcome, Reason, Stage, TextSource
from transforms.write.rows import article_row, fetch_row, reject_row

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
STAMP = Stamp("run", "0", NOW)
ARTICLE = Article("0" * 32, "text", "1" * 32, TextSource.FILE, 1, NOW)


def test_rows_have_the_columns_of_their_schema() -> None:
    assert set(article_row(ARTICLE, STAMP)) == set(ARTICLES.names)
    reject = Reject(Stage.READ, Reason.EMPTY, "k", "d", "{}")
    assert set(reject_row(reject, STAMP)) == set(REJECTS.names)
    fetch = Fetch(FetchKind.FEED, "u", "f", FetchOutcome.NEWS)
    assert set(fetch_row(fetch, STAMP)) == set(FETCHES.names)
    pa.Table.from_pylist([article_row(ARTICLE, STAMP)], schema=ARTICLES)
    pa.Table.from_pylist([reject_row(reject, STAMP)], schema=REJECTS)


def test_every_column_is_explained() -> None:
    for schema in TABLES.values():
        for field in schema:
            assert field.metadata[b"description"]


def test_records_are_frozen_and_slotted() -> None:
    found = [
        kind
        for kind in (vars(records) | vars(listings)).values()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
    ]
    assert len(found) > 10
    for kind in found:
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert hasattr(kind, "__slots__")


def test_columns_that_are_not_nullable_have_no_default() -> None:
    required = {
        field.name
        for field in dataclasses.fields(Article)
        if field.default is dataclasses.MISSING
    }
    for name in required:
        assert not ARTICLES.field(name).nullable, name


def test_every_problem_of_a_feed_is_an_outcome() -> None:
    problems = {
        Reason.EMPTY,
        Reason.TOO_LARGE,
        Reason.MALFORMED,
        Reason.UNSUPPORTED,
        Reason.NOT_A_FEED,
    }
    assert {str(reason) for reason in problems} <= set(FetchOutcome)
