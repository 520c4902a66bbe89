"""A Chromium without a window, and a page that says what it did."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest
from chromium import Look, Seen
from invented import LAST, invent
from kit import made_once
from playwright.sync_api import Browser, sync_playwright

from pipeline.charts.page import report_page
from pipeline.charts.questions import Questions
from pipeline.desk.asking import ask

CHROMIUM = os.environ.get("NEWSBEAM_BROWSER") or "chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which(CHROMIUM)
    if path is None:
        # Who calls these tests wants them: to pass over them would look like success.
        pytest.fail(
            f"there is no {CHROMIUM}: NEWSBEAM_BROWSER may name one", pytrace=False
        )
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    """Return a function that opens a page of this machine and waits for its pictures."""
    contexts = []

    def opened(
        file: Path,
        *,
        width: int = 1_600,
        scheme: Literal["dark", "light"] = "light",
        scripts: bool = True,
    ) -> Seen:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        seen = Seen(page, [], [])
        page.on("console", lambda message: seen.said.append(message.text))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("dialog", lambda dialog: seen.said.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: seen.asked.append(request.url))
        page.goto(file.as_uri())
        if scripts:
            page.wait_for_selector("html[data-drawn]")
        return seen

    yield opened
    for context in contexts:
        context.close()


def _made(folder: Path) -> None:
    invent(folder / "set", 1_200, days=40)

    def page(connection: duckdb.DuckDBPyConnection) -> str:
        return report_page(Questions(connection, None), "set", LAST)

    (folder / "report.html").write_text(ask(folder / "set", page))


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of invented articles, the same at any time."""
    return made_once(tmp_path_factory, "report", _made) / "report.html"


Report = Callable[..., Path]


@pytest.fixture
def report(newsbeam: Callable[..., Any], tmp_path: Path) -> Report:
    """Return a function that makes the report of a dataset."""

    def made(dataset: Path, *options: str) -> Path:
        page = tmp_path / "report.html"
        done = newsbeam("report", dataset, "-o", page, *options)
        assert done.returncode == 0, done.stderr
        return page

    return made
