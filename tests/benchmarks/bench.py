"""Runs programs over folders of pages, each measured with all its processes."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from . import truth, writing
from .measure import Usage, measure
from .pages import SMALL, Scale, write_pages
from .pages import pages as generated
from .rivals import MODULES

NEWSBEAM, PLAIN, ON_PRISM = "newsbeam", "plain script", "newsbeam on Prism"
IN_PROCESSES = "plain script in processes"
"""The same, in as many processes as there are cores."""
IN_THE_PLAIN_WAY = "newsbeam, NEWSBEAM_PLAIN=1"
"""newsbeam without the insides of its dependencies."""
_OURS = {NEWSBEAM, IN_THE_PLAIN_WAY, ON_PRISM}
BENCHMARKS = "tests.benchmarks"


@dataclasses.dataclass(frozen=True)
class Round:
    """One measured run of one program.

    Attributes:
      program: Its name.
      cores: How many it could use.
      pages: How many it read.
      articles: How many it wrote.
      usage: What it took.
    """

    program: str
    cores: int
    pages: int
    articles: int
    usage: Usage

    @property
    def rate(self) -> float:
        """Pages a second, start-up included."""
        return self.pages / self.usage.seconds

    @property
    def cpu(self) -> float:
        """Milliseconds of processor time a page."""
        return 1000 * self.usage.cpu_seconds / self.pages

    @property
    def megabytes(self) -> float:
        """Peak memory of all processes."""
        return self.usage.peak_bytes / 1e6


class Bench:
    """Runs programs on folders of pages.

    Args:
      work: Folder for pages and for what the programs write; it may be removed after.
      interpreter: Python that has the rivals installed; None to leave them out.
      prism: Beam's own small engine; None to leave it out.
      scale: How large generated pages are.
      plain_way: Whether newsbeam is also measured without the insides of libraries.
      model: The name model as it was trained, for the script; newsbeam's own for None.
    """

    def __init__(
        self,
        work: Path,
        interpreter: str | None = None,
        prism: Path | None = None,
        scale: Scale = SMALL,
        *,
        plain_way: bool = False,
        model: Path | None = None,
    ) -> None:
        self._model = model
        self._plain_way = plain_way
        self._work = work
        self._scale = scale
        self._interpreter = interpreter
        self._prism = prism
        self.skipped = [name for name in MODULES if not self._has(name)]
        """Rivals that are not installed."""

    @property
    def programs(self) -> list[str]:
        """All that can be compared here."""
        rivals = [name for name in MODULES if name not in self.skipped]
        scripts = (PLAIN, IN_PROCESSES)
        ways = [
            NEWSBEAM,
            *([IN_THE_PLAIN_WAY] if self._plain_way else ()),
            *([ON_PRISM] if self._prism else ()),
        ]
        return [*ways, *scripts, *rivals]

    def pages(self, count: int, seed: int) -> Path:
        """Return a folder with ``count`` pages."""
        folder = self._work / f"pages-{count}-{seed}"
        if not folder.exists():
            size = write_pages(folder, count, seed, self._scale)
            print(f"{count} pages, {size / 1e6:.0f} MB", file=sys.stderr)
        return folder

    def run(self, program: str, pages: Path, cores: int) -> Round:
        """Run a program once.

        Raises:
          CommandFailedError: When it fails.
        """
        output = self._work / "output"
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        log = self._work / "log.txt"
        usage = measure(self._command(program, pages, output, cores), log, cores)
        count = sum(1 for _ in pages.glob("*.html"))
        found = Round(program, cores, count, _articles(program, output, usage), usage)
        print(
            f"{program:25} {cores} core(s) {count} pages: {found.rate:.1f}/s, "
            f"{found.cpu:.1f} CPU ms, {found.megabytes:.0f} MB, "
            f"{found.articles} articles",
            file=sys.stderr,
        )
        return found

    def writing(self, rows: int) -> list[dict[str, Any]]:
        """Return what ways of writing cost, with the articles that were written last."""
        table = writing.articles(self._work / "output", rows)
        return writing.measured(table, writing.CHOICES, self._work, rounds=3)

    def quality(self, program: str, count: int, seed: int) -> dict[str, float] | None:
        """Return what is right in what was written last; None where it cannot be told."""
        output = self._work / "output"
        if program in _OURS:
            rows = truth.newsbeam_rows(output)
        elif program in {PLAIN, IN_PROCESSES}:
            rows = truth.plain_rows(output / "articles.parquet")
        else:
            return None
        return truth.shares(generated(count, seed, self._scale), rows)

    def _command(
        self, program: str, pages: Path, output: Path, cores: int
    ) -> list[str | Path]:
        if program in _OURS:
            engine = ["--runner", "PrismRunner", f"--prism_location={self._prism}"]
            plain = ["env", "NEWSBEAM_PLAIN=1"] if program == IN_THE_PLAIN_WAY else []
            return [
                *plain,
                *(sys.executable, "-m", "pipeline", "run"),
                *("--files", f"{pages}/*.html", "--output", output),
                *(engine if program == ON_PRISM else ()),
            ]
        if program in {PLAIN, IN_PROCESSES}:
            return [
                *(sys.executable, "-m", f"{BENCHMARKS}.plain"),
                *(pages, output / "articles.parquet"),
                *("--processes", str(cores if program == IN_PROCESSES else 1)),
                *(("--model", self._model) if self._model else ()),
            ]
        script = f"{BENCHMARKS}.rivals"
        return [
            self._interpreter or sys.executable,
            "-m",
            script,
            program,
            pages,
            output,
        ]

    def _has(self, rival: str) -> bool:
        if self._interpreter is None:
            return False
        command = [
            *(self._interpreter, str(Path(__file__).with_name("rivals.py"))),
            *(rival, "--check"),
        ]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _articles(program: str, output: Path, usage: Usage) -> int:
    if program in _OURS:
        return ds.dataset(output / "articles").count_rows()
    if program in {PLAIN, IN_PROCESSES}:
        return ds.dataset(output / "articles.parquet").count_rows()
    return int(usage.output.split()[-2])
