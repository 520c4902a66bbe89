"""Measures newsbeam against the plain script, and others: ``make bench``.

All programs read the same pages from files, generated ones or those of a folder, each in
processes of its own, in turns (A B A B …), so that what slows the machine slows all of
them.  Start-up is part of every figure.  The result is ``docs/performance.md`` with its two charts.

``--against CHECKOUT`` compares this tree with another one instead, and writes nothing but
where ``--docs`` says so.

How memory depends on the number of pages takes long to measure, and has a command of its
own, which leaves the other figures as they are: ``--count 0 --curve 1000,10000``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from . import against, document, truth, writing
from .measure import Usage, machine, measure, require_linux, spread
from .pages import pages as generated
from .pages import write_pages
from .rivals import DOES, MODULES
from .sentences import ROOT, newsrooms

NEWSBEAM, PLAIN, ON_PRISM = "newsbeam", "plain script", "newsbeam on Prism"
_BENCHMARKS = "tests.benchmarks"
_WARM_UP = 6
"""Pages of a run that is not measured."""


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
    """

    def __init__(
        self, work: Path, interpreter: str | None = None, prism: Path | None = None
    ) -> None:
        self._work = work
        self._interpreter = interpreter
        self._prism = prism
        self.skipped = [name for name in MODULES if not self._has(name)]
        """Rivals that are not installed."""

    @property
    def programs(self) -> list[str]:
        """All that can be compared here."""
        rivals = [name for name in MODULES if name not in self.skipped]
        return [NEWSBEAM, *([ON_PRISM] if self._prism else ()), PLAIN, *rivals]

    def pages(self, count: int, seed: int) -> Path:
        """Return a folder with ``count`` pages."""
        folder = self._work / f"pages-{count}-{seed}"
        if not folder.exists():
            size = write_pages(folder, count, seed)
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
        usage = measure(self._command(program, pages, output), log, cores)
        count = sum(1 for _ in pages.glob("*.html"))
        found = Round(program, cores, count, _articles(program, output, usage), usage)
        print(
            f"{program:14} {cores} core(s) {count} pages: {found.rate:.1f}/s, "
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
        if program in {NEWSBEAM, ON_PRISM}:
            rows = truth.newsbeam_rows(output)
        elif program == PLAIN:
            rows = truth.plain_rows(output / "articles.parquet")
        else:
            return None
        return truth.shares(generated(count, seed), rows)

    def _command(self, program: str, pages: Path, output: Path) -> list[str | Path]:
        if program in {NEWSBEAM, ON_PRISM}:
            engine = ["--runner", "PrismRunner", f"--prism_location={self._prism}"]
            return [
                *(sys.executable, "-m", "pipeline", "run"),
                *("--files", f"{pages}/*.html", "--output", output),
                # The plain script has models of French and English, and no others.
                *("--set", 'enrich.entities.models={"ru" = ""}'),
                *(engine if program == ON_PRISM else ()),
            ]
        if program == PLAIN:
            script = f"{_BENCHMARKS}.plain"
            return [sys.executable, "-m", script, pages, output / "articles.parquet"]
        script = f"{_BENCHMARKS}.rivals"
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
    if program in {NEWSBEAM, ON_PRISM}:
        return ds.dataset(output / "articles").count_rows()
    if program == PLAIN:
        return ds.dataset(output / "articles.parquet").count_rows()
    return int(usage.output.split()[-2])


def compare(
    bench: Bench,
    *,
    count: int,
    rounds: int,
    seed: int = 1,
    folder: Path | None = None,
    cores: Sequence[int] = (1, 2),
    writing_rows: int = 0,
    warm_up: bool = True,
) -> dict[str, Any]:
    """Return all figures, as plain values that JSON can hold.

    Args:
      bench: Runs the programs.
      count: Pages in each run.
      rounds: How often each program runs on each number of cores.
      seed: Of the pages.
      folder: Pages to read instead of ``count`` generated ones; what is on them is not
        known, so that nothing is said of what is found.
      cores: Numbers of cores to measure on.
      writing_rows: Rows to measure ways of writing with; 0 for no such figures.
      warm_up: Run every program once on few pages first, so that its files are cached.
    """
    pages = folder or bench.pages(count, seed)
    programs = bench.programs
    for program in programs if warm_up else ():
        bench.run(program, bench.pages(_WARM_UP, seed), max(cores))
    done, quality = [], {}
    for _ in range(rounds):
        for number in cores:
            for program in programs:
                done.append(bench.run(program, pages, number))
                if folder is None and program not in quality:
                    quality[program] = bench.quality(program, count, seed)
    if writing_rows:
        bench.run(NEWSBEAM, pages, max(cores))
    return {
        "machine": machine(),
        "pages": done[0].pages,
        "bytes": sum(path.stat().st_size for path in pages.glob("*.html")),
        "languages": None if folder else len(newsrooms()),
        "rounds": rounds,
        "programs": [
            _summary(program, number, done) for program in programs for number in cores
        ],
        "quality": {name: right for name, right in quality.items() if right},
        "ratios": _ratios(done),
        "scaling": _scaling(done, programs, cores),
        "stages": _stages(pages),
        "writing": bench.writing(writing_rows) if writing_rows else [],
        "skipped": bench.skipped,
        "does": DOES,
    }


def curve(
    bench: Bench, sizes: Sequence[int], seed: int, cores: int
) -> list[dict[str, Any]]:
    """Return what newsbeam needs for pages of each number in ``sizes``."""
    done = [bench.run(NEWSBEAM, bench.pages(size, seed), cores) for size in sizes]
    return [
        {
            "pages": r.pages,
            "articles": r.articles,
            "rate": r.rate,
            "megabytes": r.megabytes,
        }
        for r in done
    ]


def _summary(program: str, cores: int, done: list[Round]) -> dict[str, Any]:
    own = [r for r in done if r.program == program and r.cores == cores]
    return {
        "program": program,
        "cores": cores,
        "articles": own[0].articles,
        "rate": spread([r.rate for r in own]),
        "cpu": spread([r.cpu for r in own]),
        "megabytes": spread([r.megabytes for r in own]),
        "processes": max(r.usage.processes for r in own),
    }


def _ratios(done: list[Round]) -> dict[str, dict[str, float]]:
    """Compare newsbeam with the plain script, round by round."""
    found: dict[str, list[float]] = defaultdict(list)
    ours = [r for r in done if r.program == NEWSBEAM]
    theirs = [r for r in done if r.program == PLAIN]
    figures: dict[str, Callable[[Round], float]] = {
        "rate": lambda r: r.rate,
        "cpu": lambda r: r.cpu,
        "memory": lambda r: r.megabytes,
    }
    for own, other in zip(ours, theirs, strict=True):
        for name, figure in figures.items():
            found[f"{name}, {own.cores} core(s)"].append(figure(own) / figure(other))
    return {name: spread(values) for name, values in found.items()}


def _scaling(
    done: list[Round], programs: Sequence[str], cores: Sequence[int]
) -> dict[str, dict[str, float]]:
    """Return how many times faster each program is on most cores than on fewest."""
    found = {}
    for program in programs:
        rates = [
            [r.rate for r in done if r.program == program and r.cores == number]
            for number in (min(cores), max(cores))
        ]
        found[program] = spread([b / a for a, b in zip(*rates, strict=True)])
    return found


def _stages(pages: Path) -> dict[str, float]:
    command = [sys.executable, "-m", f"{_BENCHMARKS}.stages", str(pages)]
    # As in the children of a run.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    return json.loads(subprocess.check_output(command, env=environment))


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def main() -> None:
    """Measure, and write what came out."""
    require_linux()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--count", type=int, default=300, help="pages in each run; 0: only --curve"
    )
    parser.add_argument(
        "--pages", type=Path, metavar="DIR", help="read its *.html instead"
    )
    parser.add_argument("--rounds", type=int, help="2; 5 with --against")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", type=_numbers, default=[1, 2], metavar="1,2")
    parser.add_argument("--curve", type=_numbers, default=[], metavar="1000,10000")
    parser.add_argument("--writing-rows", type=int, default=20_000, help="0 for none")
    parser.add_argument("--docs", type=Path, help="docs; with --against none")
    parser.add_argument("--python", default=sys.executable, help="has the rivals")
    parser.add_argument("--prism", type=Path, help="Beam's engine: make prism")
    parser.add_argument("--work", type=Path, help="keep pages and output here")
    against.add_options(parser)
    options = parser.parse_args()
    if options.against:
        sys.exit(against.report(parser, options))
    options.docs = options.docs or ROOT / "docs"
    options.rounds = options.rounds or 2
    if options.pages and not any(options.pages.glob("*.html")):
        parser.error(f"{options.pages} holds no *.html")
    folder = options.pages and options.pages.absolute()
    prism = options.prism and options.prism.absolute()
    if prism and not prism.exists():
        parser.error(f"{prism} is not there: make prism builds it")
    os.chdir(ROOT)
    figures = document.read(options.docs)
    if not options.count and not figures:
        parser.error(f"{options.docs} has no figures yet: measure with --count first")
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.work or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        bench = Bench(work, options.python, prism)
        for name in bench.skipped:
            print(f"{name} is not installed: left out", file=sys.stderr)
        command = f'make bench BENCH_ARGS="{_arguments()}"'
        if options.count:
            figures |= compare(
                bench,
                count=options.count,
                rounds=options.rounds,
                seed=options.seed,
                folder=folder,
                cores=options.cores,
                writing_rows=options.writing_rows,
            )
            figures["command"] = command
        if options.curve:
            most = max(options.cores)
            figures["memory"] = curve(bench, options.curve, options.seed, most)
            figures["memory_command"] = command
    document.write(figures, options.docs)
    print(f"written: {options.docs / 'performance.md'}", file=sys.stderr)


def _arguments() -> str:
    """Return the options as given, without those that name places of this machine."""
    kept, skip = [], False
    for argument in sys.argv[1:]:
        if skip:
            skip = False
        elif argument.split("=")[0] in {"--python", "--work", "--docs"}:
            skip = "=" not in argument
        else:
            kept.append(argument)
    return " ".join(kept)


if __name__ == "__main__":
    main()
