"""Stories through the pipeline: what is known at writing, what is learned later."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wires
from kit import Dataset

from pipeline.dataset.home import LocalHome
from pipeline.dataset.index import opened_index
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from transforms.stories.forest import Belonging

SETTINGS = ('enrich.entities.models={en = ""}', "pool.processes=0")
TEXTS = {
    "wire": wires.REPORT,
    "dateline": f"LOBOS (UPN) - {wires.REPORT}",
    "cut": wires.cut(wires.REPORT, 0.6),
    "own words": wires.OTHER_WORDS,
    "elsewhere": wires.ELSEWHERE,
    "edited": wires.edited(wires.REPORT, 3),
}
NAMES = list(TEXTS)


def write(folder: Path, name: str, text: str = "", minute: int | None = None) -> Path:
    """Write an article as a file of its own; return it."""
    number = NAMES.index(name) if minute is None else minute
    path = folder / f"{name}.json"
    published = wires.NOON + dt.timedelta(minutes=number)
    record = {
        "url": f"https://paper{number}.example/{name.replace(' ', '-')}",
        "text": text or TEXTS[name],
        "published_at": published.isoformat(),
    }
    path.write_text(json.dumps(record))
    return path


def latest(dataset: Dataset) -> dict[str, tuple[str, str | None]]:
    """Return the story and the original of each article, all by name."""
    # What is not compared belongs to none.
    rows = [row for row in dataset.rows() if row["story_id"] is not None]
    names = {row["id"]: row["url"].rpartition("/")[2].replace("-", " ") for row in rows}
    found = {row["id"]: (row["story_id"], row["duplicate_of"]) for row in rows}
    later = sorted(dataset.rows("stories"), key=lambda row: (row["at"], row["batch"]))
    found |= {
        row["article_id"]: (row["story_id"], row["duplicate_of"]) for row in later
    }
    return {
        names[key]: (names[story], names[original] if original else None)
        for key, (story, original) in found.items()
    }


EXPECTED = {
    "wire": ("wire", None),
    "dateline": ("wire", "wire"),
    "cut": ("wire", "wire"),
    "own words": ("wire", None),
    "elsewhere": ("elsewhere", None),
    "edited": ("wire", "wire"),
}


def at_writing(dataset: Dataset) -> dict[str, dict[str, Any]]:
    return {row["url"].rpartition("/")[2]: row for row in dataset.rows()}


def test_columns_say_what_is_known_at_writing(dataset: Dataset, tmp_path: Path) -> None:
    short = write(tmp_path, "short", "The tug came.", len(NAMES))
    dataset.run(
        *(write(tmp_path, name) for name in NAMES),
        short,
        settings=(*SETTINGS, "extract.min_words=2"),
    )
    assert latest(dataset) == EXPECTED
    rows = at_writing(dataset)
    # It is too short to be compared.
    assert [rows["short"][name] for name in ("signature", "story_id")] == [None, None]
    del rows["short"]
    wire = rows["wire"]["id"]
    assert {name for name, row in rows.items() if row["duplicate_of"] == wire} == {
        "dateline",
        "cut",
        "edited",
    }
    assert rows["own-words"]["story_id"] == wire
    assert rows["elsewhere"]["story_id"] == rows["elsewhere"]["id"]
    assert all(len(row["signature"]) <= 400 for row in rows.values())
    links = {row["article_id"]: row for row in dataset.rows("stories")}
    assert links[rows["cut"]["id"]]["link"] == "copy"
    assert links[rows["cut"]["id"]]["strength"] > 3
    assert links[rows["own-words"]["id"]]["link"] == "story"
    assert rows["elsewhere"]["id"] not in links


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(NAMES, id="in order", marks=pytest.mark.slow),
        pytest.param(NAMES[::-1], id="backwards"),
    ],
)
def test_batches_and_order_lead_to_the_same(
    dataset: Dataset, tmp_path: Path, order: list[str]
) -> None:
    before: dict[str, dict[str, Any]] = {}
    for name in order:
        dataset.run(write(tmp_path, name), settings=SETTINGS)
        after = at_writing(dataset)
        # Committed rows are never written again.
        assert {key: after[key] for key in before} == before
        before = after
    assert latest(dataset) == EXPECTED


@pytest.mark.slow
def test_an_index_made_again_knows_the_same(dataset: Dataset, tmp_path: Path) -> None:
    for name in NAMES[:0:-1]:
        dataset.run(write(tmp_path, name), settings=SETTINGS)
    (dataset.path / FILE_NAME).unlink()
    dataset.run(write(tmp_path, "wire"), settings=SETTINGS)
    assert latest(dataset) == EXPECTED
    with contextlib.closing(State(dataset.path / FILE_NAME)) as state:
        for row in dataset.rows():
            place = state.stories.links.place(bytes.fromhex(row["id"]))
            assert place.story == bytes.fromhex(at_writing(dataset)["wire"]["id"]) or (
                row["url"].endswith("elsewhere")
            )


def remembered(dataset: Dataset) -> set[str]:
    """Return the ids of the articles with which others are compared."""
    with contextlib.closing(sqlite3.connect(dataset.path / FILE_NAME)) as db:
        return {key.hex() for (key,) in db.execute("SELECT id FROM story_articles")}


def test_an_index_made_again_remembers_no_more_than_before(
    dataset: Dataset, tmp_path: Path
) -> None:
    day = 24 * 60
    dataset.run(write(tmp_path, "wire"), write(tmp_path, "cut"), settings=SETTINGS)
    later = write(tmp_path, "dateline", minute=30 * day)
    dataset.run(later, settings=SETTINGS)
    # One of long ago comes late: those that come with it would be compared with it.
    old = write(tmp_path, "elsewhere", minute=-60 * day)
    dataset.run(later, old, settings=(*SETTINGS, "stories.days=3"))
    before = remembered(dataset)
    (dataset.path / FILE_NAME).unlink()
    with opened_index(dataset.path):
        pass
    assert remembered(dataset) >= before
    ids = {name: row["id"] for name, row in at_writing(dataset).items()}
    assert before == {ids["dateline"], ids["elsewhere"]}

    dataset.run(write(tmp_path, "edited", minute=31 * day), settings=SETTINGS)
    (dataset.path / FILE_NAME).unlink()
    with opened_index(dataset.path):
        pass
    ids = {name: row["id"] for name, row in at_writing(dataset).items()}
    assert remembered(dataset) == {ids["dateline"], ids["edited"]}


def test_links_that_are_gone_are_no_longer_known(
    dataset: Dataset, tmp_path: Path
) -> None:
    dataset.run(write(tmp_path, "wire"), write(tmp_path, "cut"), settings=SETTINGS)
    before = at_writing(dataset)
    wire, cut = (bytes.fromhex(before[name]["id"]) for name in ("wire", "cut"))
    home = LocalHome(dataset.path)
    with home.opened() as (state, _):
        assert state.stories.links.place(cut) == Belonging(wire, wire)
    (file,) = (dataset.path / "stories").rglob("*.parquet")
    file.unlink()
    # The index knows what one would that is made again.
    for _ in range(2):
        with home.opened() as (state, _):
            for key in (wire, cut):
                assert state.stories.links.place(key) == Belonging(key, None)
        (dataset.path / FILE_NAME).unlink()
    assert at_writing(dataset) == before


def test_a_changed_page_is_a_revision_and_no_copy(
    dataset: Dataset, tmp_path: Path
) -> None:
    dataset.run(write(tmp_path, "wire"), write(tmp_path, "cut"), settings=SETTINGS)
    update = f"UPDATE: {wires.REPORT} The tug came at three."
    dataset.run(write(tmp_path, "cut", update), settings=SETTINGS)
    revisions = [row for row in dataset.rows() if row["url"].endswith("cut")]
    wire = at_writing(dataset)["wire"]["id"]
    assert {row["revision"] for row in revisions} == {0, 1}
    assert {row["duplicate_of"] for row in revisions} == {wire}
    dataset.run(
        write(tmp_path, "wire", f"{wires.REPORT} More soon."), settings=SETTINGS
    )
    assert [row["duplicate_of"] for row in dataset.rows() if row["id"] == wire] == [
        None,
        None,
    ]


def test_zero_days_look_for_none(dataset: Dataset, tmp_path: Path) -> None:
    files = [write(tmp_path, name) for name in NAMES[:2]]
    dataset.run(*files, settings=(*SETTINGS, "stories.days=0"))
    for row in dataset.rows():
        assert (row["story_id"], row["duplicate_of"], row["signature"]) == (None,) * 3
    assert dataset.rows("stories") == []


def test_the_command_lists_the_largest_stories(
    dataset: Dataset, tmp_path: Path, newsbeam: Callable[..., Any]
) -> None:
    files = [write(tmp_path, name) for name in NAMES]
    dataset.run(*files, settings=SETTINGS)
    done = newsbeam("stories", dataset.path)
    assert done.returncode == 0
    assert "5 articles of 5 sources, 3 copies, 2 independent voices" in done.stdout
    assert "first: paper0.example; in en 5" in done.stdout
    assert "Latvia" not in done.stdout
    everything = newsbeam("stories", dataset.path, "--min-sources", "1")
    assert "1 article of 1 source, 0 copies, 1 independent voice" in everything.stdout
    assert "Latvia" in everything.stdout
    one = newsbeam("stories", dataset.path, "--min-sources", "1", "-n", "1")
    assert "Latvia" not in one.stdout
    late = newsbeam("stories", dataset.path, "--since", "2026-03-03")
    assert (late.returncode, late.stdout) == (
        0,
        "no story has that number of sources\n",
    )


def test_the_command_says_why_there_are_none(
    dataset: Dataset, tmp_path: Path, newsbeam: Callable[..., Any]
) -> None:
    nowhere = newsbeam("stories", tmp_path / "nowhere")
    assert nowhere.returncode == 2
    assert "no newsbeam dataset" in nowhere.stderr
    settings = (*SETTINGS, "stories.days=0")
    dataset.run(write(tmp_path, "wire"), settings=settings)
    none = newsbeam("stories", dataset.path)
    assert none.returncode == 2
    assert "stories.days" in none.stderr
    wrong = newsbeam("stories", dataset.path, "--since", "yesterday")
    assert wrong.returncode == 2
    assert "--since 'yesterday'" in wrong.stderr
