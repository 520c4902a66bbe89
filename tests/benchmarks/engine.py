"""What Beam itself costs a run: ``python -m tests.benchmarks.engine`` prints JSON.

One run over generated pages is measured, and the same is done once more under py-spy
(dependency group ``bench``), which looks at the parent process many times a second.  The
time of the thread that holds the interpreter's lock belongs to whom its innermost known
frame does: to Beam, or to newsbeam with the libraries that it called.  (Threads that wait
for a pipe or a lock would else be taken to be at work.)  What a thread does while it imports modules is
counted as start-up.  The children that extract and tag know nothing of Beam.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import document
from .measure import measure, require_linux
from .pages import write_pages
from .sentences import ROOT

_SAMPLES_A_SECOND = 200
_FEW = 6
"""Pages of a run that is mostly start-up."""
_OWN = (f"{ROOT}/pipeline/", f"{ROOT}/transforms/")


def shares(stacks: Iterable[str]) -> Counter[str]:
    """Return how many samples were whose.

    Args:
      stacks: Lines as py-spy writes them raw: frames from the outermost to the innermost
        with ``;`` between them, then how often they were seen.

    Returns:
      The samples of ``beam``, ``newsbeam``, ``start-up`` and ``other``.
    """
    found: Counter[str] = Counter()
    for line in stacks:
        stack, _, times = line.rpartition(" ")
        found[_owner(stack.split(";"))] += int(times)
    return found


def _owner(frames: list[str]) -> str:
    if any("importlib" in frame for frame in frames):
        return "start-up"
    for frame in reversed(frames):
        if "/apache_beam/" in frame:
            return "beam"
        if any(folder in frame for folder in _OWN):
            return "newsbeam"
    return "other"


def measured(count: int, spy: str) -> dict[str, Any]:
    """Return what a run over ``count`` pages takes, and whose it is.

    Args:
      count: Pages.
      spy: Path of py-spy.
    """
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_pages(work / "pages", count)
        write_pages(work / "few", _FEW)
        newsbeam = [sys.executable, "-m", "pipeline"]
        run = [*newsbeam, "run", "--files", f"{work}/pages/*.html", "--output"]
        few = [*newsbeam, "run", "--files", f"{work}/few/*.html", "--output"]
        log = work / "log.txt"
        usage = measure([*run, work / "plain"], log)
        few_seconds = measure([*few, work / "small"], log).seconds
        help_seconds = measure([*newsbeam, "--help"], log).seconds
        stacks = work / "stacks.txt"
        record = [
            *(spy, "record", "--gil", "--full-filenames", "--format", "raw"),
            *("--rate", str(_SAMPLES_A_SECOND), "--output", stacks, "--"),
        ]
        measure([*record, *run, work / "spied"], log)
        samples = shares(stacks.read_text().splitlines())
    seconds = {
        name: samples[name] / _SAMPLES_A_SECOND
        for name in ("beam", "newsbeam", "start-up", "other")
    }
    return {
        "pages": count,
        "seconds": usage.seconds,
        "cpu_seconds": usage.cpu_seconds,
        "parent_seconds": seconds,
        "share": seconds["beam"] / usage.cpu_seconds,
        "few_pages": _FEW,
        "few_seconds": few_seconds,
        "help_seconds": help_seconds,
    }


def main() -> None:
    """Measure, and print a line of JSON."""
    require_linux()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="pages")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    os.chdir(ROOT)
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if spy is None:
        parser.error("py-spy is not installed: uv pip install --group bench")
    figures = measured(options.count, spy)
    print(json.dumps(figures))
    if options.docs:
        command = f"python -m tests.benchmarks.engine --count {options.count}"
        document.add("engine", figures | {"command": command}, options.docs)


if __name__ == "__main__":
    main()
