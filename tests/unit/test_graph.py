from __future__ import annotations

import apache_beam as beam
import pytest

from pipeline.graph import _together


def test_only_a_batch_of_several_sources_is_gathered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NEWSBEAM_PLAIN", raising=False)
    root = beam.Pipeline()
    read, pages, raw = (root | name >> beam.Create([name]) for name in ("r", "p", "w"))
    one = _together("All", (read, False), (pages, True), (raw, False))
    assert one is pages
    both = _together("All", (read, True), (pages, True), (raw, False))
    assert both.producer.inputs == (read, pages)


def test_a_batch_of_nothing_has_a_flow_all_the_same() -> None:
    root = beam.Pipeline()
    read, pages = (root | name >> beam.Create([]) for name in ("r", "p"))
    none = _together("All", (read, False), (pages, False))
    assert none.producer.inputs == (read, pages)


def test_the_plain_way_gathers_all_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBEAM_PLAIN", "1")
    root = beam.Pipeline()
    read, pages = (root | name >> beam.Create([name]) for name in ("r", "p"))
    one = _together("All", (read, False), (pages, True))
    assert one.producer.inputs == (read, pages)
