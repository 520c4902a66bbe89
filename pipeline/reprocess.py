"""Reprocess: kept pages extracted and tagged again, without a fetch.

After an upgrade of newsbeam, or with another model, each article becomes its next
revision; the earlier ones stay.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import pipeline
from pipeline.batches import Batch, Done, chunks
from pipeline.configuration.config import Config
from pipeline.dataset.read import open_table
from pipeline.reports.progress import Progress
from pipeline.reports.report import Report
from pipeline.run import work
from pipeline.state.database import State
from transforms.records import RawPage

_COLUMNS = ["id", "revision", "raw", "newsbeam_version"]


def reprocess(
    config: Config,
    *,
    since: dt.datetime | None = None,
    everything: bool = False,
    run_id: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Make the articles again whose pages are kept.

    Args:
      config: How to work, and the dataset; what its sources name is not read.
      since: Only articles that were fetched then or later.
      everything: Also those that this version of newsbeam has made.
      run_id: Name of the run.
      progress: Shows the work while it is done.

    Raises:
      ConfigError: When there is no dataset.
      LockedError: When another run works on the dataset.
      RunError: When the flow failed; what was committed before stays.
    """
    open_table(config.output.path)

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
