"""What each use of a library's private parts brings: extraction with and without it.

``python -m tests.benchmarks.insides PAGES`` extracts the pages of a folder, in a process of
its own for each way, in turns, as a child of newsbeam does it.  What is compared is the
processor time of the pages, start-up left out.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from tests.benchmarks import document
from tests.benchmarks.naming import documents
from transforms.errors import Unreadable
from transforms.extract.article import extract

_WARM = 40
"""Pages that are extracted before time is taken."""


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


def cost(way: str, folder: Path) -> float:
    """Return the milliseconds of processor time that a page takes, in this process."""
    waiting = list(documents(folder))
    for name, instead in WITHOUT[way].items():
        mock.patch(name, instead).start()
    # As in a child process: searches are in other words, garbage is looked for rarely.
    importlib.import_module("transforms.work.preload")
    start = time.process_time()
    for number, one in enumerate([*waiting[:_WARM], *waiting]):
        if number == len(waiting[:_WARM]):
            start = time.process_time()
        try:
            extract(one)
        except Unreadable:
            continue
    return (time.process_time() - start) / len(waiting) * 1000


def compare(folder: Path, rounds: int) -> dict[str, Any]:
    """Return what a page costs each way, in each round."""
    found: dict[str, list[float]] = {way: [] for way in WITHOUT}
    for _ in range(rounds):
        for way, costs in found.items():
            command = [sys.executable, "-m", __spec__.name, str(folder), "--way", way]
            printed = subprocess.run(command, check=True, capture_output=True)
            costs.append(float(printed.stdout))
    return {"pages": sum(1 for _ in folder.rglob("*.html")), "costs": found}


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of HTML pages")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WITHOUT, help="only this, in this process")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    if options.way:
        print(cost(options.way, options.folder))
        return
    figures = compare(options.folder, options.rounds)
    print(json.dumps(figures))
    if options.docs:
        command = f"python -m tests.benchmarks.insides PAGES --rounds {options.rounds}"
        document.add("insides", figures | {"command": command}, options.docs)


if __name__ == "__main__":
    main()
