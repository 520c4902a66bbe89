"""Home: the dataset that a configuration names, in a folder or in a store."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.configuration.config import OutputOptions, load
from pipeline.dataset.compact import clean_up, compact
from pipeline.dataset.contract import Compaction, Home, StreamPlaces
from pipeline.dataset.index import found_state, opened_index
from pipeline.dataset.lock import locked
from pipeline.dataset.publish import RunFolder
from pipeline.dataset.read import delta_tables
from pipeline.dataset.runs import recover, run_folders
from pipeline.dataset.window_commit import commit
from pipeline.delta.home import DeltaHome
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME, RUNS
from transforms.errors import ConfigError
from transforms.tables import RAW, TABLES
from transforms.text.dates import LONG_AGO
from transforms.web.policy import believed
from transforms.web.share import Share


class LocalHome:
    """A dataset in a folder.

    Args:
      dataset: The folder.
    """

    def __init__(self, dataset: Path) -> None:
        self._dataset = dataset

    @property
    def where(self) -> Path:
        """Return its folder."""
        return self._dataset

    @property
    def index(self) -> Path:
        """Return the file of its index."""
        return self._dataset / FILE_NAME

    def found(self) -> AbstractContextManager[State]:
        """Open the index for who asks and does not run."""
        return found_state(self._dataset)

    @contextlib.contextmanager
    def changed(self) -> Iterator[State]:
        """Open the index for who changes what is remembered, with no run at work."""
        with locked(self._dataset), self.found() as state:
            yield state

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[State, list[str]]]:
        """Hold the dataset: locked, what was cut short repaired, its index open."""
        check_writable(self._dataset)
        with locked(self._dataset):
            clean_up(self._dataset)
            with opened_index(self._dataset) as (state, recovered):
                state.settle_waiting(self._has_ended)
                yield state, recovered

    def recover(self, state: State) -> list[str]:
        """Finish what was committed, remove what was not; return a line for each."""
        return recover(self._dataset, state)

    def run(self, run_id: str, state: State) -> RunFolder:
        """Return a run in it."""
        del state
        return RunFolder(self._dataset, run_id)

    def cut_short(
        self, run_id: str, state: State, now: dt.datetime
    ) -> list[dict[str, Any]]:
        """Return the manifests of the runs that did not end, since the last that did.

        One that began after ``now`` did so by a clock that was wrong.
        """
        del state
        others = [run for run in run_folders(self._dataset) if run.run_id != run_id]
        ended = [
            run.began
            for run in others
            if run.report.exists() and run.began and believed(run.began, now)
        ]
        last = max(ended, default=None)
        return [
            manifest
            for run in others
            if not run.report.exists()
            and run.began is not None
            and (last is None or run.began > last)
            for manifest in run.manifests()
        ]

    def _has_ended(self, run_id: str) -> bool:
        """Return whether a run has ended; one whose folder is gone has."""
        run = RunFolder(self._dataset, run_id)
        return run.report.exists() or not run.path.exists()

    def stream(self, run_id: str, state: State, level: int, days: int) -> StreamPlaces:
        """Return where the unbounded flow of a run works, and its committer."""
        del state
        dataset = self._dataset.absolute()
        run = RunFolder(dataset, run_id)
        return StreamPlaces(
            staging=str(run.staged),
            stop=str(run.stop),
            index=partial(Path, dataset / FILE_NAME),
            commit=partial(commit, run=run, compression_level=level, days=days),
        )

    def reports(self, most: int, now: dt.datetime) -> list[dict[str, Any]]:
        """Return the reports of the last runs, the latest first, by clocks that are right."""
        ended = [run for run in self._runs(now) if run.report.exists()]
        return [json.loads(run.report.read_bytes()) for run in ended[: -most - 1 : -1]]

    def _runs(self, now: dt.datetime) -> list[RunFolder]:
        """Return the runs that are kept, the latest last."""

        def age(run: RunFolder) -> tuple[bool, dt.datetime]:
            # One that began by a clock that was wrong is not the latest for as long.
            began = run.began or LONG_AGO
            return believed(began, now) is not None, began

        return sorted(run_folders(self._dataset), key=age)

    def drop_versions(self) -> None:
        """Remove what earlier versions still hold: a folder has none."""

    def compact(
        self,
        state: State,
        *,
        target_bytes: int,
        closed_before: dt.date,
        delete_before: dt.date | None = None,
        at_least: int = 2,
    ) -> Compaction:
        """Merge the small files of closed partitions, and delete what is too old."""
        return compact(
            self._dataset,
            target_bytes=target_bytes,
            closed_before=closed_before,
            delete_before=delete_before,
            at_least=at_least,
            state=state,
        )

    def prune(self, keep: int) -> None:
        """Remove the folders of all but the latest runs; what they published stays."""
        runs = self._runs(dt.datetime.now(dt.UTC))
        for run in runs[: max(0, len(runs) - keep)]:
            shutil.rmtree(run.path, ignore_errors=True)


def check_writable(dataset: Path) -> None:
    """Make the dataset's folder; raises ConfigError where nothing can be written."""
    try:
        (dataset / RUNS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=dataset / RUNS):
            pass
        # The dataset's own folder stands for those of tables that are not there yet.
        strays = [
            folder
            for folder in (dataset, *(dataset / table for table in (*TABLES, RAW)))
            if folder.exists() and not _is_reached(folder, dataset / RUNS)
        ]
    except OSError as error:
        raise ConfigError(
            f"output.path: cannot write to {str(dataset)!r}: {error.strerror}; "
            "choose another folder with --output"
        ) from error

    if strays:
        raise ConfigError(
            f"output.path: {strays[0]} is on another file system than "
            f"{dataset / RUNS}, from where files are renamed into it; keep the whole "
            "dataset on one"
        )


def _is_reached(folder: Path, home: Path) -> bool:
    """Return whether files can be renamed from ``home`` into ``folder``."""
    if folder.stat().st_dev != home.stat().st_dev:
        return False
    # A file system may be mounted in two places, between which nothing is renamed: the
    # kernel says so before it looks for the file.
    name = f".{uuid.uuid4().hex}"
    try:
        os.rename(home / name, folder / name)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return False
    return True


def home_of(output: OutputOptions, share: Share | None = None) -> Home:
    """Return where a dataset is.

    Args:
      output: What the configuration says of it.
      share: That of a run beside others, which has an index of its own.

    Raises:
      ConfigError: When the library that its tables need is not installed, or runs cannot
        work side by side in it.
    """
    share = share or Share()
    tables = delta_tables(output.path if output.url is None else output.url)
    if tables is not None:
        return DeltaHome(tables.store.url, output.state_folder, share)
    if not share.is_all:
        raise ConfigError(
            "--shard: runs side by side need Delta tables: write to a store, or set "
            'output.format = "delta"'
        )
    return LocalHome(Path(output.path))


def home_at(dataset: str) -> Home:
    """Return the dataset that a command line names; raises ConfigError.

    Args:
      dataset: Its folder or URL.
    """
    return home_of(
        load(None, (), {"output": {"path": dataset}}, needs_source=False).output
    )
