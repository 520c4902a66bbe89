"""What Beam itself costs a run: ``python -m tests.benchmarks.engine`` prints JSON.

One run over generated pages is measured, and the same is done once more under py-spy
(dependency group ``bench``), which looks at the parent process many times a second.  The
time of a thread at work belongs to whom its innermost known frame does: to Beam, or to
newsbeam with the libraries that it called.  What a thread does while it imports modules is
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

from .measure import measure, require_linux
from .pages import write_pages
from .sentences import ROOT

_SAMPLES_A_SECOND = 200
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


def main() -> None:
    """Measure, and print a line of JSON."""
    require_linux()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="pages")
    options = parser.parse_args()
    os.chdir(ROOT)
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if spy is None:
        parser.error("py-spy is not installed: uv pip install --group bench")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_pages(work / "pages", options.count)
        command = [
            *(sys.executable, "-m", "pipeline", "run"),
            *("--files", f"{work}/pages/*.html", "--output"),
        ]
        usage = measure([*command, work / "plain"], work / "log.txt")
        stacks = work / "stacks.txt"
        record = [
            *(spy, "record", "--full-filenames", "--format", "raw"),
            *("--rate", str(_SAMPLES_A_SECOND), "--output", stacks, "--"),
        ]
        measure([*record, *command, work / "spied"], work / "log.txt")
        seconds = {
            name: samples / _SAMPLES_A_SECOND
            for name, samples in shares(stacks.read_text().splitlines()).items()
        }
    print(
        json.dumps(
            {
                "pages": options.count,
                "wall seconds": usage.seconds,
                "CPU seconds of all processes": usage.cpu_seconds,
                "seconds of the parent's threads": seconds,
                "Beam's share of all CPU": seconds["beam"] / usage.cpu_seconds,
            }
        )
    )


if __name__ == "__main__":
    main()
