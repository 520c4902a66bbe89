"""Questions: what the report and the statistics ask of a dataset.

The queries are in ``questions.sql``; DuckDB answers them.  Statistics and report ask the
same ones, so they agree.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any

import duckdb

# Each has a colour that all can tell apart, also those who see colours otherwise.
SERIES = 6
"""Sources, and languages, that get a colour of their own."""
CHANCE = 0.05
"""How likely chance alone makes any name at all seem to rise."""
LEAST_ARTICLES = 3
"""Articles that must name something before it can be said to rise."""

_PARAMETERS: dict[str, Any] = {
    "series": SERIES,
    "least": LEAST_ARTICLES,
    "least_together": 2,
    "most": 12,
    "most_frequent": 300,
    "most_pairs": 60,
    "most_ticks": 3_000,
    "most_sources": 200,
    "most_feeds": 200,
    "least_words": 60,
    "most_of_one": 2,
    "most_chosen": 8,
}
_NAME = re.compile(r"\$([a-z_]+)")
_QUERIES = dict(
    re.findall(
        r"^-- (\w+)(?::[^\n]*)?\n((?:(?!-- ).|\n).*?);\n",
        Path(__file__).with_name("questions.sql").read_text("utf-8") + "\n",
        re.MULTILINE | re.DOTALL,
    )
)
# Made once, before any question.
_PREPARED = ("item", "source", "told", "said")
# The longest spans that are drawn by the hour, by the day, and so on.
_UNITS = (
    (dt.timedelta(days=3), "hour"),
    (dt.timedelta(days=120), "day"),
    (dt.timedelta(days=800), "week"),
    (dt.timedelta(days=8_000), "month"),
)
# A rise is looked for in a quarter of the days, a week at most.
_QUARTER = 4
_WEEK = 7


@dataclasses.dataclass(frozen=True, slots=True)
class Numbers:
    """The answer to a question.

    Attributes:
      columns: Names of the columns.
      rows: The rows; None for what is unknown.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """Return the rows with the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclasses.dataclass(frozen=True, slots=True)
class Totals:
    """What there is in all; times are UTC, without saying so.

    Attributes:
      articles: Articles, each in its latest revision.
      copies: Those that have another one's text.
      stories: Events that they report.
      sources: Sites, or names where a site is unknown.
      languages: Languages that are known.
      countries: Countries in the focus of at least one article.
      revisions: How often a text changed.
      words: Words of all texts.
      undated: Articles whose date of publication is unknown.
      without_language: Articles whose language is unknown.
      first_at: When the first was published; None without dates.
      last_at: When the last was.
      most_from: From when on nearly all of them were.
      rejects: What was rejected.
      requests: Requests to the web.
      asked: When feeds were asked: the first time and the last.
    """

    articles: int
    copies: int
    stories: int
    sources: int
    languages: int
    countries: int
    revisions: int | None
    words: int | None
    undated: int
    without_language: int
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    most_from: dt.datetime | None
    rejects: int
    requests: int
    asked: Mapping[str, dt.datetime | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Days:
    """The days among which a rise is looked for.

    Attributes:
      earlier: The first of the days before.
      recent: The first of the days whose names may have risen.
      closes: The day after the last.
    """

    earlier: dt.datetime
    recent: dt.datetime
    closes: dt.datetime


class Questions:
    """A dataset that is asked.

    Attributes:
      since: Only articles, rejects and requests from then on; None for all.
      totals: What there is in all.
      unit: What volumes are drawn by: hour, day, week, month or year.
      opens: From when on they are drawn; None without dates.
      days: Among which a rise is looked for; None where there are too few.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, since: dt.datetime | None
    ) -> None:
        self._connection = connection
        self.since = since and since.astimezone(dt.UTC)
        for name in _PREPARED:
            self._execute(name, {})
        (totals,) = self.ask("totals").records()
        self.totals = Totals(**totals)
        self.unit, self.opens = _scale(
            self.totals.first_at, self.totals.most_from, self.totals.last_at
        )
        self.days = _days(self.totals.most_from, self.totals.last_at)
        compared = dict.fromkeys(("earlier", "recent", "closes"))
        if self.days is not None:
            compared = dataclasses.asdict(self.days)
        self._execute("named", compared)

    def ask(self, name: str, **parameters: Any) -> Numbers:
        """Return the answer to a question of ``questions.sql``."""
        found = self._execute(name, parameters)
        columns = tuple(column[0] for column in found.description or ())
        return Numbers(columns, tuple(found.fetchall()))

    def volumes(self, of: str) -> Numbers:
        """Return articles over time by ``source`` or by ``language``."""
        return self.ask(f"volume_by_{of}", unit=self.unit, opens=self.opens)

    def rising(self) -> tuple[float, Numbers]:
        """Return names that more articles have than the days before lead to expect.

        The measure is the log-odds ratio of the two spans of days with an informative
        Dirichlet prior, divided by its standard deviation: Monroe, Colaresi and Quinn,
        "Fightin' Words", Political Analysis 16 (2008), section 3.5.  Articles are counted,
        not mentions, and copies are not.

        Among many names some rise by chance.  So what is asked of each is stricter the
        more there are (Bonferroni): the z that comes first is from where on they are shown.
        """
        [(names,)] = self.ask("compared").rows
        least = NormalDist().inv_cdf(1 - CHANCE / max(1, names))
        return least, self.ask("rising", least_z=least)

    def stories(self) -> tuple[Numbers, Numbers]:
        """Return the stories of most sources, and their articles in time."""
        chosen = [row[0] for row in self.ask("chosen_stories").rows]
        return (
            self.ask("largest_stories", stories=chosen),
            self.ask("story_articles", stories=chosen),
        )

    def sample(self) -> Numbers:
        """Return some of the newest articles, of several languages, with their texts."""
        chosen = self.ask("chosen").rows
        ids, days = ([row[place] for row in chosen] for place in (0, 1))
        return self.ask("shown", ids=ids, days=days)

    def feed_requests(self) -> tuple[str, Numbers]:
        """Return by what unit of time, and how feeds answered in each."""
        asked = self.totals.asked
        unit, _ = _scale(asked["first"], asked["first"], asked["last"])
        return unit, self.ask("feed_requests", asked_unit=unit)

    def _execute(
        self, name: str, parameters: Mapping[str, Any]
    ) -> duckdb.DuckDBPyConnection:
        query = _QUERIES[name]
        known = _PARAMETERS | {"since": self.since} | dict(parameters)
        wanted = {one: known[one] for one in _NAME.findall(query)}
        return self._connection.execute(query, wanted)


def _scale(
    first: dt.datetime | None, most_from: dt.datetime | None, last: dt.datetime | None
) -> tuple[str, dt.datetime | None]:
    """Return by what unit of time articles are drawn, and from when on."""
    if first is None or most_from is None or last is None:
        return "day", None
    unit = _unit(last - most_from)
    # The few that are older stay away only where they would make the rest too small.
    return unit, first if _unit(last - first) == unit else most_from


def _unit(span: dt.timedelta) -> str:
    return next((unit for longest, unit in _UNITS if span <= longest), "year")


def _days(first: dt.datetime | None, last: dt.datetime | None) -> Days | None:
    if first is None or last is None:
        return None
    opens, closes = _midnight(first), _midnight(last) + dt.timedelta(days=1)
    span = (closes - opens).days
    recent = min(span // _QUARTER, _WEEK)
    if not recent:
        return None
    start = closes - dt.timedelta(days=recent)
    return Days(max(opens, start - dt.timedelta(days=_QUARTER * recent)), start, closes)


def _midnight(moment: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(moment.date(), dt.time())
