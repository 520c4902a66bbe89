"""What a person is shown to open a dataset with: what is installed where they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.dataset.opening import openings


def made(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o755)
    return path


@pytest.mark.parametrize(
    ("places", "shown"),
    [
        (("bin/newsbeam", "venv/newsbeam"), "newsbeam"),
        (("venv/newsbeam",), "venv/newsbeam"),
        ((), "{folder}/venv/python -m pipeline"),
    ],
)
def test_it_is_called_as_it_is_installed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    places: tuple[str, ...],
    shown: str,
) -> None:
    for place in places:
        made(tmp_path / place)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(made(tmp_path / "venv" / "python")))
    monkeypatch.chdir(tmp_path)
    (_, command), (_, query) = openings("a set")
    newsbeam = shown.format(folder=tmp_path)
    assert command == f"{newsbeam} show 'a set'"
    assert query.startswith(f"{newsbeam} sql 'a set' \"SELECT ")
