"""Sections of ``performance.md`` that benchmarks of their own measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

_REPEATABLE = 0.10
"""A figure whose rounds lie further apart, as a share of it, is shown with its spread."""


def shown(figure: Mapping[str, float], digits: int = 1) -> str:
    """Return a figure; with least and greatest where it could not be repeated."""
    middle = f"{figure['median']:.{digits}f}"
    if figure["max"] - figure["min"] <= _REPEATABLE * figure["median"]:
        return middle
    return f"{middle} ({figure['min']:.{digits}f}–{figure['max']:.{digits}f})"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def stories_section(figures: Mapping[str, Any]) -> str:
    """Return what is said of stories' costs; nothing where they are not measured."""
    if not (found := figures.get("stories")):
        return ""
    return (
        f"## What stories cost\n\n`{found['command']}`: an agency puts out "
        f"{found['reports']} reports a day for {found['days']} days, and "
        f"{found['sites']} sites print {found['share']:.0%} of them, cut and edited: "
        f"{found['articles']:,} articles. Of {found['copies']:,} copies "
        f"{found['missed']:,} are not found and {found['wrong']:,} have another original. "
        f"A signature takes {found['signing_ms']:.2f} ms of processor time, to find where "
        f"an article belongs {found['planting_ms']:.2f} ms, once before the commit; the "
        f"index has {found['index_bytes']:.0f} bytes an article of the window.\n"
        + _wires(figures)
    )


def _wires(figures: Mapping[str, Any]) -> str:
    if not (found := figures.get("wires")):
        return ""
    rows = [
        [
            row["days"],
            f"{row['sites']} × {row['share']:.0%}",
            f"{row['reports']:,}",
            f"{row['copies']:,}",
            f"{row['missed']:,}",
            f"{row['copies_short']:,}",
            f"{row['missed_short']:,}",
            f"{row['wrong']:,}",
            f"{row['joined']:,}",
            f"{row['planting_ms']:.2f}",
            f"{row['kept']:,}",
            f"{row['index_bytes'] * row['kept'] / 1e6:,.0f}",
            f"{row['megabytes']:.0f}",
            f"{row['minutes']:.0f}",
        ]
        for row in found
    ]
    head = (
        "days|sites × share|reports|copies|not found|short copies|not found|"
        "another original|another story|CPU ms to place one|in the window|index MB|"
        "peak MB|minutes"
    )
    return (
        f"\nOthers, on {found[0]['machine']}; "
        + "; ".join(f"`{row['command']}`" for row in found)
        + ". A short copy has fewer than 40 words. Another process makes and signs the "
        "pages: the memory is that of the process with the index.\n\n"
        + table(head.split("|"), rows)
    )


def report_section(figures: Mapping[str, Any]) -> str:
    """Return what is said of the report's costs; nothing where they are not measured."""
    if not (found := figures.get("report")):
        return ""
    return (
        f"## What a report costs\n\n`{found['command']}`: a generated dataset of "
        f"{found['articles']:,} articles, start-up included, on {found['machine']}, where "
        f"{found['load']:.0f} processes wanted the cores meanwhile. The page has "
        f"{found['page_kilobytes']:,.0f} kB, most of it what draws it.\n\n"
        + _commands(found["rows"])
    )


def _commands(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return what commands took in several rounds each."""
    rows = [
        [
            f"newsbeam {name}",
            *(shown(row[figure]) for figure in ("seconds", "cpu")),
            shown(row["megabytes"], 0),
        ]
        for name, row in found.items()
    ]
    return table(["command", "seconds", "CPU seconds", "peak MB"], rows)


def grown_section(figures: Mapping[str, Any]) -> str:
    """Return what work costs in a dataset of years; nothing where it is not measured."""
    if not (found := figures.get("grown")):
        return ""
    ratios = found["ratios"]
    return (
        f"## What ten years cost\n\n`{found['command']}`: a generated dataset of "
        f"{found['articles']:,} articles with texts of 50 words in {found['days']:,} days, "
        f"a file a day of each table, {found['megabytes']:,.0f} MB of Parquet for the "
        f"articles; its index has {found['index']:,.0f} MB. Start-up included, on "
        f"{found['machine']}, where {found['load']:.0f} processes wanted the cores "
        f"meanwhile. A run of {found['pages']} new pages takes "
        f"{shown(ratios['cpu'], 2)} times the processor time that it takes into an empty "
        f"folder, and {shown(ratios['seconds'], 2)} times as long.\n\n"
        + _commands(found["rows"])
    )


def desk_section(figures: Mapping[str, Any]) -> str:
    """Return what is said of questions' costs; nothing where they are not measured."""
    if not (found := figures.get("desk")):
        return ""
    rows = [
        [
            f"newsbeam {name}",
            *(f"{row[figure]:.1f}" for figure in ("seconds", "cpu")),
            f"{row['megabytes']:.0f}",
        ]
        for name, row in found["rows"].items()
    ]
    return (
        f"## What questions cost\n\n`{found['command']}`: a generated dataset of "
        f"{found['articles']:,} articles in {found['days']} days, "
        f"{found['megabytes']:,.0f} MB of Parquet, "
        f"{'with' if found['has_index'] else 'without'} its index. Each command once, "
        f"start-up included, on {found['machine']}, where {found['load']:.0f} processes "
        "wanted the cores meanwhile: the seconds by the clock are as much more than on an "
        "idle machine.\n\n"
        + table(["command", "seconds", "CPU seconds", "peak MB"], rows)
    )


def streams_section(figures: Mapping[str, Any]) -> str:
    """Return how fast streams are; nothing where it was not measured."""
    if not (found := figures.get("streams")):
        return ""
    rows = [
        [
            f"{row['published'] / row['minutes'] / 60:.0f}",
            f"{row['minutes']:g}",
            *(f"{row['latency_seconds'][name]:.1f}" for name in ("p50", "p99", "most")),
            row["missing"],
            row["batches"],
            f"{row['megabytes'][len(row['megabytes']) // 4]:.0f}",
            f"{row['megabytes'][-1]:.0f}",
            f"`{row['command']}`",
        ]
        for row in found
    ]
    head = (
        "entries/s|minutes|p50|p99|most|missing|batches|MB at a quarter|MB at the end"
        "|command"
    )
    return (
        "## What a stream takes\n\nSeconds from the moment when a feed lists a story of 190 "
        "words to the moment when a reader finds its row, where the machine that publishes "
        f"is the one that reads, on {found[-1]['machine']}. Half of the stories are on pages "
        "of their own. The rows are those of one run over everything at the end. Memory is "
        "that of all its processes, what they share counted once.\n\n"
        + table(head.split("|"), rows)
    )


def insides_section(figures: Mapping[str, Any]) -> str:
    """Return what private parts of libraries bring; nothing where it was not measured."""
    if not (found := figures.get("insides")):
        return ""
    whole = next(iter(found["costs"].values()))
    rows = [
        [
            way,
            f"{median(costs):.1f}",
            f"{median(one / all_ for one, all_ in zip(costs, whole, strict=True)):.2f}×",
        ]
        for way, costs in found["costs"].items()
    ]
    return (
        "## What private parts of trafilatura bring\n\n"
        f"`{found['command']}`: extraction of {found['pages']} pages, in one process for "
        f"each way: {found['how']}.\n\n"
        + table(["extraction", f"{found['unit']} a page", "of newsbeam's"], rows)
    )
