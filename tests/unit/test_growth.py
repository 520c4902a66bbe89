"""What measures how work grows sees work by the square, and takes no cache's end for it."""

from __future__ import annotations

from collections.abc import Callable

import growth
import pytest

_SIZES = (2**10, 2**12, 2**14, 2**16)


@pytest.mark.parametrize(
    ("seconds", "too_fast"),
    [
        pytest.param(lambda size: size / 100_000, False, id="linear"),
        pytest.param(lambda size: size**2 / 10**10, True, id="by the square"),
        pytest.param(lambda size: size**2 / 10**11, False, id="too short to matter"),
        pytest.param(
            lambda size: size / (300_000 if size > _SIZES[2] else 10**7),
            False,
            id="one jump",
        ),
        pytest.param(
            lambda size: size / (20_000 if size > _SIZES[2] else 10**7),
            True,
            id="one jump that hurts",
        ),
    ],
)
def test_work_by_the_square_is_seen(
    monkeypatch: pytest.MonkeyPatch, seconds: Callable[[int], float], too_fast: bool
) -> None:
    monkeypatch.setattr(growth, "_seconds", lambda _, text: seconds(len(text)))
    found = growth.grows_too_fast(len, growth.repeated("a"), _SIZES)
    assert bool(found) == too_fast
