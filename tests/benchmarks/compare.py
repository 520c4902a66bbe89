"""Measures newsbeam against the plain script, and others: ``make bench``.

All programs read the same pages from files, generated ones or those of a folder, each in
processes of its own, in turns (A B A B …), so that what slows the machine slows all of
them.  Start-up is part of every figure.  The result is ``docs/performance.md`` with its two charts.

``--against CHECKOUT`` compares this tree with another one instead, and writes nothing but
where ``--docs`` says so.

``--large`` makes pages of the size of newspapers', ``--pages DIR`` reads those of a folder;
with ``--section`` the figures, and where a page's time goes, are a section of their own.

How memory depends on the number of pages takes long to measure, and has a command of its
own, which leaves the other figures as they are: ``--count 0 --curve 1000,10000``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import against, document, field
from .bench import BENCHMARKS, IN_PROCESSES, NEWSBEAM, PLAIN, Bench, Round
from .measure import machine, require_linux, spread
from .pages import LARGE, SMALL
from .rivals import DOES
from .sentences import ROOT, newsrooms

_WARM_UP = 6
"""Pages of a run that is not measured."""


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
    turns = [
        (program, number)
        for number in cores
        for program in programs
        # On one core it would be the plain script.
        if program != IN_PROCESSES or number > 1
    ]
    done, quality = [], {}
    for _ in range(rounds):
        for program, number in turns:
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
            _summary(program, number, done)
            for program in programs
            for number in cores
            if (program, number) in turns
        ],
        "quality": {name: right for name, right in quality.items() if right},
        "ratios": _ratios(done, PLAIN) | _ratios(done, IN_PROCESSES),
        "scaling": _scaling(done, programs, cores),
        "stages": json_of("stages", pages),
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


def _ratios(done: list[Round], script: str) -> dict[str, dict[str, float]]:
    """Compare newsbeam with the plain script of this name, round by round."""
    found: dict[str, list[float]] = defaultdict(list)
    theirs = [r for r in done if r.program == script]
    cores = {r.cores for r in theirs}
    ours = [r for r in done if r.program == NEWSBEAM and r.cores in cores]
    how = " of processes" if script == IN_PROCESSES else ""
    figures: dict[str, Callable[[Round], float]] = {
        "rate": lambda r: r.rate,
        "cpu": lambda r: r.cpu,
        "memory": lambda r: r.megabytes,
    }
    for own, other in zip(ours, theirs, strict=True):
        for name, figure in figures.items():
            found[f"{name}, {own.cores} core(s){how}"].append(
                figure(own) / figure(other)
            )
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
        if not all(rates):
            continue
        found[program] = spread([b / a for a, b in zip(*rates, strict=True)])
    return found


def json_of(program: str, pages: Path, **variables: str) -> dict[str, float]:
    """Return what another program of the benchmarks prints for a folder of pages.

    Args:
      program: The program's module.
      pages: The folder.
      variables: What its environment has beside that of this process.
    """
    command = [sys.executable, "-m", f"{BENCHMARKS}.{program}", str(pages)]
    # As in the children of a run.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"} | variables
    printed = subprocess.check_output(command, env=environment, text=True)
    return json.loads(printed.splitlines()[-1])


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def main() -> None:
    """Measure, and write what came out."""
    require_linux()
    parser, options = _options()
    if options.against:
        sys.exit(against.report(parser, options))
    options.docs = options.docs or ROOT / "docs"
    options.rounds = options.rounds or 2
    if options.pages and not any(options.pages.glob("*.html")):
        parser.error(f"{options.pages} holds no *.html")
    folder = options.pages and options.pages.absolute()
    prism = options.prism and options.prism.absolute()
    model = options.model and options.model.absolute()
    if prism and not prism.exists():
        parser.error(f"{prism} is not there: make prism builds it")
    os.chdir(ROOT)
    figures = document.read(options.docs)
    if (options.section or not options.count) and not figures:
        parser.error(
            f"{options.docs} has no figures yet: measure without --section first"
        )
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.work or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        scale = LARGE if options.large else SMALL
        plain_way = options.section is not None
        bench = Bench(
            *(work, options.python, prism, scale), plain_way=plain_way, model=model
        )
        for name in bench.skipped:
            print(f"{name} is not installed: left out", file=sys.stderr)
        command = f'make bench BENCH_ARGS="{_arguments()}"'
        if options.count:
            found = compare(
                bench,
                count=options.count,
                rounds=options.rounds,
                seed=options.seed,
                folder=folder,
                cores=options.cores,
                writing_rows=0 if options.section else options.writing_rows,
            )
            found["command"] = command
            if options.section:
                pages = folder or bench.pages(options.count, options.seed)
                found["split"] = json_of("split", pages)
                found["split_plain"] = json_of("split", pages, NEWSBEAM_PLAIN="1")
                found["load"] = os.getloadavg()[0]
                figures.setdefault("sections", {})[options.section] = found
            else:
                figures |= found
        if options.curve:
            most = max(options.cores)
            figures["memory"] = curve(bench, options.curve, options.seed, most)
            figures["memory_command"] = command
    document.write(figures, options.docs)
    print(f"written: {options.docs / 'performance.md'}", file=sys.stderr)


def _options() -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--count", type=int, default=300, help="pages in each run; 0: only --curve"
    )
    parser.add_argument(
        "--pages", type=Path, metavar="DIR", help="read its *.html instead"
    )
    parser.add_argument(
        "--large", action="store_true", help="make pages as large as newspapers'"
    )
    parser.add_argument(
        "--section", choices=field.TITLES, help="write a section of its own"
    )
    parser.add_argument("--rounds", type=int, help="2; 5 with --against")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", type=_numbers, default=[1, 2], metavar="1,2")
    parser.add_argument("--curve", type=_numbers, default=[], metavar="1000,10000")
    parser.add_argument("--writing-rows", type=int, default=20_000, help="0 for none")
    parser.add_argument("--docs", type=Path, help="docs; with --against none")
    parser.add_argument("--python", default=sys.executable, help="has the rivals")
    parser.add_argument("--prism", type=Path, help="Beam's engine: make prism")
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="as it was trained, for the script"
    )
    parser.add_argument("--work", type=Path, help="keep pages and output here")
    against.add_options(parser)
    return parser, parser.parse_args()


_PLACES = {"--pages": "DIR", "--model": "FILE"}


def _arguments() -> str:
    """Return the options as given, without those that name places of this machine."""
    kept, skip = [], False
    for argument in sys.argv[1:]:
        if skip:
            skip = False
        elif argument.split("=")[0] in {"--python", "--work", "--docs"}:
            skip = "=" not in argument
        elif (name := argument.split("=")[0]) in _PLACES:
            kept += [name, _PLACES[name]]
            skip = "=" not in argument
        else:
            kept.append(argument)
    return " ".join(kept)


if __name__ == "__main__":
    main()
