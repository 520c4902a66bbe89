"""Why: everything that is known of one address, and what the next run does with it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pydantic
from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.desk.article import Index, Tables, find_ids, index_to_read
from pipeline.desk.asking import ask_files, rows_of
from pipeline.desk.views import TABLE_VIEWS, Listing, connect
from transforms.dedup.names import link_name
from transforms.errors import ConfigError
from transforms.redaction import redact
from transforms.text.strings import digest, printable
from transforms.urls import canonical, normalize, place
from transforms.vocabulary import FetchKind, Reason
from transforms.web.response import Response
from transforms.web.robots import Robots, RobotsFile

Row = dict[str, Any]
_ROBOTS = pydantic.TypeAdapter(RobotsFile)
# Rows of each kind, the latest; a page may have been asked for hundreds of times.
_MOST = 50
_QUERIES = {
    "listed": (
        'SELECT "at", feed, url, entry, article_id FROM sightings '
        "WHERE list_contains($urls, url) OR contains(url, $place) "
        "OR list_contains($ids, article_id)"
    ),
    "requests": (
        'SELECT "at", kind, url, entry, outcome, status, milliseconds, feed, not_before, '
        "state FROM fetches WHERE kind = 'page' "
        "AND (list_contains($urls, url) OR contains(url, $place) "
        "OR list_contains($entries, entry)) "
        "OR kind = 'robots' AND url = $robots AND state IS NOT NULL"
    ),
    "waiting": (
        'SELECT "at", reason, detail, since, tries, next_at, feed, url, entry '
        "FROM waiting "
        "WHERE list_contains($urls, url) OR contains(url, $place) "
        "OR list_contains($entries, entry)"
    ),
    "rejects": (
        'SELECT "at", stage, reason, detail, feed, key AS url FROM rejects '
        "WHERE list_contains($urls, key) OR contains(key, $place)"
    ),
    "versions": (
        'SELECT ingested_at AS "at", id, revision, date, published_at, fetched_at, title, '
        "url, path, word_count, run_id FROM versions WHERE list_contains($ids, id)"
    ),
    "articles": (
        'SELECT fetched_at AS "at", id, url, title, story_id, duplicate_of, origin '
        "FROM articles WHERE list_contains($ids, id) OR list_contains($ids, duplicate_of)"
    ),
    "forgotten": (
        'SELECT "at", run_id FROM forgotten WHERE list_contains($names, name)'
    ),
    "copies": (
        'SELECT "at", article_id AS id FROM assignments '
        "WHERE list_contains($ids, duplicate_of) "
        'UNION ALL BY NAME SELECT ingested_at AS "at", id FROM versions '
        "WHERE list_contains($ids, duplicate_of)"
    ),
}
_VIEWS = ("articles", *(view for view in TABLE_VIEWS if view != "sightings"))
_OF_PAGE = ("requests", "waiting", "rejects", "versions", "articles", "forgotten")


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What a dataset knows of an address.

    Attributes:
      url: The address, secrets removed.
      listed: When feeds listed it first.
      requests: Each request for its page, and each that was not made.
      robots: What robots.txt of its site says; None where it was not asked for.
      waiting: What is said where its page is waited for.
      rejects: What gave it up, and why.
      versions: The revisions of its article.
      article: Its story and original as learned last.
      copies: The articles that have its text.
      forgotten: When it was taken out of the dataset.
      then: What the next run does.
    """

    url: str
    listed: Sequence[Row]
    requests: Sequence[Row]
    robots: Row | None
    waiting: Sequence[Row]
    rejects: Sequence[Row]
    versions: Sequence[Row]
    article: Row | None
    copies: Sequence[Row]
    forgotten: Sequence[Row]
    then: str


def why(dataset: Path | str, address: str, now: dt.datetime) -> Known:
    """Return everything that is known of an address.

    Args:
      dataset: Its folder, or its URL in a store.
      address: The URL of a page.
      now: The time.

    Raises:
      ConfigError: When there is no dataset, or the address is none of a page.
      DatasetError: When the dataset cannot be read.
    """
    given, bare = address.strip(), canonical(address.strip())
    if bare is None:
        raise ConfigError(f"{redact(given)!r} is not the address of a page")

    def work(files: Listing) -> Known:
        with index_to_read(dataset) as index:
            return _known(Tables(dataset, files, index), given, bare, now)

    return ask_files(dataset, work, ("sightings", *_VIEWS))


def _known(tables: Tables, given: str, bare: str, now: dt.datetime) -> Known:
    forms = {given, normalize(given), bare} - {None}
    urls = sorted({redact(str(form)) for form in forms})
    asked: dict[str, Any] = {
        "urls": urls,
        "entries": [],
        "names": [link_name(given)],
        "robots": _robots_url(given),
        "place": _place(given),
    }
    identities = {canonical(url) for url in urls} - {None}

    def rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
        query = _QUERIES[name]
        values = {key: asked[key] for key in asked if f"${key}" in query}
        found = rows_of(connection, f"{query} ORDER BY 1 DESC LIMIT 100000", values)
        if "$place" in query:
            found = [row for row in found if _is_meant(row, asked, identities)]
        return sorted(found, key=_order)

    def connected(
        views: Iterable[str],
        urls: Sequence[str],
        ids: Iterable[str],
        robots: str | None = None,
    ) -> duckdb.DuckDBPyConnection:
        of_views = {TABLE_VIEWS[view] for view in views if view in TABLE_VIEWS}
        files = tables.about(of_views, urls, ids, robots)
        return connect(tables.dataset, files, views=views)

    with connected(("versions",), urls, [digest(bare)]) as connection:
        ids = find_ids(connection, tables.dataset, given)
    asked["ids"] = sorted(ids)
    with connected(("sightings",), urls, ids) as connection:
        listed = rows(connection, "listed")
    asked["entries"] = sorted({row["entry"] for row in listed})
    asked["urls"] = sorted({*urls, *(row["url"] for row in listed if row["url"])})
    with connected(("versions", "assignments"), (), ids) as connection:
        copies = [row["id"] for row in rows(connection, "copies")]
    about = [*ids, *copies, *asked["entries"]]
    with connected(_VIEWS, asked["urls"], about, asked["robots"]) as connection:
        found = {name: rows(connection, name) for name in _OF_PAGE}
    found["listed"] = listed
    found["requests"], robots = _parted(
        found["requests"], lambda row: row["kind"] == FetchKind.PAGE
    )
    own, found["copies"] = _parted(found.pop("articles"), lambda row: row["id"] in ids)
    latest = {name: rows_[-_MOST:] for name, rows_ in found.items()}
    latest["listed"] = _feeds(latest)
    waits = _waits(tables.index, latest["waiting"], latest["requests"])
    known = Known(
        url=redact(given),
        article=own[0] if own else None,
        robots=_verdict(robots[-1], given) if robots else None,
        then="",
        **latest,
    )
    return dataclasses.replace(known, waiting=waits, then=_then(known, waits, now))


def _place(url: str) -> str:
    """Return what the addresses of a page have in common, whatever is tracked by them."""
    found = place(redact(url))
    # That of a whole site is in the address of each of its pages.
    return found if "/" in found else "\0"


def _is_meant(row: Row, asked: Mapping[str, Any], bare: Collection[str | None]) -> bool:
    """Return whether a row is of the page, not of one whose address begins alike."""
    return (
        row["url"] in asked["urls"]
        or row.get("entry") in asked["entries"]
        or row.get("article_id") in asked["ids"]
        or row.get("kind") == FetchKind.ROBOTS
        or (row["url"] is not None and canonical(row["url"]) in bare)
    )


def _order(row: Row) -> tuple[str, int]:
    """Return what orders rows: their time, and the revision where one run wrote several."""
    return str(row.get("at") or ""), row.get("revision") or 0


def _parted(
    rows: Sequence[Row], is_first: Callable[[Row], bool]
) -> tuple[list[Row], list[Row]]:
    """Return the rows of a kind, and the others."""
    first = [row for row in rows if is_first(row)]
    return first, [row for row in rows if not is_first(row)]


def _feeds(found: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Return when each feed listed it first; what was rejected has no sighting."""
    rows = [
        row
        for name in ("listed", "requests", "waiting", "rejects")
        for row in found[name]
    ]
    first: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row["at"]):
        if row["feed"] is not None:
            first.setdefault(row["feed"], {"at": row["at"], "feed": row["feed"]})
    return list(first.values())


def _robots_url(url: str) -> str:
    """Return the address of the robots.txt of a page's site, as requests name it."""
    parts = urlsplit(url)
    return redact(f"{parts.scheme}://{parts.netloc}{Robots.path}")


def _verdict(request: Row, url: str) -> Row:
    """Return what the robots.txt of a site says of a page, as it was read last."""
    file = _ROBOTS.validate_json(request["state"])
    verdict = file.detail or "not available"
    if file.text is not None:
        robots = Robots(_no_request, lambda: file.at, lambda _: file)
        verdict = "permits" if robots.permission(url).is_given else "forbids"
    return {"at": request["at"], "status": request["status"], "verdict": verdict}


def _no_request(url: str) -> Response:
    raise AssertionError(url)


def _waits(
    index: Index, waiting: Sequence[Row], requests: Sequence[Row]
) -> Sequence[Row]:
    """Return the latest row of what is waited for, none where the waiting has ended."""
    if not waiting:
        return []
    last = waiting[-1]
    if index.is_there:
        query = "SELECT next_at, tries FROM waiting WHERE entry = ?"
        rows = index.ask(query, bytes.fromhex(last["entry"]))
        return [
            last | {"next_at": dt.datetime.fromisoformat(moment), "tries": tries}
            for moment, tries in rows
        ]
    has_ended = any(row["at"] > last["at"] for row in requests)
    return [] if has_ended else [last]


def _then(known: Known, waits: Sequence[Row], now: dt.datetime) -> str:
    """Return what the next run does with an address, in a sentence."""
    # A run waits for the turn of each page.
    has_turn = bool(waits) and waits[-1]["reason"] == Reason.HOST_BUSY
    moment = waits[-1]["next_at"] if waits and not has_turn else now
    when = "at once" if moment <= now else f"from {_time(moment)} on"
    is_forbidden = known.robots is not None and known.robots["verdict"] == "forbids"
    path = known.versions[-1]["path"] if known.versions and not known.listed else None
    answers = (
        (known.forgotten, "nothing: it was taken out and is not read again"),
        (waits, f"its page is asked for again {when}"),
        (
            path,
            f"nothing, unless {path} changes: another text is the next revision",
        ),
        (
            known.versions,
            "nothing, unless its feed shows another title or text: then its page is asked "
            "for again, and another text is the next revision",
        ),
        (
            known.rejects,
            "nothing, unless its feed shows another title or text; newsbeam replay sends "
            "it through again",
        ),
        (is_forbidden, "nothing: robots.txt of its site forbids it"),
        (known.listed, "it is followed where a feed still lists it"),
    )
    otherwise = (
        "it is followed if a feed lists it: none of this dataset's has done so yet"
    )
    return next((answer for holds, answer in answers if holds), otherwise)


def known_view(known: Known) -> RenderableType:
    """Return what is known in lines, one thing a line."""
    parts = [Text(known.url, style="bold")]
    for head, lines in _sections(known):
        parts.append(Text())
        parts.append(Text(head, style="bold"))
        parts += [Text(f"  {printable(line)}") for line in lines]
    return Group(*parts)


def _sections(known: Known) -> Iterator[tuple[str, list[str]]]:
    yield (
        "listed by",
        [f"{_time(row['at'])}  {row['feed']}" for row in known.listed] or ["no feed"],
    )
    yield "requests", [_request(row) for row in known.requests] or ["none"]
    if known.robots is not None:
        robots = known.robots
        yield "robots.txt", [f"{_time(robots['at'])}  {robots['verdict']}"]
    if known.waiting:
        yield (
            "waiting",
            [
                f"since {_time(row['since'])}, asked {_times(row['tries'])}: "
                f"{row['reason']}: {row['detail']}"
                for row in known.waiting
            ],
        )
    if known.rejects:
        yield (
            "rejected",
            [
                f"{_time(row['at'])}  {row['stage']}: {row['reason']}: {row['detail']}"
                for row in known.rejects
            ],
        )
    if known.forgotten:
        yield "taken out", [_time(row["at"]) for row in known.forgotten]
    yield "article", [*_article(known)] or ["none"]
    if known.copies:
        yield "copied by", [f"{row['id']}  {row['url']}" for row in known.copies]
    yield "next run", [known.then]


def _article(known: Known) -> Iterator[str]:
    for row in known.versions:
        yield (
            f"{row['id']}  revision {row['revision']}, read {_time(row['fetched_at'])}, "
            f"{row['word_count']} words, date={row['date']}: {row['title'] or '(no title)'}"
        )
        if row["path"]:
            yield f"read from {row['path']}"
    facts: Mapping[str, Any] = known.article or {}
    if facts.get("duplicate_of"):
        yield f"its text is that of {facts['duplicate_of']}"
    if facts.get("story_id") not in {None, facts.get("id")}:
        yield f"it belongs to the story {facts['story_id']}"
    if facts.get("origin"):
        yield f"it is a report of {facts['origin']['name']}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _request(row: Row) -> str:
    status = "" if row["status"] is None else f" {row['status']}"
    rest = (
        f", then left alone until {_time(row['not_before'])}"
        if row["not_before"]
        else ""
    )
    return f"{_time(row['at'])}  {row['outcome']}{status} in {row['milliseconds']} ms{rest}"


def _time(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"
