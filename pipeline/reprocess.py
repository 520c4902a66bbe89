"""Reprocess: kept pages extracted and tagged again, or stored texts; without a fetch.

After an upgrade of newsbeam, or with another model, each article becomes its next
revision; the earlier ones stay.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import itertools
import operator
import sqlite3
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import pipeline
from pipeline.batches import Batch, Done, chunks
from pipeline.configuration.config import Config
from pipeline.dataset.read import open_table, table_parts
from pipeline.reports.progress import Progress
from pipeline.reports.report import Report
from pipeline.run import work
from pipeline.state.database import State
from pipeline.state.indexed import Articles
from transforms.records import RawPage
from transforms.write.stored import StoredRows

_CHOSEN = ["id", "revision", "newsbeam_version", "fetched_at", "run_id"]
_COLUMNS = ["id", "revision", "raw", "newsbeam_version"]


def reprocess(
    config: Config,
    *,
    since: dt.datetime | None = None,
    everything: bool = False,
    from_text: bool = False,
    run_id: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Make the articles again whose pages or texts are kept.

    Args:
      config: How to work, and the dataset; what its sources name is not read.
      since: Only articles that were fetched then or later.
      everything: Also those that this version of newsbeam has made.
      from_text: Tag the stored texts again; else extract kept pages.
      run_id: Name of the run.
      progress: Shows the work while it is done.

    Raises:
      ConfigError: When there is no dataset.
      LockedError: When another run works on the dataset.
      RunError: When the flow failed; what was committed before stays.
    """
    open_table(config.output.path)
    choice = _Choice(since, everything=everything)
    if from_text:
        return work(
            config,
            lambda state, done: _text_batches(config, choice, state, done),
            run_id=run_id,
            progress=progress,
        )

    def plan(state: State, done: Done) -> list[Batch]:
        # What an earlier attempt committed is of this version now.
        del state, done
        pages = [
            RawPage(**row["raw"])
            for row in _latest(config, since)
            if everything or row["newsbeam_version"] != pipeline.__version__
        ]
        batches = [Batch(pages=some) for some in chunks(pages, config.run.batch_files)]
        return batches or [Batch()]

    return work(config, plan, run_id=run_id, progress=progress)


def _latest(config: Config, since: dt.datetime | None) -> list[dict[str, Any]]:
    """Return the latest revision of each article whose page is kept."""
    chosen = pc.field("raw").is_valid()
    if since is not None:
        chosen &= pc.field("fetched_at") >= pa.scalar(since)
    table = open_table(config.output.path)
    rows = table.to_table(_COLUMNS, filter=chosen).to_pylist()
    latest: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = latest.get(row["id"])
        if known is None or row["revision"] > known["revision"]:
            latest[row["id"]] = row
    return [latest[key] for key in sorted(latest)]


@dataclasses.dataclass(frozen=True, slots=True)
class _Choice:
    """Which articles are made again.

    Attributes:
      since: Only those that were fetched then or later.
      everything: Also those that this version of newsbeam has made.
    """

    since: dt.datetime | None
    everything: bool

    def of(self, rows: pa.Table, done: Done) -> pa.Table:
        """Return the chosen of some rows.

        What an earlier attempt committed, of this run or of one that was cut short, is
        done.
        """
        chosen = pc.invert(
            pc.is_in(rows["run_id"], pa.array(sorted(done.runs), pa.string()))
        )
        if not self.everything:
            is_of_before = pc.not_equal(rows["newsbeam_version"], pipeline.__version__)
            chosen = pc.and_(chosen, is_of_before)
        if self.since is not None:
            is_late = pc.greater_equal(rows["fetched_at"], pa.scalar(self.since))
            chosen = pc.and_(chosen, is_late)
        return rows.filter(chosen)


def _text_batches(
    config: Config, choice: _Choice, state: State, done: Done
) -> list[Batch]:
    """Return the articles whose stored text is tagged again, file by file."""
    with contextlib.closing(sqlite3.connect(state.path)) as db:
        rows = _stored(config.output.place, choice, Articles(db), done)
        batches = [
            Batch(
                stored=tuple(
                    StoredRows(file, tuple(one for _, one in group))
                    for file, group in itertools.groupby(some, operator.itemgetter(0))
                )
            )
            for some in chunks(rows, config.run.batch_files)
        ]
    return batches or [Batch()]


def _stored(
    dataset: str, choice: _Choice, known: Articles, done: Done
) -> Iterator[tuple[str, str]]:
    """Yield the file and the id of each chosen article, of its latest revision."""
    for name, part in table_parts(dataset, "articles"):
        rows = choice.of(part.to_table(columns=_CHOSEN), done)
        pairs = zip(rows["id"].to_pylist(), rows["revision"].to_pylist(), strict=True)
        yield from ((name, key) for key, last in pairs if known.latest(key) == last)
