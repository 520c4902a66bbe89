"""What the report costs: ``python -m tests.benchmarks.report``.

The dataset is generated, see :mod:`desk_rows`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import document
from .desk_rows import make
from .measure import machine, measure, require_linux, spread
from .sentences import ROOT

_MEGABYTE = 1_000_000


def measured(dataset: Path, rounds: int) -> dict[str, Any]:
    """Return what each command takes, and how large the page is.

    Args:
      dataset: Is asked.
      rounds: How often.
    """
    newsbeam = Path(sys.executable).with_name("newsbeam")
    with tempfile.TemporaryDirectory() as name:
        page, log = Path(name) / "report.html", Path(name) / "log"
        commands: dict[str, Sequence[str | Path]] = {
            "report": (newsbeam, "report", dataset, "-o", page),
            "stats": (newsbeam, "stats", dataset),
        }
        used = {
            name: [measure(command, log) for _ in range(rounds)]
            for name, command in commands.items()
        }
        size = page.stat().st_size
    rows = {
        name: {
            "seconds": spread([one.seconds for one in found]),
            "cpu": spread([one.cpu_seconds for one in found]),
            "megabytes": spread([one.peak_bytes / _MEGABYTE for one in found]),
        }
        for name, found in used.items()
    }
    return {"rows": rows, "page_kilobytes": size / 1_000}


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dataset", type=Path, help="one that was made before")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    require_linux()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name:
        dataset = options.dataset
        if dataset is None:
            dataset = Path(name) / "set"
            make(dataset, options.articles)
        figures = measured(dataset, options.rounds)
    figures |= {
        "articles": options.articles,
        "rounds": options.rounds,
        "machine": machine(),
        "load": os.getloadavg()[0],
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")
    if options.docs:
        command = (
            f"python -m tests.benchmarks.report --articles {options.articles} "
            f"--rounds {options.rounds}"
        )
        document.add("report", figures | {"command": command}, options.docs)


if __name__ == "__main__":
    main()
