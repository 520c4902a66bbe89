"""Coverage: how much was published when, by whom, in what language, about what country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.charts import pictures
from pipeline.charts.markup import UNKNOWN, Figure, Section, plain
from pipeline.charts.questions import Questions
from pipeline.charts.wording import country, day, language, listed
from pipeline.reports.terminal import many

# Bars of one picture.
_BARS = 15
# Countries in a sentence.
_NAMED = 5
_UNCERTAIN = "low"


def over_time(questions: Questions) -> Section:
    """Return articles over time, by source and by language."""
    totals = questions.totals
    lead = f"Articles per {questions.unit}, by their date of publication in UTC."
    if totals.undated:
        lead += f" {many(totals.undated, 'article')} without a date left out."
    if questions.opens and totals.first_at and questions.opens > totals.first_at:
        lead += (
            f" The few from before {day(questions.opens)} are left out; the first is of "
            f"{day(totals.first_at)}."
        )
    return Section(
        "time",
        "Over time",
        lead,
        (
            _volume(questions, "source", "Sources"),
            _volume(questions, "language", "Languages"),
        ),
    )


def _volume(questions: Questions, of: str, title: str) -> Figure:
    rows = questions.volumes(of).records() if questions.opens else []
    for row in rows:
        row["count"] = row.pop("articles")
        if of == "language" and row["place"] <= pictures.LAST_PLACE:
            row["series"] = language(row["series"])
    colours = pictures.colours_of(rows)
    names = [name for name in colours if name not in (UNKNOWN, f"other {of}s")]
    says = f"Most articles: {listed(names)}."
    return Figure(
        key=f"articles-by-{of}",
        title=title,
        says=says if rows else "No article has a date.",
        columns=(f"{questions.unit} (UTC)", of, "articles"),
        rows=[(row["at"], row["series"], row["count"]) for row in rows],
        picture=pictures.over_time(rows, questions.unit, "articles", colours),
        alternative=f"Stacked bars: articles per {questions.unit} by {of}. {says}",
    )


def voices(questions: Questions) -> Section:
    """Return the languages, the sources and where they are at home."""
    return Section(
        "sources",
        "Who writes, and in what language",
        "A source is a site; where that is unknown, the name that a publication gives "
        "itself. Its country is what was declared, or its domain tells.",
        (_languages(questions), _countries(questions), _sources(questions)),
    )


def _languages(questions: Questions) -> Figure:
    found = questions.ask("languages").records()
    rows = [
        {
            "name": language(row["language"]),
            "count": row["articles"],
            "sources": plain(row["sources"]),
            "quality": plain(row["entity_quality"]),
        }
        for row in found[:_BARS]
    ]
    weak = [
        language(row["language"])
        for row in found
        if row["entity_quality"] == _UNCERTAIN
    ]
    says = f"{many(questions.totals.languages, 'language')}."
    if questions.totals.without_language:
        says += (
            f" Of {many(questions.totals.without_language, 'article')} it is unknown."
        )
    if weak:
        says += f" Names are less sure in {listed(weak)}."
    return Figure(
        key="languages",
        title="Languages",
        says=says,
        columns=("language", "code", "articles", "sources", "names are"),
        rows=[
            (
                *(language(row["language"]), row["language"], row["articles"]),
                *(row["sources"], row["entity_quality"]),
            )
            for row in found
        ],
        picture=pictures.bars(
            rows, "articles", details={"sources": "sources", "quality": "names are"}
        ),
        alternative=f"Bars: articles by language. {_first(rows)}",
    )


def _countries(questions: Questions) -> Figure:
    found = questions.ask("source_countries").records()
    rows = [
        {
            "name": country(row["country"]),
            "count": row["articles"],
            "sources": plain(row["sources"]),
        }
        for row in found[:_BARS]
    ]
    return Figure(
        key="sources-by-country",
        title="Where they are published",
        says="Articles by the country of their source.",
        columns=("country", "code", "sources", "articles"),
        rows=[
            (country(row["country"]), row["country"], row["sources"], row["articles"])
            for row in found
        ],
        picture=pictures.bars(rows, "articles", details={"sources": "sources"}),
        alternative=f"Bars: articles by country of the source. {_first(rows)}",
    )


def _sources(questions: Questions) -> Figure:
    found = questions.ask("largest_sources")
    return Figure(
        key="sources",
        title="Sources",
        says=(
            f"{many(questions.totals.sources, 'source')}; those with most articles first."
            if questions.totals.sources
            else "Of no article the source is."
        ),
        columns=(
            *("source", "site or name", "country", "articles", "copies", "languages"),
            "last article (UTC)",
        ),
        rows=[
            (name, key, code and country(code), *rest)
            for name, key, code, *rest in found.rows
        ],
        is_wide=True,
    )


def _first(rows: Sequence[Mapping[str, object]]) -> str:
    return listed([f"{row['name']} {row['count']:,}" for row in rows[:_NAMED]]) + "."
