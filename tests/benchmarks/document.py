"""Writes the figures down: ``performance.md`` and its charts, drawn by :mod:`charts`."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .charts import draw
from .field import sections
from .sections import (
    desk_section,
    grown_section,
    insides_section,
    report_section,
    shown,
    stories_section,
    streams_section,
    table,
)

_SPREAD = ("median", "min", "max")


def read(folder: Path) -> dict[str, Any]:
    """Return the figures that were written into ``folder`` before, if any."""
    path = folder / "performance.json"
    return json.loads(path.read_text()) if path.exists() else {}


def add(name: str, figures: Any, folder: Path) -> None:
    """Add the figures of a benchmark of its own to those that are in ``folder``.

    Args:
      name: ``against``, ``faulty``, ``engine``, ``insides``, ``naming``, ``stories``,
        ``report``, ``desk`` or ``grown``.
      figures: What that module measured, and ``command``.
      folder: Where ``make bench`` has written before.

    Raises:
      SystemExit: When it has not.
    """
    known = read(folder)
    if not known:
        raise SystemExit(f"{folder} has no figures yet: run make bench first")
    write(known | {name: figures}, folder)


def add_row(name: str, row: Mapping[str, Any], folder: Path) -> None:
    """Add a row of figures to those of its name, in place of one of the same command."""
    rows = [
        one for one in read(folder).get(name, ()) if one["command"] != row["command"]
    ]
    add(name, [*rows, row], folder)


def write(figures: Mapping[str, Any], folder: Path) -> None:
    """Write page, charts and ``performance.json`` into ``folder``.

    Args:
      figures: What :func:`compare.compare` returned, ``command`` that measured them, and
        in ``memory`` what :func:`compare.curve` returned, by ``memory_command``; and
        what :func:`add` added.
      folder: Where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rates: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in figures["programs"]:
        rates[row["program"]].append((row["cores"], row["rate"]["median"]))
    memory: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in figures.get("memory", ()):
        memory["newsbeam"].append((row["pages"], row["megabytes"]))
    draw(folder / "performance-cores.svg", "pages/s by cores", rates)
    if memory:
        draw(folder / "performance-memory.svg", "peak MB by pages", memory, math.log)
    (folder / "performance.json").write_text(json.dumps(figures, indent=1) + "\n")
    (folder / "performance.md").write_text(_page(figures))


def _page(figures: Mapping[str, Any]) -> str:
    parts = [
        _INTRODUCTION.format(
            command=figures["command"],
            machine=figures["machine"],
            pages=figures["pages"],
            size=figures["bytes"] / figures["pages"] / 1000,
            kind=_kind(figures["languages"]),
            rounds=figures["rounds"],
        ),
        _programs(figures),
        "![pages a second by cores](performance-cores.svg)\n",
        _quality(figures),
        _ratios(figures),
        sections(figures),
        _against(figures),
        _stages(figures),
        insides_section(figures),
        _naming(figures),
        _engine(figures),
        _memory(figures),
        _faulty(figures),
        stories_section(figures),
        streams_section(figures),
        report_section(figures),
        desk_section(figures),
        grown_section(figures),
        _writing(figures),
        _LIMITS,
    ]
    return "\n".join(part for part in parts if part)


def _kind(languages: int | None) -> str:
    if languages is None:
        return "pages of a folder"
    return (
        f"generated news pages in {languages} languages, with menus, scripts, "
        "advertising and bad markup"
    )


def _programs(figures: Mapping[str, Any]) -> str:
    does = {
        "newsbeam": "everything",
        "newsbeam, NEWSBEAM_PLAIN=1": "the same, without the insides of libraries",
        "newsbeam on Prism": "the same, through Beam's own engine",
        "plain script": "text, language, entities, countries, Parquet",
        "plain script in processes": "the same, in a process for each core",
        **figures["does"],
    }
    rows = [
        [
            row["program"],
            does[row["program"]],
            row["cores"],
            shown(row["rate"]),
            shown(row["cpu"]),
            shown(row["megabytes"], 0),
            row["articles"],
        ]
        for row in figures["programs"]
    ]
    head = "program|does|cores|pages/s|CPU ms a page|peak MB|articles".split("|")
    skipped = "".join(
        f"\nNot installed, so not measured: {name}.\n" for name in figures["skipped"]
    )
    return table(head, rows) + skipped


def _quality(figures: Mapping[str, Any]) -> str:
    if not figures["quality"]:
        return ""
    head = ["program", *next(iter(figures["quality"].values()))]
    rows = [
        [program, *(f"{value:.3f}" for value in shares.values())]
        for program, shares in figures["quality"].items()
    ]
    return (
        "## What they find\n\nThe pages are generated, so what is on them is known: the "
        "share of titles, languages, days of publication and authors that are right, of "
        "the story's paragraphs that are in the text, and of the text's characters that "
        "are of these paragraphs.\n\n" + table(head, rows)
    )


def _ratios(figures: Mapping[str, Any]) -> str:
    rows = [
        [name, f"{shown(figure, 2)}×"]
        for name, figure in sorted(figures["ratios"].items())
    ]
    scaling = [
        [name, f"{shown(figure, 2)}×"] for name, figure in figures["scaling"].items()
    ]
    return (
        "## newsbeam against the plain script\n\n"
        "newsbeam's figure over the script's, in the same round: for the rate more is "
        "better, for processor time and memory less.\n\n"
        + table(["figure", "newsbeam / plain"], rows)
        + "\n## From the fewest cores to the most\n\n"
        + table(["program", "times faster"], scaling)
    )


def _against(figures: Mapping[str, Any]) -> str:
    if not (found := figures.get("against")):
        return ""
    mine, theirs = found["commits"]
    costs = [shown(figure) for figure in found["cpu"]]
    rows = [
        [name, *(f"{found['ratios'][figure][part]:.3f}" for part in _SPREAD)]
        for figure, name in (("cpu", "processor time"), ("wall", "wall clock"))
    ]
    return (
        f"## newsbeam against an earlier newsbeam\n\n`{found['command']}`, where "
        f"`CHECKOUT` holds another commit: {mine} over {theirs}, {found['pages']} pages on "
        f"{found['cores']} core(s), {found['rounds']} rounds in turns, on "
        f"{found['machine']}. Start-up is part of it. A page took {costs[0]} ms of "
        f"processor time (the other: {costs[1]} ms). `--within 5` makes the command fail "
        "where a median is over 1.05.\n\n" + table(["figure", *_SPREAD], rows)
    )


def _stages(figures: Mapping[str, Any]) -> str:
    cost = dict(figures["stages"])
    parse = cost.pop("parse")
    rows = [[name, f"{value:.2f}"] for name, value in cost.items()]
    whole = next(
        row["cpu"]["median"]
        for row in figures["programs"]
        if row["program"] == "newsbeam"
    )
    rest = whole - sum(cost.values())
    rows.append(["the rest: start-up, Beam, dedup, writing", f"{rest:.2f}"])
    return (
        "## Where newsbeam's time goes\n\nProcessor time of each step's function by "
        "itself, in one process, models and caches warm. Parsing the HTML takes "
        f"{parse:.2f} ms of what extraction takes.\n\n"
        + table(["step", "CPU ms a page"], rows)
    )


def _naming(figures: Mapping[str, Any]) -> str:
    if not (found := figures.get("naming")):
        return ""
    rows = [[model, spoken, f"{cost:.0f}"] for model, spoken, cost in found["rows"]]
    return (
        f"## What names cost\n\n`{found['command']}`: {found['pages']} articles of "
        f"{found['words']:,} words, the stage by itself, eight articles at a time. "
        f"{found['load']:.0f} processes wanted the machine's cores meanwhile; on cores "
        "that are shared, the same work takes more processor time.\n\n"
        + table(["model", "languages", "CPU ms for 500 words"], rows)
    )


def _memory(figures: Mapping[str, Any]) -> str:
    if not figures.get("memory"):
        return ""
    rows = [
        [
            row["pages"],
            row["articles"],
            f"{row['rate']:.1f}",
            f"{row['megabytes']:.0f}",
        ]
        for row in figures["memory"]
    ]
    return (
        f"## Memory by number of pages\n\n`{figures['memory_command']}`, newsbeam alone, "
        "all its processes together:\n\n"
        + table(["pages", "articles", "pages/s", "peak MB"], rows)
        + "\n![peak memory by pages](performance-memory.svg)\n"
    )


def _engine(figures: Mapping[str, Any]) -> str:
    if not (found := figures.get("engine")):
        return ""
    threads = found["parent_seconds"]
    rows = [
        ["Beam's own code", f"{threads['beam']:.2f} s"],
        ["newsbeam's code and what it calls", f"{threads['newsbeam']:.2f} s"],
        ["imports", f"{threads['start-up']:.2f} s"],
        ["anything else", f"{threads['other']:.2f} s"],
    ]
    return (
        f"## What Beam and start-up cost\n\n`{found['command']}`: the threads of the "
        f"parent process in a run of {found['pages']} pages, as py-spy sees them hold the "
        "interpreter's lock. "
        f"All processes of that run took {found['cpu_seconds']:.1f} s of processor time; "
        f"Beam's part of it is {found['share']:.1%}.\n\n"
        + table(["at work in the parent", "time"], rows)
        + f"\nA run of {found['few_pages']} pages takes {found['few_seconds']:.1f} s, "
        "nearly all of it start-up: imports, gazetteer, models. `newsbeam --help` takes "
        f"{found['help_seconds']:.2f} s.\n"
    )


def _faulty(figures: Mapping[str, Any]) -> str:
    if not (found := figures.get("faulty")):
        return ""
    rows = [
        [name, found["expected"].get(name, 0), found["rejected"].get(name, 0)]
        for name in sorted(found["expected"] | found["rejected"])
    ]
    seconds = found["seconds"]
    return (
        f"## What bad pages cost\n\n`{found['command']}`: of {found['pages']} pages "
        f"{found['bad']} hang, crash or eat memory, in turns with a run over the same "
        f"pages without them; {found['deadline']:g} s of processor time for each page, "
        "and a second try for one that was ended. The "
        f"run with bad pages goes at {shown(found['speed'], 2)} times the speed of the "
        f"other ({seconds['faulty']:.1f} s against {seconds['clean']:.1f} s), ends by "
        "itself, and rejects:\n\n"
        + table(["reason", "bad pages", "rejected"], rows)
        + "\nThe longer the deadline, the more a page that hangs costs: it keeps one "
        "core busy for twice as long.\n"
    )


def _writing(figures: Mapping[str, Any]) -> str:
    if not figures["writing"]:
        return ""
    head = list(figures["writing"][0])
    rows = [
        [f"{cell:.1f}" if isinstance(cell, float) else cell for cell in row.values()]
        for row in figures["writing"]
    ]
    return (
        "## How files are written\n\n"
        "One file of as many articles as `--writing-rows` says, written with one thing "
        "changed at a time; the first columns are zstd level, rows of a row group and "
        "order. Milliseconds to write it, and for DuckDB on one thread to count articles "
        "by language, to count countries by day, to search all texts for a word, and to "
        "find one article. newsbeam writes level 3, groups of 10,000 rows, by time.\n\n"
        + table(head, rows)
    )


_INTRODUCTION = """\
# Performance

Written by `{command}` on {machine}. `make bench` measures again on yours; `BENCH_ARGS` takes the options of `python -m tests.benchmarks.compare --help`: `--large --section large` measures on pages as large as those of newspapers, `--pages DIR --section field` on those of a folder, and where a page's time goes. The other programs are measured where they are installed (dependency group `bench`).

{pages} {kind}, {size:.0f} KB on average, read from files by each program, {rounds} times in turns. Times include start-up. Processor time and memory are those of all processes of a program together. A figure whose rounds lie more than 10 % apart is shown with the least and the greatest.
"""
_LIMITS = """\
## What these figures do not say

- The pages are made from about a thousand sentences. Real pages bring more new words, which costs models and caches more.
- Nothing is fetched: on the web, waiting for servers costs far more than all of this.
- The programs do not do the same. newsbeam also finds identities and revisions, keeps rejects and evidence, groups the mentions of a name, knows countries by more than their names, in over a hundred languages, and commits atomically. datatrove, newspaper4k and news-please only extract. Their texts are not compared here.
- A run of few pages is mostly start-up. Compare rates at the same number of pages only.
"""
