"""The list of the world's feeds is sound in form; no address is asked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

WORLD = Path(__file__).parents[2] / "configs" / "world.toml"
CONFIG: dict[str, Any] = tomllib.loads(WORLD.read_text("utf-8"))
FEEDS: list[dict[str, str]] = CONFIG["source"]["feeds"]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: str(feed["url"]))
def test_a_feed_has_address_name_country_and_language(feed: dict[str, str]) -> None:
    assert set(feed) == {"url", "name", "country", "language"}
    address = urlsplit(feed["url"])
    assert address.scheme in {"http", "https"}
    assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", address.netloc)
    assert address.path not in {"", "/"} or address.query
    assert not address.fragment
    assert feed["name"] == feed["name"].strip() != ""
    assert re.fullmatch(r"[A-Z]{2}", feed["country"])
    assert re.fullmatch(r"[a-z]{2}", feed["language"])


def test_no_feed_is_listed_twice() -> None:
    addresses = [feed["url"].rstrip("/").casefold() for feed in FEEDS]
    assert len(set(addresses)) == len(addresses)


def test_the_list_spans_the_world() -> None:
    assert len(FEEDS) >= 120
    assert len({feed["country"] for feed in FEEDS}) >= 45
    assert len({feed["language"] for feed in FEEDS}) >= 25


def test_the_file_says_that_its_addresses_are_unchecked() -> None:
    head = WORLD.read_text("utf-8").split("[source]")[0]
    assert "could NOT be checked" in head
    assert "form only" in head
