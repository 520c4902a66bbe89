"""The shape of the house."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import typer
from kit import ROOT

import pipeline
from pipeline.cli import app
from pipeline.configuration.config import load
from pipeline.process import command as process
from transforms.vocabulary import Reason


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == pipeline.__version__


def test_every_key_of_the_configuration_is_explained() -> None:
    folder = ROOT / "configs"
    text = "".join(
        (folder / f"{name}.toml").read_text()
        for name in ("golden", "offline", "stream")
    )
    sections = load(folder / "golden.toml").model_dump()
    for section, values in sections.items():
        if section != "enrich":
            for key in values:
                assert f"\n{key} = " in text or f"\n# {key} = " in text, key


# What comes with an extra's own dependencies: spaCy's, and Beam's for a store.
_BROUGHT = {"boto3", "botocore", "google", "thinc"}


def test_what_is_imported_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        asked += extra
    names = {re.split(r"[\[<>=~]", line)[0].replace("_", "-") for line in asked}
    homes = packages_distributions()
    for package in ("pipeline", "transforms"):
        for path in (ROOT / package).rglob("*.py"):
            # The gazetteer is built from packages that nothing else needs.
            if path.parent.name == "data":
                continue
            for module in _imported(path) - sys.stdlib_module_names - _BROUGHT:
                if module not in {"pipeline", "transforms"}:
                    found = {home.lower().replace("_", "-") for home in homes[module]}
                    assert found & names, (path, module)


def _imported(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module.partition(".")[0])
    return modules


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "base", "manager"])
def test_no_drawer_for_everything(name: str) -> None:
    for package in ("pipeline", "transforms"):
        assert not list((ROOT / package).rglob(f"{name}.py"))


def test_no_module_outgrows_a_reading() -> None:
    for package in ("pipeline", "transforms"):
        for path in (ROOT / package).rglob("*.py"):
            if path.parent.name != "data":
                assert len(path.read_text().splitlines()) <= 400, path


def test_no_folder_outgrows_a_look() -> None:
    for package in ("pipeline", "transforms"):
        for folder in {path.parent for path in (ROOT / package).rglob("*.py")}:
            modules = [path.stem for path in folder.glob("*.py")]
            named = set(modules) - {"__init__", "__main__"}
            assert len(named) <= 12, folder


def test_the_document_shows_every_folder_and_names_files_that_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    tree = text.partition("## The house")[2]
    for package in ("pipeline", "transforms"):
        for path in (ROOT / package).rglob("__init__.py"):
            assert f" {path.parent.name}/" in f" {tree}".replace("\n", "\n "), path
    for name in re.findall(r"`([\w/]+\.py)`", text):
        homes = (ROOT, ROOT / "transforms")
        assert any((home / name).is_file() for home in homes), name


def test_a_class_has_a_name_of_its_own() -> None:
    """One name stands for one thing, wherever a newcomer meets it."""
    where: dict[str, list[str]] = {}
    for package in ("pipeline", "transforms"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    where.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert len(where) > 100
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


def test_every_module_and_public_function_is_documented() -> None:
    for package in ("pipeline", "transforms"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text())
            assert ast.get_docstring(tree) or not tree.body, path


def test_a_package_that_shadows_ours_is_named(tmp_path: Path) -> None:
    assert process.intruder() is None
    (tmp_path / "transforms").mkdir()
    (tmp_path / "transforms" / "__init__.py").write_text("")
    script = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
    script += "sys.argv = ['newsbeam', '--help']\n"
    script += "from pipeline.cli import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert str(tmp_path / "transforms" / "__init__.py") in done.stderr


def test_operations_explain_every_reason_and_exit_code() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    for reason in Reason:
        assert f"\n| `{reason}` |" in text
    for codes in ("0", "1", "2", "3", "130, 143"):
        assert f"\n| {codes} |" in text
    for command in re.findall(r"^newsbeam (.*?)(?: #.*)?$", text, re.MULTILINE):
        name, *words = shlex.split(command)
        group: Any = typer.main.get_command(app)
        assert not group.commands[name].make_context(name, words).args
    for metric in re.findall(r"newsbeam_\w+", text):
        name = metric.removeprefix("newsbeam_")
        assert f'"{name}"' in (ROOT / "pipeline" / "reports" / "metrics.py").read_text()
