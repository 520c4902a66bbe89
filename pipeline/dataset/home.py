"""Home: the dataset that a configuration names, in a folder or in a store."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.configuration.config import OutputOptions
from pipeline.dataset.compact import clean_up
from pipeline.dataset.contract import Home, StreamPlaces
from pipeline.dataset.index import opened_index
from pipeline.dataset.lock import locked
from pipeline.dataset.publish import RUNS, RunFolder
from pipeline.dataset.runs import recover, run_folders
from pipeline.dataset.window_commit import commit
from pipeline.state.database import FILE_NAME, State
from pipeline.store.commit_log import MARK
from pipeline.store.stored import StoredHome
from transforms.errors import ConfigError
from transforms.tables import TABLES
from transforms.text.dates import LONG_AGO
from transforms.web.policy import believed
from transforms.write.raw import TABLE as RAW
from transforms.write.store import configure, missing_library


class LocalHome:
    """A dataset in a folder.

    Args:
      dataset: The folder.
    """

    def __init__(self, dataset: Path) -> None:
        self._dataset = dataset

    @property
    def index(self) -> Path:
        """Return the file of its index."""
        return self._dataset / FILE_NAME

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

    def stream(self, run_id: str, state: State, level: int) -> StreamPlaces:
        """Return where the unbounded flow of a run works, and its committer."""
        del state
        dataset = self._dataset.absolute()
        run = RunFolder(dataset, run_id)
        return StreamPlaces(
            staging=str(run.staged),
            stop=str(run.stop),
            index=partial(Path, dataset / FILE_NAME),
            commit=partial(commit, run=run, compression_level=level),
        )

    def prune(self, keep: int) -> None:
        """Remove the folders of all but the latest runs; what they published stays."""
        now = dt.datetime.now(dt.UTC)

        def age(run: RunFolder) -> tuple[bool, dt.datetime]:
            # One that began by a clock that was wrong is not the latest for as long.
            began = run.began or LONG_AGO
            return believed(began, now) is not None, began

        runs = sorted(run_folders(self._dataset), key=age)
        for run in runs[: max(0, len(runs) - keep)]:
            shutil.rmtree(run.path, ignore_errors=True)


def check_writable(dataset: Path) -> None:
    """Make the dataset's folder; raises ConfigError where nothing can be written."""
    if (dataset / MARK).exists():
        raise ConfigError(
            f"output.path: {dataset} is written to as a store: name it "
            f"{dataset.absolute().as_uri()}"
        )
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
        return error.errno != errno.EXDEV
    return True


def home_of(
    output: OutputOptions,
    beam_options: Sequence[str] = (),
    *,
    is_retried: bool = False,
) -> Home:
    """Return where a dataset is.

    Args:
      output: What the configuration says of it.
      beam_options: Options for Beam, which say how stores are reached.
      is_retried: Whether the runner may do a bundle of a bounded run twice.

    Raises:
      ConfigError: When the library that its store needs is not installed.
    """
    if output.url is None:
        return LocalHome(output.folder)
    extra = missing_library(output.url)
    if extra is not None:
        raise ConfigError(
            f"output.path: {output.url} needs: pip install 'newsbeam[{extra}]'"
        )
    configure(beam_options)
    return StoredHome(output.url, output.state_folder, is_retried=is_retried)
