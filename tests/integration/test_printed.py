"""What is printed is the text, whatever is in it, and fits a terminal."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import NEWSBEAM, ROOT, made_once

Command = Callable[..., Any]
# What rich takes for markup, for an emoji, and a terminal for a command.
HOSTILE = "[red]Wire[/red] [link=x]Post :smile: [bold"


def read_the_sample(folder: Path) -> None:
    """Read the sample, one of its feeds under a hostile name, and one that fails."""
    config = (ROOT / "configs" / "offline.toml").read_text()
    for before, after in (
        ("The Harbour Post", HOSTILE),
        ("seeds/offline", str(ROOT / "seeds" / "offline")),
        ("  { url", f'  "http://127.0.0.1:9/{"long/" * 30}feed.xml",\n  {{ url'),
    ):
        config = config.replace(before, after, 1)
    (folder / "newsbeam.toml").write_text(config)
    done = subprocess.run(
        [NEWSBEAM, "run", "--set", "pool.processes=0", "--set", "fetch.pages=false"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made_once(tmp_path_factory, "printed", read_the_sample)
    return folder / "data" / "offline"


def test_status_is_a_line_a_feed_at_80_columns(dataset: Path) -> None:
    done = subprocess.run(
        [NEWSBEAM, "status", dataset],
        env=os.environ | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == "name state last error next poll feed".split()
    feeds = lines[1 : lines.index("")]
    assert len(feeds) == 15
    assert all("http" in line for line in feeds)
    (failed,) = (line for line in feeds if "127.0.0.1:9" in line)
    assert "failed" in failed
    assert "address" in failed
    assert failed.rstrip().endswith("…")
    (hostile,) = (line for line in feeds if "harbour" in line or "[red]" in line)
    assert hostile.startswith("[red]Wire[/red] [li…")
    assert " GB " in hostile
    assert " ok " in hostile


def test_a_reader_of_a_list_may_leave(dataset: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [NEWSBEAM, "files", dataset],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_status_on_a_pipe_has_whole_addresses(newsbeam: Command, dataset: Path) -> None:
    shown = newsbeam("status", dataset).stdout.replace("\n", "").replace(" ", "")
    assert f"http://127.0.0.1:9/{'long/' * 30}feed.xml" in shown


def test_names_are_shown_as_they_are(newsbeam: Command, dataset: Path) -> None:
    listed = newsbeam("show", dataset).stdout
    assert len(listed.splitlines()) > 20
    shown = newsbeam("check", dataset.parent.parent / "newsbeam.toml").stdout
    assert json.dumps(HOSTILE) in shown
    for line in listed.splitlines()[1:]:
        article = newsbeam("show", dataset, line.split()[0]).stdout
        if HOSTILE in article:
            break
    else:
        pytest.fail("no article of the feed was shown")


def listed(dataset: Path, variables: dict[str, str]) -> bytes:
    """Return what the command as installed writes in an environment."""
    done = subprocess.run(
        [NEWSBEAM, "show", dataset],
        env=os.environ | variables,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.fixture(scope="module")
def whole(dataset: Path) -> str:
    return listed(dataset, {"PYTHONIOENCODING": "utf-8"}).decode()


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        pytest.param({"PYTHONIOENCODING": "latin-1"}, marks=pytest.mark.slow),
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        pytest.param({"LC_ALL": "C"}, marks=pytest.mark.slow),
    ],
)
def test_an_encoding_that_lacks_characters_escapes_them(
    dataset: Path, whole: str, variables: dict[str, str]
) -> None:
    assert not whole.isascii()
    encoding = {"ascii": "ascii", "latin-1": "latin-1"}.get(
        variables.get("PYTHONIOENCODING", ""),
        "ascii" if "PYTHONUTF8" in variables else "utf-8",
    )
    assert listed(dataset, variables) == whole.encode(encoding, "backslashreplace")


def test_what_is_wrong_is_said_in_any_encoding() -> None:
    done = subprocess.run(
        [NEWSBEAM, "show", b"caf\xff-\xc3\xa9"],
        env=os.environ | {"PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(b"newsbeam: ")
    assert b"caf\\udcff-\\xe9" in line


def test_extras_keep_their_brackets(newsbeam: Command) -> None:
    shown = newsbeam("models").stdout
    assert "pip install 'newsbeam[" in shown
    assert "pip install 'newsbeam'" not in shown


def test_a_file_cannot_steer_a_terminal(newsbeam: Command, tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m :smile:[red].txt").write_text("x")
    done = newsbeam(
        "run", "--files", tmp_path, "--output", tmp_path / "out", "--dry-run"
    )
    assert "a :smile:[red].txt" in done.stdout
    assert "\x1b" not in done.stdout


def test_every_console_takes_text_for_text() -> None:
    for path in (ROOT / "pipeline").rglob("*.py"):
        if path.name != "terminal.py":
            assert "Console(" not in path.read_text(), path
