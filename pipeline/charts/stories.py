"""Stories: events that several articles report, with their sources and copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.charts import pictures
from pipeline.charts.markup import Figure, Section, plain, text
from pipeline.charts.questions import Questions
from pipeline.charts.wording import language, listed
from pipeline.reports.terminal import many


def stories(questions: Questions) -> Section:
    """Return the stories of most sources."""
    largest, articles = questions.stories()
    found = largest.records()
    totals = questions.totals
    places = {row["story_id"]: place for place, row in enumerate(found)}
    ticks = [
        {
            "story": places[row["story_id"]],
            "at": row["at"],
            "source": row["source"],
            "what": "copy" if row["is_copy"] else "report of its own",
        }
        for row in articles.records()
    ]
    figure = Figure(
        key="stories",
        title="How they went round",
        says=(
            f"Of {many(totals.articles, 'article')}, "
            f"{many(totals.copies, 'has', 'have')} the text of another one. Each tick is "
            "an article, at its time in UTC."
            if found
            else "No event is reported by more than one article."
        ),
        columns=(
            *("story", "first article (UTC)", "last article (UTC)", "first source"),
            *("sources", "articles", "copies", "independent voices", "languages", "id"),
        ),
        rows=[
            (
                *(_title(row), row["first_at"], row["last_at"], row["first_source"]),
                *(row["sources"], row["articles"], row["copies"], row["voices"]),
                *(row["languages"], row["story_id"]),
            )
            for row in found
        ],
        picture=pictures.courses(ticks, [_title(row) for row in found]),
        alternative="A line for each story, a tick for each of its articles in time.",
        is_wide=True,
    )
    parts: list[Figure | str] = [figure]
    if found:
        told = "".join(map(_item, found))
        parts.append(f'<ol class="stories wide">{told}</ol>')
    return Section(
        "stories",
        "Stories",
        "Articles about one event, those of most sources first. An agency and all that "
        "print its report are one voice.",
        parts,
    )


def _title(row: Mapping[str, Any]) -> str:
    return str(row["title"] or f"without headline: {row['story_id'][:8]}")


def _item(row: Mapping[str, Any]) -> str:
    facts = ", ".join(
        (
            many(row["articles"], "article"),
            many(row["sources"], "source"),
            many(row["copies"], "copy", "copies"),
            many(row["voices"], "independent voice"),
        )
    )
    first = row["first_source"] or "an unknown source"
    spoken = listed([language(code) for code in row["languages"].split()])
    spoken = spoken or "an unknown language"
    when = plain(row["first_at"])
    return (
        f'<li><b dir="auto">{text(_title(row))}</b>'
        f"<span>{text(facts)}. First: {text(first)}, {when}."
        f" In {text(spoken)}.</span></li>"
    )
