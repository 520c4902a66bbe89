"""A bounded run on a real engine brings the rows that it brings in process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engines import ENGINES
from kit import SEED, Dataset

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

# The columns that tell of the article, and not of the run that read it.
SAME = (
    "id revision url title text language authors published_at content_hash persons "
    "country_codes focus_countries feeds"
).split()


def brief(dataset: Path) -> list[tuple[Any, ...]]:
    rows = Dataset(dataset).rows()
    return sorted((tuple(row[name] for name in SAME) for row in rows), key=repr)


def rejected(dataset: Path) -> list[tuple[str, str, str]]:
    rows = Dataset(dataset).rows("rejects")
    return sorted((row["stage"], row["reason"], row["key"]) for row in rows)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_rows_as_in_process_and_nothing_twice(
    engine: Callable[[], list[str]], tmp_path: Path, newsbeam: Callable[..., Any]
) -> None:
    options = engine()
    here, there = tmp_path / "here", tmp_path / "there"
    twin = tmp_path / "twin.txt"
    twin.write_bytes(Path(SEED).read_bytes())
    source = [
        "run",
        "configs/offline.toml",
        "--set",
        f'source.files=["{SEED}", "{twin}"]',
    ]
    assert newsbeam(*source, "--output", here).returncode == 0
    done = newsbeam(*source, "--output", there, *options)
    assert done.returncode == 0, done.stderr[-3_000:]
    assert "LOST" not in done.stdout
    assert len(brief(here)) == 52
    assert brief(there) == brief(here)
    assert rejected(there) == rejected(here)

    again = newsbeam(*source, "--output", there, *options)
    assert again.returncode == 0, again.stderr[-3_000:]
    assert brief(there) == brief(here)
