"""Every command and query that README and docs/analysis.md show does what it says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, made_once

Command = Callable[..., Any]

README = (ROOT / "README.md").read_text()
SHOWN = README + (ROOT / "docs" / "analysis.md").read_text()
SHELL = [
    line.split(" #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", SHOWN, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
COMMANDS = [command for command in SHELL if not command.startswith("make ")]
MAKEFILE = (ROOT / "Makefile").read_text()
NOTEBOOK = json.loads((ROOT / "docs" / "questions.ipynb").read_text())
# Of docs/operations.md, those whose commands work on the sample.
SECTIONS = ["Take an article out", "Rows of an earlier release", "The list of feeds"]
NEWSBEAM = f"{sys.executable} -m pipeline"
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment's programs on the path."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        shlex.split(command),
        cwd=folder,
        env=os.environ | {"PATH": programs, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def make_run(folder: Path) -> None:
    """Leave a folder as make run leaves it: seeds, configs and two datasets."""
    for name in ("seeds", "configs"):
        shutil.copytree(ROOT / name, folder / name)
    made = re.search(r"^run:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert made is not None
    for command in made[1].replace("$(BIN)/newsbeam", NEWSBEAM).splitlines():
        done = shell(command.strip(), folder)
        assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "checkout", make_run)


def test_there_are_commands_and_queries() -> None:
    assert len(COMMANDS) >= 8
    assert len(PYTHON) == 5


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_something(
    checkout: Path, newsbeam: Command, command: str
) -> None:
    program, *arguments = shlex.split(command)
    if program == "newsbeam":
        done = newsbeam(*arguments, folder=checkout)
    else:
        done = shell(command, checkout)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert done.stdout, command


@pytest.mark.parametrize("code", PYTHON)
def test_a_query_finds_something(
    checkout: Path,
    code: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(checkout)
    exec(code, {"__name__": "__main__"})  # noqa: S102 - the README's own
    assert capfd.readouterr().out, code


@pytest.mark.parametrize(
    "title", ["Take an article out", "Rows of an earlier release", "The list of feeds"]
)
def test_a_section_of_operations_does_what_it_says(
    checkout: Path, newsbeam: Command, title: str
) -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    section = re.split(r"\n##", text.partition(f"# {title}\n")[2])[0]
    commands = [
        line.split(" #")[0].strip()
        for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
        for line in block.splitlines()
    ]
    assert commands
    for command in commands:
        done = newsbeam(*shlex.split(command)[1:], folder=checkout)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert done.stdout, command


def test_the_notebook_answers_its_questions(
    checkout: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(checkout)
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(names) == len(set(names))
    names_of: dict[str, Any] = {"__name__": "__main__"}
    answered = []
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] == "code":
            # What it answered elsewhere is not shipped.
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            exec("".join(cell["source"]), names_of)  # noqa: S102 - our own notebook
            answered.append(capfd.readouterr().out)
    assert all(answered)
    # Agenda by country, co-mentions, wire dependence.
    for words in (("press_of", "at_home"), ("lift",), ("of_the_wire", "[dpa]")):
        assert any(all(word in out for word in words) for out in answered)


def test_make_targets_exist_and_ci_runs_them() -> None:
    shown = {command.split()[1] for command in SHELL if command.startswith("make ")}
    assert shown == {"run", "test"}
    for target in shown:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)
        assert f"make {target}" in (ROOT / ".ci" / "run").read_text()


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), target
