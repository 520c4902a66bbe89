"""What is said of pages of other kinds than those that ``make bench`` makes first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .sections import shown, table

TITLES = {
    "large": "On pages as large as those of newspapers",
    "field": "On real pages",
}
_KINDS = {
    "large": "generated pages with the elements, scripts and JSON of newspapers'",
    "field": "news pages of public benchmarks of extraction",
}


def sections(figures: Mapping[str, Any]) -> str:
    """Return the sections of ``figures`` that were measured."""
    found = figures.get("sections", {})
    return "\n".join(_section(name, found[name]) for name in TITLES if name in found)


def _section(name: str, figures: Mapping[str, Any]) -> str:
    rows = [
        [
            *(row["program"], row["cores"], shown(row["rate"]), shown(row["cpu"])),
            *(shown(row["megabytes"], 0), row["articles"]),
        ]
        for row in figures["programs"]
    ]
    ratios = [
        [name, f"{shown(figure, 2)}×"] for name, figure in figures["ratios"].items()
    ]
    plain = figures["split_plain"]
    split = [
        [part, f"{cost:.2f}", f"{plain[part]:.2f}"]
        for part, cost in figures["split"].items()
    ]
    kilobytes = figures["bytes"] / figures["pages"] / 1000
    return (
        f"## {TITLES[name]}\n\n`{figures['command']}`: {figures['pages']} {_KINDS[name]}, "
        f"{kilobytes:.0f} KB on average, {figures['rounds']} rounds in turns, on "
        f"{figures['machine']}, where {figures['load']:.1f} processes wanted the cores "
        "meanwhile.\n\n"
        + table("program|cores|pages/s|CPU ms a page|peak MB|articles".split("|"), rows)
        + "\n"
        + table(["figure", "newsbeam / script"], ratios)
        + "\nWhere a page's processor time goes, in a run of one process from the first "
        "import on, and what it costs beside that to send pages and articles between "
        "processes (`python -m tests.benchmarks.split PAGES`; beside it without the "
        "private parts of libraries):\n\n"
        + table(["part", "CPU ms a page", "with NEWSBEAM_PLAIN=1"], split)
    )
