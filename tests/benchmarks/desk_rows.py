"""A dataset of generated rows: days of one file a table, as compaction leaves them.

Texts are paragraphs of invented words, put together for each article by itself.  A hundredth of
the articles is revised, a third belongs to a story of ten, a tenth copies another's text.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.records import Article
from transforms.stories.signer import sign
from transforms.tables import TABLES, in_order
from transforms.text.strings import digest
from transforms.vocabulary import FetchKind, FetchOutcome, TextSource
from transforms.web.access import write_state
from transforms.web.feed_state import FeedState
from transforms.write.parquet import write_table

FIRST = dt.date(2026, 1, 1)
_LANGUAGES = "en de fr es ar ru zh pt".split()
_COUNTRIES = "US DE FR GB RU UA CN JP BR IN ZA NG EG TR MX KP AU CA IT ES".split()
_SYLLABLES = "ba ke mi lo ta ne ri so du pa vor lin gat sem".split()
_PARAGRAPHS = 20_000
_SITES = 2_000
_FEEDS = 50
_SIGNATURES = 2_000
_TYPES = ("PER", "PER", "PER", "ORG", "ORG", "LOC", "LOC")
_LEVEL = 3


class Generator:
    """Makes the rows of one day after another.

    Args:
      rows: Articles of a day.
      first: The first day.
      paragraphs: Paragraphs of a text.
      words: Words of a paragraph.
    """

    def __init__(
        self,
        rows: int,
        first: dt.date = FIRST,
        *,
        paragraphs: int = 5,
        words: int = 70,
    ) -> None:
        self.rows = rows
        self._first = first
        self._each = paragraphs
        self._rng = rng = np.random.default_rng(7)
        known = np.array(
            ["".join(rng.choice(_SYLLABLES, rng.integers(2, 5))) for _ in range(30_000)]
        )
        rank = np.minimum(rng.zipf(1.3, (_PARAGRAPHS, words)), len(known)) - 1
        self._paragraphs = pa.array([" ".join(known[line]) for line in rank])
        self._names = {
            kind: pa.array([f"{known[i].title()} {known[j].title()}" for i, j in pairs])
            for kind, pairs in (
                (kind, rng.integers(0, len(known), (count, 2)))
                for kind, count in (("PER", 50_000), ("ORG", 10_000), ("LOC", 5_000))
            )
        }
        self._words = pa.array(known)
        texts = self._paragraphs.slice(0, _SIGNATURES).to_pylist()
        self._signatures = pa.array([_signature(text) for text in texts])

    def write(self, dataset: Path, number: int) -> None:
        """Write a day of every table."""
        day = self._first + dt.timedelta(days=number)
        articles = self._articles(number, day)
        written = dt.datetime.combine(day, dt.time(23), dt.UTC).timestamp()
        for table, rows in {
            "articles": articles,
            "fetches": self._fetches(articles, day),
            "sightings": self._sightings(articles),
            "stories": self._stories(articles),
            "rejects": self._rejects(articles),
        }.items():
            folder = dataset / table / f"date={day}"
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"made-compact-{number:012x}.parquet"
            write_table(in_order(rows, table), file, _LEVEL)
            # As if it had been written then.
            os.utime(file, (written, written))

    def _articles(self, number: int, day: dt.date) -> pa.Table:
        rng, count = self._rng, self.rows
        midnight = np.datetime64(day, "us")
        published = midnight + rng.integers(0, 86_400, count).astype("timedelta64[s]")
        zipf = np.minimum(rng.zipf(1.4, count), _SITES) - 1
        text = pc.binary_join_element_wise(
            *(
                self._paragraphs.take(rng.integers(0, _PARAGRAPHS, count))
                for _ in range(self._each)
            ),
            "\n\n",
        )
        title = pc.binary_join_element_wise(
            *(
                self._words.take(rng.integers(0, len(self._words), count))
                for _ in range(8)
            ),
            " ",
        )
        urls = [f"https://site{z}.example/{number}/{i}" for i, z in enumerate(zipf)]
        ids = list(map(digest, urls))
        language = np.array(_LANGUAGES)[rng.integers(0, len(_LANGUAGES), count)]
        codes = np.array(_COUNTRIES)[rng.integers(0, len(_COUNTRIES), (count, 2))]
        heads = np.arange(count) // 10 * 10
        in_story = rng.random(count) < 1 / 3
        is_copy = in_story & (rng.random(count) < 0.3) & (heads != np.arange(count))
        story = [
            ids[head if told else i]
            for i, (head, told) in enumerate(zip(heads, in_story, strict=True))
        ]
        original = [
            ids[head] if copied else None
            for head, copied in zip(heads, is_copy, strict=True)
        ]
        entities, flat = self._entities(count)
        constant = {
            "revision": 0,
            "source_name": "A paper",
            "text_source": "page",
            "word_count": 350,
            "run_id": "made",
            "newsbeam_version": "0.1.0",
            "published_precision": "second",
            "published_source": "feed",
            "entity_quality": "measured",
        }
        given = {
            "id": ids, "url": urls, "canonical_url": urls,
            "domain": [f"site{z}.example" for z in zipf],
            "source_country": np.array(_COUNTRIES)[zipf % len(_COUNTRIES)],
            "title": title, "text": text, "language": language,
            "published_at": published, "fetched_at": published, "ingested_at": published,
            "content_hash": ids, "story_id": story, "duplicate_of": original,
            "signature": self._signatures.take(rng.integers(0, _SIGNATURES, count)),
            "feeds": _lists(pa.array([f"https://site{z}.example/feed" for z in zipf]), 1),
            "entities": entities, **flat,
            "countries": _countries(codes), "country_codes": _lists(pa.array(codes.ravel()), 2),
            "focus_countries": _lists(pa.array(codes[:, 0]), 1),
        }  # fmt: skip
        table = _table("articles", count, given, constant)
        revised = table.slice(0, count // 100)
        place = table.schema.get_field_index("revision")
        later = pa.array(np.ones(revised.num_rows, np.int32))
        revised = revised.set_column(place, table.schema.field(place), later)
        return pa.concat_tables([table, revised])

    def _entities(self, count: int) -> tuple[pa.Array, dict[str, pa.Array]]:
        rng, each = self._rng, len(_TYPES)
        columns = [
            pc.take(
                self._names[kind],
                pa.array(np.minimum(rng.zipf(1.3, count), len(self._names[kind])) - 1),
            )
            for kind in _TYPES
        ]
        order = np.arange(count * each).reshape(each, count).T.ravel()
        names = pa.concat_arrays(columns).take(pa.array(order))
        size = count * each
        starts = pa.array(rng.integers(0, 2_000, size).astype(np.int32))
        kind = TABLES["articles"].field("entities").type
        mention = pa.StructArray.from_arrays(
            [
                names,
                starts,
                pc.add(starts, 12).cast(pa.int32()),
                pa.array(["text"] * size),
            ],
            fields=list(kind.value_type.field("mentions").type.value_type),
        )
        structs = pa.StructArray.from_arrays(
            [
                names, pa.array(list(_TYPES) * count), pa.array(np.ones(size, np.int32)),
                _lists(mention, 1), names,
            ],
            fields=list(kind.value_type),
        )  # fmt: skip
        flat = {}
        for column, kinds in {
            "persons": "PER",
            "organizations": "ORG",
            "locations": "LOC",
        }.items():
            places = [i for i, kind in enumerate(_TYPES) if kind == kinds]
            chosen = (np.arange(count)[:, None] * each + np.array(places)).ravel()
            flat[column] = _lists(names.take(pa.array(chosen)), len(places))
        return _lists(structs, each), flat

    def _fetches(self, articles: pa.Table, day: dt.date) -> pa.Table:
        feed = pc.list_element(articles["feeds"], 0)
        given = {
            "url": articles["url"], "at": articles["ingested_at"], "feed": feed,
            "feed_key": feed, "entry": articles["id"], "entry_version": articles["id"],
        }  # fmt: skip
        constant = {
            "kind": FetchKind.PAGE, "outcome": FetchOutcome.PAGE, "status": 200,
            "bytes": 30_000, "milliseconds": 120, "was_conditional": False, "run_id": "made",
        }  # fmt: skip
        pages = _table("fetches", articles.num_rows, given, constant)
        at = dt.datetime.combine(day, dt.time(6), dt.UTC)
        feeds = [f"https://site{number}.example/feed" for number in range(_FEEDS)]
        given = {
            "url": feeds, "feed": feeds, "feed_key": feeds,
            "state": [
                write_state(FeedState(feed, asked_at=at, succeeded_at=at)) for feed in feeds
            ],
        }  # fmt: skip
        constant |= {"kind": FetchKind.FEED, "outcome": FetchOutcome.NEWS, "at": at}
        return pa.concat_tables([pages, _table("fetches", _FEEDS, given, constant)])

    def _sightings(self, articles: pa.Table) -> pa.Table:
        feed = pc.list_element(articles["feeds"], 0)
        given = {
            "article_id": articles["id"], "feed": feed, "feed_key": feed, "url": articles["url"],
            "entry": articles["id"], "at": articles["ingested_at"],
        }  # fmt: skip
        return _table("sightings", articles.num_rows, given, {"run_id": "made"})

    def _stories(self, articles: pa.Table) -> pa.Table:
        some = articles.slice(0, articles.num_rows // 15)
        given = {
            "article_id": some["id"],
            "story_id": some["story_id"],
            "at": some["ingested_at"],
        }
        return _table("stories", some.num_rows, given, {"run_id": "made", "batch": 0})

    def _rejects(self, articles: pa.Table) -> pa.Table:
        some = articles.slice(0, articles.num_rows // 60)
        given = {
            "key": pc.binary_join_element_wise(some["url"], pa.scalar("gone"), "/"),
            "at": some["ingested_at"],
        }
        constant = {
            "stage": "extract",
            "reason": "no_text",
            "detail": "no text",
            "payload": "{}",
            "run_id": "made",
        }
        return _table("rejects", some.num_rows, given, constant)


def _signature(text: str) -> bytes | None:
    key = digest(text)
    return sign(
        Article(
            id=key,
            text=text,
            content_hash=key,
            text_source=TextSource.PAGE,
            word_count=len(text.split()),
            fetched_at=dt.datetime.combine(FIRST, dt.time(), dt.UTC),
            language="en",
        )
    )


def _lists(values: pa.Array, each: int) -> pa.Array:
    offsets = np.arange(0, len(values) + 1, each, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _countries(codes: np.ndarray) -> pa.Array:
    count = codes.size
    kind = TABLES["articles"].field("countries").type.value_type
    mention = kind.field("mentions").type.value_type
    nowhere = pa.array(np.zeros(count, np.int32))
    flat = pa.array(codes.ravel())
    mentions = pa.StructArray.from_arrays(
        [
            flat,
            nowhere,
            nowhere,
            pa.array(["text"] * count),
            pa.array(["name"] * count),
        ],
        fields=list(mention),
    )
    structs = pa.StructArray.from_arrays(
        [
            flat, pa.array(np.full(count, 0.5, np.float32)), pa.array(np.ones(count, np.int32)),
            pa.array(["focus", "secondary"] * (count // 2)), _lists(mentions, 1),
        ],
        fields=list(kind),
    )  # fmt: skip
    return _lists(structs, 2)


def _table(
    name: str, count: int, given: dict[str, object], constant: dict[str, object]
) -> pa.Table:
    """Return rows of a table: what is given, what is the same in all, and nulls."""
    arrays = []
    for field in TABLES[name]:
        if field.name in given:
            column = given[field.name]
            if isinstance(column, pa.ChunkedArray):
                column = column.combine_chunks()
            array = column if isinstance(column, pa.Array) else pa.array(column)
            arrays.append(array.cast(field.type))
        else:
            arrays.append(
                pa.repeat(pa.scalar(constant.get(field.name), field.type), count)
            )
    return pa.Table.from_arrays(arrays, schema=TABLES[name])


def make(
    dataset: Path,
    rows: int,
    days: int = 100,
    first: dt.date = FIRST,
    *,
    paragraphs: int = 5,
    words: int = 70,
) -> None:
    """Write a dataset of ``rows`` articles, as many of them on each of ``days``.

    Args:
      dataset: The folder; what is in it stays.
      rows: Articles.
      days: Days.
      first: The first of them.
      paragraphs: Paragraphs of a text.
      words: Words of a paragraph.
    """
    (dataset / "_runs").mkdir(parents=True, exist_ok=True)
    generator = Generator(rows // days, first, paragraphs=paragraphs, words=words)
    for number in range(days):
        generator.write(dataset, number)
