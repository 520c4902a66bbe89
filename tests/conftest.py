"""What the tests share: a way to run newsbeam, and golden files."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, Dataset


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite golden files from what newsbeam does now; review the diff",
    )


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Commands configure the root logger: put it back."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, Any], None]:
    """Compare a value with a golden file, or rewrite the file when asked to."""

    def compare(path: Path, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        if request.config.getoption("--update-golden"):
            path.write_text(text)
        assert json.loads(path.read_text()) == json.loads(text)

    return compare


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset(tmp_path / "dataset")


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def newsbeam() -> Command:
    """Run the command as a user would, in a process of its own."""

    def command(
        *arguments: str | Path, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            cwd=options.pop("cwd", ROOT),
            **options,
        )

    return command
