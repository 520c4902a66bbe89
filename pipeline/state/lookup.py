"""Lookup: which files may have rows of a page, by its address or by an id.

A part of :mod:`pipeline.state.database`.  Of thousands of files few have a row of any one
page, and to open all of them takes seconds.  So each file has a mark here for every address
and every id in it, of two bytes on average.  Different ones may have the same mark: then a
file is opened in vain, at most one of some thousand.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.state.part import Part
from transforms.urls import place

SCHEMA = """
CREATE TABLE lookup (
    path TEXT PRIMARY KEY,
    marks BLOB NOT NULL
) STRICT;
"""
Marks: TypeAlias = npt.NDArray[np.uint32]
"""What files are looked up by: a number for each address and id."""
# Bits of a mark, and those by which neighbours are apart on average.
_BITS, _APART = 32, 12
_WIDEST = 0xFFFF
# Digits of an id that make a mark.
_DIGITS = 8


class Named(NamedTuple):
    """The columns of a table that name pages.

    Attributes:
      addresses: Those with URLs.
      ids: Those with ids, of 32 hex digits.
    """

    addresses: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


COLUMNS: Mapping[str, Named] = {
    "articles": Named(("url", "canonical_url"), ("duplicate_of",)),
    "rejects": Named(("key",)),
    "fetches": Named(("url",), ("entry",)),
    "waiting": Named(("url",), ("entry",)),
    "sightings": Named(("url",), ("article_id",)),
    "stories": Named((), ("article_id", "duplicate_of")),
}
"""What each table is looked up by."""


def marks_of(addresses: Iterable[str], ids: Iterable[str]) -> Marks:
    """Return the marks of addresses and ids.

    Args:
      addresses: URLs; those of one page have the same mark, see
        :func:`transforms.urls.place`.
      ids: Hex digits, 32 each.
    """
    places = [zlib.crc32(place(url).encode(errors="replace")) for url in addresses]
    digits = bytes.fromhex("".join(one[:_DIGITS] for one in ids))
    return np.concatenate(
        [np.array(places, np.uint32), np.frombuffer(digits, ">u4").astype(np.uint32)]
    )


def packed(marks: Marks) -> bytes:
    """Return marks in order, as the steps between them: how many bits less, the steps."""
    shift = max(0, _BITS - _APART - len(marks).bit_length())
    while True:
        kept = np.unique(marks >> shift)
        steps = np.diff(kept, prepend=kept.dtype.type(0))
        if steps.max(initial=0) <= _WIDEST:
            return bytes([shift]) + steps.astype("<u2").tobytes()
        shift += 1


def has_any(found: bytes, wanted: Marks) -> bool:
    """Return whether one of some marks is among those that were packed."""
    known = np.cumsum(np.frombuffer(found, "<u2", offset=1), dtype=np.uint32)
    if not len(known):
        return False
    looked_for = wanted >> found[0]
    places = np.searchsorted(known, looked_for)
    return bool((known[np.minimum(places, len(known) - 1)] == looked_for).any())


class Lookup(Part):
    """The marks in an index that is open."""

    def note(self, name: str, parquet: pq.ParquetFile) -> None:
        """Note what a file may be looked up by.

        Args:
          name: The file below the dataset.
          parquet: The file, open.
        """
        named = COLUMNS.get(name.partition("/")[0])
        if named is None:
            return
        marks = np.concatenate([np.array([], np.uint32), *_marks(parquet, named)])
        note = "INSERT OR REPLACE INTO lookup VALUES (?, ?)"
        self._do(note, name, packed(marks))

    def drop(self, names: Iterable[str]) -> None:
        """Forget files."""
        self._db.executemany(
            "DELETE FROM lookup WHERE path = ?", ((name,) for name in names)
        )


def _marks(parquet: pq.ParquetFile, named: Named) -> Iterator[Marks]:
    # Files of an earlier version lack columns.
    there = set(parquet.schema_arrow.names)
    addresses, ids = ([one for one in some if one in there] for some in named)
    for batch in parquet.iter_batches(columns=[*addresses, *ids]):
        yield marks_of(_texts(batch, addresses), _texts(batch, ids))


def _texts(batch: pa.RecordBatch, names: Collection[str]) -> set[str]:
    """Return what stands in some columns: several often have the same."""
    return {
        text
        for name in names
        for text in pc.unique(batch[name].drop_null()).to_pylist()
    }
