"""The largest stories of a dataset: who had it first, who copied, how many voices.

The latest assignment of an article counts: that of the table ``stories``, or its own row.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.desk.asking import ask, rows_of
from pipeline.desk.filters import Filters
from pipeline.reports.terminal import many, ranked, shown
from transforms.errors import ConfigError

# Code points of a text that stand for its headline.
_BEGINNING = 100
# Which stories are shown is learned from three columns; only then is more of them read.
# A site, or the publication where that is unknown; what says neither is one together.
_SOURCE = "coalesce(domain, nullif(source_name, ''), site)"
_LARGEST = """
SELECT
    story_id,
    greatest(count(DISTINCT {source}), 1) AS sources,
    count(*) AS articles
FROM articles
WHERE story_id IS NOT NULL AND {where}
GROUP BY story_id
HAVING sources >= $min_sources
ORDER BY sources DESC, articles DESC, story_id
LIMIT $most
"""
_DETAILS = """
WITH chosen AS (
    SELECT
        id, title, site, language, source_country, story_id, duplicate_of,
        {source} AS source,
        coalesce(published_at, fetched_at) AS moment,
        coalesce(origin.name, agency) AS credited
    FROM articles
    WHERE {where}
),
members AS (
    SELECT * FROM chosen WHERE list_contains($stories, story_id)
),
voices AS (
    SELECT
        m.*,
        coalesce(m.credited, o.credited, o.source, o.id, m.source, m.id) AS voice
    FROM members AS m
    LEFT JOIN (
        SELECT id, credited, source
        FROM chosen
        WHERE id IN (SELECT duplicate_of FROM members)
    ) AS o ON o.id = m.duplicate_of
)
SELECT
    story_id AS id,
    arg_min(title, row(moment, id)) FILTER (WHERE title <> '') AS title,
    min(moment) AS at,
    arg_min({{'site': site}}, row(moment, id)).site AS first,
    count(*) AS articles,
    count(duplicate_of) AS copies,
    count(DISTINCT voice) AS voices,
    histogram(source) AS sources,
    histogram(coalesce(language, '')) AS languages,
    histogram(source_country) AS countries
FROM voices
GROUP BY story_id
ORDER BY count(DISTINCT source) DESC, count(*) DESC, story_id
"""
_ARE_THERE = """
SELECT count(*) AS articles, count(story_id) AS members FROM articles WHERE {where}
"""
_HEADS = """
SELECT id, left(text, $length) AS beginning FROM articles WHERE list_contains($ids, id)
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Story:
    """The articles about one event.

    Attributes:
      id: Its id: that of the article which heads it.
      title: The headline of the first article that has one; else how its text begins.
      at: When the first article was published.
      first: The site of that article; None where it is unknown.
      articles: How many there are.
      copies: How many of them have another one's text.
      voices: How many independent ones: an agency with all that print it is one.
      sources: Articles by site, or by publication where that is unknown.
      languages: Articles by language.
      countries: Articles by the country of the publication.
    """

    id: str
    title: str | None
    at: dt.datetime
    first: str | None
    articles: int
    copies: int
    voices: int
    sources: Mapping[str, int]
    languages: Mapping[str, int]
    countries: Mapping[str, int]


def largest(
    dataset: Path | str, since: dt.datetime | None, min_sources: int, most: int
) -> list[Story]:
    """Return the stories of most sources, the largest first.

    Args:
      dataset: Its folder, or its URL in a store.
      since: Only articles published from then on; None for all.
      min_sources: Stories of fewer sources are left out.
      most: At most this many.

    Raises:
      ConfigError: When there is no such dataset, or none with stories.
    """
    where, values = Filters(since=since).where()

    def work(connection: duckdb.DuckDBPyConnection) -> list[Story]:
        def rows(query: str, **more: Any) -> list[dict[str, Any]]:
            return rows_of(
                connection, query.format(where=where, source=_SOURCE), values | more
            )

        top = rows(_LARGEST, min_sources=min_sources, most=most)
        if not top:
            [counts] = rows(_ARE_THERE)
            if counts["articles"] and not counts["members"]:
                raise ConfigError(
                    f"{dataset}: its articles have no stories; a run of this version "
                    "assigns them, unless stories.days is 0"
                )
            return []
        details = rows(_DETAILS, stories=[row["story_id"] for row in top])
        return _titled(connection, [_story(row) for row in details])

    return ask(dataset, work, ["articles"])


def _story(row: Mapping[str, Any]) -> Story:
    counts = ("sources", "languages", "countries")
    return Story(**{**row, **{name: dict(row[name] or ()) for name in counts}})


def _titled(connection: duckdb.DuckDBPyConnection, stories: list[Story]) -> list[Story]:
    """Return stories, those without any headline with how their first text begins."""
    untitled = [story.id for story in stories if story.title is None]
    if not untitled:
        return stories
    found = rows_of(connection, _HEADS, {"ids": untitled, "length": _BEGINNING})
    texts = {row["id"]: row["beginning"] for row in found}
    return [
        dataclasses.replace(story, title=story.title or texts.get(story.id))
        for story in stories
    ]


def stories_view(stories: Iterable[Story]) -> RenderableType:
    """Return stories in three lines each."""
    parts: list[RenderableType] = []
    for story in stories:
        head = Text(f"{story.at:%Y-%m-%d %H:%M}  ", style="dim")
        head.append(shown(story.title or story.id), style="bold")
        counts = (
            f"  {many(story.articles, 'article')} of "
            f"{many(max(1, len(story.sources)), 'source')}, {many(story.copies, 'copy')}, "
            f"{many(story.voices, 'independent voice')}"
        ).replace("copys", "copies")
        where = f"  first: {shown(story.first or '?')}; in {ranked(story.languages)}"
        if story.countries:
            where += f"; published in {ranked(story.countries)}"
        parts += [head, Text(counts), Text(where), Text(f"  {story.id}", style="dim")]
    if not parts:
        return Text("no story has that number of sources")
    return Group(*parts)
