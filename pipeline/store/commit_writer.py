"""Commits of one run to a store, each once, and none beside those of another run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.store.commit_log import commits, name_of, summary_before
from transforms.errors import LockedError, RunError
from transforms.write.store import Store

# Once for the commit, the others for what a lost answer or a busy server hides.
_MAX_TRIES = 5


class CommitWriter:
    """Appends the commits of one run; it alone may, from a given commit on.

    Args:
      store: The dataset's.
      run_id: The run.
      first: The number after the last commit that the run knows.
    """

    def __init__(self, store: Store, run_id: str, first: int) -> None:
        self._store = store
        self._run_id = run_id
        self._next = first
        self._mine: dict[int, list[str]] = {}

    def has(self, batch: int) -> bool:
        """Return whether a batch of the run is committed.

        Raises:
          LockedError: When another run has committed meanwhile.
        """
        for number, commit in commits(self._store, self._next):
            if commit["run_id"] != self._run_id:
                raise _second(self._store, commit["run_id"])
            self._mine[commit["batch"]] = [file["path"] for file in commit["files"]]
            self._next = number + 1
        return batch in self._mine

    def append(self, commit: Mapping[str, Any]) -> None:
        """Commit; once more is harmless.

        Args:
          commit: Its ``run_id``, ``batch``, ``files`` and whatever else is to be known.

        Raises:
          LockedError: When another run, or another attempt of this one, was first.
          RunError: When the store neither takes the commit nor shows another one.
        """
        data = json.dumps(commit, indent=1).encode()
        names = [file["path"] for file in commit["files"]]
        for _ in range(_MAX_TRIES):
            if self.has(commit["batch"]):
                if self._mine[commit["batch"]] != names:
                    raise _second(self._store, self._run_id)
                return
            summary = summary_before(self._store, self._next)
            if summary is not None:
                self._store.write(*summary)
            # Where it is there, it is shown in the next round, be it ours: an answer may
            # be lost, and the request repeated.
            if self._store.create(name_of(self._next), data):
                self._mine[commit["batch"]] = names
                self._next += 1
                return
        raise RunError(
            f"{self._store.url}/{name_of(self._next)} can neither be created nor read; "
            "nothing of this batch was committed, run again"
        )


def _second(store: Store, run_id: str) -> LockedError:
    return LockedError(
        f"run {run_id} has committed to {store.url} meanwhile; what this one had not "
        "committed is given up: let one run at a time write to it, and run again"
    )


def as_committed(store: Store, file: Mapping[str, Any]) -> dict[str, Any]:
    """Return a staged file as a commit names it."""
    wanted = ("table", "partition", "rows", "size", "sha256")
    path = file["path"].removeprefix(f"{store.url}/")
    return {"path": path} | {name: file[name] for name in wanted}
