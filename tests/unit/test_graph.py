from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import apache_beam as beam
import pytest

from pipeline.flow import _use_folder
from pipeline.graph import _together


def test_only_a_batch_of_several_sources_is_gathered() -> None:
    root = beam.Pipeline()
    read, pages, raw = (root | name >> beam.Create([name]) for name in ("r", "p", "w"))
    one = _together((read, False), (pages, True), (raw, False))
    assert one is pages
    both = _together((read, True), (pages, True), (raw, False))
    assert both.producer.inputs == (read, pages)


def test_a_batch_of_nothing_has_a_flow_all_the_same() -> None:
    root = beam.Pipeline()
    read, pages = (root | name >> beam.Create([]) for name in ("r", "p"))
    none = _together((read, False), (pages, False))
    assert none.producer.inputs == (read, pages)


@pytest.mark.parametrize(("plain", "is_ours"), [("0", True), ("1", False)])
def test_a_pipeline_keeps_its_files_in_our_folder_or_in_its_own(
    plain: str, *, is_ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSBEAM_PLAIN", plain)
    root = beam.Pipeline()
    _use_folder(root, str(tmp_path))
    assert (root.local_tempdir == str(tmp_path)) is is_ours


def test_a_beam_without_that_folder_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _use_folder(SimpleNamespace(), "folder")
    assert "no local_tempdir" in caplog.text
