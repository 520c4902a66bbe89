"""Pictures: Vega-Lite specifications.

Colours are properties of the page's style sheet (``var(--…)``), so that light, dark and
printed pages need no other picture.  Values go into data alone, never into expressions or
names of fields.  How a chart looks otherwise, and how wide it is, says ``page.js``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Spec = dict[str, Any]
Record = Mapping[str, Any]

# Places of groups that are no series of their own, see questions.sql.
_OTHERS = 98
LAST_PLACE = _OTHERS - 1
"""Places up to here are series of their own."""
_COLOURS = {_OTHERS: "var(--other)", 99: "var(--unknown)"}
_DAY = dt.timedelta(days=1)


class _Unit(NamedTuple):
    """A unit of time: Vega-Lite's name, about how long, how axes and tooltips say it."""

    name: str
    length: dt.timedelta
    axis: str
    tooltip: str


_UNITS = {
    "hour": _Unit(
        "utcyearmonthdatehours", _DAY / 24, "%-d %b %H:00", "%-d %b %Y %H:00"
    ),
    "day": _Unit("utcyearmonthdate", _DAY, "%-d %b", "%a %-d %b %Y"),
    "week": _Unit("utcyearweek", 7 * _DAY, "%-d %b %Y", "week of %-d %b %Y"),
    "month": _Unit("utcyearmonth", 30 * _DAY, "%b %Y", "%b %Y"),
    "year": _Unit("utcyear", 365 * _DAY, "%Y", "%Y"),
}
# Units that an axis of time shows at least: a lone bar does not fill the picture.
_LEAST_UNITS = 10
# How an axis says moments, the finest that differ; hours are those of 24.
_MOMENTS = {
    "year": "%Y",
    "quarter": "%b %Y",
    "month": "%b %Y",
    "week": "%-d %b",
    "date": "%-d %b",
    "day": "%-d %b",
    "hours": "%H:%M",
    "minutes": "%H:%M",
    "seconds": "%H:%M:%S",
    "milliseconds": "%H:%M:%S",
}
_STEP = 23
"""Pixels that a bar and the space around it take."""


def moment(value: dt.datetime) -> str:
    """Return a time of UTC as JavaScript reads it."""
    return f"{value:%Y-%m-%dT%H:%M:%S}Z"


def over_time(
    rows: Sequence[Record], unit: str, what: str, colours: Mapping[str, str]
) -> Spec:
    """Return stacked bars: how many of each series there were at a time.

    Args:
      rows: Records of ``at``, ``series``, ``place`` (its order) and ``count``.
      unit: The unit of time that each bar stands for.
      what: What is counted, for the axis.
      colours: The series in order, each with its colour.
    """
    of = _UNITS[unit]
    values = [dict(row) | {"at": moment(row["at"])} for row in rows]
    return {
        "data": {"values": values},
        "height": 250,
        "mark": {"type": "bar", "stroke": "var(--paper)", "strokeWidth": 0.6},
        "encoding": {
            "x": {
                "field": "at",
                "timeUnit": of.name,
                "type": "temporal",
                "scale": {"type": "utc", "domain": _around(rows, of.length)},
                "axis": {
                    "title": None,
                    "grid": False,
                    "format": of.axis,
                    # From the tick on, where the hour or the day begins.
                    "labelAlign": "left",
                    "labelBound": True,
                    "labelOverlap": "greedy",
                    "labelSeparation": 12,
                },
            },
            "y": {
                "field": "count",
                "type": "quantitative",
                "axis": {"title": what, "tickMinStep": 1},
            },
            "color": {
                "field": "series",
                "type": "nominal",
                "scale": {"domain": list(colours), "range": list(colours.values())},
                "legend": {"title": None},
            },
            "order": {"field": "place", "type": "quantitative"},
            "tooltip": [
                {
                    "field": "at",
                    "timeUnit": of.name,
                    "type": "temporal",
                    "format": of.tooltip,
                    "title": "time",
                },
                says("series", "of"),
                counts(what),
            ],
        },
    }


def _around(rows: Sequence[Record], unit: dt.timedelta) -> list[str]:
    """Return from when until when an axis goes."""
    if not rows:
        return []
    first = min(row["at"] for row in rows)
    closes = max(row["at"] for row in rows) + unit
    more = max(dt.timedelta(), _LEAST_UNITS * unit - (closes - first)) / 2
    return [moment(first - more), moment(closes + more)]


def colours_of(rows: Iterable[Record]) -> dict[str, str]:
    """Return the series of records in order, each with its colour."""
    places = sorted({(row["place"], row["series"]) for row in rows})
    return {series: _COLOURS.get(place, f"var(--c{place})") for place, series in places}


def bars(
    rows: Sequence[Record],
    what: str,
    *,
    details: Mapping[str, str] | None = None,
) -> Spec:
    """Return a bar for each record, the first on top.

    Args:
      rows: Records of ``name`` and ``count``.
      what: What is counted, for the axis.
      details: Other fields that are shown when a bar is pointed at, with their titles.
    """
    values = [
        dict(row) | {"key": _key(order, row["name"])} for order, row in enumerate(rows)
    ]
    largest = max((row["count"] for row in rows), default=1)
    tooltip = [
        says("name", "name"),
        counts(what),
        *(says(field, title) for field, title in (details or {}).items()),
    ]
    bar: Spec = {
        "mark": {
            "type": "bar",
            "cornerRadiusEnd": 2,
            "height": {"band": 0.72},
            "color": "var(--c1)",
        },
        "encoding": {"tooltip": tooltip},
    }
    number: Spec = {
        "mark": {"type": "text", "align": "left", "dx": 4, "color": "var(--soft)"},
        "encoding": {"text": {"field": "count", "type": "quantitative", "format": ","}},
    }
    return {
        "data": {"values": values},
        "height": _STEP * len(rows),
        "encoding": {
            "x": {
                "field": "count",
                "type": "quantitative",
                "axis": None,
                # Room for the number after the bar.
                "scale": {"nice": False, "domain": [0, 1.14 * largest]},
            },
            "y": {"field": "key", "type": "ordinal", "axis": _axis(190)},
        },
        "layer": [bar, number],
    }


def matrix(pairs: Sequence[Record], names: Sequence[str]) -> Spec:
    """Return who is named with whom: a square for each pair.

    Args:
      pairs: Records of ``one``, ``other`` (both in ``names``) and ``count``.
      names: The names in order.
    """
    keys = [_key(order, name) for order, name in enumerate(names)]
    values = [
        dict(pair) | {"row": keys[places[1]], "column": keys[places[0]]}
        for pair in pairs
        if (places := sorted(names.index(pair[end]) for end in ("one", "other")))
    ]
    return {
        "data": {"values": values},
        "height": _STEP * max(2, len(names) - 1),
        "mark": {"type": "circle", "opacity": 1, "color": "var(--c1)"},
        "encoding": {
            "x": {
                "field": "column",
                "type": "ordinal",
                "scale": {"domain": keys[:-1]},
                "axis": _axis(150) | {"labelAngle": -50, "grid": True},
            },
            "y": {
                "field": "row",
                "type": "ordinal",
                "scale": {"domain": keys[1:]},
                "axis": _axis(150) | {"grid": True},
            },
            "size": {
                "field": "count",
                "type": "quantitative",
                "scale": {"range": [30, 330], "zero": False},
                "legend": {
                    "title": "articles",
                    "symbolType": "circle",
                    "tickMinStep": 1,
                    "format": ",d",
                },
            },
            "tooltip": [
                says("one", "name"),
                says("other", "with"),
                counts("articles"),
            ],
        },
    }


def courses(ticks: Iterable[Record], titles: Sequence[str]) -> Spec:
    """Return a line for each story: a tick for each article at its time.

    Args:
      ticks: Records of ``story`` (its place in titles), ``at``, ``source``, ``what``.
      titles: The headlines in order.
    """
    kinds = {"report of its own": "var(--c1)", "copy": "var(--c2)"}
    keys = [_key(order, title) for order, title in enumerate(titles)]
    values = [
        dict(tick) | {"at": moment(tick["at"]), "key": keys[tick["story"]]}
        for tick in ticks
    ]
    return {
        "data": {"values": values},
        "height": (_STEP + 3) * len(titles),
        "mark": {"type": "tick", "thickness": 2, "size": 16, "opacity": 1},
        "encoding": {
            "x": {
                "field": "at",
                "type": "temporal",
                "scale": {"type": "utc", "padding": 8},
                "axis": {
                    "title": None,
                    "format": _MOMENTS,
                    "tickCount": 8,
                    "labelOverlap": "greedy",
                    "labelSeparation": 8,
                },
            },
            "y": {
                "field": "key",
                "type": "ordinal",
                "scale": {"domain": keys},
                "axis": _axis(340) | {"grid": True},
            },
            "color": {
                "field": "what",
                "type": "nominal",
                "scale": {"domain": list(kinds), "range": list(kinds.values())},
                "legend": {"title": None},
            },
            "tooltip": [
                {
                    "field": "at",
                    "type": "temporal",
                    "timeUnit": "utcyearmonthdatehoursminutes",
                    "format": "%-d %b %Y %H:%M",
                    "title": "time",
                },
                says("source", "source"),
                says("what", "what"),
            ],
        },
    }


def says(field: str, title: str) -> Spec:
    """Return a line of a tooltip."""
    return {"field": field, "type": "nominal", "title": title}


def counts(title: str) -> Spec:
    """Return the line of a tooltip that has the count."""
    return {"field": "count", "type": "quantitative", "title": title, "format": ","}


def _key(order: int, name: str) -> str:
    """Return what keeps apart what is called alike, and in order."""
    return f"{order:03} {name}"


def _axis(longest: int) -> Spec:
    """Return an axis of keys that shows their names, each of a number of pixels at most."""
    return {
        "title": None,
        "labelExpr": "slice(datum.label, 4)",
        "labelLimit": longest,
        "ticks": False,
        "domain": False,
        "labelPadding": 6,
    }
