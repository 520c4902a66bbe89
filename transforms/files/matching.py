"""Patterns to paths: which files a glob, a folder or a path names.

Python's own ``glob`` follows links to folders without looking where they lead, so that
one link to a folder above never ends; and it descends by calling itself, so that a deep
folder is an error.  Here each folder, identified by its device and inode,
is walked once for a pattern, and without recursion.  What cannot be walked is given as a
path, which the reader rejects.
"""

from __future__ import annotations

import collections
import dataclasses
import fnmatch
import glob
import os
from collections.abc import Iterator

from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from transforms.errors import ConfigError, RunError
from transforms.files.options import ANY_DEPTH, WILDCARDS


def match_files(
    patterns: tuple[str, ...], exclude: tuple[str, ...] = ()
) -> Iterator[str]:
    """Yield the path of everything that ``patterns`` name, once, sorted by pattern.

    Args:
      patterns: Globs (``**`` for any depth), paths, or folders, which stand for every
        file below them that is not hidden; with a scheme such as ``gs://`` they are
        matched by Beam's file systems.  Links are followed; a folder that is reached
        by several ways is walked by the one with the fewest links.
      exclude: Folders to leave out, such as the dataset that is being written.

    Yields:
      Paths as matched; also of what turns out to be no file, and of folders that cannot
      be walked, for the reader to reject.

    Raises:
      ConfigError: When Beam has no file system for a scheme.
      RunError: When a store does not list its files.
    """
    left_out = tuple(os.path.realpath(folder) for folder in exclude)
    seen: set[str] = set()
    for pattern in patterns:
        for path in _match(pattern, left_out):
            if path not in seen:
                seen.add(path)
                yield path


def _match(pattern: str, left_out: tuple[str, ...]) -> Iterator[str]:
    if FileSystems.get_scheme(pattern) is not None:
        yield from _match_in_store(pattern)
    elif os.path.isdir(pattern):
        yield from sorted(_Walk((ANY_DEPTH,), left_out).below(pattern))
    elif os.path.lexists(pattern) or not any(c in pattern for c in WILDCARDS):
        # A name may contain brackets; what is not there is for the reader to reject.
        if not _is_below(os.path.realpath(pattern), left_out):
            yield pattern
    else:
        start, parts = _split(pattern)
        yield from sorted(set(_Walk(parts, left_out).below(start)))


def _match_in_store(pattern: str) -> list[str]:
    """Return what a pattern with a scheme names, as Beam's file systems list it."""
    # Some refuse to work without options.  A pipeline sets those that it was given.
    FileSystems.set_options(PipelineOptions([]))
    try:
        [result] = FileSystems.match([pattern])
    except ValueError as error:
        scheme = FileSystems.get_scheme(pattern)
        raise ConfigError(
            f"source.files: {pattern}: no file system for {scheme}:// is installed; "
            "apache-beam[aws] has one for s3://, apache-beam[gcp] for gs://"
        ) from error
    except BeamIOError as error:
        raise RunError(f"source.files: {pattern} cannot be listed: {error}") from error
    found = sorted(each.path for each in result.metadata_list)
    # What is not there is for the reader to reject.
    return found or [pattern] * (not any(c in pattern for c in WILDCARDS))


def _split(pattern: str) -> tuple[str, tuple[str, ...]]:
    """Return the folder that a glob begins in, and the parts that are left to match."""
    parts = pattern.split("/")
    first = next(n for n, part in enumerate(parts) if glob.has_magic(part))
    start = "/".join(parts[:first])
    if first and not start:
        start = "/"
    left = [part for part in parts[first:] if part]
    # ``**/**`` says no more than ``**``.
    return start, tuple(
        part
        for number, part in enumerate(left)
        if part != ANY_DEPTH or left[number - 1 : number] != [ANY_DEPTH]
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to look into.

    Attributes:
      path: As matched.
      real: Where it is, no links on the way.
      part: The number of the part of the pattern that its entries are to match.
    """

    path: str
    real: str
    part: int


class _Walk:
    """One pattern's way through folders.

    Args:
      parts: The parts of the pattern, of which the first has wildcards.
      left_out: Real paths of folders that are not walked.
    """

    def __init__(self, parts: tuple[str, ...], left_out: tuple[str, ...]) -> None:
        self._parts = parts
        self._left_out = left_out
        self._walked: set[tuple[object, int]] = set()
        # Real folders come first: a link adds what has no other way to it.
        self._folders: collections.deque[_Folder] = collections.deque()
        self._linked: collections.deque[_Folder] = collections.deque()

    def below(self, start: str) -> Iterator[str]:
        """Yield what matches below the folder ``start``, in no order."""
        self._folders.append(_Folder(start, os.path.realpath(start), 0))
        while self._folders or self._linked:
            folder = (self._folders or self._linked).popleft()
            if self._is_new(folder) and not _is_below(folder.real, self._left_out):
                yield from self._look_into(folder)

    def _is_new(self, folder: _Folder) -> bool:
        try:
            found = os.stat(folder.path or ".")
        except OSError:
            return True
        identity: object = (found.st_dev, found.st_ino)
        if not found.st_ino:
            # Some network disks know no inodes.
            identity = folder.real
        if (identity, folder.part) in self._walked:
            return False
        self._walked.add((identity, folder.part))
        return True

    def _look_into(self, folder: _Folder) -> Iterator[str]:
        part = self._parts[folder.part]
        is_last = folder.part + 1 == len(self._parts)
        if part == ANY_DEPTH and not is_last:
            # It may stand for no folder at all.
            self._folders.appendleft(dataclasses.replace(folder, part=folder.part + 1))
        if not glob.has_magic(part):
            yield from self._step(folder, part, is_last=is_last)
            return
        try:
            entries = _entries(folder.path, hidden=part.startswith("."))
        except NotADirectoryError:
            return
        except OSError:
            yield folder.path
            return
        deeper = folder.part + (part != ANY_DEPTH)
        for entry in entries:
            if not fnmatch.fnmatchcase(entry.name, part):
                continue
            path = os.path.join(folder.path, entry.name)
            is_link = entry.is_symlink()
            real = os.path.join(folder.real, entry.name)
            if is_link:
                real = os.path.realpath(real)
            if deeper < len(self._parts) and _is_folder(entry):
                queue = self._linked if is_link else self._folders
                queue.append(_Folder(path, real, deeper))
            elif is_last and not _is_below(real, self._left_out):
                yield path

    def _step(self, folder: _Folder, part: str, *, is_last: bool) -> Iterator[str]:
        """Go on from a folder by a part without wildcards."""
        path = os.path.join(folder.path, part)
        real = os.path.realpath(os.path.join(folder.real, part))
        if is_last:
            if os.path.lexists(path) and not _is_below(real, self._left_out):
                yield path
        elif os.path.isdir(path):
            self._folders.append(_Folder(path, real, folder.part + 1))


def _entries(path: str, *, hidden: bool) -> list[os.DirEntry[str]]:
    with os.scandir(path or ".") as listed:
        return sorted(
            (entry for entry in listed if hidden or not entry.name.startswith(".")),
            key=lambda entry: entry.name,
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # Links that lead to each other: for the reader to reject.
        return False


def _is_below(real: str, folders: tuple[str, ...]) -> bool:
    """Return whether a path is one of ``folders`` or below one, all as real paths."""
    return any(
        real == folder or real.startswith(folder.rstrip("/") + "/")
        for folder in folders
    )
