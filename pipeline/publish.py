"""Publish: from staged files to a dataset that readers see whole, whatever happens.

::

    OUTPUT/_runs/<run_id>/staging/…       what the flow wrote; nobody reads it
    OUTPUT/_runs/<run_id>/staging/seal    the list of files that count
    OUTPUT/_runs/<run_id>/manifest.json   what will be published: the commit point
    OUTPUT/articles/date=…/…              published by renaming, under final names
    OUTPUT/state.sqlite                   one transaction, after publishing

The manifest appears by an atomic rename.  Before it, a run never happened; after it, the
run is done, however often its last steps are cut short: their names derive from the run
and the files' contents, so that repeating them is harmless.  A staging folder marks the
run that still needs them, and goes last.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections import Counter
from pathlib import Path

from pipeline.state import State
from transforms.durable import sync_folder, write_durably
from transforms.errors import RunError

log = logging.getLogger(__name__)

RUNS = "_runs"
_MANIFEST = "manifest.json"
_STAGING = "staging"
_SEAL = "seal.json"
# Of a file's SHA-256, as many digits as tell the files of one run apart.
_HASH_DIGITS = 12


class RunFolder:
    """The folder of one run in a dataset.

    Args:
      dataset: The dataset's folder.
      run_id: The run.
    """

    def __init__(self, dataset: Path, run_id: str) -> None:
        self.dataset = dataset
        self.run_id = run_id
        self.path = dataset / RUNS / run_id
        self.staging = self.path / _STAGING
        self.seal = self.staging / _SEAL
        self.manifest = self.path / _MANIFEST
        self.report = self.path / "report.json"

    def prepare(self) -> None:
        """Make the staging folder; a run under the name of an earlier one begins anew."""
        self.manifest.unlink(missing_ok=True)
        self.staging.mkdir(parents=True, exist_ok=True)

    def commit(self) -> None:
        """Write the manifest of what the flow sealed: from here on the run is done.

        Raises:
          RunError: When the flow ended without sealing its files, or one is missing.
        """
        try:
            sealed = json.loads(self.seal.read_bytes())
        except FileNotFoundError as error:
            raise RunError(
                f"run {self.run_id}: the flow ended without sealing its files; nothing "
                "was published, run again"
            ) from error
        shards: Counter[tuple[str, str]] = Counter()
        for file in sealed:
            if not Path(file["path"]).is_file():
                raise RunError(f"staged file is gone: {file['path']}; run again")
            where = (file["table"], file["partition"])
            name = (
                f"{self.run_id}-{shards[where]:05d}-"
                f"{file['sha256'][:_HASH_DIGITS]}.parquet"
            )
            shards[where] += 1
            file["published"] = "/".join((*where, name))
            file["staged"] = str(
                Path(file.pop("path")).relative_to(self.staging.absolute())
            )
        for folder in {(self.staging / file["staged"]).parent for file in sealed}:
            sync_folder(folder)
        content = {"run_id": self.run_id, "files": sealed}
        write_durably(self.manifest, json.dumps(content, indent=1).encode())

    def publish(self, state: State) -> list[Path]:
        """Move what the manifest lists into the dataset and record it; repeatable.

        Returns:
          All published files.

        Raises:
          RunError: When a file is neither staged nor published.
        """
        files = json.loads(self.manifest.read_bytes())["files"]
        folders = set()
        everything = []
        for file in files:
            staged = self.staging / file["staged"]
            published = self.dataset / file["published"]
            if staged.exists():
                _make_folders(published.parent, self.dataset)
                os.replace(staged, published)
                folders.add(published.parent)
            elif not published.exists():
                raise RunError(
                    f"{published} is missing and so is its staged copy: someone removed "
                    f"it; delete {self.path} to go on without it"
                )
            everything.append(published)
        for folder in folders:
            sync_folder(folder)
        state.record(self.dataset, everything)
        self.discard()
        return everything

    def published(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return the rows and the number of files that were published, by table."""
        rows: Counter[str] = Counter()
        files: Counter[str] = Counter()
        for file in json.loads(self.manifest.read_bytes())["files"]:
            rows[file["table"]] += file["rows"]
            files[file["table"]] += 1
        return dict(rows), dict(files)

    def discard(self) -> None:
        """Remove the staging folder, which ends the run; a run without report goes."""
        # Renamed first: a half-removed folder must not look like one to roll forward.
        doomed = self.path / "discarded"
        if self.staging.exists():
            shutil.rmtree(doomed, ignore_errors=True)
            self.staging.replace(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
        if self.path.exists() and not any(self.path.iterdir()):
            self.path.rmdir()


def recover(dataset: Path, state: State) -> list[str]:
    """Finish what was committed and remove what was not; at every start.

    Returns:
      A line for each run that was mended.
    """
    mended = []
    for path in sorted((dataset / RUNS).glob("*/")):
        run = RunFolder(dataset, path.name)
        if (path / "discarded").exists():
            run.discard()
        if not run.staging.exists():
            continue
        if run.manifest.exists():
            run.publish(state)
            mended.append(f"run {path.name} was committed but cut short: published")
        else:
            run.discard()
            mended.append(f"run {path.name} never committed: its staging was removed")
    return mended


def _make_folders(folder: Path, root: Path) -> None:
    """Make ``folder`` below ``root``, each new name durable."""
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for name in reversed(missing):
        name.mkdir(exist_ok=True)
        sync_folder(name.parent)
