"""A page in a browser, with what it said and what it asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page


@dataclasses.dataclass
class Seen:
    """A page, its console, its requests."""

    page: Page
    said: list[str]
    asked: list[str]

    def ask(self, script: str) -> Any:
        return self.page.evaluate(script)


Look = Callable[..., Seen]
"""Opens a file: width, scheme (light, dark), scripts (run or not)."""

# Marks that are drawn, by picture.
MARKS = (
    "[...document.querySelectorAll('.plot')].map(place => [place.parentElement.id, "
    "place.querySelectorAll('svg .mark-rect path, svg .mark-shape path, "
    "svg .mark-symbol path').length])"
)
PICTURES = (
    *("articles-by-source", "articles-by-language", "countries-in-focus"),
    *("rising-people", "rising-organisations", "rising-places"),
    *("people", "organisations", "places", "named-together", "stories"),
    *("languages", "sources-by-country", "rejects", "feed-requests"),
)
"""The pictures of a report by their ids."""
