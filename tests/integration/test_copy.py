"""A dataset is copied between folder and Delta tables, row by row, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, SEED, Dataset, Killed
from news_site import Reader, Site
from objects import Server, brief, use

from pipeline import copying
from pipeline.configuration.config import load
from pipeline.copying import copy
from pipeline.dataset.read import open_table
from pipeline.reprocess import reprocess
from transforms.errors import ConfigError, DatasetError
from transforms.tables import TABLES

pytestmark = pytest.mark.slow

TEXT = (ROOT / SEED).read_text()
NO_NAMES = ('enrich.entities.models={en="",fr=""}',)


@pytest.fixture
def reader(site: Site, dataset: Dataset, tmp_path: Path) -> Reader:
    """Return who has read two pages that are kept, a page to wait for, and files."""
    inbox = tmp_path / "in"
    inbox.mkdir()
    for number in range(3):
        (inbox / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
    (inbox / "empty.txt").write_text("")
    dataset.run(inbox, settings=NO_NAMES)
    reader = Reader(dataset)
    reader.settings = ("output.raw=true",)
    for city in ("Lima", "Oslo", "Riga"):
        site.list(city)
    site.pages["/Riga"] = (503, "")
    reader.read(site.url)
    return reader


def rows(dataset: str, table: str) -> list[str]:
    try:
        found: list[dict[str, Any]] = open_table(dataset, table).to_table().to_pylist()
    except ConfigError:
        return []
    return brief(found)


def assert_equal(one: str, other: str) -> None:
    for table in TABLES:
        assert rows(one, table) == rows(other, table), table


def test_there_and_back_with_all_that_is_remembered(
    reader: Reader, site: Site, tmp_path: Path
) -> None:
    source, tables, back = (
        str(reader.dataset.path),
        f"file://{tmp_path}/tables",
        str(tmp_path / "back"),
    )
    done = copy(source, tables)
    assert done.rows["articles"] == 5
    assert done.rows["waiting"] == 1
    assert done.files == copy(tables, back).files
    assert_equal(source, tables)
    assert_equal(source, back)
    keys = [Path(source), tmp_path / "tables" / "_state", Path(back)]
    assert len({(folder / "feeds.key").read_bytes() for folder in keys}) == 1

    # A run over the copy knows the articles, the feed, and what it waits for.
    site.pages["/Riga"] = site.pages["/Lima"]
    other = Reader(Dataset(Path(back)))
    other.now = reader.now
    report = other.read(site.url).as_json()
    assert (report["new"], report["feeds_unchanged"]) == (1, 1)
    config = load(None, NO_NAMES, {"output": {"path": back}}, needs_source=False)
    report = reprocess(config, everything=True).as_json()
    assert report["new"] >= 2


@pytest.mark.slow
def test_to_a_bucket(
    reader: Reader, s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(s3, monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    url = f"s3://news/{tmp_path.name}"
    copy(str(reader.dataset.path), url)
    assert_equal(str(reader.dataset.path), url)
    copy(url, str(tmp_path / "back"))
    assert_equal(url, str(tmp_path / "back"))


def test_cut_short_it_goes_on_and_doubles_nothing(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = str(reader.dataset.path), f"file://{tmp_path}/tables"
    monkeypatch.setattr(copying, "_AT_ONCE", 2)
    counts: list[tuple[int, int]] = []

    def die(done: int, of: int) -> None:
        counts.append((done, of))
        if len(counts) == 2:
            raise Killed

    with pytest.raises(Killed):
        copy(source, target, progress=die)
    done = copy(source, target)
    assert done.before == 4
    assert done.files == counts[0][1] - 4
    assert_equal(source, target)
    again = copy(source, target)
    assert (again.files, again.before) == (0, counts[0][1])


def test_what_would_double_articles_is_refused(reader: Reader, tmp_path: Path) -> None:
    source = str(reader.dataset.path)
    other = Dataset(tmp_path / "other")
    other.run(SEED, settings=NO_NAMES)
    with pytest.raises(ConfigError, match="holds 1 row of articles"):
        copy(source, str(other.path))
    # One that holds nothing but what was rejected, too.
    (tmp_path / "nothing.txt").touch()
    rejected = Dataset(tmp_path / "rejected")
    rejected.run(tmp_path / "nothing.txt")
    with pytest.raises(ConfigError, match="holds 1 row of rejects"):
        copy(source, str(rejected.path))
    assert rejected.rows() == []
    for place in (
        source,
        f"{source}/articles/x",
        f"{source}/../{reader.dataset.path.name}",
    ):
        with pytest.raises(ConfigError, match="the dataset itself"):
            copy(source, place)
    with pytest.raises(ConfigError, match="is a file"):
        copy(source, str(tmp_path / "nothing.txt"))
    target = str(tmp_path / "target")
    copy(source, target)
    (file, *_) = reader.dataset.files()
    file.unlink()
    with pytest.raises(ConfigError, match="are gone"):
        copy(source, target)


@pytest.mark.slow
def test_a_copy_that_lost_rows_meanwhile_is_not_called_done(
    reader: Reader, tmp_path: Path
) -> None:
    target = Dataset(tmp_path / "target")

    def lose(done: int, of: int) -> None:
        assert done == of
        for file in target.files():
            file.unlink()

    with pytest.raises(DatasetError, match="articles has 0 rows instead of 5"):
        copy(str(reader.dataset.path), str(target.path), progress=lose)


@pytest.mark.slow
def test_a_disk_that_lies_is_found(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "put", lambda path, data: wrong(path, data[:-1]))

    def wrong(path: str, data: bytes) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data)

    with pytest.raises(DatasetError, match="is not what was written"):
        copy(str(reader.dataset.path), str(tmp_path / "target"))
    assert rows(str(tmp_path / "target"), "articles") == []


def test_the_command(
    reader: Reader, tmp_path: Path, newsbeam: Callable[..., Any]
) -> None:
    done = newsbeam("copy", reader.dataset.path, tmp_path / "there")
    assert done.returncode == 0
    assert "files are copied" in done.stderr
    assert "articles 5" in done.stdout
    done = newsbeam("copy", tmp_path / "nowhere", tmp_path / "there")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
