"""Files in a store: whole or absent, and created once."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path

import pytest
from apache_beam.io.filesystems import FileSystems
from objects import Server, use

from transforms.write.store import Store, configure, fetch, is_there, put


@pytest.fixture(params=["file", "s3", "s3, plain"])
def store(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    s3: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Store:
    if request.param == "file":
        return Store(f"file://{tmp_path}/set")
    use(s3, monkeypatch)
    monkeypatch.setenv("NEWSBEAM_PLAIN", str(int(request.param == "s3, plain")))
    configure([])
    return Store(f"s3://news/{tmp_path.name}")


def test_what_is_written_is_read_listed_and_removed(store: Store) -> None:
    assert store.names("a") == []
    assert not store.exists("a/1.gz")
    store.write("a/1.gz", b"one")
    store.write("a/1.gz", b"another")
    store.write("a/b/2", b"\x00" * 6_000_000)
    store.write("ab/3", b"")
    assert store.read("a/1.gz") == b"another"
    assert len(store.read("a/b/2")) == 6_000_000
    assert store.exists("a/1.gz")
    assert store.names("a") == ["a/1.gz", "a/b/2"]
    store.remove(["a/1.gz", "a/missing"])
    assert store.names("a") == ["a/b/2"]


def test_a_file_is_created_once(store: Store) -> None:
    assert store.create("log/1", b"first")
    assert not store.create("log/1", b"second")
    assert store.read("log/1") == b"first"
    assert store.names("log") == ["log/1"]


def test_of_many_at_once_one_creates_the_file(store: Store) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda n: store.create("log/1", b"%d" % n), range(8)))
    assert won.count(True) == 1
    assert store.read("log/1") == b"%d" % won.index(True)


def test_a_file_by_its_url(store: Store, tmp_path: Path) -> None:
    for path in (f"{store.url}/x/y", str(tmp_path / "y")):
        assert not is_there(path)
        put(path, b"z")
        assert is_there(path)
        assert fetch(path) == b"z"


def test_a_file_system_that_hides_its_options_is_reached_with_ours(
    s3: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    use(s3, monkeypatch)
    monkeypatch.delenv("NEWSBEAM_PLAIN", raising=False)
    configure([])
    monkeypatch.setattr(FileSystems, "get_filesystem", lambda _: object())
    store = Store(f"s3://news/{tmp_path.name}")
    store.write("a", b"one")
    assert store.read("a") == b"one"
    assert "no _options" in caplog.text
