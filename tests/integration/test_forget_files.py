"""Articles of files are taken out of a dataset, with what was rejected of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kit import Dataset

from pipeline.upkeep.forget import forget
from transforms.errors import ConfigError
from transforms.text.strings import digest
from transforms.urls import canonical

NO_MODEL = ('enrich.entities.models={en=""}',)


@pytest.mark.slow
def test_files_are_known_by_text_and_path(dataset: Dataset, tmp_path: Path) -> None:
    kept, gone = tmp_path / "kept.txt", tmp_path / "gone.txt"
    for path in (kept, gone):
        path.write_text(f"The council of {path.stem} voted to rebuild the harbour.")
    lines = tmp_path / "lines.jsonl"
    url = "https://news.example/a"
    record = {"url": url, "text": "The council of lines voted to rebuild the harbour."}
    lines.write_text(json.dumps(record))
    sources = (kept, gone, lines)
    dataset.run(*sources, settings=NO_MODEL)
    ids = [row["id"] for row in dataset.rows() if row["path"] != str(kept)]
    taken = forget(str(dataset.path), [ids[0][:12], ids[1]])
    assert taken.rows["articles"] == 2
    gone.write_text("The council of gone voted once more, and will not rebuild it.")
    lines.write_text(json.dumps(record | {"text": "Another text about the harbour."}))
    copy = tmp_path / "copy.jsonl"
    copy.write_text(json.dumps(record | {"url": f"{url}?utm_source=x"}))
    report = dataset.run(*sources, copy, settings=NO_MODEL)
    assert report.imbalances == []
    assert (report.as_json()["forgotten"], report.as_json()["unchanged"]) == (3, 1)
    assert [row["path"] for row in dataset.rows()] == [str(kept)]


def test_a_rejected_record_of_a_file_goes_with_its_address(
    dataset: Dataset, tmp_path: Path
) -> None:
    url = "https://news.example/a"
    text = "The council of Lima voted to rebuild the harbour."
    records = (
        {"url": url, "text": text},
        {"url": url, "html": "<html></html>"},
        {"url": f"{url}/b", "html": "<html></html>"},
    )
    lines = tmp_path / "lines.jsonl"
    lines.write_text("\n".join(map(json.dumps, records)))
    dataset.run(lines, settings=NO_MODEL)
    assert len(dataset.rows("rejects")) == 2
    gone = forget(str(dataset.path), [url])
    assert (gone.rows["articles"], gone.rows["rejects"]) == (1, 1)
    assert [row["key"] for row in dataset.rows("rejects")] == [f"{lines}!#3"]


def test_a_beginning_of_several_ids_is_none(dataset: Dataset, tmp_path: Path) -> None:
    ids: dict[str, str] = {}
    for number in range(100_000):
        url = f"https://news.example/{number}"
        key = digest(canonical(url) or "")
        if key[:4] in ids:
            break
        ids[key[:4]] = url
    text = "The council of {} voted to rebuild the harbour."
    pair = [ids[key[:4]], url]
    lines = [json.dumps({"url": one, "text": text.format(one)}) for one in pair]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    dataset.run(tmp_path / "in.jsonl", settings=NO_MODEL)
    with pytest.raises(ConfigError, match=f"'{key[:4]}' is the beginning of 2 ids: "):
        forget(str(dataset.path), [key[:4]])
    assert len(dataset.rows()) == 2
    assert forget(str(dataset.path), [key[:12]]).rows["articles"] == 1
    assert [row["url"] for row in dataset.rows()] == [ids[key[:4]]]
