"""Story keys: what was read of a key serves the next article as if it were read again."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from pipeline.state.stories.keys import SCHEMA, StoryKeys
from transforms.stories.signature import Signature, packed

WINDOW = 500


def signature(*terms: int) -> Signature:
    none = np.array([], np.uint32)
    # Heavier ones first, as they are signed.
    weights = {term: 1 / (2 + place) for place, term in enumerate(terms)}
    return Signature("en", none, none, packed(weights), none)


@pytest.mark.parametrize("seed", range(6))
def test_keys_that_are_kept_say_what_the_index_says(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        keys = StoryKeys(db)
        there = []
        now = 10_000
        for number in range(900):
            # Most articles come in the order of their times; frequent terms are cut.
            now += chance.choice([0, 0, 1, 3])
            minute = now if chance.random() < 0.8 else now - chance.randrange(900)
            one = signature(*chance.sample(range(4), 3), 100 + chance.randrange(99))
            keys.add(number, minute, one)
            there.append((number, minute, one))
            asked = (*chance.choice(there), WINDOW)
            found = keys.likely(*asked)
            assert found == StoryKeys(db).likely(*asked)
            if number % 300 == 299:
                gone = there.pop(chance.randrange(len(there)))
                keys.remove(*gone)


def test_the_heaviest_keys_in_common_come_first() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        keys = StoryKeys(db)
        for number, terms in enumerate([(1, 2, 3), (1, 2, 9), (2, 3, 7), (3, 8, 9)]):
            keys.add(number, 100 * number, signature(*terms))
        one = signature(1, 2, 3)
        assert keys.likely(0, 0, one, WINDOW) == [1, 2]
        # One key may be chance, and what is outside the window is another event.
        assert keys.likely(0, 0, one, 150) == [1]
        assert keys.likely(9, 1_000, one, 750) == []
