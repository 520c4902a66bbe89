"""What measures how work grows sees work by the square, and takes no cache's end for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from growth import grows_too_fast, repeated

_SIZES = (2**10, 2**12, 2**14, 2**16)


def _loop(steps: float) -> None:
    for _ in range(round(steps)):
        pass


@pytest.mark.parametrize(
    ("steps", "too_fast"),
    [
        pytest.param(lambda size: 120 * size, False, id="linear"),
        pytest.param(lambda size: size**2 / 400, True, id="by the square"),
        pytest.param(
            lambda size: size * (120 if size > _SIZES[2] else 6), False, id="one jump"
        ),
    ],
)
def test_work_by_the_square_is_seen(
    steps: Callable[[int], float], too_fast: bool
) -> None:
    found = grows_too_fast(lambda text: _loop(steps(len(text))), repeated("a"), _SIZES)
    assert bool(found) == too_fast
