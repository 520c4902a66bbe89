"""Headers of licensed feeds come from the environment, and go to the feed's host alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from news_site import Site
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Command = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("dead_proxy_for_others")
SECRET = "Bearer s3cret-4711-licence"  # noqa: S105 - of this test


@pytest.fixture
def run(newsbeam: Command, tmp_path: Path) -> Callable[[str], Any]:
    def command(feed: str, *more: str) -> Any:
        (tmp_path / "newsbeam.toml").write_text(
            f"""
            [source]
            feeds = [{{ url = "{feed}", headers_env = {{ Authorization = "LICENCE" }} }}]
            [fetch]
            contact = "me@example.org"
            allowed_networks = ["127.0.0.0/8"]
            feed_pause_seconds = 0
            page_pause_seconds = 0
            interval_minutes = 0
            [enrich.entities.models]
            en = ""
            [pool]
            processes = 0
            [output]
            path = "out"
            """
        )
        return newsbeam(*(more or ("run", "--log-level", "debug")), folder=tmp_path)

    return command


def test_the_header_goes_to_the_feed_and_nowhere_else(
    site: Site,
    run: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LICENCE", SECRET)
    site.list("Lima")
    done = run(site.url)
    assert done.returncode == 0, done.stderr
    assert [r.headers.get("Authorization") for r in site.asked("/feed")] == [SECRET]
    for request in site.requests:
        if request.path != "/feed":
            assert "Authorization" not in request.headers
    assert SECRET not in done.stdout + done.stderr
    checked = run(site.url, "check")
    assert "LICENCE" in checked.stdout
    assert SECRET not in checked.stdout + checked.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("status", [302, pytest.param(301, marks=pytest.mark.slow)])
def test_no_redirect_carries_it_to_another_host(
    site: Site,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    monkeypatch.setenv("LICENCE", SECRET)
    other = HTTPServer(host="127.0.0.1")
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(site.feed(), 200, content_type="application/atom+xml")

    other.expect_request("/moved").respond_with_handler(answer)
    other.start()
    try:
        site.pages["/old"] = (status, other.url_for("/moved"))
        site.list("Lima")
        # The second run asks the new address at once, where it has moved for good.
        for _ in range(2):
            assert run(site.server.url_for("/old")).returncode == 0
    finally:
        other.stop()
    assert len(asked) == 2
    assert all("Authorization" not in request.headers for request in asked)
    assert site.asked("/old")[0].headers["Authorization"] == SECRET


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "LICENCE is not set"),
        ("two\nlines", "LICENCE is not one line of printable ASCII"),
    ],
)
def test_a_variable_that_cannot_be_sent_is_named(
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    value: str | None,
    problem: str,
) -> None:
    if value is not None:
        monkeypatch.setenv("LICENCE", value)
    done = run("https://a.example/f", "check")
    assert done.returncode == 2
    assert f"source.feeds.0.headers_env.Authorization: {problem}" in done.stderr


def test_a_secret_in_the_file_is_refused_and_not_repeated(
    newsbeam: Command, tmp_path: Path
) -> None:
    for name, value in (("Authorization", SECRET), ("Host", "NAME")):
        (tmp_path / "newsbeam.toml").write_text(
            f"""
            [source]
            feeds = [{{ url = "https://a.example/f", headers_env = {{ {name} = "{value}" }} }}]
            [output]
            path = "out"
            """
        )
        done = newsbeam("check", folder=tmp_path)
        assert done.returncode == 2
        assert SECRET not in done.stdout + done.stderr
