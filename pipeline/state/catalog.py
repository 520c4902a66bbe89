"""Catalog: the files that the index knows, and the versions of articles in them.

A part of :mod:`pipeline.state.database`: what is asked of it here happens in the transaction that
its caller has begun.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.state.inventory import Fingerprint, fingerprint_of
from pipeline.state.lookup import Lookup
from pipeline.state.part import Part
from pipeline.state.sightings import Sightings
from pipeline.state.stories.window import Stories
from transforms.dedup.marks import text_mark

# Of what a deletion that was asked for took out: known, and in no partition.
_DELETED = 0
# Days are given as a list in JSON.
_VERSIONS = "SELECT id, content_hash FROM articles WHERE day IN (SELECT value FROM json_each(?))"
_FORGET = "DELETE FROM articles WHERE day IN (SELECT value FROM json_each(?))"
_RETIRE = "UPDATE articles SET day = ? WHERE day IN (SELECT value FROM json_each(?))"

_IS_FORGOTTEN = "SELECT 1 FROM forgotten WHERE name = ?"
FORGOTTEN = """
CREATE TABLE forgotten (
    name BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
"""

Version = tuple[bytes, bytes]
"""An article's id and the hash of its text."""


def day_of(name: str) -> int:
    """Return the day of a file's partition, as an ordinal.

    Args:
      name: The file below the dataset: ``articles/date=2026-11-24/x.parquet``.
    """
    partition = name.split("/")[1]
    return dt.date.fromisoformat(partition.removeprefix("date=")).toordinal()


class Catalog(Part):
    """The files of one dataset as its index knows them."""

    columns: Sequence[str] | None = (
        *("id", "content_hash", "revision", "path", "canonical_url", "ingested_at"),
        *("feeds", "title"),
    )

    def fingerprints(self) -> dict[str, Fingerprint | None]:
        """Return the files that are known, None for one whose fingerprint is not."""
        found = self._do("SELECT path, size, changed FROM files")
        return {
            path: None if size is None else Fingerprint(size, changed)
            for path, size, changed in found
        }

    def has(self, name: str) -> bool:
        """Return whether a file is known."""
        return self._one("SELECT 1 FROM files WHERE path = ?", name) is not None

    def add(
        self, name: str, fingerprint: Fingerprint | None = None, rows: int | None = None
    ) -> None:
        """Note that a file is there."""
        size, changed = (
            (None, None)
            if fingerprint is None
            else (fingerprint.size, fingerprint.changed)
        )
        note = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)"
        self._do(note, name, size, changed, rows)

    def note(self, name: str, file: Path | pa.BufferReader) -> None:
        """Note a file whose rows are known.

        Args:
          name: The file below the dataset.
          file: Where it is, or its contents.
        """
        rows = None
        if name.endswith(".parquet"):
            with pq.ParquetFile(file) as parquet:
                rows = parquet.metadata.num_rows
                Lookup(self._db).note(name, parquet)
        self.add(name, fingerprint_of(file) if isinstance(file, Path) else None, rows)

    def touch(self, name: str, fingerprint: Fingerprint) -> None:
        """Note that a file has another fingerprint, and the same rows."""
        note = "UPDATE files SET size = ?, changed = ? WHERE path = ?"
        self._do(note, fingerprint.size, fingerprint.changed, name)

    def drop(self, names: Iterable[str]) -> None:
        """Forget files; the versions that came with them stay known."""
        names = list(names)
        Lookup(self._db).drop(names)
        self._db.executemany(
            "DELETE FROM files WHERE path = ?", ((name,) for name in names)
        )

    def rows(self, names: Iterable[str]) -> int:
        """Return how many rows files of tables have together."""
        query = "SELECT row_count FROM files WHERE path = ?"
        return sum(self._one(query, name) or 0 for name in names)

    def row_counts(self) -> dict[str, int | None]:
        """Return the files that are known with their rows, None where those are not."""
        return dict(self._do("SELECT path, row_count FROM files").fetchall())

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over the versions in rows of articles.

        Args:
          batches: The rows.
          day: That of their partition, see :func:`day_of`.
        """
        inserted = 0
        for batch in batches:
            keys = [bytes.fromhex(key) for key in batch["id"].to_pylist()]
            texts = [bytes.fromhex(text) for text in batch["content_hash"].to_pylist()]
            latest: dict[Version, int] = {}
            for version, revision in zip(
                zip(keys, texts, strict=True),
                batch["revision"].to_pylist(),
                strict=True,
            ):
                latest[version] = max(revision, latest.get(version, revision))
            versions = [(*version, latest[version], day) for version in latest]
            new = self._db.executemany(
                "INSERT OR IGNORE INTO articles VALUES (?, ?, ?, ?)", versions
            ).rowcount
            inserted += new
            if new < len(versions):
                self._db.executemany(
                    "UPDATE articles SET revision = max(revision, ?3), day = ?4 "
                    "WHERE id = ?1 AND content_hash = ?2",
                    versions,
                )
            is_local = pc.and_(
                pc.is_null(batch["canonical_url"]), pc.is_valid(batch["path"])
            )
            self._note_paths(batch.filter(is_local))
            self._note_texts(keys, batch)
            Sightings(self._db).note_articles(keys, batch["feeds"])
        self._count(inserted)

    def _note_paths(self, local: pa.RecordBatch) -> None:
        columns = (local[name].to_pylist() for name in ("id", "path", "ingested_at"))
        self._db.executemany(
            "INSERT INTO paths VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
            "SET id = excluded.id, at = excluded.at WHERE excluded.at >= at",
            (
                (path, bytes.fromhex(key), at.isoformat())
                for key, path, at in zip(*columns, strict=True)
                if "!#" not in path and at is not None
            ),
        )

    def _note_texts(self, keys: Sequence[bytes], batch: pa.RecordBatch) -> None:
        names = ("canonical_url", "path", "feeds", "title", "content_hash")
        columns = (batch[name].to_pylist() for name in names)
        marks = itertools.starmap(text_mark, zip(*columns, strict=True))
        self._db.executemany(
            "INSERT OR IGNORE INTO texts VALUES (?, ?)",
            (
                (bytes.fromhex(mark), key)
                for key, mark in zip(keys, marks, strict=True)
                if mark is not None
            ),
        )

    def _count(self, more: int) -> None:
        self._do("UPDATE figures SET value = value + ? WHERE name = 'versions'", more)

    def versions(self, days: Iterable[int]) -> set[Version]:
        """Return the versions in the partitions of ``days``."""
        found = self._do(_VERSIONS, _listed(days))
        return set(found)

    def forget(self, days: Iterable[int]) -> None:
        """Forget the versions in the partitions of ``days``."""
        gone = self._do(_FORGET, _listed(days)).rowcount
        self._count(-gone)

    def unknown(self, versions: Iterable[Version]) -> int:
        """Return how many of ``versions`` are not known; forget what leads to them."""
        lost = 0
        query = "SELECT 1 FROM articles WHERE id = ? AND content_hash = ?"
        for key, text in versions:
            # What was taken out on purpose is not missed.
            is_known = self._one(query, key, text) or self._one(_IS_FORGOTTEN, key)
            lost += is_known is None
        if lost:
            self._do("DELETE FROM paths WHERE id NOT IN (SELECT id FROM articles)")
            self._do("DELETE FROM texts WHERE id NOT IN (SELECT id FROM articles)")
        return lost

    def retire(self, names: Iterable[str], days: Iterable[int]) -> None:
        """Note that partitions are deleted on purpose: their versions stay known.

        Args:
          names: Their files.
          days: Their days, of articles alone.
        """
        names = list(names)
        self._do(_RETIRE, _DELETED, _listed(days))
        self.drop(names)
        self.note_removed(names)

    def keep_versions(self) -> None:
        """Take over, as deleted ones, what the index attached as ``earlier`` knows."""
        more = self._do(
            "INSERT OR IGNORE INTO articles "
            "SELECT id, content_hash, revision, ? FROM earlier.articles",
            _DELETED,
        ).rowcount
        self._count(more)
        self._do("INSERT OR IGNORE INTO paths SELECT * FROM earlier.paths")

    def note_removed(self, names: Iterable[str]) -> None:
        """Note files that are gone for good, so that nobody misses them."""
        self._db.executemany(
            "INSERT OR IGNORE INTO removed VALUES (?)", ((name,) for name in names)
        )

    def removed(self) -> set[str]:
        """Return the files that are known to be gone."""
        return {path for (path,) in self._do("SELECT path FROM removed")}

    def with_id(self, prefix: str) -> list[str]:
        """Return the ids of articles that begin with some hex digits, in order."""
        found = self._do(
            "SELECT DISTINCT lower(hex(id)) FROM articles WHERE lower(hex(id)) LIKE ? "
            "ORDER BY id",
            f"{prefix}%",
        )
        return [key for (key,) in found]

    def drop_article(self, article: bytes) -> None:
        """Forget an article, all its versions, and what leads to it."""
        gone = self._do("DELETE FROM articles WHERE id = ?", article).rowcount
        self._count(-gone)
        self._do("DELETE FROM paths WHERE id = ?", article)
        self._do("DELETE FROM texts WHERE id = ?", article)

    def is_whole(self) -> bool:
        """Return whether there are as many versions as were counted on the way."""
        there = self._one("SELECT count(*) FROM articles")
        return there == self._one("SELECT value FROM figures WHERE name = 'versions'")


class Forgotten(Part):
    """What was taken out of the dataset, in an index that is open."""

    columns: Sequence[str] | None = ("name", "article_id")

    def take(self, batches: Iterable[pa.RecordBatch], day: int) -> None:
        """Take over rows of the table ``forgotten``: what they name leaves the index."""
        del day
        # What is deleted leaves the file, too.
        self._do("PRAGMA secure_delete = ON")
        for batch in batches:
            for row in batch.to_pylist():
                name = bytes.fromhex(row["name"])
                self._do("INSERT OR IGNORE INTO forgotten VALUES (?)", name)
                for table in ("waiting", "entries", "sighted"):
                    self._do(f"DELETE FROM {table} WHERE entry = ?", name)  # noqa: S608 - ours
                self._do("DELETE FROM sightings WHERE article = ?", name)
            for key in {bytes.fromhex(one) for one in batch.to_pydict()["article_id"]}:
                Catalog(self._db).drop_article(key)
                Stories(self._db).drop(key)

    def has(self, names: Iterable[str]) -> bool:
        """Return whether an article that goes by one of these names was taken out."""
        # One question for all: who asks waits for other threads each time.
        keys = [bytes.fromhex(name) for name in names]
        places = ", ".join("?" * len(keys))
        query = f"SELECT 1 FROM forgotten WHERE name IN ({places})"  # noqa: S608 - ours
        return self._one(query, *keys) is not None

    def begins(self, prefix: str) -> bool:
        """Return whether one of these names begins with some hex digits."""
        query = "SELECT 1 FROM forgotten WHERE lower(hex(name)) LIKE ?"
        return self._one(query, f"{prefix}%") is not None


def _listed(days: Iterable[int]) -> str:
    return json.dumps(list(days))
