"""Replay: rejects through the flow again, after an upgrade or when a site is back.

What a reject names (a file, an entry, a feed) is worked like new; in the same commit the
old rejects leave the table, so that each has ended in an article or in one new reject.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from pipeline.batches import Batch, Done, chunks, pieces, state_of
from pipeline.configuration.config import Config
from pipeline.dataset.contract import OpenBatch, Rewrite
from pipeline.dataset.read import open_table, table_parts
from pipeline.reports.progress import Progress
from pipeline.reports.report import Report
from pipeline.run import work
from pipeline.state.database import State
from pipeline.state.feed_keys import FeedKeys, feeds_of
from transforms.dedup.names import file_of
from transforms.encryption import Cipher
from transforms.errors import ConfigError
from transforms.listings import Subscription
from transforms.origin import Target, read_target
from transforms.redaction import MASK
from transforms.vocabulary import FetchKind, Reason, Stage
from transforms.web.access import feed_key, host_of
from transforms.web.client import identity
from transforms.web.waiting import overdue
from transforms.write.parquet import read_rows

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Which rejects to replay; all of them by default.

    Attributes:
      stages: Only those of these stages.
      reasons: Only those for these reasons.
      since: Only those of runs that began then or later.
    """

    stages: Sequence[Stage] = ()
    reasons: Sequence[Reason] = ()
    since: dt.datetime | None = None

    def covers(self, reject: Mapping[str, Any]) -> bool:
        """Return whether a row of ``rejects`` is selected."""
        return (
            (not self.stages or reject["stage"] in self.stages)
            and (not self.reasons or reject["reason"] in self.reasons)
            and (self.since is None or reject["at"] >= self.since)
        )


def replay(
    config: Config,
    selection: Selection,
    *,
    run_id: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Send the selected rejects of a dataset through the flow again.

    Args:
      config: How to work, and the dataset; what its sources name is not read.
      selection: Which rejects.
      run_id: Name of the run.
      progress: Shows the work while it is done.

    Raises:
      ConfigError: When there is no dataset with rejects.
      LockedError: When another run works on the dataset.
      RunError: When the flow failed; what was committed before stays.
    """
    open_table(config.output.path, "rejects")
    batches = _Replay(config, selection)
    return work(
        config, batches.plan, settle=batches.settle, run_id=run_id, progress=progress
    )


class _Replay:
    """The batches of a replay, and what becomes of the old rejects."""

    def __init__(self, config: Config, selection: Selection) -> None:
        self._config = config
        self._selection = selection
        self._asked: dict[str, set[Target]] = {}
        self._cipher: Cipher | None = None

    def plan(self, state: State, done: Done) -> list[Batch]:
        """Return what the selected rejects name, in batches."""
        # What an earlier attempt committed has left the table.
        del done
        self._cipher = Cipher(state.keys.secret)
        targets: dict[Target, None] = {}
        lost = 0
        for _, part in table_parts(self._config.output.path, "rejects"):
            for row in _rows(part).select(_COLUMNS).to_pylist():
                if self._selection.covers(row):
                    target = target_of(row, self._cipher)
                    lost += target is None and MASK in row["payload"]
                    if target is not None:
                        targets[target] = None
        if lost:
            log.warning(
                "%d rejects name a link with a secret that was not kept, or sealed with "
                "a key that is lost: they stay",
                lost,
            )
        now = dt.datetime.now(dt.UTC)
        memory = state.requests.memory(()).believed(now, self._config.fetch.pace())
        resting = {host for host, until in memory.hosts.items() if until > now}
        known = self._subscribed(targets, state.keys)
        feeds = [feed for feed in known if host_of(feed.url) not in resting]
        if len(feeds) < len(known):
            log.warning(
                "rejected feeds of hosts that want to rest: %d; their rejects stay, "
                "replay later",
                len(known) - len(feeds),
            )
        files = [state_of(target.path) for target in targets if target.path is not None]
        pages = [target.page for target in targets if target.page is not None]
        # It has waited for its page already: it is an article now, or one new reject.
        listed = [
            overdue(target.listed) for target in targets if target.listed is not None
        ]
        if feeds or listed:
            self._check_contact()
        size = self._config.run.batch_files
        batches = pieces(self._config, feeds, files, listed, again=True)
        # On their own: a batch of pages makes a revision of every article in it.
        batches += [Batch(pages=some, again=True) for some in chunks(pages, size)]
        return batches or [Batch(again=True)]

    def _subscribed(
        self, targets: Iterable[Target], keys: FeedKeys
    ) -> list[Subscription]:
        """Return the feeds that rejects name, with the secrets of the configuration.

        One that the table shows without its secret and the configuration does not name
        cannot be asked: its reject stays.
        """
        configured = feeds_of(self._config, keys)
        by_key = {feed_key(feed): feed for feed in configured}
        by_alias = {feed.alias: feed for feed in configured if feed.alias}
        found: dict[str, Subscription] = {}
        lost = 0
        for target in targets:
            if target.feed is None:
                continue
            feed = by_key.get(target.key or "") or by_alias.get(target.feed)
            if feed is None and target.key in {None, target.feed}:
                feed = Subscription(target.feed, key=target.feed)
            if feed is None or MASK in feed.url:
                lost += 1
                continue
            found[feed_key(feed)] = feed
            self._asked.setdefault(feed_key(feed), set()).add(target)
        if lost:
            log.warning(
                "rejected feeds with a secret in their address, which only the "
                "configuration knows: %d; give it with --config; their rejects stay",
                lost,
            )
        return list(found.values())

    def _check_contact(self) -> None:
        try:
            identity("0", self._config.fetch.contact)
        except ValueError:
            raise ConfigError(
                "fetch.contact: some rejects are pages and feeds to be fetched "
                "again; give the configuration that fetched them with --config, or "
                "say with --set fetch.contact=… where publishers reach you"
            ) from None

    def settle(self, batch: Batch, folder: OpenBatch) -> list[Rewrite]:
        """Return the rejects' files without the rejects that this batch worked on."""
        worked = {Target(path=path) for path in batch.paths}
        worked |= {
            Target(listed=dataclasses.replace(listed, waited=None))
            for listed in batch.entries
        }
        worked |= {Target(page=page) for page in batch.pages}
        # A feed whose host wanted rest was not asked.
        worked = worked.union(*(self._asked.get(key, ()) for key in _asked(folder)))
        # An earlier batch may have rewritten some.
        parts = table_parts(self._config.output.path, "rejects")
        rewrites = (self._rewrite(name, part, worked, folder) for name, part in parts)
        return [rewrite for rewrite in rewrites if rewrite is not None]

    def _rewrite(
        self,
        name: str,
        part: ds.ParquetFileFragment,
        worked: set[Target],
        folder: OpenBatch,
    ) -> Rewrite | None:
        table = _rows(part)
        stays = [
            not self._selection.covers(row)
            or target_of(row, self._cipher) not in worked
            for row in table.select(_COLUMNS).to_pylist()
        ]
        if all(stays):
            return None
        rows = table.filter(pa.array(stays)) if any(stays) else None
        return folder.rewrite(name, rows, self._config.output.compression_level)


def _rows(part: ds.ParquetFileFragment) -> pa.Table:
    """Return all rows of a file, under the schema that it has."""
    return part.to_table(schema=part.physical_schema)


_COLUMNS = ["stage", "reason", "at", "payload"]


def target_of(reject: Mapping[str, Any], cipher: Cipher | None = None) -> Target | None:
    """Return what a row of ``rejects`` names, a record in a file by its file.

    Args:
      reject: The row.
      cipher: What its secrets are encrypted with.
    """
    target = read_target(reject["payload"], cipher)
    if target is None or target.path is None:
        return target
    return Target(path=file_of(target.path))


def _asked(folder: OpenBatch) -> Iterator[str]:
    for file in folder.sealed():
        if file["table"] == "fetches":
            rows = read_rows(file["path"]).select(["kind", "feed_key"])
            yield from (
                row["feed_key"]
                for row in rows.to_pylist()
                if row["kind"] == FetchKind.FEED
            )
