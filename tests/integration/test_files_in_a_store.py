"""Files are read from a store by Beam's file systems, on a real S3 server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.localfilesystem import LocalFileSystem
from kit import Dataset
from objects import BUCKET, Server, use

TEXT = "The council of %s voted on Tuesday to rebuild its old harbour bridge."
PLAIN = ("extract.min_words=5", "pool.processes=0", 'enrich.entities.models={en=""}')


@pytest.fixture
def inbox(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a folder with two texts and a page."""
    use(s3, monkeypatch)
    for name in ("a.txt", "more/b.txt", "c d.html"):
        body = (TEXT % name).encode()
        s3.client().put_object(Bucket=BUCKET, Key=f"{tmp_path.name}/{name}", Body=body)
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.mark.slow
def test_files_of_a_bucket_are_articles(inbox: str, dataset: Dataset) -> None:
    def read(*names: str) -> tuple[int, list[str]]:
        files = [f"{inbox}/{name}" for name in names]
        new = dataset.run(*files, settings=PLAIN).as_json()["new"]
        rejects = [row["key"] for row in dataset.rows("rejects")]
        return new, [key.removeprefix(f"{inbox}/") for key in rejects]

    assert read("*.txt") == (1, [])
    assert read("**") == (2, [])
    assert read("a.txt", "gone.txt") == (0, ["gone.txt"])
    assert {row["path"].removeprefix(f"{inbox}/") for row in dataset.rows()} == {
        *("a.txt", "more/b.txt", "c d.html"),
    }


class Lost(LocalFileSystem):
    """A file system whose server does not answer."""

    @classmethod
    def scheme(cls) -> str:
        return "lost"

    def match(self, patterns: Any, limits: Any = None) -> Any:
        raise BeamIOError("Match operation failed", dict.fromkeys(patterns, limits))


def test_a_store_that_cannot_be_listed_is_said_in_a_line(
    newsbeam: Callable[..., Any],
) -> None:
    done = newsbeam("run", "--files", "lost://a/*", "--output", "x", "--dry-run")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "source.files: lost://a/* cannot be listed: Match operation" in line
