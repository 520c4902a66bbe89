"""Forget: articles taken out of a dataset, for good.

What is of them leaves every table, the kept pages and the index with one commit, like the
old rejects with that of a replay: before it nothing has happened, after it the next start
finishes what is left to do.  Hashes of what they go by stay (table ``forgotten``), so that
they are not read again, also when the index is rebuilt.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
from rich.text import Text

from pipeline.dataset.compact import COMPRESSION_LEVEL
from pipeline.dataset.contract import Home, OpenBatch, Rewrite
from pipeline.dataset.home import home_at
from pipeline.dataset.read import open_table, readable
from pipeline.reports.account import report_of
from pipeline.reports.terminal import many, shown
from pipeline.run import failures_reported, new_run_id
from pipeline.state.database import State
from pipeline.upkeep.traces import Traces
from transforms.dedup.names import link_name
from transforms.errors import ConfigError
from transforms.redaction import redact_input
from transforms.tables import TABLES, in_order
from transforms.write.parquet import partition, stage_file, write_seal

_TABLE = "forgotten"
# So short a beginning of an id may mean anything.
_MIN_ID = 4
_HEX = set("0123456789abcdef")


@dataclasses.dataclass(frozen=True, slots=True)
class Gone:
    """What was taken out, or would be.

    Attributes:
      articles: Their ids, with a title or a place.
      rows: How many rows of each table.
      pages: How many kept pages.
      before: How many of those that were named had been taken out before.
      is_done: It is gone; else it would go.
    """

    articles: Mapping[str, str]
    rows: Mapping[str, int]
    pages: int
    before: int
    is_done: bool

    def __rich__(self) -> Text:
        """Return it in lines."""
        lines = [f"{key}  {shown(title)}" for key, title in self.articles.items()]
        parts = [f"{table} {count:,}" for table, count in self.rows.items()]
        if self.pages:
            parts.append(f"kept pages {self.pages:,}")
        if parts:
            verb = "gone" if self.is_done else "would go"
            lines.append(f"{verb}: {', '.join(parts)}")
        if self.before:
            lines.append(f"{many(self.before, 'article')} had been taken out before")
        return Text("\n".join(lines))


def forget(dataset: str, wanted: Iterable[str], *, dry_run: bool = False) -> Gone:
    """Take articles out of a dataset, all revisions, with every trace of them.

    Args:
      dataset: Its folder or URL.
      wanted: Ids of articles, or beginnings of them; or their URLs.
      dry_run: Only say what would go.

    Raises:
      ConfigError: When there is no dataset, or nothing in it of what is named.
      DatasetError: When it cannot be read, in a dry run.
      LockedError: When a run works on it.
      RunError: When a file cannot be read or written; nothing is gone then.
    """
    open_table(dataset)
    home, named = home_at(dataset), list(dict.fromkeys(wanted))
    if dry_run:
        with readable(dataset), home.found() as state:
            return _search(dataset, named, state)[0]
    with home.opened() as (state, recovered):
        found, traces = _search(dataset, named, state)
        if found.rows or found.pages:
            _commit(home, traces, state, recovered)
        # Again, too, where one was killed before it came to this.
        home.drop_versions()
    return dataclasses.replace(found, is_done=True)


def _search(dataset: str, named: Iterable[str], state: State) -> tuple[Gone, Traces]:
    """Return what would go, and all traces of it."""
    ids: set[str] = set()
    urls: dict[str, str] = {}
    before: set[str] = set()
    for one in named:
        url = link_name(one) if "://" in one else None
        if url is not None:
            urls[url] = one
            continue
        key = _id(dataset, one, state)
        if key is None:
            before.add(one)
        else:
            ids.add(key)
    traces = Traces(dataset, ids, set(urls.values()))
    for name, url in urls.items():
        if traces.names[name] in traces.seen:
            continue
        if not state.forgotten.has([name]):
            raise ConfigError(f"{dataset}: there is nothing of {redact_input(url)}")
        before.add(url)
    rows: Counter[str] = Counter()
    for table, _, count, _ in traces.rows:
        rows[table] += count
    pages = sum(kept.pages for kept in traces.kept())
    return Gone(traces.articles, rows, pages, len(before), is_done=False), traces


def _id(dataset: str, given: str, state: State) -> str | None:
    """Return the id that begins as is given; raises ConfigError.

    None where only one begins so that was taken out before.
    """
    prefix = given.strip().lower()
    if len(prefix) < _MIN_ID or not set(prefix) <= _HEX:
        raise ConfigError(
            f"{given!r}: give a URL, or an id or at least {_MIN_ID} digits of it"
        )
    found = state.catalog.with_id(prefix)
    if not found and state.forgotten.begins(prefix):
        return None
    if not found:
        raise ConfigError(f"no article in {dataset} has the id {given!r}")
    if len(found) > 1:
        raise ConfigError(
            f"{given!r} is the beginning of {len(found)} ids: {', '.join(found[:5])}"
        )
    return found[0]


def _commit(home: Home, traces: Traces, state: State, recovered: list[str]) -> None:
    started, now = time.monotonic(), dt.datetime.now(dt.UTC)
    run = home.run(new_run_id(now), state)
    with failures_reported(run):
        run.begin(now)
        batch = run.batch(0)
        batch.prepare()
        _stage(traces, batch, run.run_id, now)
        inputs: dict[str, list[str]] = {"feeds": [], "files": []}
        rewrites = [*_pages(traces, batch), *_rows(traces, batch)]
        batch.commit(inputs=inputs, counters={}, rewrites=rewrites)
        batch.publish(state)
        report = report_of(run, state, started, recovered=recovered, feed_warnings={})
        run.end(report.as_bytes())


def _rows(traces: Traces, batch: OpenBatch) -> Iterator[Rewrite]:
    """Stage the files of tables without the rows that go."""
    for _, name, _, others in traces.rows:
        rows = others()
        yield batch.rewrite(name, rows if rows.num_rows else None, COMPRESSION_LEVEL)


def _pages(traces: Traces, batch: OpenBatch) -> Iterator[Rewrite]:
    """Stage the files of kept pages without those that go."""
    for kept in traces.kept():
        rewrite = batch.rewrite_page(kept.name, kept.data)
        if rewrite is not None:
            yield rewrite


def _stage(traces: Traces, batch: OpenBatch, run_id: str, now: dt.datetime) -> None:
    """Stage the names that are not to be read again, and seal them."""
    rows = [
        {"name": name, "article_id": article, "run_id": run_id, "at": now}
        for name, article in traces.names.items()
    ]
    places = batch.places()
    file = stage_file(
        in_order(pa.Table.from_pylist(rows, schema=TABLES[_TABLE]), _TABLE),
        name=_TABLE,
        folder=partition(now, "day"),
        staging=places.staging,
        prefix=places.prefix,
        compression_level=COMPRESSION_LEVEL,
    )
    write_seal([file], places.seal)
