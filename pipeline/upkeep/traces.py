"""Traces: which rows and kept pages of a dataset are of some articles.

An article leaves traces under several names: its id, links to it, the entries that listed
it.  They are collected table by table, and each row that goes by one of them is found.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipeline.dataset.read import table_parts
from transforms.dedup.names import link_name, row_names
from transforms.records import Declared
from transforms.redaction import redact
from transforms.tables import RAW, TABLES
from transforms.urls import domain
from transforms.vocabulary import FetchKind
from transforms.write.raw import blanked
from transforms.write.store import Store, store_of

Row = Mapping[str, Any]

_ARTICLE = [
    *("id", "url", "canonical_url", "path", "feeds", "title", "content_hash", "raw"),
]
# Of each other table, what its rows are known by.
_COLUMNS = {
    "sightings": ["article_id", "entry", "url"],
    "fetches": ["kind", "entry", "url", "run_id"],
    "waiting": ["entry", "url"],
    "rejects": ["key", "payload"],
    "stories": ["article_id"],
}
_LINKS = {"sightings": "url", "fetches": "url", "waiting": "url", "rejects": "key"}


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """A file of kept pages, some of which are of the articles.

    Attributes:
      name: The file, below the dataset.
      data: Its contents without them.
      pages: How many they are.
    """

    name: str
    data: bytes
    pages: int


class Traces:
    """The traces of some articles in a dataset.

    Args:
      dataset: Its folder or URL.
      ids: Ids of articles that are in it.
      urls: Links to articles, which may be in it or not.

    Attributes:
      names: What the articles go by, each with the id of its article.
      articles: The ids of those that have rows of their own, with a title or a place.
      seen: The ids of all of which there is anything but stories and kept pages.
    """

    def __init__(self, dataset: str, ids: set[str], urls: set[str]) -> None:
        self._dataset = dataset
        self.names = {one: one for one in ids}
        self.articles: dict[str, str] = {}
        self.seen: set[str] = set()
        self._links: dict[str, str] = {}
        self._domains: set[str] = set()
        self._pages: set[tuple[str, int]] = set()
        self._runs: set[str] = set()
        for url in urls:
            self._add_link(url, link_name(url) or "")
        self._find_articles(ids)
        # What one table says of an article leads to rows of the others.
        for table in _LINKS:
            self._follow(table)

    # --- what the articles go by ---------------------------------------------------

    def _add_link(self, url: str, article: str) -> None:
        name = link_name(url)
        if name is None:
            return
        self.names.setdefault(name, article)
        self._links.setdefault(redact(url), article)
        self._domains.add(domain(url) or url.partition("://")[2].partition("/")[0])

    def _find_articles(self, ids: set[str]) -> None:
        found = set(ids)
        if self._domains:
            for _, part in self._parts("articles"):
                for row in self._nearby(part, ["id", "url", "canonical_url"]):
                    links = (link_name(row["url"]), link_name(row["canonical_url"]))
                    if row["id"] in self.names or self.names.keys() & set(links):
                        found.add(row["id"])
        wanted = pa.array(sorted(found), pa.string())
        for _, part in self._parts("articles"):
            # The ids alone first: most files have none of them.
            ids = part.to_table(columns=["id"])["id"]
            if pc.any(pc.is_in(ids, wanted)).as_py():
                chosen = pc.is_in(pc.field("id"), wanted)
                rows = part.to_table(columns=_ARTICLE, filter=chosen)
                for row in rows.to_pylist():
                    self._add_article(row)

    def _nearby(
        self, part: ds.ParquetFileFragment, columns: list[str]
    ) -> Iterator[Row]:
        """Yield rows whose links are of a site that is looked for."""
        near = pc.is_in(pc.field("id"), pa.array(sorted(self.names), pa.string()))
        for site in sorted(self._domains):
            for column in columns[1:]:
                near |= pc.match_substring(pc.field(column), site, ignore_case=True)
        yield from part.to_table(columns=columns, filter=near).to_pylist()

    def _add_article(self, row: Row) -> None:
        article = row["id"]
        self.seen.add(article)
        self.articles[article] = row["title"] or row["url"] or row["path"] or article
        for url in (row["canonical_url"], row["url"]):
            if url is not None:
                self._add_link(url, article)
        for name in row_names(row):
            self.names[name] = article
        if row["raw"] is not None:
            self._pages.add((row["raw"]["path"], row["raw"]["offset"]))

    def _follow(self, table: str) -> None:
        for _, part in self._parts(table):
            rows = part.to_table(columns=_COLUMNS[table])
            mask = self._mask(rows, table)
            for row in rows.filter(pa.array(mask)).to_pylist() if any(mask) else ():
                self._learn(row, row[_LINKS[table]] or "")

    def _learn(self, row: Row, url: str) -> None:
        entry = row.get("entry")
        known = (row.get("article_id"), entry, link_name(url))
        found = (self.names[name] for name in known if name in self.names)
        article = next(found, None) or self._links.get(url)
        if article is None:
            # A reject of a record in a file: what it goes by is in its payload.
            article = self.names.get(link_name(_read(row["payload"]).get("url")) or "")
        if article is None:
            return
        self.seen.add(article)
        if entry:
            self.names.setdefault(entry, article)
        if redact(url) == url:
            self._add_link(url, article)
        if "run_id" in row:
            self._runs.add(row["run_id"])

    # --- what is of them ----------------------------------------------------------------

    def _parts(self, table: str) -> list[tuple[str, ds.ParquetFileFragment]]:
        return table_parts(self._dataset, table)

    def _mask(self, rows: pa.Table, table: str) -> list[bool]:
        """Return which rows of a table are of the articles."""
        known = pa.array(sorted(self.names), pa.string())
        found = pa.array(np.zeros(rows.num_rows, dtype=bool))
        for column in ("article_id", "entry"):
            if column in rows.column_names:
                found = pc.or_(found, pc.is_in(rows[column], known))
        if table in _LINKS:
            links = rows[_LINKS[table]]
            near = pc.is_in(links, pa.array(sorted(self._links), pa.string()))
            for site in sorted(self._domains):
                near = pc.or_kleene(near, self._has_site(rows, table, site))
            places = pc.indices_nonzero(near.fill_null(False))  # noqa: FBT003 - pyarrow's
            named = np.zeros(rows.num_rows, dtype=bool)
            for place, row in zip(
                places.to_pylist(), rows.take(places).to_pylist(), strict=True
            ):
                named[place] = self._is_named(row, table)
            found = pc.or_(found, pa.array(named))
        if table == "rejects" and self._pages:
            kept = pc.match_substring(rows["payload"], '"raw"').to_pylist()
            of_pages = [
                is_kept and self._is_of_page(payload)
                for is_kept, payload in zip(
                    kept, rows["payload"].to_pylist(), strict=True
                )
            ]
            found = pc.or_(found, pa.array(of_pages))
        if table == "fetches":
            found = pc.and_(found, pc.equal(rows["kind"], FetchKind.PAGE.value))
        return list(map(bool, found.to_pylist()))

    def _has_site(self, rows: pa.Table, table: str, site: str) -> Any:
        found = pc.match_substring(rows[_LINKS[table]], site, ignore_case=True)
        if table == "rejects":
            # Of a record in a file the link is in the payload alone.
            more = pc.match_substring(rows["payload"], site, ignore_case=True)
            found = pc.or_kleene(found, more)
        return found

    def _is_named(self, row: Row, table: str) -> bool:
        links = [row[_LINKS[table]]]
        if table == "rejects":
            links.append(_read(row["payload"]).get("url"))
        return any(
            link in self._links or (link_name(link) or "") in self.names
            for link in links
            if isinstance(link, str)
        )

    def _is_of_page(self, payload: str) -> bool:
        raw = _read(payload).get("raw")
        return (
            isinstance(raw, dict)
            and (raw.get("path"), raw.get("offset")) in self._pages
        )

    @functools.cached_property
    def rows(self) -> list[tuple[str, str, int, Callable[[], pa.Table]]]:
        """The files that have rows of the articles.

        Of each its table, its name, how many rows are theirs, and what returns the others.
        """
        return list(self._rows())

    def _rows(self) -> Iterator[tuple[str, str, int, Callable[[], pa.Table]]]:
        for table in TABLES:
            for name, part in self._parts(table) if table != "forgotten" else ():
                if table == "articles":
                    ids = part.to_table(columns=["id"])["id"].to_pylist()
                    mask = [one in self.articles for one in ids]
                else:
                    mask = self._mask(part.to_table(columns=_COLUMNS[table]), table)
                if any(mask):
                    yield table, name, sum(mask), _others(part, mask)

    def kept(self) -> Iterator[Kept]:
        """Yield the files of kept pages that have some of the articles."""
        store = store_of(self._dataset)
        known = {path for path, _ in self._pages}
        for name in store.names(RAW):
            run = name.rpartition("/")[2].rsplit("-", 1)[0]
            if name in known or run in self._runs:
                yield from self._blanked(store, name)

    def _blanked(self, store: Store, name: str) -> Iterator[Kept]:
        data, pages = blanked(store.read(name), self._is_doomed)
        if pages:
            yield Kept(name, data, pages)

    def _is_doomed(self, url: str, declared: Declared) -> bool:
        listing = declared.listing
        names = [link_name(url), link_name(declared.link)]
        if listing is not None:
            names += [listing.entry, listing.article]
        return any(name in self.names for name in names if name is not None)


def _others(part: ds.ParquetFileFragment, mask: list[bool]) -> Callable[[], pa.Table]:
    def read() -> pa.Table:
        rows = part.to_table(schema=part.physical_schema)
        return rows.filter(pa.array([not one for one in mask]))

    return read


def _read(payload: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload)
    return found
