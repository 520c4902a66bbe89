"""The quality gate: nothing that is measured may fall below its floor."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from kit import made_once

from tests.quality.measures import FOLDER, measure

FLOORS = tomllib.loads((FOLDER / "floors.toml").read_text())


def keep_figures(folder: Path) -> None:
    (folder / "figures.json").write_text(json.dumps(measure()))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    folder = made_once(tmp_path_factory, "quality", keep_figures)
    figures: dict[str, float] = json.loads((folder / "figures.json").read_text())
    return figures


@pytest.mark.parametrize("name", FLOORS)
def test_no_figure_is_below_its_floor(
    name: str, measured: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\n{name}: {measured[name]:.3f} (floor {FLOORS[name]})", end="")
    assert measured[name] >= FLOORS[name]


def test_everything_measured_has_a_floor(measured: dict[str, float]) -> None:
    assert measured.keys() == FLOORS.keys()
