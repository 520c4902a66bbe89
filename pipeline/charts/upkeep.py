"""Upkeep: what was rejected, and how the feeds are."""

from __future__ import annotations

from pipeline.charts import pictures
from pipeline.charts.markup import Figure, Section, plain
from pipeline.charts.questions import Questions
from pipeline.charts.wording import outcome
from pipeline.reports.terminal import many

_RESULTS = {
    "news": "var(--c3)",
    "unchanged": "var(--c5)",
    "failed": "var(--c6)",
    "not asked": "var(--unknown)",
}
_BARS = 15


def upkeep(questions: Questions) -> Section:
    """Return rejects by reason, and the health of feeds."""
    return Section(
        "upkeep",
        "How it is gathered",
        "What could not be read is kept with its reason and can be sent through again; "
        "newsbeam replay does.",
        (_rejects(questions), _requests(questions), _feeds(questions)),
    )


def _rejects(questions: Questions) -> Figure:
    found = questions.ask("rejects").records()
    rows = [
        {
            "name": row["reason"].replace("_", " "),
            "count": row["rejects"],
            "stage": row["stage"],
            "last": plain(row["last_at"]),
        }
        for row in found[:_BARS]
    ]
    says = (
        f"{many(questions.totals.rejects, 'reject')}, by why they were."
        if rows
        else "Nothing was rejected."
    )
    return Figure(
        key="rejects",
        title="Rejects",
        says=says,
        columns=("stage", "reason", "rejects", "last (UTC)"),
        rows=questions.ask("rejects").rows,
        picture=pictures.bars(
            rows, "rejects", details={"stage": "stage", "last": "last"}
        ),
        alternative=f"Bars: rejects by reason. {says}",
    )


def _requests(questions: Questions) -> Figure:
    unit, found = questions.feed_requests()
    rows = [
        {
            "at": row["at"],
            "series": row["result"],
            "place": list(_RESULTS).index(row["result"]),
            "count": row["requests"],
        }
        for row in found.records()
    ]
    used = {row["series"] for row in rows}
    colours = {name: colour for name, colour in _RESULTS.items() if name in used}
    says = (
        f"Answers per {unit}, by the start of the run that asked (UTC)."
        if rows
        else "No feed was asked."
    )
    return Figure(
        key="feed-requests",
        title="How feeds answered",
        says=says,
        columns=(f"{unit} (UTC)", "answer", "requests"),
        rows=found.rows,
        picture=pictures.over_time(rows, unit, "requests", colours),
        alternative=f"Stacked bars: answers of feeds per {unit}. {says}",
    )


def _feeds(questions: Questions) -> Figure:
    found = questions.ask("feeds").records()
    outcomes = questions.ask("feed_outcomes").records()
    said = ", ".join(f"{outcome(row['outcome'])} {row['feeds']:,}" for row in outcomes)
    return Figure(
        key="feeds",
        title="Feeds",
        says=(
            f"What each last did: {said}. Those that failed come first."
            if outcomes
            else "No feed was asked."
        ),
        columns=(
            *("feed", "last answer", "last success (UTC)", "requests", "failed"),
            *("milliseconds (median)", "articles", "last article (UTC)"),
        ),
        rows=[
            (
                *(row["feed"], outcome(row["outcome"]), row["success_at"]),
                *(row["requests"], row["failures"], row["milliseconds"]),
                *(row["articles"], row["last_at"]),
            )
            for row in found
        ],
        is_wide=True,
    )
