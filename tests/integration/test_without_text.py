"""Who may not keep texts keeps everything else: hash, counts, names, countries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit import Dataset
from rich.console import Console

from pipeline.configuration.config import load
from pipeline.reprocess import reprocess

Command = Callable[..., Any]
WORDS = "reopened a weathered footbridge"
TEXT = (
    f"The mayor of Lima, Ana Lopez, {WORDS} in Peru on Monday, {{}}, after the council "
    "had closed it last winter, when engineers found cracks in all of its pillars."
)
OFF = ("output.text=false",)


def write(path: Path, *texts: str) -> Path:
    lines = [
        {"url": f"https://{name}.example/a", "title": "Bridge", "text": text}
        for name, text in zip(("one", "two"), texts, strict=False)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_all_but_the_text_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", TEXT.format("at noon"))
    whole = Dataset(tmp_path / "whole")
    whole.run(source)
    dataset.run(source, settings=OFF)
    (row,), (with_text,) = dataset.rows(), whole.rows()
    assert with_text["text"] == TEXT.format("at noon")
    assert row["text"] == ""
    own = {"text", "run_id", "ingested_at", "fetched_at"}
    assert {name for name in row if row[name] != with_text[name]} <= own
    assert row["country_codes"] == ["PE"]
    assert row["persons"] == ["Ana Lopez"]
    assert row["signature"]
    for path in dataset.path.rglob("*"):
        assert path.is_dir() or WORDS.encode() not in path.read_bytes()


def test_changes_and_copies_are_still_noticed(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    dataset.run(write(path, TEXT.format("at noon")), settings=OFF)
    changed = TEXT.format("at noon, as the port had asked for")
    report = dataset.run(write(path, changed, changed), settings=OFF)
    assert report.as_json()["new"] == 2
    assert report.imbalances == []
    again = dataset.run(write(path, changed, changed), settings=OFF)
    assert again.as_json()["new"] == 0
    rows = sorted(dataset.rows(), key=lambda row: (row["url"], row["revision"]))
    assert [row["revision"] for row in rows] == [0, 1, 0]
    assert rows[2]["duplicate_of"] == rows[0]["id"]
    # There is nothing to tag again.
    config = load(None, (), {"output": {"path": dataset.path}}, needs_source=False)
    report = reprocess(config, from_text=True, everything=True)
    assert (report.as_json()["new"], report.imbalances) == (0, [])
    assert report.counters.without_text == 2
    with (console := Console(width=80)).capture() as printed:
        console.print(report)
    assert re.search(r"\nwithout text +2 left alone\n", printed.get())


def test_such_an_article_is_shown(
    newsbeam: Command, dataset: Dataset, tmp_path: Path
) -> None:
    dataset.run(write(tmp_path / "in.jsonl", TEXT.format("at noon")), settings=OFF)
    (row,) = dataset.rows()
    done = newsbeam("show", dataset.path, row["id"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ana Lopez" in done.stdout


def test_kept_pages_are_refused_with_it(newsbeam: Command, tmp_path: Path) -> None:
    done = newsbeam(
        *("run", "--files", "*.none", "--output", tmp_path / "out"),
        *("--set", "output.text=false", "--set", "output.raw=true"),
    )
    assert done.returncode == 2
    assert "raw keeps whole pages" in done.stderr
