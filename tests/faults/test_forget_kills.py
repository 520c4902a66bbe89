"""``kill -9`` of forget: what is named is there whole or gone for good, others stay."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from four_readers import readers
from killing import nothing_is_left, start
from kit import Dataset
from meanwhile import meanwhile
from objects import Stored

from pipeline.upkeep.forget import forget

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
NO_MODELS = ('enrich.entities.models={en = ""}',)
FOLDER_STEPS = [
    "pipeline.dataset.publish:RunFolder.begin",
    "pipeline.upkeep.forget:stage_file",
    "pipeline.upkeep.forget:write_seal",
    "pipeline.dataset.publish:BatchFolder.rewrite",
    "pipeline.dataset.publish:BatchFolder.commit",
    "pipeline.dataset.publish:_make_folders",
    "os:replace",
    "pipeline.state.database:State.record",
    "pipeline.state.catalog:Forgotten.take",
    "pipeline.dataset.publish:BatchFolder.discard",
    "pipeline.dataset.publish:RunFolder.end",
]
DELTA_STEPS = [
    "pipeline.delta.run:DeltaRun.begin",
    "pipeline.delta.run:DeltaBatch.rewrite",
    "pipeline.delta.log:DeltaTables.commit_first",
    "pipeline.delta.log:DeltaTables.complete",
    "pipeline.state.catalog:Forgotten.take",
    "pipeline.delta.run:DeltaRun.end",
    "pipeline.delta.log:DeltaTables.vacuum",
]
# What comes before the next step needs no kill of its own.
FOLDER_KILLS = [
    *((step, "before") for step in FOLDER_STEPS),
    ("pipeline.dataset.publish:BatchFolder.commit", "after"),
    ("os:replace", "after"),
    ("pipeline.dataset.publish:RunFolder.end", "after"),
]
DELTA_KILLS = [
    *((step, "before") for step in DELTA_STEPS),
    ("pipeline.delta.log:DeltaTables.commit_first", "after"),
    ("pipeline.delta.log:DeltaTables.vacuum", "after"),
]
URL = "https://news.example/"
COUNT = 12
# Of the days of its articles: what one forget can exchange under a reader.
FILES = 3


def news(folder: Path) -> Path:
    source = folder / "in.jsonl"
    lines = [
        {
            "url": f"{URL}{number}",
            "text": f"The council of town {number} voted to repair bridge {number}.",
            "published_at": f"2020-01-{number % FILES + 1:02}",
        }
        for number in range(COUNT)
    ]
    source.write_text("\n".join(map(json.dumps, lines)))
    return source


def asked_again(reader: Callable[[], list[str]]) -> list[str]:
    """Return what a reader finds at last.

    One that opens a file twice, and finds it exchanged in between, fails, each in its own
    words: Polars panics.  It is right when it is asked again.
    """
    for _ in range(FILES):
        with contextlib.suppress(Exception):
            return reader()
    return reader()


@contextlib.contextmanager
def polled(dataset: Path) -> Iterator[list[int]]:
    """Read with every reader: each row that stays is there once, whatever happens."""
    counts: list[int] = []

    def look() -> str | None:
        for reader in readers(dataset):
            ids = asked_again(reader)
            counts.append(len(ids))
            if len(ids) not in {COUNT, COUNT - 1} or len(set(ids)) != len(ids):
                return f"{len(ids)} rows, {len(set(ids))} ids"
        return None

    with meanwhile(look, pause=0):
        yield counts


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    Dataset(folder / "out").run(news(folder), settings=NO_MODELS)
    return folder


@pytest.mark.parametrize(("step", "moment"), FOLDER_KILLS)
def test_in_a_folder(template: Path, tmp_path: Path, step: str, moment: str) -> None:
    dataset = Dataset(tmp_path / "out")
    shutil.copytree(template / "out", dataset.path)
    with polled(dataset.path) as counts:
        killed = start("forget", str(dataset.path), f"{URL}5", step=step, moment=moment)
        assert killed.wait() == -signal.SIGKILL
        forget(str(dataset.path), [f"{URL}5"])
    assert counts
    check(dataset, template / "in.jsonl")
    # Without the index, the dataset says the same.
    (dataset.path / "state.sqlite").unlink()
    check(dataset, template / "in.jsonl")
    nothing_is_left(dataset)


def check(dataset: Dataset, source: Path) -> None:
    touched = source.with_name("again.jsonl")
    shutil.copy(source, touched)
    report = dataset.run(touched, settings=NO_MODELS)
    assert report.imbalances == []
    assert report.as_json()["forgotten"] == 1
    assert report.as_json()["unchanged"] == COUNT - 1
    urls = {row["url"] for row in dataset.rows()}
    assert urls == {f"{URL}{number}" for number in range(COUNT) if number != 5}
    assert len(dataset.rows()) == COUNT - 1


@pytest.mark.parametrize(("step", "moment"), DELTA_KILLS)
def test_in_delta_tables(tmp_path: Path, step: str, moment: str) -> None:
    place = tmp_path / "set"
    stored = Stored(place.as_uri(), place / "_state")
    source = news(tmp_path)
    stored.run(source, settings=NO_MODELS)
    killed = start("forget", stored.url, f"{URL}5", step=step, moment=moment)
    assert killed.wait() == -signal.SIGKILL
    forget(stored.url, [f"{URL}5"])
    shutil.rmtree(stored.state)
    report = stored.run(source, settings=NO_MODELS)
    assert (report.as_json()["forgotten"], report.imbalances) == (1, [])
    urls = sorted(row["url"] for row in stored.rows())
    assert urls == sorted(f"{URL}{n}" for n in range(COUNT) if n != 5)
    # What the killed one had staged stays until a compaction, without the article.
    for name in stored.data():
        if name.startswith("articles/"):
            rows = pq.read_table(io.BytesIO(stored.store.read(name))).to_pylist()
            assert f"{URL}5" not in {row["url"] for row in rows}
