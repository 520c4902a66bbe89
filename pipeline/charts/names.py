"""Names: who and what rises, and who is named together."""

from __future__ import annotations

from pipeline.charts import pictures
from pipeline.charts.markup import Figure, Section, plain
from pipeline.charts.questions import CHANCE, LEAST_ARTICLES, Questions
from pipeline.charts.wording import TYPES, days, listed
from pipeline.reports.terminal import many

PLURALS = {"PER": "People", "ORG": "Organisations", "LOC": "Places"}
"""How the types of names are called that are ranked, in their order."""
# Names of the picture of pairs.
_TOGETHER = 14
_ENDS = ("one", "other")


def names(questions: Questions) -> Section:
    """Return who is named most, and together."""
    most = questions.ask("named_most").records()
    figures = []
    for kind, title in PLURALS.items():
        rows = [
            {"name": row["name"], "count": row["articles"]}
            for row in most
            if row["type"] == kind
        ]
        figures.append(
            Figure(
                key=title.lower(),
                title=title,
                says="Articles that name them." if rows else "None is named.",
                columns=("name", "articles"),
                rows=[(row["name"], row["count"]) for row in rows],
                picture=pictures.bars(rows, "articles"),
                alternative=_bars(title, rows),
            )
        )
    return Section(
        "names",
        "Who and what is named",
        "Articles are counted, not mentions; an article that has another one's text does "
        "not count again. Spellings are gathered under one name where that is safe.",
        [*figures, _together(questions)],
        columns=3,
    )


def rising(questions: Questions) -> Section:
    """Return the names that rise against the days before."""
    window = questions.days
    if window is None:
        lead = "Names can be said to rise from four days with articles on."
        return Section("rising", "On the rise", lead, ())
    least, rising = questions.rising()
    found = rising.records()
    lead = (
        f"Names in articles of {days(window.recent, window.closes)}, against "
        f"{days(window.earlier, window.recent)} (UTC). The measure z is the log-odds ratio "
        "of both spans in standard deviations (Monroe, Colaresi and Quinn 2008). Shown are "
        f"names from z {least:.1f} and {LEAST_ARTICLES} articles on: chance alone brings "
        f"any name there in {CHANCE:.0%} of such reports."
    )
    if not found:
        none = '<p class="none wide">No name rises more than chance explains.</p>'
        return Section("rising", "On the rise", lead, [none])
    figures = []
    for kind, title in PLURALS.items():
        rows = [
            {
                "name": row["name"],
                "count": row["now"],
                "before": plain(row["before"]),
                "z": plain(row["z"]),
            }
            for row in found
            if row["type"] == kind
        ]
        says = (
            "Articles of the recent days, the surest rise on top."
            if rows
            else "None rises more than chance explains."
        )
        figures.append(
            Figure(
                key=f"rising-{title.lower()}",
                title=title,
                says=says,
                columns=("name", "articles", "articles before", "z"),
                rows=[
                    (row["name"], row["now"], row["before"], row["z"])
                    for row in found
                    if row["type"] == kind
                ],
                picture=pictures.bars(
                    rows, "articles", details={"before": "days before", "z": "z"}
                ),
                alternative=_bars(f"{title} on the rise", rows),
            )
        )
    return Section("rising", "On the rise", lead, figures, columns=3)


def _together(questions: Questions) -> Figure:
    found = questions.ask("together").records()
    # A person and an organisation may be called alike.
    ends = [(row[f"{end}_type"], row[end]) for row in found for end in _ENDS]
    labels = {
        (kind, name): f"{name} ({TYPES[kind]})"
        if len({one for one, other in ends if other == name}) > 1
        else name
        for kind, name in ends
    }
    drawn: list[str] = []
    pairs = []
    for row in found:
        one, other = (labels[row[f"{end}_type"], row[end]] for end in _ENDS)
        fresh = [name for name in (one, other) if name not in drawn]
        if len(drawn) + len(fresh) <= _TOGETHER:
            drawn += fresh
            pairs.append({"one": one, "other": other, "count": row["articles"]})
    said = [
        f"{row['one']} and {row['other']} ({row['articles']:,})" for row in found[:3]
    ]
    says = (
        f"People and organisations in the same article: {listed(said)}."
        if found
        else "No two people or organisations are named together in more than one article."
    )
    return Figure(
        key="named-together",
        title="Named together",
        says=says,
        columns=(
            *("name", "type", "with", "its type", "articles with both"),
            *("articles with the first", "articles with the second"),
        ),
        rows=[
            (
                *(row["one"], TYPES[row["one_type"]]),
                *(row["other"], TYPES[row["other_type"]]),
                *(row["articles"], row["of_one"], row["of_other"]),
            )
            for row in found
        ],
        picture=pictures.matrix(pairs, drawn) if pairs else None,
        alternative=f"A dot for each pair, larger for more articles. {says}",
        is_wide=True,
    )


def _bars(title: str, rows: list[dict[str, object]]) -> str:
    said = [f"{row['name']} {row['count']}" for row in rows[:5]]
    return (
        f"Bars: {title}, by articles. {listed(said)}. {many(len(rows), 'name')} shown."
    )
