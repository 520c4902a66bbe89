"""An agency's wire: each copy is found, and the agency's own page is always the original.

A few days of it here, two weeks in ``make soak``.  For as much of a year as there is time
for::

    NEWSBEAM_DAYS=365 make soak

"""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from benchmarks.agency import Printed, Wire, id_of
from benchmarks.stories import Pages, found_in, measure, signed_pages
from kit import Dataset

from pipeline.desk.asking import ask, rows_of
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from pipeline.state.stories.window import Signed
from transforms.stories.forest import Belonging

DAYS = int(os.environ.get("NEWSBEAM_DAYS", "14"))
SITES = int(os.environ.get("NEWSBEAM_SITES", "200"))
REPORTS = int(os.environ.get("NEWSBEAM_REPORTS", "100"))
SHARE = float(os.environ.get("NEWSBEAM_SHARE", "0.3"))
WINDOW = 7
SETTINGS = ('enrich.entities.models={en = ""}', "pool.processes=0")


def placed(batches: Iterable[Sequence[Signed]]) -> dict[bytes, Belonging]:
    """Return where pages belong that came in these batches."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(State(Path(folder) / FILE_NAME)) as state,
    ):
        everything: set[bytes] = set()
        for batch in batches:
            with state.transaction():
                state.stories.plant(batch, WINDOW)
            everything.update(one.id for one in batch)
        return {key: state.stories.links.place(key) for key in everything}


def split(pages: Sequence[Signed], size: int) -> list[Sequence[Signed]]:
    return [pages[start : start + size] for start in range(0, len(pages), size)]


def assert_right(pages: Pages, places: dict[bytes, Belonging]) -> None:
    found = found_in(pages, places.__getitem__)
    assert found["own"] > 0
    assert found["copies"] > found["copies_short"]
    assert {
        name: found[name] for name in ("missed", "wrong", "joined")
    } == dict.fromkeys(("missed", "wrong", "joined"), 0)


@pytest.fixture(scope="module")
def pages() -> Pages:
    return signed_pages(Wire(sites=30, reports=6, share=0.3).pages(days=3))


@pytest.fixture(scope="module")
def places(pages: Pages) -> dict[bytes, Belonging]:
    return placed([pages.signed])


def test_each_copy_leads_to_the_agencys_own_page(
    pages: Pages, places: dict[bytes, Belonging]
) -> None:
    assert_right(pages, places)


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("seed", [0, 1])
def test_in_whatever_order_and_batches_they_come(
    pages: Pages, places: dict[bytes, Belonging], size: int, seed: int
) -> None:
    shuffled = random.Random(seed).sample(pages.signed, len(pages.signed))  # noqa: S311
    assert placed(split(shuffled, size)) == places


def test_what_is_read_again_changes_nothing(
    pages: Pages, places: dict[bytes, Belonging]
) -> None:
    batches = split(pages.signed, 40)
    twice = [batch for batch in batches for _ in range(2)]
    assert placed([*twice, pages.signed]) == places


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_a_report_that_a_thousand_papers_print(seed: int) -> None:
    """Of which no page is compared with more than a hundred others."""
    wire = signed_pages(Wire(sites=1_000, reports=1, share=1).pages(days=1))
    places = placed(split(wire.signed, 100))
    assert_right(wire, places)
    shuffled = random.Random(seed).sample(wire.signed, len(wire.signed))  # noqa: S311
    assert_right(wire, placed(split(shuffled, 100)))


# --- through the pipeline ----------------------------------------------------------------


def written(folder: Path, name: str, pages: Iterable[Printed]) -> Path:
    """Write pages as a file that a run reads; return it."""
    path = folder / f"{name}.jsonl"
    rows = [
        {
            "url": f"https://{one.article.domain}/{one.number}",
            "text": one.article.text,
            "language": one.article.language,
            "published_at": f"{one.article.published_at:%Y-%m-%dT%H:%M:%SZ}",
        }
        for one in pages
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def known(dataset: Dataset) -> dict[bytes, Belonging]:
    """Return where the pages belong by what was learned last, by the wire's own ids."""
    rows = ask(
        dataset.path,
        lambda connection: rows_of(
            connection, "SELECT id, url, story_id, duplicate_of FROM articles"
        ),
        ["articles"],
    )
    ids = {
        row["id"]: bytes.fromhex(id_of(int(row["url"].rpartition("/")[2])))
        for row in rows
    }
    return {
        ids[row["id"]]: Belonging(
            ids[row["story_id"]],
            ids[row["duplicate_of"]] if row["duplicate_of"] else None,
        )
        for row in rows
    }


@pytest.mark.slow
def test_runs_find_them_in_whatever_order_the_files_come(
    dataset: Dataset, tmp_path: Path
) -> None:
    printed = list(Wire(sites=30, reports=6, share=0.3).pages(days=2))
    shuffled = random.Random(3).sample(printed, len(printed))  # noqa: S311
    third = len(printed) // 3
    for number in range(4):
        part = shuffled[number * third : (number + 1) * third]
        dataset.run(written(tmp_path, str(number), part), settings=SETTINGS)
    places = known(dataset)
    assert len(places) == len(printed)
    assert_right(signed_pages(printed), places)


@pytest.mark.soak
@pytest.mark.timeout(600 + 120 * DAYS)
def test_as_much_of_a_year_as_there_is_time_for() -> None:
    figures = measure(DAYS, SITES, REPORTS, SHARE)
    print(f"\n{DAYS} days: {json.dumps(figures)}")
    assert figures["copies"] > 0
    # One in ten thousand is cut and changed so that little of it is left as it was.
    for name in ("missed", "wrong", "joined"):
        assert figures[name] <= figures["copies"] / 10_000, name
