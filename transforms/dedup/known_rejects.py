"""Known rejects: what was rejected before is not reported again if its file is unchanged.

A file that cannot be read is tried in each run, and each run counts it.  A row for each
try would only hide the others.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import apache_beam as beam

from transforms.dedup.names import file_of, reject_key, rejected_file
from transforms.origin import read_target
from transforms.records import Reject, StagedFile
from transforms.vocabulary import KNOWN_REJECTS, Stage
from transforms.work.stage import Tally


class RejectIndex(Protocol):
    """What was rejected before."""

    def rejected_at(self, key: bytes) -> dt.datetime | None:
        """Return the start of the last run that wrote a reject, None if none did."""


def is_known(reject: Reject, known: RejectIndex) -> bool:
    """Return whether a reject is in the table, and its file as it was then."""
    path = rejected_file(reject.payload)
    key = reject_key(reject.stage, reject.reason, path) if path is not None else None
    at = known.rejected_at(key) if key is not None else None
    target = read_target(reject.payload)
    if at is None or target is None or target.path is None:
        return False
    try:
        found = os.stat(file_of(target.path))
    except (OSError, ValueError):
        return False
    # The kernel sets the second: a file that was moved here may have any age.
    return max(found.st_mtime, found.st_ctime) < at.timestamp()


@dataclasses.dataclass(eq=False)
class _DropKnownFn(beam.DoFn):
    """Drops rejects that are known, and counts them."""

    open_known: Callable[[], RejectIndex]

    def setup(self) -> None:
        self._tally = Tally(Stage.WRITE)
        self._known: RejectIndex | None = None

    def process(self, reject: Reject) -> Iterator[Any]:
        if self._known is None:
            self._known = self.open_known()
        if is_known(reject, self._known):
            self._tally.add(KNOWN_REJECTS)
        else:
            yield reject


@dataclasses.dataclass(eq=False)
class StageNewRejects(beam.PTransform):
    """Rejects to staged files, without those that are known.

    Attributes:
      stage: Writes them.
      open_known: Opens what was rejected before; called in the worker.  None to write all.
    """

    stage: beam.PTransform
    open_known: Callable[[], RejectIndex] | None

    def expand(self, rejects: beam.PCollection[Reject]) -> beam.PCollection[StagedFile]:
        """Return the files that were staged."""
        if self.open_known is None:
            return rejects | self.stage
        return (
            rejects
            | "Drop known rejects" >> beam.ParDo(_DropKnownFn(self.open_known))
            | self.stage
        )
