"""Compares this tree with another checkout of newsbeam: ``make bench``, ``--against``.

Both read the same generated pages, in turns, and take turns at going first, so that what
slows the machine slows both.  What counts is the ratio within a round, and the median of
the rounds.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from . import document
from .measure import Usage, machine, measure, spread
from .pages import write_pages
from .sentences import ROOT

_WARM_UP = 6
"""Pages of a run that is not measured."""
FIGURES = {"cpu": "processor time", "wall": "wall clock"}


class NotNewsbeamError(Exception):
    """A folder is no checkout of newsbeam that runs."""


@dataclasses.dataclass(frozen=True, slots=True)
class Tree:
    """A checkout, and the interpreter that runs it.

    Attributes:
      folder: Where it lies.
      interpreter: That of its own environment if it has one, else this one.
    """

    folder: Path
    interpreter: str

    @classmethod
    def at(cls, folder: Path) -> Tree:
        """Return the checkout in a folder.

        Raises:
          NotNewsbeamError: When no newsbeam runs from there.
        """
        if not folder.is_dir():
            raise NotNewsbeamError(
                f"{folder} is no folder; a checkout of newsbeam is one"
            )
        own = folder / ".venv/bin/python"
        tree = cls(folder, str(own) if own.exists() else sys.executable)
        # Python looks into the folder that it is started in first.
        asked = subprocess.run(
            [tree.interpreter, "-c", "import pipeline; print(pipeline.__file__)"],
            cwd=folder,
            env=tree.environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        if asked.stdout.strip() != str(folder / "pipeline/__init__.py"):
            raise NotNewsbeamError(f"{folder} is no checkout of newsbeam that runs")
        return tree

    def environment(self) -> Mapping[str, str]:
        """Return the variables for its processes, whose modules are its own."""
        return os.environ | {"PYTHONPATH": str(self.folder)}

    def commit(self) -> str:
        """Return the short name of the commit that it is at, "" outside of git."""
        asked = subprocess.run(
            ["git", "-C", str(self.folder), "describe", "--always", "--dirty"],  # noqa: S607
            check=False,
            capture_output=True,
            text=True,
        )
        return asked.stdout.strip()


def compared(
    work: Path,
    other: Path,
    *,
    count: int,
    rounds: int,
    seed: int = 1,
    cores: int = 2,
    warm_up: bool = True,
) -> dict[str, Any]:
    """Return what this tree takes over what another takes, for the same pages.

    Args:
      work: Folder for pages and for what both write.
      other: The other checkout.
      count: Pages in each run.
      rounds: How often each runs.
      seed: Of the pages.
      cores: How many each may use.
      warm_up: Run both once on few pages first, so that their files are cached.

    Raises:
      NotNewsbeamError: When the other is no checkout of newsbeam.
      CommandFailedError: When a run fails.
    """
    trees = [Tree.at(ROOT), Tree.at(other.resolve())]
    for name, number in (("few", _WARM_UP), ("pages", count)):
        shutil.rmtree(work / name, ignore_errors=True)
        write_pages(work / name, number, seed)
    for tree in trees if warm_up else ():
        _run(tree, work, "few", cores)
    articles: list[int] = []
    found: dict[str, list[float]] = {figure: [] for figure in FIGURES}
    milliseconds: list[list[float]] = [[], []]
    for number in range(rounds):
        turns = trees if number % 2 == 0 else trees[::-1]
        done = {tree: _run(tree, work, "pages", cores) for tree in turns}
        (mine, _), (theirs, _) = (done[tree] for tree in trees)
        articles = [done[tree][1] for tree in trees]
        found["cpu"].append(mine.cpu_seconds / theirs.cpu_seconds)
        found["wall"].append(mine.seconds / theirs.seconds)
        for kept, usage in zip(milliseconds, (mine, theirs), strict=True):
            kept.append(1000 * usage.cpu_seconds / count)
        print(
            f"round {number + 1} of {rounds}: processor time {found['cpu'][-1]:.3f}, "
            f"wall clock {found['wall'][-1]:.3f}",
            file=sys.stderr,
        )
    return {
        "machine": machine(),
        "commits": [tree.commit() for tree in trees],
        "pages": count,
        "rounds": rounds,
        "cores": cores,
        "articles": articles,
        "cpu": [spread(kept) for kept in milliseconds],
        "ratios": {figure: spread(values) for figure, values in found.items()},
    }


def _run(tree: Tree, work: Path, pages: str, cores: int) -> tuple[Usage, int]:
    """Return what a run takes, and how many articles it wrote."""
    output = work / "output"
    shutil.rmtree(output, ignore_errors=True)
    usage = measure(
        [
            *(tree.interpreter, "-m", "pipeline", "run"),
            *("--files", f"{work / pages}/*.html", "--output", output),
        ],
        work / "log.txt",
        cores,
        tree.environment(),
        tree.folder,
    )
    return usage, ds.dataset(output / "articles").count_rows()


def lines(figures: Mapping[str, Any]) -> list[str]:
    """Return what was measured, in words."""
    mine, theirs = (name or "a tree" for name in figures["commits"])
    found = [
        f"{mine} over {theirs}: {figures['pages']} pages on {figures['cores']} core(s), "
        f"{figures['rounds']} rounds, median (least to greatest)"
    ]
    for figure, name in FIGURES.items():
        ratio = figures["ratios"][figure]
        found.append(
            f"  {name:15}{ratio['median']:.3f} ({ratio['min']:.3f} to {ratio['max']:.3f})"
        )
    if len(set(figures["articles"])) > 1:
        found.append("  articles       {} and {}".format(*figures["articles"]))
    return found


def slower(figures: Mapping[str, Any], percent: float) -> list[str]:
    """Return the names of the figures whose median is over the other's by more."""
    return [
        name
        for figure, name in FIGURES.items()
        if figures["ratios"][figure]["median"] > 1 + percent / 100
    ]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this comparison to those of the benchmark."""
    parser.add_argument(
        "--against", type=Path, metavar="CHECKOUT", help="another tree, in turns"
    )
    parser.add_argument(
        "--within",
        type=float,
        metavar="PERCENT",
        help="exit 1 where this tree takes more than so much longer",
    )


def report(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Compare as the options say, print the ratios, and return the exit code."""
    rounds, cores = options.rounds or 5, max(options.cores)
    with tempfile.TemporaryDirectory() as temporary:
        try:
            figures = compared(
                (options.work or Path(temporary)).absolute(),
                options.against,
                count=options.count,
                rounds=rounds,
                seed=options.seed,
                cores=cores,
            )
        except NotNewsbeamError as error:
            parser.error(str(error))
    print("\n".join(lines(figures)))
    if options.docs:
        figures["command"] = (
            f"make bench BENCH_ARGS='--against CHECKOUT --count {options.count}'"
        )
        document.add("against", figures, options.docs)
    over = slower(figures, options.within) if options.within is not None else []
    for name in over:
        print(f"{name} is over the {options.within:g} % that --within allows")
    return int(bool(over))
