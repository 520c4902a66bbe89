"""One article of a dataset, by whatever names it, with an index and without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rows import NOON, articles, assignments, write

from pipeline.dataset.index import opened_index
from pipeline.desk.article import find_article
from pipeline.desk.why import why
from pipeline.state.inventory import FILE_NAME
from transforms.errors import ConfigError, DatasetError
from transforms.text.strings import digest
from transforms.urls import canonical

URL = "https://www.paper.example/news/1"
ID = digest(canonical(URL) or "")
OTHER = f"{ID[:6]}{'0' * 26}"
FILE = f"{'f' * 31}0"
HASH = "0" * 32


@pytest.fixture(params=["with an index", "without one", "with a damaged one"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    def row(key: str, revision: int = 0, **more: Any) -> dict[str, Any]:
        text = f"{revision:032x}"
        return {"id": key, "revision": revision, "content_hash": text, **more}

    write(tmp_path, "articles", articles(row(ID, url=URL), row(OTHER)))
    later = row(ID, 1, url=URL, text="later", story_id=ID)
    file = row(FILE, path="in/news.txt", ingested_at=NOON)
    write(tmp_path, "articles", articles(later, file), day="2026-11-25")
    learned = {"article_id": ID, "story_id": OTHER, "duplicate_of": OTHER}
    write(tmp_path, "stories", assignments(learned), day="2026-11-26")
    (tmp_path / "_runs").mkdir()
    if request.param == "with an index":
        with opened_index(tmp_path):
            pass
    elif request.param == "with a damaged one":
        (tmp_path / FILE_NAME).write_bytes(b"no index")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        ID,
        ID[:8].upper(),
        f" {ID} ",
        URL,
        f"{URL.replace('www.', '')}/?utm_source=x#top",
    ],
)
def test_the_latest_revision_with_the_story_learned_last(
    dataset: Path, name: str
) -> None:
    found = find_article(dataset, name)
    assert (found["id"], found["revision"], found["text"]) == (ID, 1, "later")
    assert (found["story_id"], found["duplicate_of"]) == (OTHER, OTHER)


def test_a_path(dataset: Path) -> None:
    assert find_article(dataset, "in/news.txt")["id"] == FILE


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (ID[:6], f"is the beginning of 2 ids: {OTHER}, {ID}"),
        (ID[:3], "give at least 4 digits of an id"),
        ("abcdef012345", "no article in .* has the id or path 'abcdef012345'"),
        ("in/other.txt", "no article in .* has the id or path 'in/other.txt'"),
        ("https://paper.example/2", "has the URL 'https://paper.example/2'"),
    ],
)
def test_what_names_none_or_several_is_said(
    dataset: Path, name: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        find_article(dataset, name)


def test_a_file_that_the_index_does_not_know_yet(dataset: Path) -> None:
    new = f"{'e' * 31}1"
    write(dataset, "articles", articles({"id": new}), "next", "2026-11-27")
    newer = {"id": ID, "revision": 2, "text": "latest"}
    write(dataset, "articles", articles(newer), "more", "2026-11-28")
    assert find_article(dataset, new)["id"] == new
    assert find_article(dataset, ID)["revision"] == 2


def test_only_files_that_may_have_it_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "_runs").mkdir()
    first = {"id": ID, "url": URL, "content_hash": HASH}
    later = first | {"revision": 1, "content_hash": "1" * 32}
    write(tmp_path, "articles", articles(first))
    write(tmp_path, "articles", articles(later), day="2031-01-01")
    other = articles({"id": OTHER, "content_hash": HASH})
    write(tmp_path, "articles", other, day="2029-01-01")
    with opened_index(tmp_path):
        pass
    [far] = tmp_path.glob("articles/date=2029-01-01/*")
    far.write_bytes(b"damaged")
    assert [find_article(tmp_path, name)["revision"] for name in (ID, URL)] == [1, 1]
    found = why(tmp_path, URL, NOON)
    assert [row["revision"] for row in found.versions] == [0, 1]
    with pytest.raises(DatasetError, match="2029-01-01"):
        find_article(tmp_path, OTHER)
    # Nor for an address that the dataset does not know.
    with pytest.raises(ConfigError, match="no article"):
        find_article(tmp_path, "https://paper.example/unknown")


def test_a_partition_that_is_gone_is_not_believed(dataset: Path) -> None:
    for file in dataset.glob("articles/date=2026-11-25/*"):
        file.unlink()
    assert find_article(dataset, ID)["revision"] == 0
