from __future__ import annotations

from pathlib import Path

import pytest

from transforms.write.locations import is_url, local_path, url_problem


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/news",
        "gs://bucket/a/b",
        "az://container/news",
        "file:///srv/news",
        "s3://b/date=x",
    ],
)
def test_a_folder_in_a_store(url: str) -> None:
    assert is_url(url)
    assert url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://host/news", "begin with one of"),
        ("hdfs://host/news", "begin with one of"),
        ("s3://bucket", "a folder in a bucket"),
        ("s3://bucket/", "a folder in a bucket"),
        ("gs:///news", "a folder in a bucket"),
        ("file://host/news", "a folder: file:///"),
        ("file:///", "a folder: file:///"),
        ("s3://key:secret@bucket/news", "credentials"),
        ("s3://bucket/news?region=x", "credentials"),
        ("s3://bucket/n*", "'*'"),
    ],
)
def test_what_is_wrong_with_a_url(url: str, told: str) -> None:
    assert told in (url_problem(url) or "")


def test_the_folder_of_a_file_url() -> None:
    assert local_path("file:///srv/my%20news") == Path("/srv/my news")
    assert local_path("s3://bucket/news") is None
    assert not is_url("data/mine")
