"""What the tests of whole runs share: sites that are asked, and who asks them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kit import Dataset
from news_site import Reader, Site
from pytest_httpserver import HTTPServer
from wire import Wire


@pytest.fixture
def site(httpserver: HTTPServer) -> Site:
    return Site(httpserver)


@pytest.fixture
def reader(dataset: Dataset) -> Reader:
    return Reader(dataset)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as made:
        yield made


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name a proxy where nothing answers: who asked it would get nothing."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")


@pytest.fixture
def dead_proxy_for_others(dead_proxy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, but not for what the tests themselves ask on this machine."""
    del dead_proxy
    monkeypatch.setenv("no_proxy", "127.0.0.1")
