"""Run it again: nothing is written twice, and what has changed is a revision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kit import ROOT, SEED, Dataset

from pipeline.state.inventory import FILE_NAME

TEXT = (ROOT / SEED).read_text()


def test_a_second_run_writes_nothing_and_says_so(
    tmp_path: Path, dataset: Dataset
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    first = dataset.run(tmp_path / "a.txt")
    before = {path: path.read_bytes() for path in dataset.files()}
    second = dataset.run(tmp_path / "a.txt")
    assert (first.as_json()["new"], second.as_json()["new"]) == (1, 0)
    assert second.as_json()["unchanged"] == 1
    assert {path: path.read_bytes() for path in dataset.files()} == before


@pytest.mark.slow
def test_a_changed_file_is_the_next_revision(tmp_path: Path, dataset: Dataset) -> None:
    path = tmp_path / "a.txt"
    for text in (TEXT, TEXT + "\n\nMis à jour.", TEXT + "\n\nMis à jour deux fois."):
        path.write_text(text)
        dataset.run(path)
        dataset.run(path)
    rows = sorted(dataset.rows(), key=lambda row: row["revision"])
    assert [row["revision"] for row in rows] == [0, 1, 2]
    assert len({row["id"] for row in rows}) == 1
    assert len({row["content_hash"] for row in rows}) == 3


@pytest.mark.slow
def test_a_text_that_comes_back_is_no_news(tmp_path: Path, dataset: Dataset) -> None:
    path = tmp_path / "a.txt"
    for text in (TEXT, TEXT + "\n\nPlus.", TEXT):
        path.write_text(text)
        dataset.run(path)
    assert sorted(row["revision"] for row in dataset.rows()) == [0, 1]


@pytest.mark.slow
def test_a_moved_or_copied_file_is_known(tmp_path: Path, dataset: Dataset) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "copy.txt").write_text(TEXT.replace("\n\n", "\n\n\n"))
    first = dataset.run(tmp_path / "*.txt")
    (tmp_path / "a.txt").rename(tmp_path / "moved.txt")
    second = dataset.run(tmp_path / "*.txt")
    assert first.as_json()["duplicates"] == 1
    assert second.as_json()["unchanged"] == 2
    assert len(dataset.rows()) == 1


def test_one_url_is_one_article_however_it_is_written(
    tmp_path: Path, dataset: Dataset
) -> None:
    urls = [
        "https://www.example.org/a/?utm_source=x",
        "http://example.org/a",
        "https://example.org/a#top",
    ]
    lines = [json.dumps({"url": url, "text": TEXT}) for url in urls]
    lines.append(json.dumps({"url": urls[0], "text": TEXT + " Corrigé."}))
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    report = dataset.run(tmp_path / "a.jsonl")
    assert report.as_json()["duplicates"] == 2
    assert sorted(row["revision"] for row in dataset.rows()) == [0, 1]
    again = dataset.run(tmp_path / "a.jsonl")
    assert again.as_json()["new"] == 0
    assert again.as_json()["unchanged"] == 4


def test_position_in_a_file_is_no_identity(tmp_path: Path, dataset: Dataset) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": TEXT}))
    dataset.run(path)
    path.write_text("\n".join(json.dumps({"text": t}) for t in ("Neu. " + TEXT, TEXT)))
    dataset.run(path)
    rows = dataset.rows()
    assert [row["revision"] for row in rows] == [0, 0]
    assert len({row["id"] for row in rows}) == 2


def test_a_records_own_id_is_its_identity(tmp_path: Path, dataset: Dataset) -> None:
    path = tmp_path / "a.jsonl"
    for text in (TEXT, TEXT + " Corrigé."):
        path.write_text(json.dumps({"id": 7, "text": text}))
        dataset.run(path)
    rows = dataset.rows()
    assert sorted(row["revision"] for row in rows) == [0, 1]
    assert {row["path"] for row in rows} == {f"{path}!7"}


@pytest.mark.parametrize("damage", ["lost", "broken"])
def test_state_is_rebuilt_from_the_dataset(
    tmp_path: Path, dataset: Dataset, damage: str
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    dataset.run(tmp_path / "a.txt")
    state = dataset.path / FILE_NAME
    if damage == "lost":
        state.unlink()
    else:
        state.write_bytes(b"no database" * 1000)
    report = dataset.run(tmp_path / "a.txt")
    assert report.as_json()["unchanged"] == 1
    (tmp_path / "a.txt").write_text(TEXT + "\n\nPlus.")
    dataset.run(tmp_path / "a.txt")
    assert sorted(row["revision"] for row in dataset.rows()) == [0, 1]
