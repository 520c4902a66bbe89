"""Publish: from staged files to a dataset that readers see whole, whatever happens.

::

    OUTPUT/_runs/<run_id>/run.json                   when the run began
    OUTPUT/_runs/<run_id>/<batch>/staging/…          what the flow wrote; nobody reads it
    OUTPUT/_runs/<run_id>/<batch>/staging/seal.json  the list of files that count
    OUTPUT/_runs/<run_id>/<batch>/manifest.json      what will be published: the commit
    OUTPUT/articles/date=…/…                         published by renaming, under final names
    OUTPUT/state.sqlite                              one transaction, after publishing
    OUTPUT/_runs/<run_id>/report.json                the run is over

The manifest appears by an atomic rename.  Before it, a batch never happened; after it, the
batch is done, however often its last steps are cut short: their names derive from the run
and the files' contents, so that repeating them is harmless.  A staging folder marks the
batch that still needs them, and goes last.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.counters import Counted
from pipeline.dataset.contract import Places, Rewrite, sealed_files
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME, RUNS
from transforms.errors import DatasetError
from transforms.tables import HASH_DIGITS
from transforms.write.durable import sync_folder, write_durably
from transforms.write.parquet import stage_file

log = logging.getLogger(__name__)

_MANIFEST = "manifest.json"
_STAGING = "staging"
_SEAL = "seal.json"
_REPORT = "report.json"
_START = "run.json"
# Of an unbounded run: what workers staged, and the file that ends the poll.
_STAGED = "staged"
_STOP = "stop"
# What Beam may want to keep on disk while a batch is in progress, below its staging.
_BEAM = "beam"


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
        self.report = self.path / _REPORT
        self.staged = self.path / _STAGED
        self.stop = self.path / _STOP
        self._start = self.path / _START

    def begin(self, now: dt.datetime) -> dt.datetime:
        """Note when the run began; return that of its first attempt, if there was one."""
        began = self.began
        if began is not None:
            return began
        self.path.mkdir(parents=True, exist_ok=True)
        write_durably(self._start, json.dumps({"at": now.isoformat()}).encode())
        return now

    @property
    def began(self) -> dt.datetime | None:
        """When the run began, None if it never did."""
        try:
            return dt.datetime.fromisoformat(json.loads(self._start.read_bytes())["at"])
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise DatasetError(
                f"{self._start} is damaged: move {self.path} out of the dataset"
            ) from error

    def batch(self, number: int) -> BatchFolder:
        """Return the folder of one batch."""
        return BatchFolder(self, number)

    def batches(self) -> list[BatchFolder]:
        """Return the batches that there are, in order."""
        return [
            BatchFolder(self, int(path.name))
            for path in sorted(self.path.glob("*/"))
            if path.name.isdigit()
        ]

    def manifests(self) -> list[dict[str, Any]]:
        """Return what was committed, batch by batch."""
        return [batch.read() for batch in self.batches() if batch.manifest.exists()]

    @property
    def where(self) -> Path:
        """Return the dataset's folder."""
        return self.dataset

    def files_of(
        self, table: str, manifests: Iterable[Mapping[str, Any]]
    ) -> Iterator[Path]:
        """Yield the files of a table that manifests name and that are there."""
        for manifest in manifests:
            for file in manifest["files"]:
                path = self.dataset / file["published"]
                # A retry may come after a compaction.
                if file["table"] == table and path.exists():
                    yield path

    def end(self, report: bytes) -> None:
        """Write the report: the run is over."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_durably(self.report, report)

    def tidy(self) -> None:
        """Remove what an unbounded flow left beside its commits."""
        shutil.rmtree(self.staged, ignore_errors=True)
        self.stop.unlink(missing_ok=True)

    def abandon(self) -> tuple[int, bool]:
        """Clean up after a failure.

        Returns:
          How many batches are committed, and whether one of them is not all published.
        """
        is_unfinished = False
        for batch in self.batches():
            if batch.manifest.exists():
                is_unfinished |= batch.staging.exists()
            else:
                batch.discard()
        committed = len(self.manifests())
        self.leave()
        return committed, is_unfinished

    def leave(self) -> None:
        """Remove the folder of a run that committed nothing."""
        if self.path.exists() and not self.report.exists() and not self.batches():
            shutil.rmtree(self.path, ignore_errors=True)


class BatchFolder:
    """The folder of one batch: its staging, its commit.

    Args:
      run: The run's folder.
      number: Which batch of the run.
    """

    def __init__(self, run: RunFolder, number: int) -> None:
        self.run = run
        self.number = number
        self.dataset = run.dataset
        self.path = run.path / f"{number:05d}"
        self.staging = self.path / _STAGING
        self.seal = self.staging / _SEAL
        self.manifest = self.path / _MANIFEST

    def places(self) -> Places:
        """Return where the batch's flow works."""
        return Places(
            staging=str(self.staging.absolute()),
            prefix="",
            seal=str(self.seal.absolute()),
            index=partial(Path, self.dataset.absolute() / FILE_NAME),
            dataset=str(self.dataset.absolute()),
            scratch=self.staging / _BEAM,
        )

    def prepare(self) -> None:
        """Make the staging folder."""
        self.staging.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict[str, Any]:
        """Return the manifest.

        Raises:
          RunError: When it is damaged.
        """
        try:
            content: dict[str, Any] = json.loads(self.manifest.read_bytes())
        except ValueError as error:
            raise DatasetError(
                f"{self.manifest} is damaged ({error}): move {self.path} out of the "
                "dataset, its inputs are then read again"
            ) from error
        return content

    def sealed(self) -> list[dict[str, Any]]:
        """Return the files that the flow sealed; see the contract."""
        return sealed_files(self.seal.read_bytes, self.run.run_id)

    def rewrite(self, published: str, rows: pa.Table | None, level: int) -> Rewrite:
        """Stage other rows for a published file; see the contract."""
        if rows is None:
            return Rewrite(published, None)
        file = stage_file(
            rows,
            name="rewrites",
            folder=Path(published).parent.name,
            staging=self.places().staging,
            compression_level=level,
        )
        staged = str(Path(file.path).relative_to(self.places().staging))
        return Rewrite(published, staged, file.size, file.sha256, file.rows)

    def rewrite_page(self, published: str, data: bytes) -> Rewrite:
        """Stage other contents for a file of kept pages; see the contract."""
        staged = self.staging / "rewrites" / published
        staged.parent.mkdir(parents=True, exist_ok=True)
        write_durably(staged, data)
        name = str(staged.relative_to(self.staging))
        sha256 = hashlib.sha256(data).hexdigest()
        return Rewrite(published, name, len(data), sha256)

    def commit(
        self,
        *,
        inputs: Mapping[str, Any],
        counters: Counted,
        rewrites: Sequence[Rewrite] = (),
    ) -> dict[str, Any]:
        """Write the manifest of what the flow sealed, and return it."""
        sealed = self.sealed()
        shards: Counter[tuple[str, str]] = Counter()
        for file in sealed:
            if not Path(file["path"]).is_file():
                raise DatasetError(f"staged file is gone: {file['path']}; run again")
            where = (file["table"], file["partition"])
            name = file["name"] or (
                f"{self.run.run_id}-{self.number:05d}.{shards[where]}-"
                f"{file['sha256'][:HASH_DIGITS]}.parquet"
            )
            shards[where] += 1
            file["published"] = "/".join((*where, name))
            file["staged"] = str(
                Path(file.pop("path")).relative_to(self.staging.absolute())
            )
        staged = [file["staged"] for file in sealed]
        staged += [rewrite.staged for rewrite in rewrites if rewrite.staged]
        for folder in {(self.staging / name).parent for name in staged}:
            sync_folder(folder)
        content = {
            "run_id": self.run.run_id,
            "inputs": inputs,
            "counters": counters,
            "files": sealed,
            "rewrites": [dataclasses.asdict(rewrite) for rewrite in rewrites],
        }
        write_durably(self.manifest, json.dumps(content, indent=1).encode())
        return content

    def publish(self, state: State) -> None:
        """Move what the manifest lists into the dataset and record it; repeatable.

        What is neither staged nor published was removed by somebody: the rest counts, and
        the inputs of the batch are no longer those that were worked on.

        Raises:
          DatasetError: When a file is not as it was when the manifest was written;
            nothing is published then that was not before.
        """
        manifest = self.read()
        self._verify(manifest)
        gone = self.gone()
        folders = set()
        everything = []
        # What vouches for the others comes last: what was asked need not be asked again.
        for file in sorted(
            manifest["files"], key=lambda file: file["table"] == "fetches"
        ):
            staged = self.staging / file["staged"]
            published = self.dataset / file["published"]
            if staged.exists():
                _make_folders(published.parent, self.dataset)
                os.replace(staged, published)
                folders.add(published.parent)
            if published not in gone:
                everything.append(published)
        for rewrite in manifest["rewrites"]:
            published = self.dataset / rewrite["published"]
            folders.add(published.parent)
            if rewrite["staged"] is None:
                published.unlink(missing_ok=True)
            elif (staged := self.staging / rewrite["staged"]).exists():
                os.replace(staged, published)
        for folder in folders:
            sync_folder(folder)
        rewritten = [rewrite["published"] for rewrite in manifest["rewrites"]]
        state.record(self.dataset, everything, rewritten)
        if gone:
            with state.transaction():
                state.ask_again()
            self.manifest.unlink()
        self.discard()

    def gone(self) -> list[Path]:
        """Return the files of the manifest that are neither staged nor published."""
        return [
            self.dataset / file["published"]
            for file in self.read()["files"]
            if not (self.staging / file["staged"]).exists()
            and not (self.dataset / file["published"]).exists()
        ]

    def _verify(self, manifest: Mapping[str, Any]) -> None:
        """Compare what is staged with what the manifest says of it.

        Raises:
          DatasetError: When a file has changed since.
        """
        for file in (*manifest["files"], *manifest["rewrites"]):
            # A manifest of an earlier newsbeam says nothing of rewrites.
            if file["staged"] is None or file.get("sha256") is None:
                continue
            path = self.staging / file["staged"]
            if not path.exists():
                continue
            with path.open("rb") as staged:
                digest = hashlib.file_digest(staged, "sha256").hexdigest()
            if path.stat().st_size != file["size"] or digest != file["sha256"]:
                raise DatasetError(
                    f"{path} was changed after it was committed and is not published: "
                    f"move {self.path} out of the dataset and run again, its inputs are "
                    "then read again"
                )

    def discard(self) -> None:
        """Remove the staging folder, which ends the batch; one without manifest goes."""
        # Renamed first: a half-removed folder must not look like one to roll forward.
        doomed = self.path / "discarded"
        if self.staging.exists():
            shutil.rmtree(doomed, ignore_errors=True)
            self.staging.replace(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
        if self.path.exists() and not any(self.path.iterdir()):
            self.path.rmdir()


def _make_folders(folder: Path, root: Path) -> None:
    """Make ``folder`` below ``root``, each new name durable."""
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for name in reversed(missing):
        name.mkdir(exist_ok=True)
        sync_folder(name.parent)
