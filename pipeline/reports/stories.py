"""The largest stories of a dataset: who had it first, who copied, how many voices.

The latest assignment of an article counts: that of the table ``stories``, or its own row.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.dataset.read import open_table
from pipeline.reports.terminal import many, ranked, shown
from pipeline.state.stories import site
from transforms.errors import ConfigError

_COLUMNS = (
    *("id", "revision", "title", "url", "domain", "source_country", "language"),
    *("agency", "published_at", "fetched_at", "story_id", "duplicate_of", "origin"),
)
# Code points of a text that stand for its headline.
_BEGINNING = 100
_LATER = ("article_id", "story_id", "duplicate_of", "at", "batch")


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
      sources: Articles by site.
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
      min_sources: Stories of fewer sites are left out.
      most: At most this many.

    Raises:
      ConfigError: When there is no such dataset, or none with stories.
    """
    articles = _articles(dataset, since)
    assigned = _assigned(dataset)
    members: dict[str, list[dict[str, Any]]] = defaultdict(list)
    by_id = {row["id"]: row for row in articles}
    for row in articles:
        known = (row["story_id"], row["duplicate_of"])
        row["story_id"], row["duplicate_of"] = assigned.get(row["id"], known)
        if row["story_id"] is not None:
            members[row["story_id"]].append(row)
    if articles and not members:
        raise ConfigError(
            f"{dataset}: its articles have no stories; a run of this version assigns "
            "them, unless stories.days is 0"
        )
    found = [
        story
        for key, rows in members.items()
        if len((story := _story(key, rows, by_id)).sources) >= min_sources
    ]
    found.sort(key=lambda story: (-len(story.sources), -story.articles, story.id))
    return _titled(dataset, found[:most])


def _titled(dataset: Path | str, stories: Sequence[Story]) -> list[Story]:
    """Return stories, those without any headline with how their first text begins."""
    untitled = [story.id for story in stories if story.title is None]
    if not untitled:
        return list(stories)
    wanted = pc.field("id").isin(untitled)
    found = open_table(dataset).to_table(columns=["id", "text"], filter=wanted)
    texts = dict(
        zip(*(found[name].to_pylist() for name in ("id", "text")), strict=True)
    )
    return [
        dataclasses.replace(story, title=texts[story.id][:_BEGINNING])
        if story.id in texts and story.title is None
        else story
        for story in stories
    ]


def _articles(dataset: Path | str, since: dt.datetime | None) -> list[dict[str, Any]]:
    """Return the latest version of each article."""
    table = open_table(dataset)
    wanted = None
    if since is not None:
        moment = pc.coalesce(pc.field("published_at"), pc.field("fetched_at"))
        wanted = moment >= since
    latest: dict[str, dict[str, Any]] = {}
    for batch in table.to_batches(columns=list(_COLUMNS), filter=wanted):
        for row in batch.to_pylist():
            other = latest.get(row["id"])
            if other is None or other["revision"] < row["revision"]:
                row["domain"] = site(row["domain"], row["url"])
                latest[row["id"]] = row
    return list(latest.values())


def _assigned(dataset: Path | str) -> dict[str, tuple[str, str | None]]:
    """Return the latest story and original of the articles that have rows of stories."""
    try:
        table = open_table(dataset, "stories")
    except ConfigError:
        # Nothing belonged together yet.
        return {}
    rows = table.to_table(columns=list(_LATER)).to_pylist()
    rows.sort(key=lambda row: (row["at"], row["batch"]))
    return {row["article_id"]: (row["story_id"], row["duplicate_of"]) for row in rows}


def _story(
    key: str, rows: Sequence[dict[str, Any]], by_id: Mapping[str, dict[str, Any]]
) -> Story:
    ordered = sorted(rows, key=lambda row: (_moment(row), row["id"]))
    titles = (row["title"] for row in ordered if row["title"])
    return Story(
        id=key,
        title=next(titles, None),
        at=_moment(ordered[0]),
        first=ordered[0]["domain"],
        articles=len(ordered),
        copies=sum(row["duplicate_of"] is not None for row in ordered),
        voices=len({_voice(row, by_id) for row in ordered}),
        sources=Counter(row["domain"] or "" for row in ordered),
        languages=Counter(row["language"] or "" for row in ordered),
        countries=Counter(
            row["source_country"] for row in ordered if row["source_country"]
        ),
    )


def _moment(row: Mapping[str, Any]) -> dt.datetime:
    moment: dt.datetime = row["published_at"] or row["fetched_at"]
    return moment


def _voice(row: Mapping[str, Any], by_id: Mapping[str, dict[str, Any]]) -> str:
    """Return who speaks in an article: whose report it is, or the site of its original."""
    original = by_id.get(row["duplicate_of"] or "", row)
    for one in (row, original):
        origin: str | None = one["origin"]["name"] if one["origin"] else one["agency"]
        if origin is not None:
            return origin
    voice: str = original["domain"] or original["id"]
    return voice


def stories_view(stories: Iterable[Story]) -> RenderableType:
    """Return stories in three lines each."""
    parts: list[RenderableType] = []
    for story in stories:
        head = Text(f"{story.at:%Y-%m-%d %H:%M}  ", style="dim")
        head.append(shown(story.title or story.id), style="bold")
        counts = (
            f"  {many(story.articles, 'article')} of "
            f"{many(len(story.sources), 'source')}, {many(story.copies, 'copy')}, "
            f"{many(story.voices, 'independent voice')}"
        ).replace("copys", "copies")
        where = f"  first: {shown(story.first or '?')}; in {ranked(story.languages)}"
        if story.countries:
            where += f"; published in {ranked(story.countries)}"
        parts += [head, Text(counts), Text(where), Text(f"  {story.id}", style="dim")]
    if not parts:
        return Text("no story has that number of sources")
    return Group(*parts)
