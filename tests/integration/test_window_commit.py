from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from kit import Dataset
from streams import NOON, article

from pipeline.dataset.index import opened_index
from pipeline.dataset.publish import RunFolder
from pipeline.dataset.window_commit import commit
from pipeline.state import indexed
from transforms.records import StagedFile, Stamp
from transforms.tables import TABLES
from transforms.write.parquet import stage_file
from transforms.write.rows import article_row
from transforms.write.window_write import Firing, firing

STAMP = Stamp("run", "0", NOON)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "dataset", "run")
    folder.dataset.mkdir()
    with opened_index(folder.dataset):
        folder.begin(NOON)
    return folder


def staged(run: RunFolder, *numbers: int) -> StagedFile:
    rows = [article_row(article(number), STAMP) for number in numbers]
    return stage_file(
        pa.Table.from_pylist(rows, schema=TABLES["articles"]),
        name="articles",
        folder="date=2026-11-24",
        staging=run.path / "staged",
        compression_level=1,
    )


def made(run: RunFolder) -> Firing:
    return firing(NOON, [staged(run, 1, 2), staged(run, 3)])


def ids(run: RunFolder) -> Counter[str]:
    return Counter(row["id"] for row in Dataset(run.dataset).rows())


THREE = Counter(article(number).id for number in (1, 2, 3))


def test_a_firing_that_is_committed_again_changes_nothing(run: RunFolder) -> None:
    fired = made(run)
    assert commit(fired, run, 1) == 3
    before = Dataset(run.dataset).files()
    assert commit(fired, run, 1) == 3
    assert Dataset(run.dataset).files() == before
    assert ids(run) == THREE
    assert not any((run.path / "staged").rglob("*.parquet"))
    known = indexed.in_index(indexed.Articles, lambda: run.dataset / "state.sqlite")
    assert known.latest(article(3).id) == 0


@pytest.mark.parametrize(
    "broken",
    [
        "pipeline.dataset.window_commit.write_seal",
        "pipeline.dataset.publish.write_durably",
        "pipeline.dataset.publish.os.replace",
        "pipeline.state.database.State.record",
        "pipeline.dataset.publish.BatchFolder.discard",
    ],
)
@pytest.mark.parametrize("who", ["the engine", "the next start"])
def test_cut_short_anywhere_it_is_finished_by_a_retry_or_by_the_next_start(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, broken: str, who: str
) -> None:
    fired = made(run)

    def fail(*_: object, **__: object) -> None:
        raise OSError("cut short")

    with monkeypatch.context() as patch:
        patch.setattr(broken, fail)
        with pytest.raises(OSError, match="cut short"):
            commit(fired, run, 1)
    if who == "the next start":
        committed = bool(run.manifests())
        with opened_index(run.dataset):
            pass
        assert ids(run) == (THREE if committed else Counter())
    else:
        commit(fired, run, 1)
        assert ids(run) == THREE
    assert not any(run.path.glob("*/staging"))


def test_bundles_that_are_done_twice_publish_once(run: RunFolder) -> None:
    firings = [made(run), firing(NOON, [staged(run, 4)])]
    options = ["--runner=FnApiRunner", "--direct_runner_bundle_repeat=1"]
    with beam.Pipeline(options=PipelineOptions(options)) as root:
        steps = partial(commit, run=run, compression_level=1)
        root | beam.Create(firings) | beam.Map(steps)
    assert ids(run) == THREE + Counter([article(4).id])
    assert len(Dataset(run.dataset).files()) == 2
