"""The quality gate: nothing that is measured may fall below its floor."""

from __future__ import annotations

import tomllib

import pytest

from tests.quality.measures import FOLDER, measure

FLOORS = tomllib.loads((FOLDER / "floors.toml").read_text())


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    return measure()


@pytest.mark.parametrize("name", FLOORS)
def test_no_figure_is_below_its_floor(
    name: str, measured: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\n{name}: {measured[name]:.3f} (floor {FLOORS[name]})", end="")
    assert measured[name] >= FLOORS[name]


def test_everything_measured_has_a_floor(measured: dict[str, float]) -> None:
    assert measured.keys() == FLOORS.keys()
