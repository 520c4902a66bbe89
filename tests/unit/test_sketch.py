"""Sketches: what two texts share by samples of them, however many are compared at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.stories.sketch import SIZE, containment, sketch


def test_containment_does_not_depend_on_lengths() -> None:
    long = [f"word{number}" for number in range(3_000)]
    whole = sketch(long)
    assert len(whole) == SIZE
    others = [
        *(long[:length] for length in (400, 1_000, 2_000)),
        long[:500] + [f"other{number}" for number in range(500)],
        [f"x{number}" for number in range(3_000)],
        [],
    ]
    shares = containment(whole, [sketch(words) for words in others]).share.tolist()
    assert shares == [1.0, 1.0, 1.0, pytest.approx(0.5, abs=0.2), 0, 0]


@given(st.lists(st.lists(st.integers(0, 60), max_size=9, unique=True), max_size=6))
@settings(deadline=None)
def test_many_sketches_are_compared_as_each_by_itself(numbers: list[list[int]]) -> None:
    one, *others = [np.array(sorted(some), np.uint32) for some in [[], *numbers]]
    for first in (one, *others):
        together = containment(first, others, size=9)
        for place, other in enumerate(others):
            shared = set(first.tolist()) & set(other.tolist())
            reach = min(
                max(some) if len(some) == 9 else 99
                for some in (first.tolist(), other.tolist())
            )
            of = min(sum(some <= reach) for some in (first, other))
            assert together.runs[place] == len(shared)
            assert together.of[place] == max(of, 1) or not shared
