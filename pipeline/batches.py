"""Batches: what one run has to do, in pieces that are committed one by one.

A batch is a whole pipeline and a commit, so that memory, and what a crash can cost, are
bounded by a batch and not by the run.  What an earlier attempt of the run committed is
left out: its batches say what they had worked on.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias, TypeVar

import pipeline
from pipeline.configuration.config import Config
from pipeline.state.database import State
from pipeline.state.files_read import FileState
from transforms.files.matching import match_files
from transforms.listings import Listed, Subscription
from transforms.records import RawPage
from transforms.web.access import feed_key
from transforms.write.stored import StoredRows

Item = TypeVar("Item")
IsRead: TypeAlias = Callable[[FileState], bool]
"""Tells whether a file was read before, as it is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """What was committed before.

    Attributes:
      feeds: Feeds that this very run has asked, by key.
      files: Files that were read, by this run or by one that was cut short.
      runs: The runs themselves, this one among them if it has committed anything.
      has_begun: Whether it has.
    """

    feeds: frozenset[str] = frozenset()
    files: frozenset[FileState] = frozenset()
    runs: frozenset[str] = frozenset()
    has_begun: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """What one pipeline works on.

    Attributes:
      feeds: Feeds to ask.
      files: Files to read, as they were before they were read.
      entries: Entries to follow.
      pages: Kept pages to be extracted again, each to a new revision.
      stored: Articles to be tagged again from their stored text, the same.
      unchanged: Files that are passed over, since they were read as they are.
      again: Feeds are asked and entries followed whatever is remembered of them.
    """

    feeds: tuple[Subscription, ...] = ()
    files: tuple[FileState, ...] = ()
    entries: tuple[Listed, ...] = ()
    pages: tuple[RawPage, ...] = ()
    stored: tuple[StoredRows, ...] = ()
    unchanged: int = 0
    again: bool = False

    @property
    def matched(self) -> int:
        """How many elements the stage that reads is given."""
        rows = sum(len(some.ids) for some in self.stored)
        return len(self.files) + len(self.pages) + rows

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the files."""
        return tuple(file.path for file in self.files)

    def inputs(self) -> dict[str, Any]:
        """Return what was worked on, for the manifest."""
        return {
            "feeds": [feed_key(feed) for feed in self.feeds],
            "files": [list(file) for file in self.files],
        }


def planned(
    config: Config,
    done: Done,
    due: Iterable[Listed],
    feeds: Iterable[Subscription],
    is_read: IsRead,
) -> list[Batch]:
    """Return the batches of a run over what the configuration names.

    Args:
      config: What to read, and how large a batch is.
      done: What is committed already.
      due: Entries whose pages are to be retried.
      feeds: Its feeds with their keys.
      is_read: Tells which files were read before, as they are.

    Returns:
      At least one batch if nothing was done before, be it an empty one.
    """
    left = (feed for feed in feeds if feed_key(feed) not in done.feeds)
    files: list[FileState] = []
    unchanged = 0
    for file in source_files(config):
        if file in done.files:
            continue
        if is_read(file):
            unchanged += 1
        else:
            files.append(file)
    batches = pieces(config, left, files, due)
    # Counted once, however many attempts a run takes.
    if done.has_begun:
        return batches
    if not batches and (unchanged or not done.files):
        batches = [Batch()]
    if unchanged:
        batches[0] = dataclasses.replace(batches[0], unchanged=unchanged)
    return batches


def source_files(config: Config) -> Iterator[FileState]:
    """Yield the files that a configuration names, as they are, of its share."""
    share = config.fetch.share
    for path in match_files(config.source.files, exclude=config.output.reserved):
        if share.is_all or share.holds(path):
            yield state_of(path)


def read_by(config: Config, state: State) -> IsRead:
    """Return what tells which files were read before, as they are and as they would be."""
    if config.source.reread:
        return lambda _: False
    return partial(state.files_read.has, manner=manner_of(config))


def manner_of(config: Config) -> str:
    """Return what decides which articles come of a file: the version, and options."""
    options = config.extract.model_dump_json()
    return f"{pipeline.__version__}\n{config.source.max_document_bytes}\n{options}"


def pieces(
    config: Config,
    feeds: Iterable[Subscription],
    files: Iterable[FileState],
    entries: Iterable[Listed],
    *,
    again: bool = False,
) -> list[Batch]:
    """Return what there is to do in batches, as large as the configuration says."""
    size = config.run.batch_files
    parts = itertools.zip_longest(
        chunks(feeds, config.run.batch_feeds),
        chunks(files, size),
        chunks(entries, size),
        fillvalue=(),
    )
    return [Batch(*part, again=again) for part in parts]


def state_of(path: str) -> FileState:
    """Return ``path`` with what shows whether the file has changed since."""
    try:
        found, link = os.stat(path), os.lstat(path)
    except (OSError, ValueError):
        return FileState(path)
    placed = max(found.st_ctime_ns, link.st_ctime_ns)
    return FileState(path, found.st_size, found.st_mtime_ns, placed, found.st_ino)


def chunks(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Yield ``items`` in tuples of at most ``size``."""
    left = iter(items)
    while chunk := tuple(itertools.islice(left, size)):
        yield chunk


def done_by(
    own: Iterable[Mapping[str, Any]],
    cut_short: Iterable[Mapping[str, Any]],
    *,
    is_lost: bool = False,
) -> Done:
    """Return what is done, from manifests.

    Args:
      own: Manifests of the run itself, from an earlier attempt.
      cut_short: Manifests of runs that did not end.
      is_lost: Whether articles have left the dataset: then nothing that was read is done.
    """
    own, cut_short = list(own), list(cut_short)
    feeds = {feed for manifest in own for feed in manifest["inputs"]["feeds"]}
    files = {
        file
        for manifest in (*own, *cut_short)
        for file in (FileState(*values) for values in manifest["inputs"]["files"])
        # What may have changed is read again.
        if file.changed is not None
    }
    runs = {manifest["run_id"] for manifest in (*own, *cut_short)}
    if is_lost:
        feeds, files = set(), set()
    return Done(frozenset(feeds), frozenset(files), frozenset(runs), bool(own))
