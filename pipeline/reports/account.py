"""Account: what a run has committed, added up into its report."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.counters import Counters
from pipeline.dataset.contract import Manifest, OpenRun
from pipeline.reports.reasons import FIRST, Rejected, first_rejects
from pipeline.reports.report import Report
from pipeline.state.database import State
from transforms.enrich.geography.gazetteer import GAZETTEER


@dataclasses.dataclass
class Account:
    """What the published files of a run say.

    Attributes:
      languages: New articles by language; ``""`` for those without.
      countries: New articles by country mentioned.
      unserved: New articles by language whose names are known places only.
      rejects: The first rejects, with why.
    """

    languages: Counter[str] = dataclasses.field(default_factory=Counter)
    countries: Counter[str] = dataclasses.field(default_factory=Counter)
    unserved: Counter[str] = dataclasses.field(default_factory=Counter)
    rejects: tuple[Rejected, ...] = ()

    def add(self, run: OpenRun, manifests: Iterable[Manifest]) -> tuple[Rejected, ...]:
        """Count what batches have published; return what is new among the rejects."""
        manifests = list(manifests)
        columns = ["language", "country_codes", "entity_model"]
        for file in run.files_of("articles", manifests):
            table = pq.ParquetFile(file).read(columns=columns)
            self.languages.update(_counts(table["language"].fill_null("")))
            self.countries.update(_counts(pc.list_flatten(table["country_codes"])))
            model = table["entity_model"].fill_null(GAZETTEER)
            without = table.filter(pc.starts_with(model, GAZETTEER))
            self.unserved.update(_counts(without["language"].drop_null()))
        rejects = first_rejects(run.files_of("rejects", manifests))
        rejects = rejects[: FIRST - len(self.rejects)]
        self.rejects += rejects
        return rejects


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    return {
        pair["values"]: pair["counts"] for pair in pc.value_counts(column).to_pylist()
    }


def published(manifests: Sequence[Manifest]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the rows and the number of files that were published, by table."""
    rows: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for manifest in manifests:
        for file in manifest["files"]:
            rows[file["table"]] += file["rows"]
            files[file["table"]] += 1
    return dict(rows), dict(files)


def report_of(
    run: OpenRun,
    state: State,
    started: float,
    *,
    recovered: Sequence[str],
    feed_warnings: Mapping[str, str],
    account: Account | None = None,
    counters: Counters | None = None,
) -> Report:
    """Return the report of a run that is over, from what it committed.

    Args:
      run: The run.
      state: The dataset's state.
      started: When this process began with it, by the monotonic clock.
      recovered: What was repaired before it began.
      feed_warnings: What is wrong with feeds.
      account: What its files say, where they may have been merged since.
      counters: What was counted, where manifests do not have it.
    """
    manifests = run.manifests()
    rows, files = published(manifests)
    if account is None:
        account = Account()
        account.add(run, manifests)
    if counters is None:
        counters = Counters.added_up(manifest["counters"] for manifest in manifests)
    return Report(
        run_id=run.run_id,
        started=run.began or dt.datetime.now(dt.UTC),
        seconds=time.monotonic() - started,
        counters=counters,
        rows=rows,
        files=files,
        languages=account.languages,
        countries=account.countries,
        unserved=account.unserved,
        dataset=run.where,
        still_waiting=state.waiting.counts(),
        recovered=tuple(recovered),
        feed_warnings=feed_warnings,
        first_rejects=account.rejects,
    )
