"""What ``newsbeam init`` writes, and that every example of the help works after it."""

from __future__ import annotations

import os
import shlex
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from engines import PRISM, prism
from kit import NEWSBEAM, ROOT, made_once

from pipeline.cli import app

Command = Callable[..., Any]
GROUP: Any = typer.main.get_command(app)
EXAMPLES = {
    name: command.epilog.removeprefix("Example: ")
    for name, command in GROUP.commands.items()
}


def call(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line as a shell does that knows the command."""
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=os.environ
        | {"PATH": f"{Path(NEWSBEAM).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def follow_the_help(folder: Path) -> None:
    """Do what the words that the help ends with say, and keep what is printed."""
    assert GROUP.epilog.startswith("Try: ")
    done = call(GROUP.epilog.removeprefix("Try: "), folder)
    assert done.returncode == 0, done.stderr
    assert "51 articles" in done.stdout
    (folder / "printed.txt").write_text(done.stdout)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = made_once(tmp_path_factory, "sample", follow_the_help)
    return folder, (folder / "printed.txt").read_text()


# These do work, and take their time.
WORK = ("replay", "reprocess", "run", "stream")


# An engine is what the example of unbounded needs besides; Beam fetches Prism.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in WORK else [])
        for name in sorted(EXAMPLES)
        if name != "unbounded"
    ],
)
def test_examples_work_in_the_sample(
    sample: tuple[Path, str], tmp_path: Path, newsbeam: Command, name: str
) -> None:
    assert EXAMPLES[name].startswith(f"newsbeam {name} ")
    # What is there is not overwritten: that is for a new folder.
    folder = tmp_path if name == "init" else sample[0]
    done = newsbeam(*shlex.split(EXAMPLES[name])[1:], folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def unbounded_with(home: Path, sample: Path) -> subprocess.CompletedProcess[str]:
    """Call the example of unbounded as who has only a certain Prism, and no network."""
    return subprocess.run(
        [NEWSBEAM, *shlex.split(EXAMPLES["unbounded"])[1:]],
        cwd=sample,
        env=os.environ | {"HOME": str(home), "https_proxy": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_example_of_unbounded_lacks_its_engine_alone(
    sample: tuple[Path, str], tmp_path: Path
) -> None:
    done = unbounded_with(tmp_path, sample[0])
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "Unable to fetch remote prism binary" in line


@pytest.mark.engine
def test_the_example_of_unbounded_works_with_the_engine_that_beam_fetches(
    sample: tuple[Path, str], tmp_path: Path
) -> None:
    prism()
    release = ".zip"
    kept = tmp_path / ".apache_beam" / "cache" / "prism" / "bin"
    kept.mkdir(parents=True)
    url = unbounded_with(tmp_path, sample[0]).stderr.partition(release)[0] + release
    name = url.rpartition("/")[2]
    with zipfile.ZipFile(kept / name, "w") as packed:
        packed.write(PRISM, name.removesuffix(release))
    done = unbounded_with(tmp_path, sample[0])
    assert done.returncode == 0, done.stderr
    assert "articles" in done.stdout


@pytest.mark.parametrize("label", ["open it", "or ask it"])
def test_the_result_opens_with_the_printed_command(
    sample: tuple[Path, str], label: str
) -> None:
    folder, summary = sample
    (opening,) = (
        line.removeprefix(label).strip()
        for line in summary.splitlines()
        if line.startswith(label)
    )
    done = call(opening, folder)
    assert done.returncode == 0, done.stderr
    assert "Fourteen-hour chess final" in done.stdout


def test_nothing_is_overwritten(sample: tuple[Path, str], newsbeam: Command) -> None:
    for options in ((), ("--offline",)):
        before = (sample[0] / "newsbeam.toml").read_bytes()
        done = newsbeam("init", *options, folder=sample[0])
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith("newsbeam: newsbeam.toml")
        assert "already there" in line
        assert (sample[0] / "newsbeam.toml").read_bytes() == before


def test_a_start_is_checked_and_says_what_is_left_to_do(
    tmp_path: Path, newsbeam: Command
) -> None:
    done = newsbeam("init", "my news", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.split(":", 1)[1].strip() == (
        "cd 'my news' && newsbeam check && newsbeam run"
    )
    folder = tmp_path / "my news"
    assert [path.name for path in folder.iterdir()] == ["newsbeam.toml"]
    checked = newsbeam("check", folder=folder)
    assert checked.returncode == 0, checked.stderr
    assert "source: nothing to read yet" in checked.stderr
    done = newsbeam("run", folder=folder)
    assert done.returncode == 2
    assert "source: nothing to read" in done.stderr


def test_a_folder_that_cannot_be_written_is_said(
    tmp_path: Path, newsbeam: Command
) -> None:
    (tmp_path / "file").write_text("")
    done = newsbeam("init", "file", folder=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "Traceback" not in line


def test_the_sample_is_no_copy_in_the_repository() -> None:
    assert not (ROOT / "pipeline" / "sample" / "configs").exists()
    assert shlex.split(EXAMPLES["show"])[-1] != "ID"
