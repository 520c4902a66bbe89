"""Actions: what one commit to a Delta table adds and removes, as the library has it."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

MANIFEST = "newsbeam"
"""The key of a commit's notes under which newsbeam says what it is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Commit:
    """One commit to a table.

    Attributes:
      version: Its number.
      added: Names of files, below the dataset.
      removed: The same.
      manifest: What a batch is, in commits to ``articles``; of a batch in other tables run
        and number.  None in a commit that newsbeam's runs did not make.
    """

    version: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    manifest: Mapping[str, Any] | None


@dataclasses.dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is in a table now.

    Attributes:
      name: Below the dataset.
      partition: ``date=YYYY-MM-DD``.
      size: In bytes.
    """

    name: str
    partition: str
    size: int


def library() -> Any:
    """Return the library ``deltalake``."""
    # A second of start-up, and an extra.
    import deltalake  # noqa: PLC0415
    import deltalake.exceptions  # noqa: PLC0415

    return deltalake


def transaction_of(manifest: Mapping[str, Any]) -> str:
    """Return the name of the application transaction of a batch."""
    return f"newsbeam/{manifest['run_id']}/{manifest['batch']}"


def commit_of(content: bytes, table: str, version: int) -> Commit:
    """Return what the file of a commit says."""
    added, removed, manifest = [], [], None
    for line in content.splitlines():
        action = json.loads(line)
        if "add" in action:
            added.append(f"{table}/{unquote(action['add']['path'])}")
        elif "remove" in action:
            removed.append(f"{table}/{unquote(action['remove']['path'])}")
        elif MANIFEST in action.get("commitInfo", {}):
            manifest = json.loads(action["commitInfo"][MANIFEST])
    return Commit(version, tuple(added), tuple(removed), manifest)


def actions_of(table: str, manifest: Mapping[str, Any]) -> list[Any]:
    """Return what a batch adds to a table and removes from it."""
    actions = [add(file, table) for file in manifest["files"] if file["table"] == table]
    for rewrite in manifest.get("rewrites", ()):
        name = rewrite["published"]
        if name.startswith(f"{table}/"):
            partition = name.split("/")[1]
            actions.append(remove(name, partition, table))
            if rewrite["staged"] is not None:
                fresh = {**rewrite, "path": rewrite["staged"], "partition": partition}
                actions.append(add(fresh, table))
    return actions


def add(file: Mapping[str, Any], table: str, *, is_news: bool = True) -> Any:
    """Return the action that adds a file, as a manifest has it, to a table."""
    return library().transaction.AddAction(
        path=file["path"].removeprefix(f"{table}/"),
        size=file["size"],
        partition_values={"date": file["partition"].removeprefix("date=")},
        modification_time=_milliseconds(),
        data_change=is_news,
        stats=json.dumps({"numRecords": file["rows"]}),
    )


def remove(name: str, partition: str, table: str, *, is_news: bool = True) -> Any:
    """Return the action that removes a file from a table."""
    return library().transaction.RemoveAction(
        name.removeprefix(f"{table}/"),
        is_news,
        _milliseconds(),
        partition_values={"date": partition.removeprefix("date=")},
    )


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000
