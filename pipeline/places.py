"""Places: where the flow of a run reads and writes, be it folders or URLs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import apache_beam as beam


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Where the flow of a batch reads and writes.

    Attributes:
      staging: Folder or URL for the files that it writes.
      prefix: What their names begin with.
      seal: File or URL for the list of those that count.
      index: Finds the index of the dataset, on whatever worker.
      dataset: The dataset's folder or URL.
      scratch: A local folder for Beam's own files.
    """

    staging: str
    prefix: str
    seal: str
    index: Callable[[], Path]
    dataset: str
    scratch: Path


@dataclasses.dataclass(frozen=True, slots=True)
class StreamPlaces:
    """Where an unbounded flow reads and writes.

    Attributes:
      staging: Folder or URL for what workers stage.
      stop: File or URL that ends the poll when it appears.
      index: Finds the index of the dataset, on whatever worker.
      commit: Commits the firings of windows.
    """

    staging: str
    stop: str
    index: Callable[[], Path]
    commit: beam.PTransform
