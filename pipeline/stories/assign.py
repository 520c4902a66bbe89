"""Assign: which story the articles of a batch belong to, and which of them are copies.

It is done where a batch is committed: its files are staged, and nothing else writes.  Only
signatures are compared.  Until then each article says that it heads a story of its own.
Where one does not, its file is staged again with the two columns filled.  What is learned
of articles that were committed before goes to the table ``stories``, with what the new ones
are linked to: committed rows are never written again.

The index is asked, and left as it was: it learns all of it from the files, as ever.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.state.catalog import day_of
from pipeline.state.database import State
from pipeline.state.stories.links import Assigned
from pipeline.state.stories.window import NEEDED_FROM, Signed, Stories, signed_rows
from transforms.records import StagedFile
from transforms.stories.forest import Belonging
from transforms.tables import STORIES, TABLES, in_order
from transforms.write.locations import is_url
from transforms.write.parquet import Period, partition, stage_file
from transforms.write.store import fetch, split
from transforms.write.window_write import Firing

_ARTICLES, _TABLE = "articles", "stories"
_COLUMNS = ("story_id", "duplicate_of")
_MINUTES_OF_A_DAY = 24 * 60


class Staging(Protocol):
    """Writes rows as a staged file."""

    def __call__(self, rows: pa.Table, *, name: str, folder: str) -> StagedFile:
        """Return the file of the rows of a table, for a partition."""


@dataclasses.dataclass(frozen=True, slots=True)
class Assignment:
    """A batch with its articles assigned.

    Attributes:
      files: What is staged now.
      needed_from: The first minute of which articles are still compared with; None where
        the batch does not tell.
    """

    files: list[StagedFile]
    needed_from: int | None = None

    def noted(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs of the batch, with what is said to an index made again."""
        said = {} if self.needed_from is None else {NEEDED_FROM: self.needed_from}
        return {**inputs, **said}

    def forget(self, state: State) -> None:
        """Forget what is too old, when the batch is published."""
        if self.needed_from is not None:
            with state.transaction():
                state.stories.forget_before(self.needed_from)


@dataclasses.dataclass(frozen=True, slots=True)
class StoryBatch:
    """Whose articles are assigned.

    Attributes:
      run_id: The run.
      number: Which batch of it.
      at: When the run began.
      period: Length of a partition.
      days: Days between two articles of one story, at most; 0 assigns none.
    """

    run_id: str
    number: int
    at: dt.datetime
    period: Period
    days: int


def assign(
    files: Sequence[StagedFile], state: State, batch: StoryBatch, stage: Staging
) -> Assignment:
    """Return the files of a batch with its articles assigned.

    Args:
      files: What is staged.
      state: The index, up to date; left as it is.
      batch: Whose files they are.
      stage: Writes a file beside them.

    Raises:
      OSError: When a file cannot be read or written.
    """
    if not batch.days or not any(file.table == _ARTICLES for file in files):
        return Assignment(list(files))
    read = {file.path: _read(file) for file in files if file.table == _ARTICLES}
    everything = [article for file in read.values() for article in file.signed]
    with state.trial():
        assigned = state.stories.plant(everything, batch.days)
        places = {one.id: state.stories.links.place(one.id) for one in everything}
    result = []
    for file in files:
        if file.path in read and not read[file.path].says(places):
            result.append(_filled(file, places, stage))
            _remove(file.path)
        else:
            result.append(file)
    rows = [_row(one, batch) for one in assigned if _says_something(one, places)]
    if rows:
        table = in_order(pa.Table.from_pylist(rows, schema=STORIES), _TABLE)
        folder = partition(batch.at, batch.period)
        result.append(stage(table, name=_TABLE, folder=folder))
    first = min((one.minute for one in everything), default=None)
    if first is None:
        return Assignment(result)
    return Assignment(result, first - batch.days * _MINUTES_OF_A_DAY)


def assign_firing(
    firing: Firing,
    files: Sequence[StagedFile],
    state: State,
    run_id: str,
    staging: Path | str,
    compression_level: int,
    days: int,
) -> Assignment:
    """Return the merged files of a firing with its articles assigned; see :func:`assign`.

    Args:
      firing: The firing.
      files: What it was merged to.
      state: The index, up to date.
      run_id: The run.
      staging: Where the files are: a folder, or the URL of the dataset.
      compression_level: zstd level.
      days: Days between two articles of one story, at most; 0 assigns none.
    """
    stage = partial(
        stage_file,
        staging=staging,
        compression_level=compression_level,
        published=f"{run_id}-{firing.window:%Y%m%dT%H%M%SZ}",
    )
    batch = StoryBatch(run_id, firing.number, firing.window, "day", days)
    return assign(files, state, batch, stage)


@dataclasses.dataclass(frozen=True, slots=True)
class _Read:
    """What a file of articles says.

    Attributes:
      signed: Those of its articles that are compared.
      places: Where each of them belongs, in hex digits.
    """

    signed: list[Signed]
    places: list[tuple[str | None, str | None]]

    def says(self, places: Mapping[bytes, Belonging]) -> bool:
        """Return whether its articles belong where it says."""
        return all(
            said == _columns(places[one.id])
            for one, said in zip(self.signed, self.places, strict=True)
        )


def _read(file: StagedFile) -> _Read:
    day = day_of(f"{file.table}/{file.partition}/")
    rows = [row for row in _rows(_opened(file.path)) if row["signature"] is not None]
    said = [(row["story_id"], row["duplicate_of"]) for row in rows]
    return _Read(list(signed_rows(rows, day)), said)


def _rows(parquet: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    wanted = Stories.columns and [*Stories.columns, *_COLUMNS]
    for some in parquet.iter_batches(columns=wanted):
        yield from some.to_pylist()


def _columns(place: Belonging | None) -> tuple[str | None, str | None]:
    """Return the two columns of an article."""
    if place is None:
        return None, None
    return place.story.hex(), place.original.hex() if place.original else None


def _opened(path: str) -> pq.ParquetFile:
    return pq.ParquetFile(pa.BufferReader(fetch(path)) if is_url(path) else path)


def _filled(
    file: StagedFile, places: Mapping[bytes, Belonging], stage: Staging
) -> StagedFile:
    """Stage a file of articles again, with what they belong to."""
    rows = _opened(file.path).read().cast(TABLES[_ARTICLES])
    keys = [
        bytes.fromhex(key) if packed is not None else None
        for key, packed in zip(
            rows["id"].to_pylist(), rows["signature"].to_pylist(), strict=True
        )
    ]
    found = [_columns(places.get(key) if key else None) for key in keys]
    for name, values in zip(_COLUMNS, zip(*found, strict=True), strict=True):
        number = rows.schema.get_field_index(name)
        field = rows.schema.field(number)
        rows = rows.set_column(number, field, pa.array(list(values), field.type))
    return stage(rows, name=_ARTICLES, folder=file.partition)


def _remove(path: str) -> None:
    if is_url(path):
        store, name = split(path)
        store.remove([name])
    else:
        Path(path).unlink()


def _says_something(one: Assigned, places: dict[bytes, Belonging]) -> bool:
    """Return whether an assignment says more than the article's own row."""
    return one.link is not None or one.id not in places


def _row(one: Assigned, batch: StoryBatch) -> dict[str, Any]:
    return {
        "article_id": one.id.hex(),
        "story_id": one.story.hex(),
        "duplicate_of": one.original.hex() if one.original else None,
        "linked_to": one.linked_to.hex() if one.linked_to else None,
        "link": one.link.kind if one.link else None,
        "strength": one.link.strength if one.link else None,
        "run_id": batch.run_id,
        "batch": batch.number,
        "at": batch.at,
    }
