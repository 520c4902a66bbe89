"""An engine keeps the articles of one id together, however long a bundle takes."""

from __future__ import annotations

import time
from collections.abc import Callable

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from engines import ENGINES
from kit import Nothing
from streams import article

from pipeline.configuration.engine import engine_options
from transforms.dedup.articles import DropSeen
from transforms.records import Article

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

# Longer than the two ticks of 0.1 s after which Prism takes a bundle for slow.
SLOW = 1.5


def work_slowly(one: Article) -> tuple[str, str]:
    time.sleep(SLOW)
    return one.id, one.text


@pytest.mark.parametrize("engine", ENGINES)
def test_copies_in_one_slow_bundle_pass_once(engine: Callable[[], list[str]]) -> None:
    runner, *others = engine()
    options = engine_options(runner.removeprefix("--runner="), [], others)
    copies = [article(1, "a")] * 6 + [article(2, "a"), article(1, "b")]
    with beam.Pipeline(options=options) as root:
        # Past the engine's own shuffle all copies come in one bundle.
        new, _ = root | beam.Create(copies) | beam.Reshuffle() | DropSeen(Nothing)
        told = new | "Work slowly" >> beam.Map(work_slowly)
        expected = [(article(n).id, text) for n, text in ((1, "a"), (1, "b"), (2, "a"))]
        assert_that(told, equal_to(expected))
