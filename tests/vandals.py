"""A dataset, the runs that write it, and somebody who kills those and damages this."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as ds
from kit import ROOT
from news_site import START, Site
from towns import Towns

from pipeline.dataset.compact import compact
from pipeline.dataset.index import opened_index
from pipeline.dataset.lock import locked
from pipeline.dataset.read import open_table
from pipeline.state.inventory import FILE_NAME, is_ours
from transforms.errors import NewsbeamError

STEPS = [
    "pipeline.dataset.index:_put_aside",
    "pipeline.dataset.index:_rebuilt",
    "pipeline.dataset.index:_seal",
    "pipeline.dataset.index:recover",
    "pipeline.dataset.publish:BatchFolder.commit",
    "pipeline.dataset.publish:BatchFolder.discard",
    "pipeline.dataset.publish:BatchFolder.publish",
    "pipeline.dataset.publish:RunFolder.begin",
    "pipeline.dataset.publish:RunFolder.end",
    "pipeline.state.database:State.index",
    "pipeline.state.database:State.record",
    "os:replace",
    "transforms.write.staging:stage_file",
    "transforms.write.parquet:put",
]
SIDES = ("-wal", "-shm")
COLUMNS = ["id", "revision", "text"]
Row = tuple[str, int, str]


def in_duckdb(files: list[str]) -> list[Row]:
    query = "SELECT id, revision, text FROM read_parquet(?)"
    return duckdb.connect().execute(query, [files]).fetchall()


def in_arrow(files: list[str]) -> list[Row]:
    table = ds.dataset(files).to_table(COLUMNS)
    return list(zip(*(table[name].to_pylist() for name in COLUMNS), strict=True))


class Refused(Exception):  # noqa: N818 - no fault
    """A run named what is in its way."""


class Server:
    """Starts runs; see ``faults/run_server.py``."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "run.log"
        script = str(ROOT / "tests/faults/run_server.py")
        self._server = subprocess.Popen(
            [sys.executable, script],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, kill_after: float | None = None) -> int:
        """Do one run; return how it ended."""
        server = self._server
        assert server.stdin is not None
        assert server.stdout is not None
        config, now, *fault = arguments
        server.stdin.write(json.dumps([config, now, str(self.log), *fault]) + "\n")
        server.stdin.flush()
        process = int(server.stdout.readline())
        timer = None
        if kill_after is not None:
            timer = threading.Timer(kill_after, self._kill, [process])
            timer.start()
        code = int(server.stdout.readline())
        if timer is not None:
            timer.cancel()
        return code

    def _kill(self, process: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)

    def close(self) -> None:
        self._server.communicate()


class House(Towns):
    """A dataset, what it is made of, and somebody who damages it."""

    def __init__(self, site: Site, folder: Path, seed: int) -> None:
        super().__init__(site, folder, batch_files=15)
        self.work_alone()
        self.index = self.dataset.path / FILE_NAME
        self.server = Server(folder)
        self.chance = random.Random(seed)  # noqa: S311 - damage, no secrets
        self.seconds = 1.0
        self.aged: list[Path] = []
        self.kept: dict[Path, bytes] = {}
        self.done: Counter[str] = Counter()
        # Files that no manifest names any more: where the index is harmed too, nobody can
        # know that they are gone.
        self.unvouched: set[Path] = set()
        self.is_index_harmed = self.is_one_unvouched_gone = False
        # No read while somebody damages what is read.
        self.still = threading.Lock()
        self.swapped = self._other_index()

    def _other_index(self) -> Path:
        """Return the index of another dataset with the same news."""
        other = Towns(self.site, self.folder / "other", batch_files=15)
        other.work_alone()
        (other.inbox / "x.txt").write_text("Another town builds no bridge at all.")
        self.add_news()
        assert self.server.run(str(other.config), START.isoformat()) == 0
        return other.dataset.path / FILE_NAME

    # --- runs -----------------------------------------------------------------------

    def run(self, *fault: str, kill_after: float | None = None) -> bool:
        """Do a run; return whether it came to its end."""
        began = time.monotonic()
        code = self.server.run(
            str(self.config), self.next_run(), *fault, kill_after=kill_after
        )
        self.done["runs"] += 1
        if code == -signal.SIGKILL:
            self.done["killed"] += 1
            return False
        said = self.server.log.read_text()
        if code:
            # A line for each damaged file.
            refusal = said.rpartition("DatasetError: ")[2].strip()
            assert "DatasetError: " in said, said
            for line in refusal.splitlines():
                assert "is damaged" in line or "was changed after" in line, said
            self.done["refused"] += 1
            raise Refused(refusal)
        self.seconds = time.monotonic() - began
        return True

    def check_nothing_is_doubled(self) -> None:
        if not (self.dataset.path / "articles").is_dir():
            return
        rows = open_table(self.dataset.path).to_table(["id", "text", "revision"])
        texts = Counter(rows["text"].to_pylist())
        assert [text for text, times in texts.items() if times > 1] == []
        assert set(rows["revision"].to_pylist()) <= {0}

    def look(self) -> str | None:
        """Read all articles with DuckDB and with pyarrow; return what is wrong."""
        with self.still:
            files = [
                str(path) for path in self.files("articles") if path not in self.kept
            ]
            for read in (in_duckdb, in_arrow):
                if not files:
                    break
                try:
                    rows = read(files)
                except (duckdb.IOException, FileNotFoundError) as error:
                    # What a merge replaced goes once its new file is there.
                    if all(Path(file).exists() for file in files):
                        return repr(error)
                    self.done["lists of files that had changed"] += 1
                    return None
                self.done["reads"] += 1
                if len({(key, revision) for key, revision, _ in rows}) != len(rows):
                    return f"an article twice: {rows}"
                if len({text for _, _, text in rows}) != len(rows):
                    return f"a text twice: {rows}"
        return None

    def work(self) -> None:
        """Run to the end, whatever is to be put right before."""
        for _ in range(9):
            try:
                if self.run():
                    break
            except Refused:
                self.put_right()
        else:
            raise AssertionError(self.server.log.read_text())
        self.check_nothing_is_doubled()
        self.is_index_harmed = self.is_one_unvouched_gone = False
        if self.chance.random() < 0.3:
            path = self.folder / f"aged-{len(self.aged)}.sqlite"
            shutil.copy(self.index, path)
            self.aged.append(path)

    def die(self) -> None:
        """Do a run that is killed at a step or at some moment."""
        try:
            if self.chance.random() < 0.5:
                self.run(
                    self.chance.choice(STEPS), self.chance.choice(["before", "after"])
                )
            else:
                self.run(kill_after=self.seconds * self.chance.uniform(0.1, 1.1))
        except Refused:
            self.put_right()

    def put_right(self) -> None:
        """Put back what was damaged, or take it away for good."""
        with self.still:
            self._put_right()

    def _put_right(self) -> None:
        for path, content in self.kept.items():
            if path.exists():
                if self.chance.random() < 0.5 or not self.removable([path]):
                    path.write_bytes(content)
                else:
                    path.unlink()
                    self.is_one_unvouched_gone |= path in self.unvouched
        self.kept.clear()
        for batch in self.altered():
            shutil.rmtree(batch)

    def altered(self) -> list[Path]:
        """Return the batches that a run has refused to publish."""
        said = self.server.log.read_text()
        if "was changed after" not in said:
            return []
        batches = self.dataset.path.glob("_runs/*/*")
        return [path for path in batches if path.is_dir() and str(path) in said]

    # --- damage ------------------------------------------------------------------------

    def files(self, table: str = "*") -> list[Path]:
        return sorted(
            path
            for path in self.dataset.path.glob(f"{table}/date=*/*")
            if is_ours(path.parts[-3], path.name)
        )

    def damage(self) -> None:
        ways: list[Callable[[], Any]] = [
            self.delete_index,
            self.truncate_index,
            self.empty_index,
            self.scribble_index,
            self.age_index,
            self.age_index,
            self.swap_index,
            self.delete_the_log,
            self.remove_file,
            self.remove_file,
            self.remove_partition,
            self.truncate_file,
            self.add_strays,
            self.add_strays,
            self.remove_runs,
            self.touch_everything,
            self.alter_staged,
            self.merge,
        ]
        for way in self.chance.sample(ways, self.chance.choice([0, 1, 1, 2, 3])):
            if "index" in way.__name__ or "log" in way.__name__:
                if self.is_one_unvouched_gone:
                    continue
                self.is_index_harmed = True
            with self.still:
                way()
            self.done[way.__name__] += 1

    def delete_index(self) -> None:
        sides = self.chance.choice([("", *SIDES), ("",)])
        for side in sides:
            self.index.with_name(FILE_NAME + side).unlink(missing_ok=True)

    def truncate_index(self) -> None:
        if self.index.is_file():
            size = self.index.stat().st_size
            os.truncate(self.index, int(size * self.chance.random()))

    def empty_index(self) -> None:
        self.index.write_bytes(b"")

    def scribble_index(self) -> None:
        if not self.index.is_file():
            return
        data = bytearray(self.index.read_bytes())
        for _ in range(self.chance.choice([1, 3, 20])):
            place = self.chance.randrange(max(1, len(data) - 64))
            data[place : place + 64] = self.chance.randbytes(64)
        self.index.write_bytes(data)

    def age_index(self) -> None:
        if self.aged:
            copy = self.chance.choice([shutil.copy, shutil.copy2])
            copy(self.chance.choice(self.aged), self.index)

    def swap_index(self) -> None:
        shutil.copy(self.swapped, self.index)

    def delete_the_log(self) -> None:
        for side in self.chance.sample(SIDES, 1):
            self.index.with_name(FILE_NAME + side).unlink(missing_ok=True)

    def remove_file(self) -> None:
        files = self.removable(self.files())
        if files:
            path = self.chance.choice(files)
            path.unlink()
            self.is_one_unvouched_gone |= path in self.unvouched

    def removable(self, files: list[Path]) -> list[Path]:
        if not self.is_index_harmed:
            return files
        return [path for path in files if path not in self.unvouched]

    def remove_partition(self) -> None:
        folders = sorted(self.dataset.path.glob("*/date=*"))
        if folders:
            folder = self.chance.choice(folders)
            files = sorted(folder.glob("*.parquet"))
            if self.removable(files) == files:
                shutil.rmtree(folder)
                self.is_one_unvouched_gone |= bool(self.unvouched & set(files))

    def truncate_file(self) -> None:
        files = self.files()
        if files:
            path = self.chance.choice(files)
            # What it was before the first damage, which may not be the last.
            content = self.kept.setdefault(path, path.read_bytes())
            os.truncate(path, int(len(content) * self.chance.random()))

    def add_strays(self) -> None:
        files = self.files("articles")
        if files:
            path = self.chance.choice(files)
            names = [f"{path.stem} (1).parquet", ".DS_Store", "mine.parquet"]
            shutil.copy(path, path.with_name(self.chance.choice(names)))

    def remove_runs(self) -> None:
        # Not while a batch is on its way: what is in its folder is nowhere else.
        staged = [*self.dataset.path.glob("_runs/*/*/staging")]
        if not staged and not self.is_index_harmed:
            shutil.rmtree(self.dataset.path / "_runs", ignore_errors=True)
            self.unvouched = {*self.dataset.path.glob("*/*/*.parquet")}
            self.aged.clear()

    def touch_everything(self) -> None:
        for path in self.dataset.path.rglob("*"):
            os.utime(path)

    def alter_staged(self) -> None:
        staged = sorted(self.dataset.path.glob("_runs/*/*/staging/*/*/*.parquet"))
        if staged:
            path = self.chance.choice(staged)
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 0xFF
            path.write_bytes(data)

    def merge(self) -> None:
        """Merge files, in half of the cases as one that is killed before it notes it."""
        if not (self.dataset.path / "articles").is_dir():
            return
        if self.unvouched:
            self.unvouched = {*self.dataset.path.glob("*/*/*.parquet")}
        later = START.date() + dt.timedelta(days=9_999)
        given: dict[str, Any] = {"target_bytes": 10**8, "closed_before": later}
        with contextlib.suppress(NewsbeamError):
            if self.chance.random() < 0.5:
                with locked(self.dataset.path):
                    compact(self.dataset.path, **given)
            else:
                with (
                    locked(self.dataset.path),
                    opened_index(self.dataset.path) as (state, _),
                ):
                    compact(self.dataset.path, state=state, **given)
