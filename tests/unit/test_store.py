"""Files in a store: whole or absent."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from objects import Server, use
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from transforms.errors import ConfigError
from transforms.write.store import Store, _filesystem, fetch, is_there, put


@pytest.fixture(params=["file", "s3"])
def store(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    s3: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Store:
    if request.param == "file":
        return Store(f"file://{tmp_path}/set")
    use(s3, monkeypatch)
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


def test_a_part_of_a_file(store: Store) -> None:
    store.write("a", b"0123456789")
    assert store.read("a", 2, 3) == b"234"
    assert store.read("a", 8) == b"89"
    with pytest.raises(FileNotFoundError):
        store.read("b")


@pytest.mark.slow
def test_a_server_that_is_busy_is_waited_for(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(request: Request) -> Response:
        asked.append(request.method)
        # Longer than AWS waits by itself.
        time.sleep(5)
        return Response(b"late")

    httpserver.expect_request("/news/a").respond_with_handler(answer)
    use(Server(httpserver.url_for("").rstrip("/")), monkeypatch)
    assert Store("s3://news").read("a") == b"late"
    assert asked == ["HEAD", "GET"]


def test_a_file_by_its_url(store: Store, tmp_path: Path) -> None:
    for path in (f"{store.url}/x/y", str(tmp_path / "y")):
        assert not is_there(path)
        put(path, b"z")
        assert is_there(path)
        assert fetch(path) == b"z"


AZURE = (
    *("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"),
    *("AZURE_STORAGE_ENDPOINT", "AZURITE_BLOB_STORAGE_URL"),
)


@pytest.mark.parametrize(
    ("endpoint", "scheme", "authority"),
    [
        (None, "https", ".blob.core.windows.net"),
        (
            "https://desk.blob.core.usgovcloudapi.net",
            *("https", ".blob.core.usgovcloudapi.net"),
        ),
        ("http://127.0.0.1:10000/desk", "http", "127.0.0.1:10000"),
    ],
)
def test_where_azures_store_is(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, scheme: str, authority: str
) -> None:
    for name in AZURE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "desk")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    if endpoint:
        monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", endpoint)
    _filesystem.cache_clear()
    _, (options,) = Store("az://news/set").filesystem.__reduce__()
    assert options["account_name"] == "desk"
    assert options["account_key"] == "a2V5"
    assert options["blob_storage_scheme"] == scheme
    assert options["blob_storage_authority"] == authority


def test_azures_store_needs_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in AZURE:
        monkeypatch.delenv(name, raising=False)
    _filesystem.cache_clear()
    with pytest.raises(ConfigError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        Store("az://news/set").exists("a")
