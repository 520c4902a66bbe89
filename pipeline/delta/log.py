"""Log: the Delta Lake tables of a dataset, and what was committed to them.

::

    OUTPUT/articles/_delta_log/00000000000000000000.json   makes it a table
    OUTPUT/articles/_delta_log/00000000000000000001.json   the first commit
    OUTPUT/articles/date=…/…                               its files
    OUTPUT/rejects/…, fetches/…, waiting/…, sightings/…    the other tables

A file that no log names does not exist.  A batch is one commit to ``articles``, which
carries its manifest: what was worked on, what was counted, the files of every table.  The
store lets a commit be created once under its number.  So of two writers that know the same
last commit, one is refused.  The commits to the other tables follow, each under the
application transaction of the batch: whoever finds one missing makes it, and nobody makes
it twice.  https://github.com/delta-io/delta/blob/master/PROTOCOL.md says how tables are
read; the library ``deltalake`` reads and writes them.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from pipeline.delta.actions import (
    MANIFEST,
    Commit,
    TableFile,
    actions_of,
    add,
    commit_of,
    library,
    remove,
    transaction_of,
)
from transforms.errors import ConfigError, DatasetError, RunError
from transforms.tables import TABLES
from transforms.write.store import Store, endpoint

if TYPE_CHECKING:
    from deltalake import DeltaTable

log = logging.getLogger(__name__)

FIRST = "articles"
"""The table whose commit decides."""
LOG = "_delta_log"
_SETTINGS = {
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 30 days",
}
_EXTRAS = {"s3": "s3", "gs": "gcs", "az": "azure", "file": "delta"}
# Once for the commit, the others for what somebody else commits meanwhile.
_MAX_TRIES = 10
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LONGEST = 400
# Where nothing else gives any, the machine of a cloud is asked for credentials.
_ASKED_MACHINE = "/latest/api/token"


class LogCutError(Exception):
    """A commit that was asked for has left the log."""


class RefusedError(Exception):
    """Somebody else has committed under this number."""


def missing_library(url: str) -> str | None:
    """Return the extra of newsbeam that a dataset there needs and that is not installed."""
    try:
        import deltalake  # noqa: F401, PLC0415 - an extra
    except ImportError:
        return _EXTRAS[urlsplit(url).scheme]
    return None


@dataclasses.dataclass(frozen=True, slots=True)
class DeltaTables:
    """The tables of one dataset.

    Attributes:
      store: Where they are.
    """

    store: Store

    def is_there(self) -> bool:
        """Return whether there is such a dataset."""
        return self._has_table(FIRST)

    def create(self) -> None:
        """Make the tables that are not there.

        Raises:
          OSError: When the store cannot be reached or written to.
        """
        # The first comes last: where it is, all are.
        for table in sorted(TABLES, key=lambda table: table == FIRST):
            if self._has_table(table):
                continue
            try:
                library().DeltaTable.create(
                    self._url(table),
                    _with_date(TABLES[table]),
                    mode="ignore",
                    partition_by=["date"],
                    configuration=_SETTINGS,
                    storage_options=_options(self.store.url),
                    # Or the second would go on after the first, with another identity.
                    commit_properties=library().CommitProperties(max_commit_retries=0),
                )
            except library().exceptions.DeltaError as error:
                # Another run may have been first.
                if not self._has_table(table):
                    raise OSError(in_a_line(error)) from error

    def _has_table(self, table: str) -> bool:
        # The first commit leaves the log when a checkpoint stands for it.
        signs = (name_of(table, 0), f"{table}/{LOG}/_last_checkpoint")
        return any(map(self.store.exists, signs))

    def check_conditions(self) -> None:
        """Make sure that the store refuses the second of two commits of one number.

        Raises:
          ConfigError: When it does not.
        """
        try:
            # Both are the first after the one that has made the table.
            for _ in range(2):
                _commit(self.open(FIRST, 0), [], {}, None)
        except RefusedError:
            return
        raise ConfigError(
            f"output.path: the server of {self.store.url!r} ignores If-None-Match: two "
            "runs could undo each other's commits; use one that honours it"
        )

    def open(self, table: str, version: int | None = None) -> DeltaTable:
        """Return a table as of a version; of the latest for None.

        Raises:
          OSError: When it cannot be read.
        """
        try:
            opened: DeltaTable = library().DeltaTable(
                self._url(table),
                version=version,
                storage_options=_options(self.store.url),
            )
        except library().exceptions.DeltaError as error:
            raise OSError(in_a_line(error)) from error
        return opened

    def files(self, table: str) -> tuple[int, list[TableFile]]:
        """Return the version of a table, and the files that are in it.

        One that an earlier newsbeam did not make yet has version -1, and none.

        Raises:
          OSError: When it cannot be read.
        """
        if table != FIRST and not self._has_table(table):
            return -1, []
        opened = self.open(table)
        actions = pa.table(opened.get_add_actions(flatten=True))
        found = [
            TableFile(
                f"{table}/{unquote(row['path'])}",
                f"date={row['partition.date']}",
                row["size_bytes"],
            )
            for row in actions.select(
                ["path", "partition.date", "size_bytes"]
            ).to_pylist()
        ]
        return opened.version(), sorted(found, key=lambda file: file.name)

    def commits(self, table: str, first: int) -> Iterator[Commit]:
        """Yield the commits to a table from version ``first`` on, in order.

        Raises:
          LogCutError: When the first of them has left the log.
          DatasetError: When commits are gone that were there before.
        """
        version = first
        while True:
            try:
                content = self.store.read(name_of(table, version))
            except FileNotFoundError:
                break
            yield commit_of(content, table, version)
            version += 1
        is_cut = version == first > 0 and not self.store.exists(
            name_of(table, first - 1)
        )
        if is_cut:
            latest = self.open(table).version() if self._has_table(table) else -1
            if latest >= first:
                raise LogCutError(table)
            if latest < first - 1:
                gone = f"the commits after {latest}" if latest >= 0 else "all commits"
                raise DatasetError(
                    f"{self.store.url}/{table}/{LOG}: {gone} are gone, "
                    f"and the index has seen {first - 1}: restore them, or delete the "
                    "index to go on without them"
                )

    def latest_commits(self, table: str, version: int, most: int) -> list[Commit]:
        """Return the commits up to ``version``, the latest first, as far as they are there.

        Args:
          table: The table.
          version: The latest.
          most: At most this many.
        """
        found = []
        for number in range(version, max(version - most, -1), -1):
            try:
                content = self.store.read(name_of(table, number))
            except FileNotFoundError:
                break
            found.append(commit_of(content, table, number))
        return found

    def commit_first(self, after: int, manifest: Mapping[str, Any]) -> None:
        """Commit a batch to ``articles``, right after a version.

        Args:
          after: The version.
          manifest: What the batch is.

        Raises:
          RefusedError: When there is a later version.
        """
        _commit(
            self.open(FIRST, after),
            actions_of(FIRST, manifest),
            {MANIFEST: json.dumps(manifest)},
            transaction_of(manifest),
        )

    def complete(self, manifest: Mapping[str, Any]) -> None:
        """Commit what a batch brings to the other tables, as far as it is not there."""
        for table in TABLES:
            actions = actions_of(table, manifest)
            if table == FIRST or not actions:
                continue
            name = transaction_of(manifest)
            short = {key: manifest[key] for key in ("run_id", "batch")}
            for _ in range(_MAX_TRIES):
                opened = self.open(table)
                if opened.transaction_version(name) is not None:
                    break
                try:
                    _commit(opened, actions, {MANIFEST: json.dumps(short)}, name)
                except RefusedError:
                    continue
                break
            else:
                raise RunError(
                    f"{self._url(table)}: others commit without pause; run again"
                )

    def exchange(
        self,
        table: str,
        version: int,
        added: Sequence[Mapping[str, Any]],
        removed: Iterable[TableFile],
        *,
        is_news: bool = False,
    ) -> None:
        """Exchange files of a table for others.

        Args:
          table: The table.
          version: Its version that was read.
          added: The new files, as a manifest has them.
          removed: The old ones.
          is_news: The rows are not the same.

        Raises:
          RefusedError: When somebody else has committed meanwhile.
        """
        actions = [add(file, table, is_news=is_news) for file in added]
        actions += [
            remove(file.name, file.partition, table, is_news=is_news)
            for file in removed
        ]
        _commit(self.open(table, version), actions, {}, None)

    def vacuum(self, table: str, hours: int) -> None:
        """Remove files that no version of a table of the last hours names.

        Args:
          table: The table.
          hours: 0 for those that were in it once: what a run stages meanwhile stays.
        """
        try:
            self.open(table).vacuum(
                hours,
                dry_run=False,
                full=hours > 0,
                enforce_retention_duration=hours > 0,
            )
        except library().exceptions.DeltaError as error:
            raise OSError(in_a_line(error)) from error

    def _url(self, table: str) -> str:
        return f"{self.store.url}/{table}"


@functools.cache
def _options(url: str) -> dict[str, str]:
    server = endpoint(url.partition("://")[0])
    return {"allow_http": "true"} if server and server.startswith("http:") else {}


def _with_date(schema: pa.Schema) -> pa.Schema:
    """Return a table's schema with its partition, and without our notes on its columns."""
    fields = [pa.field(field.name, field.type, field.nullable) for field in schema]
    return pa.schema([*fields, pa.field("date", pa.date32())])


def name_of(table: str, version: int) -> str:
    """Return the name of a commit's file, below the dataset."""
    return f"{table}/{LOG}/{version:020d}.json"


def _commit(
    table: DeltaTable, actions: list[Any], notes: Mapping[str, str], name: str | None
) -> None:
    """Commit right after the version of ``table``.

    Raises:
      RefusedError: When there is a later version.
      OSError: When the store does not take it.
    """
    delta = library()
    transactions = [delta.Transaction(name, 0)] if name else []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            table.create_write_transaction(
                actions,
                mode="append",
                schema=table.schema(),
                partition_by=["date"],
                commit_properties=delta.CommitProperties(
                    custom_metadata=dict(notes),
                    max_commit_retries=0,
                    app_transactions=transactions,
                ),
            )
    except delta.exceptions.CommitFailedError as error:
        raise RefusedError(in_a_line(error)) from error
    except delta.exceptions.DeltaError as error:
        raise OSError(in_a_line(error)) from error


def in_a_line(error: Exception) -> str:
    """Return what an error of the libraries says, which draw a tree of causes."""
    if _ASKED_MACHINE in str(error):
        return (
            "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or AWS_PROFILE"
        )
    lines = (line.strip(" ↳\t") for line in _COLOURS.sub("", str(error)).splitlines())
    return ": ".join(line for line in lines if line)[:_LONGEST]
