"""Pages that sites print day after day do not become stories, in whatever order they come."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wires
from boilerplate import KINDS, LANGUAGES, month
from kit import Dataset

from pipeline.desk.asking import ask, rows_of
from transforms.stories.forest import ALONE

SETTINGS = ('enrich.entities.models={en = ""}', "pool.processes=0")
SITES, DAYS = 2, 4
REPORTS = (
    wires.REPORT,
    f"LOBOS (UPN) - {wires.REPORT}",
    wires.cut(wires.REPORT, 0.6),
    wires.OTHER_WORDS,
    wires.edited(wires.REPORT, 3),
)


def records() -> list[dict[str, str]]:
    """Return days of boilerplate, and a report that five of its sites have, too."""
    found = [page.record() for page in month(SITES, DAYS)]
    for number, text in enumerate(REPORTS):
        site = f"{LANGUAGES[number]}0.example"
        at = wires.NOON.replace(minute=number).isoformat()
        found.append(
            {"url": f"https://{site}/news/ferry", "text": text, "published_at": at}
        )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("runs", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_the_largest_story_is_the_event(
    dataset: Dataset, tmp_path: Path, newsbeam: Callable[..., Any], runs: int
) -> None:
    rows = records()
    random.Random(5).shuffle(rows)  # noqa: S311 - no secret
    for number in range(runs):
        path = tmp_path / f"{number}.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows[number::runs]))
        dataset.run(path, settings=SETTINGS)
    listed = newsbeam("stories", dataset.path, "-n", "1").stdout
    assert "The ferry Santa Rita ran aground" in listed
    assert "5 articles of 5 sources, 3 copies, 2 independent voices" in listed
    pages = ask(
        dataset.path,
        lambda connection: rows_of(
            connection, "SELECT split_part(url, '/', 4) AS kind, story_id FROM articles"
        ),
        ["articles"],
    )
    kinds = Counter(page["kind"] for page in pages)
    assert kinds == {"news": 5} | dict.fromkeys(KINDS, len(LANGUAGES) * SITES * DAYS)
    stories = Counter((page["kind"], page["story_id"]) for page in pages)
    largest = {
        kind: max(count for (one, _), count in stories.items() if one == kind)
        for kind in kinds
    }
    assert largest["prices"] == 1
    # What both sites of a language have on one day; of eight pages.
    assert largest["stars"] <= SITES
    assert largest["notice"] <= SITES
    # Forecasts are less alike: a few hang together, but no ten of them.
    assert largest["weather"] < ALONE
