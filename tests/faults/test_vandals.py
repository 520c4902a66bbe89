"""Runs that are killed, over a dataset that is damaged by hand in between.

After each run that came to its end: nothing is there twice.  At the end: nothing is lost.
A run may refuse, if it names the file that was damaged; it goes on once that is put right.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from meanwhile import meanwhile
from news_site import Site
from pytest_httpserver import HTTPServer
from vandals import House

ROUNDS = int(os.environ.get("NEWSBEAM_ROUNDS", "20"))
SOAK = int(os.environ.get("NEWSBEAM_SOAK", "200"))
SEED = int(os.environ.get("NEWSBEAM_SEED", "7"))


@pytest.fixture
def house(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    house = House(Site(httpserver), tmp_path, SEED)
    yield house
    house.server.close()


def _rounds(house: House, rounds: int) -> None:
    for number in range(rounds):
        if house.chance.random() < 0.6:
            house.add_news()
        for _ in range(house.chance.choice([0, 1, 1, 2])):
            house.die()
            house.damage()
        house.damage()
        house.work()
        if number % 20 == 19:
            # The pages that a killed run asked for are asked for by the next.
            house.work()
            house.check_nothing_is_lost()
    house.work()
    house.work()
    house.check_nothing_is_lost()
    print(f"\n{rounds} rounds, seed {SEED}: {dict(house.done)}")


@pytest.mark.slow
@pytest.mark.timeout(600 + 60 * ROUNDS)
def test_damage_and_kills_double_and_lose_nothing(house: House) -> None:
    _rounds(house, ROUNDS)


@pytest.mark.soak
@pytest.mark.timeout(600 + 60 * SOAK)
def test_the_same_for_long_while_others_read(house: House) -> None:
    with meanwhile(house.look, pause=0.05):
        _rounds(house, SOAK)
