"""A run among whose pages some hang, crash or eat memory: ``python -m tests.benchmarks.faulty``.

Compares two runs, in turns: one over ordinary pages, one over the same of which one in a
hundred is bad.  Half of the bad ones are real, pages that take trafilatura minutes; half
carry an order that a hook in the children obeys, since no page is known that crashes it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.dataset as ds

from . import document
from .hostile import PAGES
from .measure import measure, require_linux, spread
from .pages import write_pages
from .sentences import ROOT

ORDERS = {"hang": "timeout", "crash": "crashed", "bloat": "crashed"}
"""What a page can order, and the reason that it is rejected for."""
ENDLESS = ("100,000 links", "200,000 line breaks", "an attribute of 10 MB")
"""Real pages that are not done within seconds."""

# Python imports a module of this name, where it finds one, in every process that starts.
_HOOK = """
import ctypes
from lxml import html

parse = html.fromstring

def fromstring(page, *arguments, **options):
    content = page if isinstance(page, bytes) else b""
    while b"<!--hang-->" in content:
        pass
    if b"<!--crash-->" in content:
        ctypes.string_at(0)
    if b"<!--bloat-->" in content:
        bytearray(50_000_000_000)
    return parse(page, *arguments, **options)

html.fromstring = fromstring
"""


def install_hook(folder: Path) -> dict[str, str]:
    """Write the hook into ``folder``; return the environment that makes it work."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_HOOK)
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def spoil(folder: Path, every: int, kinds: tuple[str, ...]) -> dict[str, str]:
    """Make one in ``every`` pages a bad one; return the reason for each by file name."""
    expected = {}
    for number, path in enumerate(sorted(folder.glob("*.html"))[:: max(every, 1)]):
        kind = kinds[number % len(kinds)]
        expected[path.name] = ORDERS.get(kind, "timeout")
        if kind in ORDERS:
            path.write_bytes(path.read_bytes() + f"<!--{kind}-->".encode())
        else:
            path.write_bytes(PAGES[kind]())
    return expected


def compare(count: int, rounds: int, deadline: float) -> dict[str, Any]:
    """Run over clean and over faulty pages in turns; return what came out."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        # The hook costs the clean run the same.
        environment = install_hook(work / "hook")
        write_pages(work / "clean", count)
        write_pages(work / "faulty", count)
        expected = spoil(work / "faulty", 100, (*ORDERS, *ENDLESS))
        seconds: dict[str, list[float]] = {"clean": [], "faulty": []}
        found: Counter[str] = Counter()
        for turn in range(rounds):
            for pages, taken in seconds.items():
                output = work / f"{pages}-{turn}"
                command = [
                    *(sys.executable, "-m", "pipeline", "run"),
                    *("--files", f"{work / pages}/*.html", "--output", output),
                    *("--set", f"pool.deadline_seconds={deadline}"),
                ]
                usage = measure(command, work / "log.txt", environment=environment)
                taken.append(usage.seconds)
            rejects = ds.dataset(output / "rejects").to_table(columns=["reason"])
            found = Counter(rejects["reason"].to_pylist())
    return {
        "pages": count,
        "deadline": deadline,
        "bad": len(expected),
        "expected": Counter(expected.values()),
        "rejected": found,
        "seconds": {name: median(taken) for name, taken in seconds.items()},
        "speed": spread(
            [clean / faulty for clean, faulty in zip(*seconds.values(), strict=True)]
        ),
    }


def main() -> None:
    """Measure, and print a line of JSON."""
    require_linux()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000, help="pages in each run")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--deadline", type=float, default=0.5)
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    os.chdir(ROOT)
    figures = compare(options.count, options.rounds, options.deadline)
    print(json.dumps(figures))
    if options.docs:
        command = (
            f"python -m tests.benchmarks.faulty --count {options.count} "
            f"--rounds {options.rounds} --deadline {options.deadline:g}"
        )
        document.add("faulty", figures | {"command": command}, options.docs)


if __name__ == "__main__":
    main()
