"""A stream over a wire that publishes for a while: latency, memory, and whether all came.

    python -m tests.benchmarks.stream --entries 5000 --minutes 30
    python -m tests.benchmarks.stream --rate 50 --minutes 2 --hosts 200 --feeds 50 --slow 1

A story is published when a feed lists it, and readable when a published file of the
dataset has its row; a reader looks for new files twice a second.  Until the feeds are as
long as they get (``--window``), each poll has more to read and memory grows.  In the end
one bounded run reads everything at once, and both datasets must have the same rows.  With
``--slow`` the whole is done twice, first without the slow hosts; ``latency_seconds`` is of
what the others publish.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from wire import Wire

from tests.benchmarks import document
from tests.benchmarks.measure import machine, require_linux, resident_bytes

_LOOK_SECONDS = 0.5
_SAMPLE_SECONDS = 2.0
_PATIENCE = 120.0
# Characters of the log of a stream that ends before its time.
_SHOWN = 2_000
_SETTINGS = (
    "fetch.contact=https://example.org/me",
    'fetch.allowed_networks=["127.0.0.0/8"]',
    "fetch.interval_minutes=0",
    "fetch.feed_pause_seconds=0",
    "fetch.page_pause_seconds=0",
    "stream.rhythm=0",
    "stream.compact_minutes=5",
)


@dataclasses.dataclass(frozen=True)
class Sample:
    """What the process held at one time."""

    minute: float
    megabytes: float
    threads: int
    files: int


class _Reader(threading.Thread):
    """Notes when each title is readable for the first time."""

    def __init__(self, articles: Path) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self.over = threading.Event()
        self._articles = articles
        self._read: set[Path] = set()

    def run(self) -> None:
        while not self.over.wait(_LOOK_SECONDS):
            for path in set(self._articles.glob("**/*.parquet")) - self._read:
                # A compaction may have merged it meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    titles = pq.ParquetFile(path).read(columns=["title"])["title"]
                    now = time.monotonic()
                    for title in titles.to_pylist():
                        self.seen.setdefault(title, now)
                    self._read.add(path)


class _Sampler(threading.Thread):
    """Samples what a process holds."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self.over = threading.Event()
        self._pid = pid

    def run(self) -> None:
        began = time.monotonic()
        while not self.over.wait(_SAMPLE_SECONDS):
            proc = Path("/proc") / str(self._pid)
            with contextlib.suppress(OSError):
                self.samples.append(
                    Sample(
                        (time.monotonic() - began) / 60,
                        resident_bytes(self._pid) / 1e6,
                        len(os.listdir(proc / "task")),
                        len(os.listdir(proc / "fd")),
                    )
                )


def main() -> None:
    """Run the benchmark and print its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=5000)
    parser.add_argument("--rate", type=float, help="entries a second, for --entries")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--feeds", type=int, default=10)
    parser.add_argument("--window", type=int, default=50, help="entries in a feed")
    parser.add_argument("--poll", type=float, default=10, help="seconds")
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--slow", type=int, default=0, help="hosts that are slow")
    parser.add_argument("--slow-seconds", type=float, default=3, help="for each answer")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    if options.rate:
        options.entries = round(options.rate * options.minutes * 60)
    require_linux()
    is_well = True
    for slow in sorted({0, options.slow}):
        wire = Wire(
            options.feeds,
            options.window,
            hosts=options.hosts,
            slow=slow,
            slow_seconds=options.slow_seconds,
        )
        with tempfile.TemporaryDirectory() as folder, wire:
            figures = _measure(options, Path(folder), wire)
        print(json.dumps({"slow_hosts": slow, **figures}, indent=1))
        if options.docs and slow == options.slow:
            document.add_row("streams", row(figures, sys.argv[1:]), options.docs)
        is_well &= not figures["missing"] and bool(figures["same_rows_as_one_run"])
    if not is_well:
        sys.exit(1)


def _measure(options: argparse.Namespace, folder: Path, wire: Wire) -> dict[str, Any]:
    dataset = folder / "stream"
    command = _command("stream", wire.feeds, dataset)
    command += ["--set", f"stream.shortest_poll_seconds={options.poll}"]
    for setting in ("stream.pause_seconds=1", *options.set):
        command += ["--set", setting]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    reader, sampler = _Reader(dataset / "articles"), _Sampler(process.pid)
    reader.start()
    sampler.start()
    publisher = wire.publish_steadily(options.entries, options.minutes * 60)
    while publisher.is_alive():
        publisher.join(_SAMPLE_SECONDS)
        _check(process, folder / "log")
    until = time.monotonic() + _PATIENCE
    while wire.versions() - reader.seen.keys() and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        _check(process, folder / "log")
    reader.over.set()
    sampler.over.set()
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=90)
    once = folder / "once"
    subprocess.run(
        _command("run", wire.archives, once), check=True, stdout=subprocess.DEVNULL
    )
    published = {version.title: version.at for version in wire.published}
    slow = {version.title for version in wire.published if wire.is_slow(version)}
    waits = {
        title: reader.seen[title] - at
        for title, at in published.items()
        if title in reader.seen
    }
    steady = sampler.samples[len(sampler.samples) // 4 :]
    return {
        "published": len(published),
        "corrections": sum(one.revision > 0 for one in wire.published),
        "in_two_feeds": sum(len(one.feeds) > 1 for one in wire.published),
        "minutes": options.minutes,
        "poll_seconds": options.poll,
        "missing": sorted(published.keys() - reader.seen.keys()),
        "latency_seconds": _latency(waits[title] for title in waits.keys() - slow),
        "latency_of_slow": _latency(waits[title] for title in waits.keys() & slow),
        "rows_of_waiting": _rows(dataset / "waiting"),
        "batches": len(list(dataset.glob("_runs/*/*/manifest.json"))),
        "exit_code": code,
        "same_rows_as_one_run": _keys(dataset) == _keys(once),
        "article_files": len(list((dataset / "articles").glob("**/*.parquet"))),
        "memory_mb": [round(one.megabytes) for one in _every_minute(sampler.samples)],
        "memory_growth_mb_per_hour": round(_slope(steady), 1),
        "threads": [one.threads for one in _every_minute(sampler.samples)],
        "open_files": [one.files for one in _every_minute(sampler.samples)],
        "load": [round(load, 1) for load in os.getloadavg()],
    }


def _check(process: subprocess.Popen[bytes], log: Path) -> None:
    """End the benchmark where the stream has ended: it has nothing to measure any more."""
    if process.poll() is not None:
        raise SystemExit(log.read_text()[-_SHOWN:])


def row(figures: Mapping[str, Any], given: Sequence[str]) -> dict[str, Any]:
    """Return the figures that the docs show.

    Args:
      figures: What was measured.
      given: The arguments of the command.
    """
    place = given.index("--docs")
    words = shlex.join([*given[:place], *given[place + 2 :]])
    shown = ("published", "minutes", "poll_seconds", "latency_seconds", "batches")
    return {
        "command": f"python -m tests.benchmarks.stream {words}",
        **{name: figures[name] for name in shown},
        "missing": len(figures["missing"]),
        "megabytes": figures["memory_mb"],
        "machine": machine(),
    }


def _latency(waits: Iterable[float]) -> dict[str, float]:
    found = sorted(waits)
    if not found:
        return {}
    return {
        "p50": round(statistics.median(found), 1),
        "p99": round(found[int(0.99 * (len(found) - 1))], 1),
        "most": round(found[-1], 1),
    }


def _rows(table: Path) -> int:
    paths = table.glob("**/*.parquet")
    return sum(pq.ParquetFile(path).metadata.num_rows for path in paths)


def _command(name: str, feeds: tuple[str, ...], dataset: Path) -> list[str]:
    command = [sys.executable, "-m", "pipeline", name, "--output", str(dataset)]
    for feed in feeds:
        command += ["--feed", feed]
    for setting in _SETTINGS:
        command += ["--set", setting]
    return command


def _keys(dataset: Path) -> list[tuple[str, int]]:
    return sorted(
        (row["id"], row["revision"])
        for path in (dataset / "articles").glob("**/*.parquet")
        for row in pq.ParquetFile(path).read(columns=["id", "revision"]).to_pylist()
    )


def _every_minute(samples: list[Sample]) -> list[Sample]:
    found: dict[int, Sample] = {}
    for sample in samples:
        found.setdefault(int(sample.minute), sample)
    return list(found.values())


def _slope(samples: list[Sample]) -> float:
    """Return the growth of memory in MB an hour, by least squares."""
    if len(samples) < 2:
        return 0.0
    line = statistics.linear_regression(
        [one.minute for one in samples], [one.megabytes for one in samples]
    )
    return line.slope * 60


if __name__ == "__main__":
    main()
