"""The commands that draw a dataset: ``report`` and ``stats``."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from invented import LAST, article, country, entity, write_rows
from kit import NEWSBEAM, ROOT, SEED
from objects import Server, Stored, use
from rich.cells import cell_len

Command = Callable[..., Any]
DAY = dt.timedelta(days=1)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    rows = [
        article(
            number,
            title=f"Bridge {number}",
            domain=f"site{number % 3}.example",
            source_name="海港" if number % 3 else "x" * 60,
            language="en",
            published_at=LAST - DAY * (number % 12),
            entities=[entity("Ada Berit", "PER", "")],
            countries=[country("MT", "focus")],
        )
        for number in range(60)
    ]
    write_rows(tmp_path / "set", "articles", rows)
    return tmp_path / "set"


def test_report_writes_a_page_and_says_where(
    dataset: Path, tmp_path: Path, newsbeam: Command
) -> None:
    done = newsbeam("report", dataset, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"report\.html \([\d,]+ kB\)\n", done.stdout)
    html = (tmp_path / "report.html").read_text()
    assert html.startswith("<!DOCTYPE html>")
    assert "Malta" in html
    assert html.endswith("</html>\n")
    # Nothing of a former try is left.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "set"]


def test_report_goes_to_stdout_as_it_is(dataset: Path) -> None:
    done = subprocess.run(
        [NEWSBEAM, "report", dataset, "-o", "-"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "海港" in done.stdout.decode()
    assert done.stdout.startswith(b"<!DOCTYPE html>")


def test_report_opens_the_browser(dataset: Path, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    done = subprocess.run(
        [NEWSBEAM, "report", dataset, "-o", tmp_path / "a b.html", "--open"],
        env=os.environ | {"BROWSER": str(browser)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert opened.read_text().strip() == (tmp_path / "a b.html").as_uri()


def test_where_no_browser_is_the_file_is_named(
    newsbeam: Command, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    done = newsbeam("report", dataset, "--open", folder=dataset.parent)
    assert done.returncode == 0
    uri = (dataset.parent / "report.html").as_uri()
    assert done.stderr == f"newsbeam: no browser is there to open {uri}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "{none}"], "no newsbeam dataset"),
        (["stats", "{none}"], "no newsbeam dataset"),
        (["report", "{set}", "--since", "soon"], "--since 'soon'"),
        (["stats", "{set}", "--since", "soon"], "--since 'soon'"),
        (["report", "{set}", "-o", "{none}/x.html"], "cannot be written"),
        (["report", "{set}", "-o", "{set}"], "cannot be written"),
        (["report", "{set}", "-o", "-", "--open"], "--open"),
        (["report", "{set}", "-o", ""], "cannot be written"),
    ],
)
def test_wrong_input_is_one_line(
    dataset: Path, tmp_path: Path, newsbeam: Command, arguments: list[str], said: str
) -> None:
    names = {"none": tmp_path / "none", "set": dataset}
    done = newsbeam(*(one.format(**names) for one in arguments), folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["report", "stats"])
def test_an_empty_dataset_and_one_with_a_run_at_work(
    tmp_path: Path, newsbeam: Command, command: str
) -> None:
    batch = tmp_path / "set" / "_runs" / "now" / "00000" / "staging"
    batch.mkdir(parents=True)
    (batch / "half.parquet").write_bytes(b"PAR1")
    done = newsbeam(command, tmp_path / "set", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    page = tmp_path / "report.html"
    said = page.read_text() if command == "report" else done.stdout
    assert "no article" in said


def test_a_dataset_of_version_1(newsbeam: Command, tmp_path: Path) -> None:
    former = Path(__file__).with_name("version_1") / "dataset"
    dataset = Path(shutil.copytree(former, tmp_path / "set"))
    done = newsbeam("report", dataset, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").read_text().count("</section>") >= 7
    done = newsbeam("stats", dataset)
    assert re.match(r"\d+ articles? of (\d+|unknown) source", done.stdout)


@pytest.mark.slow
def test_a_dataset_in_a_store(
    tmp_path: Path, s3: Server, monkeypatch: pytest.MonkeyPatch, newsbeam: Command
) -> None:
    use(s3, monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    url = f"s3://news/{tmp_path.name}"
    settings = ('enrich.entities.models.fr=""',)
    Stored(url, tmp_path / "state").run(ROOT / SEED, settings=settings)
    done = newsbeam("report", url, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "North Korea" in (tmp_path / "report.html").read_text()
    done = newsbeam("stats", url)
    assert done.stdout.startswith("1 article of unknown source in 1 language\n")


@pytest.mark.parametrize(
    "columns", ["40", "80", pytest.param("200", marks=pytest.mark.slow)]
)
def test_stats_fit_the_terminal(dataset: Path, columns: str) -> None:
    done = subprocess.run(
        [NEWSBEAM, "stats", dataset],
        env=os.environ | {"COLUMNS": columns, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert (
        lines[0].endswith("60 articles of 3 sources in 1 language") or columns == "40"
    )
    assert max(map(cell_len, lines)) <= int(columns)
    assert any(re.match(r"  Malta +60 █+", line) for line in lines)


@pytest.mark.slow
def test_stats_end_with_their_reader(dataset: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"'{NEWSBEAM}' stats '{dataset}' | head -n 1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "60 articles of 3 sources in 1 language\n"
    assert done.stderr == ""
