"""World: the countries in focus on a map, and those that nobody writes about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.charts.markup import Figure, Section, text
from pipeline.charts.pictures import Record, Spec, counts, says
from pipeline.charts.questions import Questions
from pipeline.charts.wording import country, listed
from pipeline.reports.terminal import many

# Countries in a sentence.
_NAMED = 5
# Shades of the map.
_CLASSES = 5


def world(
    questions: Questions, dots: Mapping[str, Sequence[float]], codes: Sequence[str]
) -> Section:
    """Return the countries in focus on a map, and those that are in none.

    Args:
      questions: The dataset.
      dots: Where countries lie that the map has no shape of.
      codes: All countries, by their codes.
    """
    found = questions.ask("countries")
    focus = [row for row in found.records() if row["focus"]]
    scale = shades(max((row["focus"] for row in focus), default=1))
    rows = [
        {
            "code": row["code"],
            "name": country(row["code"]),
            "count": row["focus"],
            "class": next(
                name for start, name in reversed(scale) if row["focus"] >= start
            ),
        }
        for row in focus
    ]
    most = [f"{row['name']} ({row['count']:,})" for row in rows[:_NAMED]]
    says = (
        f"In the focus of most articles: {listed(most)}."
        if rows
        else "No article has a country in focus."
    )
    figure = Figure(
        key="countries-in-focus",
        title="Countries in focus",
        says=says,
        columns=("country", "code", "in focus", "secondary", "incidental"),
        rows=[(country(code), code, *counts) for code, *counts in found.rows],
        picture=_map(rows, dots, [name for _, name in scale]),
        alternative=(
            f"Map of the world. {says} {many(len(rows), 'country', 'countries')} in all; "
            "grey ones are in the focus of none."
        ),
        is_wide=True,
    )
    named = {row["code"] for row in found.records()}
    in_focus = {row["code"] for row in focus}
    return Section(
        "world",
        "The world",
        "An article's focus is what it is about; other countries are only named in it.",
        (
            figure,
            _missing(
                "Named, but in no article's focus",
                [code for code in codes if code in named - in_focus],
            ),
            _missing(
                "Nobody writes about them",
                [code for code in codes if code not in named],
            ),
        ),
    )


def _missing(title: str, codes: Sequence[str]) -> str:
    names = "".join(f"<li>{text(name)}</li>" for name in sorted(map(country, codes)))
    count = many(len(codes), "country or territory", "countries and territories")
    listing = (
        f'<details><summary>List them</summary><ul class="names">{names}</ul></details>'
        if codes
        else ""
    )
    return (
        f'<div class="card"><h3>{text(title)}</h3><p>{text(count)}.</p>{listing}</div>'
    )


def _map(
    rows: Sequence[Record], dots: Mapping[str, Sequence[float]], classes: Sequence[str]
) -> Spec:
    """Return a map of the world: shades over grey shapes, dots where there is no shape.

    Args:
      rows: Records of ``code``, ``name``, ``count``, ``class`` for countries with articles.
      dots: Longitude and latitude of those that the map has no shape of.
      classes: The names of the shades, the lightest first.
    """
    shade = {
        "field": "class",
        "type": "nominal",
        "scale": {
            "domain": list(classes),
            "range": [f"var(--s{place})" for place in range(1, len(classes) + 1)],
        },
        "legend": {"title": "articles", "symbolType": "square"},
    }
    tooltip = [
        says("name", "country"),
        counts("in focus of"),
    ]
    by_code = {row["code"]: row for row in rows}
    empty = [
        {"longitude": place[0], "latitude": place[1]}
        for code, place in dots.items()
        if code not in by_code
    ]
    marked = [
        dict(by_code[code]) | {"longitude": place[0], "latitude": place[1]}
        for code, place in dots.items()
        if code in by_code
    ]
    where: Spec = {
        "longitude": {"field": "longitude", "type": "quantitative"},
        "latitude": {"field": "latitude", "type": "quantitative"},
    }
    shape = {"type": "geoshape", "stroke": "var(--paper)", "strokeWidth": 0.5}
    return {
        "projection": {"type": "equalEarth"},
        "layer": [
            {
                "data": {"name": "world"},
                "mark": shape | {"fill": "var(--land)"},
            },
            {
                "data": {"name": "world"},
                "transform": [
                    {
                        "lookup": "id",
                        "from": {
                            "data": {"values": [dict(row) for row in rows]},
                            "key": "code",
                            "fields": ["name", "count", "class"],
                        },
                    },
                    {"filter": {"field": "count", "valid": True}},
                ],
                "mark": shape,
                "encoding": {"color": shade, "tooltip": tooltip},
            },
            {
                "data": {"values": empty},
                "mark": {
                    "type": "circle",
                    "size": 9,
                    "opacity": 1,
                    "color": "var(--land)",
                },
                "encoding": where,
            },
            {
                "data": {"values": marked},
                "mark": {
                    "type": "circle",
                    "size": 46,
                    "opacity": 1,
                    "stroke": "var(--paper)",
                    "strokeWidth": 1,
                },
                "encoding": where | {"color": shade, "tooltip": tooltip},
            },
        ],
    }


def shades(largest: int) -> list[tuple[int, str]]:
    """Return the shades of a map: where each begins, and its name.

    The steps grow by about the same factor, on round numbers.

    Args:
      largest: The largest number on the map.
    """
    starts = [1]
    for place in range(1, _CLASSES):
        wanted = largest ** (place / _CLASSES)
        start = max(starts[-1] + 1, _rounded(wanted))
        if start > largest:
            break
        starts.append(start)
    ends = [*(start - 1 for start in starts[1:]), largest]
    return [
        (start, f"{start:,}" if start == end else f"{start:,}–{end:,}")
        for start, end in zip(starts, ends, strict=True)
    ]


def _rounded(number: float) -> int:
    """Return a number with one digit that counts: 1, 2, 3, 5, 7, 10, 20 and so on."""
    scale: int = 10 ** (len(str(int(number))) - 1)
    digit = min((1, 2, 3, 5, 7, 10), key=lambda step: abs(step * scale - number))
    return digit * scale
