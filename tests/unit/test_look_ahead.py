"""Articles that wait for one child are read together; what comes of each is the same."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from functools import partial

import pytest
from misbehaving import Echo, echo, origin

from tests.quality.measures import ROWS
from transforms.enrich.countries import tag_countries
from transforms.enrich.entities import EntityOptions, tag_entities
from transforms.enrich.language import LanguageOptions, detect
from transforms.enrich.names.model import NameModel
from transforms.records import Article
from transforms.vocabulary import Stage, TextSource
from transforms.work.child import Died, PoolOptions
from transforms.work.pool import Pool
from transforms.work.steps import Series, Step

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
ARTICLES = [
    Article(
        f"{number:032}",
        row["text"],
        "0" * 32,
        TextSource.FILE,
        1,
        NOW,
        title=row["title"],
    )
    for number, row in enumerate(ROWS[::8])
]


def series() -> Series:
    steps = (detect(LanguageOptions()), tag_entities(EntityOptions()), tag_countries())
    return Series(steps, origin)


def test_an_article_has_the_same_names_whatever_waits_beside_it() -> None:
    alone = [result for article in ARTICLES for result in series()(article)]
    together = series()
    together.look_ahead(ARTICLES)
    assert [result for article in ARTICLES for result in together(article)] == alone


def test_the_model_is_asked_once_for_all_that_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    find = NameModel.find

    def counted(self: NameModel, texts: Sequence[str]) -> object:
        asked.append(len(texts))
        return find(self, texts)

    monkeypatch.setattr(NameModel, "find", counted)
    together = series()
    together.look_ahead(ARTICLES)
    tagged = [article for each in ARTICLES for _, article in together(each)]
    served = [article for article in tagged if article.entity_quality is not None]
    assert asked == [sum(1 + (article.title is not None) for article in served)]


def test_a_look_ahead_that_fails_costs_no_element(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing = Series((Step(Stage.ENTITIES, partial(Echo, fails=True)),), origin)
    failing.look_ahead([1, 2])
    assert list(failing(1)) == [(0, (1, 0))]
    assert [record.getMessage() for record in caplog.records] == [
        "entities failed to look ahead"
    ]


def test_what_ends_a_child_while_it_looks_ahead_costs_the_others_nothing() -> None:
    pool = Pool(echo, PoolOptions(processes=1))
    try:
        futures = [pool.submit(element) for element in (1, 2, -3, 4, 5, 6, 7, 8)]
        outcomes = [future.result(250) for future in futures]
    finally:
        pool.close()
    assert [isinstance(outcome, Died) for outcome in outcomes] == [
        element == 2 for element in range(8)
    ]
    assert json.dumps(
        [outcome[0][1][0] for outcome in outcomes if outcome != outcomes[2]]
    )
