"""A dataset to damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from desk import Desk


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk to be copied, which is cheaper than to make one."""
    folder = tmp_path_factory.mktemp("made")
    Desk(folder).make()
    return folder


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Desk:
    return Desk(shutil.copytree(made, tmp_path / "desk"))
