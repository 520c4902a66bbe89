"""Reconcile: the index compared with the files that are there, at every start.

All names with size and time of change are listed, which is cheap; only files that are not
as the index knows them are opened.  What was added is indexed, what is gone leaves the
index, and a file that cannot be read stops the run before anything is done.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.dataset.runs import run_folders
from pipeline.state.catalog import day_of
from pipeline.state.database import State
from pipeline.state.inventory import Inventory, taken
from transforms.errors import DatasetError
from transforms.tables import RAW

log = logging.getLogger(__name__)

# A person reads the first ones, and looks for the others with what is learnt from them.
_SHOWN = 3
_WARNED = 10
# What has changed is read as a whole, up to this size: beyond it a dataset was copied, and
# its files are believed by their footers.
_READ_AT_MOST = 256_000_000
_ARTICLES, _REJECTS, _SIGHTINGS = "articles/", "rejects/", "sightings/"
_STORIES, _FORGOTTEN = "stories/", "forgotten/"
# What is learnt of feeds, hosts and entries is in both of them.
_REQUESTS = ("fetches/", "waiting/")
_COMPACTED = "-compact-"
_UNREADABLE = (pa.ArrowException, OSError, ValueError, KeyError)


def reconcile(dataset: Path, state: State, *, is_trusted: bool) -> list[str]:
    """Bring the index up to the files that are there.

    Args:
      dataset: The dataset's folder.
      state: Its index.
      is_trusted: Whether the index is the one that the last run left.  If it is not, the
        manifests show which files it never knew and are gone.

    Returns:
      A line for each kind of files that are gone.

    Raises:
      DatasetError: When a file of ours cannot be read, or a folder not be listed; the index
        is then as it was.
    """
    there = taken(dataset)
    comparison = _Comparison(dataset, state, there, is_trusted=is_trusted)
    lines = comparison.settle()
    _warn(comparison.strays)
    for line in lines:
        log.warning("%s", line)
    return lines


def _warn(strays: Sequence[str]) -> None:
    for name in strays[:_WARNED]:
        log.warning(
            "%s is not one of newsbeam's files and is left alone; other programs may read "
            "it with the table: move it out of the dataset",
            name,
        )
    if len(strays) > _WARNED:
        log.warning("and %d more such files and folders", len(strays) - _WARNED)


class _Damaged(Exception):  # noqa: N818 - it is a verdict on a file, not a fault of ours
    """A file of ours cannot be read."""


class _Comparison:
    """What the index knows, beside what is there.

    Args:
      dataset: The dataset's folder.
      state: Its index.
      there: What lies in it.
      is_trusted: Whether the index is the one that the last run left.
    """

    def __init__(
        self, dataset: Path, state: State, there: Inventory, *, is_trusted: bool
    ) -> None:
        self._dataset = dataset
        self._state = state
        self._catalog = state.catalog
        self._is_trusted = is_trusted
        self._files = dict(there.files)
        self.strays = list(there.strays)
        known = self._catalog.fingerprints()
        self._known = known
        self._gone = [name for name in known if name not in self._files]
        self._added = [name for name in self._files if name not in known]
        self._changed = [
            name
            for name, fingerprint in self._files.items()
            if name in known and known[name] != fingerprint
        ]
        self._manifests: list[dict[str, Any]] | None = None

    def settle(self) -> list[str]:
        """Change the index to what is there; return a line for what is gone."""
        resized = self._verify()
        missing = [] if self._is_trusted else self._never_known()
        if not (self._added or self._gone or self._changed or missing):
            return []
        with self._state.transaction():
            # First: what was taken out on purpose is not missed.
            self._index(self._of(self._added, _FORGOTTEN))
            lines = self._articles(resized)
            lines += self._requests(resized)
            lines += self._others(resized)
            for name in self._changed:
                self._catalog.touch(name, self._files[name])
            self._catalog.drop(self._gone)
            self._catalog.note_removed(self._gone)
            if missing:
                rows = sum(file["rows"] for file in missing)
                names = [file["published"] for file in missing]
                self._catalog.note_removed(names)
                self._state.ask_again()
                lines.append(_gone_line(names, rows))
        return lines

    # --- what is believed ---------------------------------------------------------

    def _verify(self) -> list[str]:
        """Open what is new or has changed; return what has another size.

        Raises:
          DatasetError: When a file of ours is damaged.
        """
        damaged: dict[str, str] = {}
        added = []
        for name in self._added:
            try:
                is_ours = self._is_newsbeams(name)
            except _Damaged as error:
                if self._is_trusted and not self._is_in_a_manifest(name):
                    is_ours = False
                else:
                    damaged[name] = str(error)
                    continue
            if not is_ours and self._is_in_a_manifest(name):
                damaged[name] = "newsbeam has not written what is in it"
            elif is_ours:
                added.append(name)
            else:
                self.strays.append(name)
                del self._files[name]
        self._added = added
        size = sum(self._files[name].size for name in self._changed)
        for name in self._changed:
            try:
                self._check_changed(name, is_read=size <= _READ_AT_MOST)
            except _Damaged as error:
                damaged[name] = str(error)
        self._refuse(damaged)
        return [name for name in self._changed if self._has_new_size(name)]

    def _refuse(self, damaged: Mapping[str, str]) -> None:
        if not damaged:
            return
        lines = [
            f"{self._dataset / name} is damaged ({why}): put it back from a backup, or "
            "move it out of the dataset, so that what sources still list is read again; "
            "nothing was done"
            for name, why in list(damaged.items())[:_WARNED]
        ]
        if len(damaged) > _WARNED:
            lines.append(f"and {len(damaged) - _WARNED} more such files")
        raise DatasetError("\n".join(lines))

    def _is_newsbeams(self, name: str) -> bool:
        """Return whether a file of our form of name is one of this table's."""
        table = name.partition("/")[0]
        if table == RAW:
            return True
        try:
            metadata = pq.read_schema(self._dataset / name).metadata or {}
        except _UNREADABLE as error:
            raise _Damaged(_reason(error)) from error
        return bool(metadata.get(b"newsbeam.table") == table.encode())

    def _check_changed(self, name: str, *, is_read: bool) -> None:
        if name.startswith(f"{RAW}/"):
            if self._has_new_size(name):
                raise _Damaged("it has another size than newsbeam wrote")
            return
        if not self._is_newsbeams(name):
            raise _Damaged("newsbeam has not written what is in it")
        if not is_read:
            return
        try:
            with pq.ParquetFile(self._dataset / name) as parquet:
                for _ in parquet.iter_batches():
                    pass
        except _UNREADABLE as error:
            raise _Damaged(_reason(error)) from error

    def _has_new_size(self, name: str) -> bool:
        known = self._known[name]
        return known is None or known.size != self._files[name].size

    # --- what the manifests say ------------------------------------------------------

    def _published(self) -> list[dict[str, Any]]:
        """Return what kept manifests say was published."""
        if self._manifests is None:
            manifests = [
                batch.read()
                for run in run_folders(self._dataset)
                for batch in run.batches()
                if batch.manifest.exists() and not batch.staging.exists()
            ]
            # What a later run has put in the place of a file, or has removed.
            later = {
                rewrite["published"]: rewrite
                for manifest in manifests
                for rewrite in manifest.get("rewrites", ())
            }
            self._manifests = [
                file | {"rows": later.get(file["published"], file)["rows"]}
                for manifest in manifests
                for file in manifest["files"]
                if later.get(file["published"], file)["staged"] is not None
            ]
        return self._manifests

    def _is_in_a_manifest(self, name: str) -> bool:
        return any(file["published"] == name for file in self._published())

    def _never_known(self) -> list[dict[str, Any]]:
        """Return published files of articles that are gone, and that nobody missed."""
        published = self._published()
        settled = {*self._gone, *self._catalog.removed()}
        missing: dict[str, list[dict[str, Any]]] = {}
        for file in published:
            name = file["published"]
            is_missing = name not in self._files and name not in settled
            if name.startswith(_ARTICLES) and is_missing:
                missing.setdefault(name.rpartition("/")[0], []).append(file)
        return [
            file
            for partition, files in missing.items()
            for file in self._without_merged(partition, files)
        ]

    def _without_merged(
        self, partition: str, files: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return those of a partition's files whose rows are in no merged file of it."""
        rows: Counter[str] = Counter()
        for name in self._files:
            if name.startswith(f"{partition}/") and _COMPACTED in name:
                runs = pq.ParquetFile(self._dataset / name).read(["run_id"])["run_id"]
                rows.update(runs.to_pylist())
        left = []
        for file in files:
            run_id = _run_of(file["published"])
            if rows[run_id] >= file["rows"]:
                rows[run_id] -= file["rows"]
            else:
                left.append(file)
        return left

    # --- what changes ------------------------------------------------------------------

    def _of(self, names: Iterable[str], table: str | tuple[str, ...]) -> list[str]:
        return [name for name in names if name.startswith(table)]

    def _index(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                self._state.index(name, self._dataset / name)
            except _UNREADABLE as error:
                self._refuse({name: _reason(error)})

    def _articles(self, resized: Sequence[str]) -> list[str]:
        gone = self._of(self._gone, _ARTICLES)
        stale = {day_of(name) for name in (*gone, *self._of(resized, _ARTICLES))}
        fresh = self._of(self._added, _ARTICLES)
        before = self._catalog.versions(stale) if stale else set()
        if stale:
            self._catalog.forget(stale)
            self._state.stories.forget_days(stale)
            fresh = [
                name
                for name in self._of(self._files, _ARTICLES)
                if name in set(fresh) or day_of(name) in stale
            ]
        self._index(fresh)
        lost = self._catalog.unknown(before)
        if not lost:
            return []
        self._state.ask_again()
        return [_gone_line(gone or self._of(resized, _ARTICLES), lost)]

    def _requests(self, resized: Sequence[str]) -> list[str]:
        gone, added = self._of(self._gone, _REQUESTS), self._of(self._added, _REQUESTS)
        merged = self._merged(gone, added)
        unmerged = [name for name in gone if name.rpartition("/")[0] not in merged]
        for name in added:
            if name.rpartition("/")[0] in merged:
                self._add(name)
        fresh = [name for name in added if name.rpartition("/")[0] not in merged]
        known = self._of(self._known, _REQUESTS)
        last = max(map(_moment_of, known), default=None)
        is_late = last is not None and any(_moment_of(name) < last for name in fresh)
        if unmerged or is_late or self._of(resized, _REQUESTS):
            # What was learnt last holds: all of it again, in order.
            self._state.requests.forget()
            fresh = self._of(self._files, _REQUESTS)
        self._index(sorted(fresh, key=_moment_of))
        return [_gone_line(unmerged, None)] if unmerged else []

    def _others(self, resized: Sequence[str]) -> list[str]:
        lines = []
        for table in (_REJECTS, _SIGHTINGS, _STORIES, f"{RAW}/"):
            gone, added = self._of(self._gone, table), self._of(self._added, table)
            merged = self._merged(gone, added)
            unmerged = [name for name in gone if name.rpartition("/")[0] not in merged]
            if unmerged and table == _SIGHTINGS:
                # Noted again when a feed lists the article again.
                self._state.sightings.forget()
                added = self._of(self._files, table)
            if unmerged and table == _STORIES:
                self._state.stories.links.forget()
                added = self._of(self._files, table)
            self._index([*added, *self._of(resized, table)])
            if table == _REJECTS:
                self._catalog.drop(gone)
                stale = {*unmerged, *self._of(resized, table)}
                self._state.relearn_rejects(
                    set(map(day_of, stale)), lambda name: self._dataset / name
                )
            if unmerged:
                lines.append(_gone_line(unmerged, None))
        return lines

    def _add(self, name: str) -> None:
        """Note a file whose rows are known already."""
        self._catalog.note(name, self._dataset / name)

    def _merged(self, gone: Sequence[str], added: Sequence[str]) -> set[str]:
        """Return the partitions in which what was added has the rows of what is gone."""
        found = set()
        for partition in {name.rpartition("/")[0] for name in gone}:
            out = [name for name in gone if name.rpartition("/")[0] == partition]
            new = [name for name in added if name.rpartition("/")[0] == partition]
            if not new or partition.startswith(RAW):
                continue
            rows = sum(pq.read_metadata(self._dataset / n).num_rows for n in new)
            if rows == self._catalog.rows(out):
                found.add(partition)
        return found


def _moment_of(name: str) -> tuple[str, str]:
    """Return what files are ordered by: the day, then the name, which is the run's."""
    _, day, file = name.split("/")
    return day, file


def _run_of(name: str) -> str:
    """Return the run in the name of a file that was not merged."""
    return name.rpartition("/")[2].rsplit("-", 2)[0]


def _gone_line(names: Sequence[str], articles: int | None) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    what = "is gone" if len(names) == 1 else "are gone"
    if articles is None:
        return f"{shown}{more} {what}: someone removed what newsbeam wrote"
    return (
        f"{shown}{more} {what}, and {articles:,} versions of articles with it: their ids "
        "left the index, what sources still list is read again"
    )


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.splitlines()[0] if text else type(error).__name__
