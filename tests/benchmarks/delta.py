"""What a commit to Delta tables costs: ``python -m tests.benchmarks.delta``.

A thousand commits, each of a file with some articles, and what they leave behind.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import statistics
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from pipeline.delta.home import DeltaHome
from pipeline.delta.log import FIRST, LOG
from pipeline.delta.writer import as_committed
from transforms.records import Article, Stamp
from transforms.tables import TABLES
from transforms.vocabulary import TextSource
from transforms.write.parquet import stage_file
from transforms.write.rows import article_row


def main() -> None:
    """Make commits of one file each, and print figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=10, help="rows of a commit")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.commits, options.rows)


def article(number: int) -> Article:
    """Return a short article of its own."""
    name = f"{number:032x}"
    at = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    return Article(name, f"Article {number}.", name, TextSource.FILE, 2, at)


def measure(folder: Path, commits: int, rows: int) -> None:
    """Make commits in a folder, and print figures.

    Args:
      folder: An empty one.
      commits: How many.
      rows: Rows of each.
    """
    home = DeltaHome(folder.as_uri(), folder / "_state")
    stamp = Stamp("bench", "0", dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    seconds: list[float] = []
    with home.opened() as (state, _):
        run = home.run("bench", state)
        for number in range(commits):
            found = [
                article_row(article(number * rows + row), stamp) for row in range(rows)
            ]
            staged = stage_file(
                pa.Table.from_pylist(found, schema=TABLES[FIRST]),
                name=FIRST,
                folder="date=2026-11-24",
                staging=home.store.url,
                compression_level=3,
            )
            manifest = {
                "run_id": "bench",
                "batch": number,
                "inputs": {"files": [], "feeds": []},
                "counters": {},
                "files": [as_committed(home.store, dataclasses.asdict(staged))],
                "rewrites": [],
            }
            started = time.perf_counter()
            run.writer.append(manifest)
            seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
    with home.opened() as (_, _):
        followed = time.perf_counter() - started
    log = list((folder / FIRST / LOG).iterdir())
    started = time.perf_counter()
    version, files = home.tables.files(FIRST)
    opened = time.perf_counter() - started
    print(
        f"commits            {commits} of {rows} rows, version {version}, {len(files)} files"
    )
    print(
        f"a commit           median {statistics.median(seconds) * 1e3:.1f} ms, "
        f"the last hundred {statistics.median(seconds[-100:]) * 1e3:.1f} ms, "
        f"longest {max(seconds) * 1e3:.0f} ms"
    )
    checkpoints = sum(path.name.endswith(".checkpoint.parquet") for path in log)
    size = sum(path.stat().st_size for path in log)
    print(f"log                {size / 1e6:.2f} MB, {checkpoints} checkpoints")
    print(f"opened in          {opened * 1e3:.0f} ms")
    print(f"index brought up   {followed:.1f} s, all commits")


if __name__ == "__main__":
    main()
