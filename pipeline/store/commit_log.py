"""The commit log of a dataset in a store: what readers trust.

::

    OUTPUT/newsbeam.json                     makes it a dataset, with an identity
    OUTPUT/articles/date=…/…                 data, under names that nobody uses twice
    OUTPUT/_commits/000000/000000000.json    the first commit: the files that it brings
    OUTPUT/_commits/000000/000000001.json    the second
    OUTPUT/_commits/000001/files.json        all that was committed in the folders before

A file that no commit names does not exist.  A commit is one file, created under the number
that follows the last one; the store lets it be created once.  So of two writers that know
the same last commit, one learns that it came second, and its files stay unnamed.  Commits
are never changed.  Every thousand of them are a folder, and each but the first begins with
a list of all files before it: who reads need not go back further.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
import json
from collections.abc import Iterator
from typing import Any, Protocol

COMMITS = "_commits"
MARK = "newsbeam.json"
FORMAT = 1
_FOLDER = 1_000
# A store answers one request after some 20 ms, and many as soon.
_AT_ONCE = 16
_LIST = "files.json"


class LogFiles(Protocol):
    """What is needed of a store to read the log; names are relative to the dataset."""

    def read(self, name: str) -> bytes:
        """Return the contents of a file that is there."""

    def exists(self, name: str) -> bool:
        """Return whether a file is there."""

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, in order."""


@dataclasses.dataclass(frozen=True, slots=True)
class Summary:
    """What was committed before some commit.

    Attributes:
      after: Commits of this number and later are not in it.
      files: Of each file ``path``, ``table``, ``partition``, ``rows`` and ``size``.
      runs: Of commits, run and number; not those of more than two folders ago.
    """

    after: int
    files: list[dict[str, Any]]
    runs: list[tuple[str, int]]


def name_of(number: int) -> str:
    """Return the name of a commit."""
    return f"{COMMITS}/{number // _FOLDER:06d}/{number:09d}.json"


def _list_of(folder: int) -> str:
    return f"{COMMITS}/{folder:06d}/{_LIST}"


def latest_summary(reader: LogFiles) -> Summary:
    """Return the latest list of files that there is; an empty one if there is none."""
    # Folders follow each other without a gap: look far, then between.
    far = 1
    while reader.exists(_list_of(far)):
        far *= 2
    there, missing = far // 2, far
    while missing - there > 1:
        between = (there + missing) // 2
        if reader.exists(_list_of(between)):
            there = between
        else:
            missing = between
    return _summary(reader, there)


def _summary(reader: LogFiles, folder: int) -> Summary:
    if folder == 0:
        return Summary(0, [], [])
    content = json.loads(reader.read(_list_of(folder)))
    runs = [(run, number) for run, number in content["runs"]]
    return Summary(folder * _FOLDER, content["files"], runs)


def commits(reader: LogFiles, first: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the commits from number ``first`` on, in order."""
    # Mostly there is none: to ask for it is cheaper than a list of its folder.
    number, is_more = first, reader.exists(name_of(first))
    with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as threads:
        while is_more:
            there = set(reader.names(f"{COMMITS}/{number // _FOLDER:06d}"))
            end = (number // _FOLDER + 1) * _FOLDER
            wanted = list(
                itertools.takewhile(
                    there.__contains__, map(name_of, range(number, end))
                )
            )
            for content in threads.map(reader.read, wanted):
                yield number, json.loads(content)
                number += 1
            is_more = number == end


def committed_files(reader: LogFiles) -> list[dict[str, Any]]:
    """Return every file that a commit names: ``path``, ``table``, ``rows``, ``size``."""
    summary = latest_summary(reader)
    files = list(summary.files)
    for _, commit in commits(reader, summary.after):
        files += commit["files"]
    return files


def summary_before(reader: LogFiles, number: int) -> tuple[str, bytes] | None:
    """Return the list that has to be there before commit ``number`` is written.

    Returns:
      Its name and contents, the same whoever makes it; None if there is none to write.
    """
    folder, rest = divmod(number, _FOLDER)
    if rest or not folder or reader.exists(_list_of(folder)):
        return None
    before = _summary(reader, folder - 1)
    files, runs = list(before.files), []
    for at, commit in commits(reader, before.after):
        if at < number:
            files += [_short(file) for file in commit["files"]]
            runs.append((commit["run_id"], at))
    return _list_of(folder), json.dumps({"files": files, "runs": runs}).encode()


def _short(file: dict[str, Any]) -> dict[str, Any]:
    return {name: file[name] for name in ("path", "table", "partition", "rows", "size")}
