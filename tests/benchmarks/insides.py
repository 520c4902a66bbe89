"""What each use of a library's private parts brings: extraction with and without it.

``python -m tests.benchmarks.insides PAGES`` extracts the pages of a folder, in a process of
its own for each way, in turns, as a child of newsbeam does it.  What is compared is the
processor time of the pages, start-up left out; with ``--instructions``, what the processor
does for them, counted by valgrind, which is the same however busy the machine is.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from tests.benchmarks import document
from tests.benchmarks.naming import documents
from transforms.errors import Unreadable
from transforms.extract.article import extract

_WARM = 40
"""Pages that are extracted before time is taken."""
_BY_TIME = {
    "unit": "CPU ms",
    "how": "in turns, the median of the rounds, and of what each round compares",
}
_BY_COUNT = {
    "unit": "million instructions",
    "how": "what the processor does for a page, counted by valgrind, which is the same "
    "however busy the machine is; what waits for memory is not seen",
}
_VALGRIND = (
    *("valgrind", "--tool=cachegrind", "--cache-sim=no"),
    "--cachegrind-out-file=/dev/null",
)
_COUNTED = re.compile(r"I +refs: +([\d,]+)")


def _no_search(path: str, _compile: Callable[..., Any]) -> None:
    raise ValueError(path)


WITHOUT: Mapping[str, Mapping[str, Any]] = {
    "as newsbeam does it": {},
    "without searches answered from memory": {
        "transforms.fast.hasten.Search": _no_search
    },
    "without any search in other words": {
        "transforms.fast.hasten.permitted": lambda: False
    },
    "with all of trafilatura's steps each time": {
        "transforms.fast.cascade.permitted": lambda: False
    },
    "without any of these": {
        "transforms.fast.hasten.permitted": lambda: False,
        "transforms.fast.cascade.permitted": lambda: False,
    },
}
"""The ways of extraction, each with what stands in the place of what."""


def cost(way: str, folder: Path, every: int = 1) -> float:
    """Return the milliseconds of processor time that a page takes, in this process.

    Args:
      way: One of :data:`WITHOUT`.
      folder: The pages.
      every: Of how many pages one is measured; none for 0, only what goes before.
    """
    there = list(documents(folder))
    waiting = there[::every] if every else []
    for name, instead in WITHOUT[way].items():
        mock.patch(name, instead).start()
    # As in a child process: searches are in other words, garbage is looked for rarely.
    importlib.import_module("transforms.work.preload")
    start = time.process_time()
    for number, one in enumerate([*there[:_WARM], *waiting]):
        if number == len(there[:_WARM]):
            start = time.process_time()
        try:
            extract(one)
        except Unreadable:
            continue
    return (time.process_time() - start) / max(1, len(waiting)) * 1000


def _alone(way: str, folder: Path, every: int) -> list[str]:
    """Return the command that measures one way in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, str(folder), "--way", way]
    return [*command, "--every", str(every)]


def compare(folder: Path, rounds: int, every: int = 1) -> dict[str, Any]:
    """Return the milliseconds that a page takes each way, in each round."""
    found: dict[str, list[float]] = {way: [] for way in WITHOUT}
    for _ in range(rounds):
        for way, costs in found.items():
            command = _alone(way, folder, every)
            printed = subprocess.run(command, check=True, capture_output=True)
            costs.append(float(printed.stdout))
    return {"pages": _pages(folder, every), **_BY_TIME, "costs": found}


def count(folder: Path, every: int) -> dict[str, Any]:
    """Return the millions of instructions that a page takes each way.

    Raises:
      FileNotFoundError: When valgrind is not installed.
    """
    pages = _pages(folder, every)
    found: dict[str, list[float]] = {}
    for way in WITHOUT:
        before, whole = (instructions(_alone(way, folder, some)) for some in (0, every))
        found[way] = [(whole - before) / pages / 1e6]
    return {"pages": pages, **_BY_COUNT, "costs": found}


def instructions(command: Sequence[str]) -> int:
    """Return how many instructions a command takes.

    Raises:
      FileNotFoundError: When valgrind is not installed.
    """
    # The order of sets is that of hashes, which are others in each process.
    done = subprocess.run(
        [*_VALGRIND, *command],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    (counted,) = _COUNTED.findall(done.stderr)
    return int(counted.replace(",", ""))


def _pages(folder: Path, every: int) -> int:
    return len(list(folder.rglob("*.html"))[::every])


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of HTML pages")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="of how many pages one")
    parser.add_argument(
        "--instructions", action="store_true", help="count them, with valgrind"
    )
    parser.add_argument("--way", choices=WITHOUT, help="only this, in this process")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    if options.way:
        print(cost(options.way, options.folder, options.every))
        return
    if options.instructions:
        figures = count(options.folder, options.every)
        how = "--instructions"
    else:
        figures = compare(options.folder, options.rounds, options.every)
        how = f"--rounds {options.rounds}"
    print(json.dumps(figures))
    if options.docs:
        some = f" --every {options.every}" if options.every > 1 else ""
        command = f"python -m tests.benchmarks.insides PAGES {how}{some}"
        document.add("insides", figures | {"command": command}, options.docs)


if __name__ == "__main__":
    main()
