"""Commits of one run, each once, and each with regard to those of other runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pipeline.delta.log import FIRST, DeltaTables, RefusedError
from transforms.errors import LockedError, RunError
from transforms.records import StagedFile
from transforms.write.store import Store

# For commits of other runs, and for what a lost answer or a busy server hides.
_MAX_TRIES = 20

Revise: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a batch and what other runs have committed before it, what is left of it."""


class DeltaWriter:
    """Makes the commits of one run.

    Args:
      tables: The dataset's.
      run_id: The run.
      first: The version of ``articles`` after the last one that the run knows.
      revise: What becomes of a batch when another run was first.
    """

    def __init__(
        self, tables: DeltaTables, run_id: str, first: int, revise: Revise
    ) -> None:
        self._tables = tables
        self._run_id = run_id
        self._next = first
        self._revise = revise
        self._mine: dict[int, list[str]] = {}
        self._is_overtaken = False

    def has(self, batch: int) -> bool:
        """Return whether a batch of the run is committed."""
        for commit in self._tables.commits(FIRST, self._next):
            # Others than newsbeam's runs may merge files: that is no news.
            if commit.manifest is not None:
                if commit.manifest["run_id"] == self._run_id:
                    self._mine[commit.manifest["batch"]] = _names(commit.manifest)
                else:
                    self._is_overtaken = True
            self._next = commit.version + 1
        return batch in self._mine

    def append(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        """Commit a batch to every table; once more is harmless.

        Args:
          manifest: Its ``run_id``, ``batch``, ``files``, ``rewrites`` and whatever else is
            to be known.

        Returns:
          What was committed, where another run was first.

        Raises:
          LockedError: When another attempt of this run was first.
          RunError: When the store neither takes the commit nor shows another one.
        """
        for _ in range(_MAX_TRIES):
            if self.has(manifest["batch"]):
                if self._mine[manifest["batch"]] != _names(manifest):
                    raise _second(self._tables.store, self._run_id)
                break
            if self._is_overtaken:
                manifest = self._revise(manifest)
                self._is_overtaken = False
            try:
                self._tables.commit_first(self._next - 1, manifest)
            except RefusedError:
                # The next round shows by whom, be it ours: an answer may be lost, and the
                # request repeated.
                continue
            self._mine[manifest["batch"]] = _names(manifest)
            self._next += 1
            break
        else:
            raise RunError(
                f"{self._tables.store.url}: version {self._next} of articles can neither "
                "be created nor read; nothing of this batch was committed, run again"
            )
        self._tables.complete(manifest)
        return manifest


def _names(manifest: Mapping[str, Any]) -> list[str]:
    return [file["path"] for file in manifest["files"]]


def _second(store: Store, run_id: str) -> LockedError:
    return LockedError(
        f"another attempt of run {run_id} has committed to {store.url} meanwhile; what "
        "this one had not committed is given up: give each run a name of its own"
    )


def as_committed(store: Store, file: Mapping[str, Any] | StagedFile) -> dict[str, Any]:
    """Return a staged file as a commit names it."""
    if isinstance(file, StagedFile):
        file = dataclasses.asdict(file)
    wanted = ("table", "partition", "rows", "size", "sha256")
    path = file["path"].removeprefix(f"{store.url}/")
    return {"path": path} | {name: file[name] for name in wanted}
