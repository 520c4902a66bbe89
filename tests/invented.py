"""Datasets of invented articles: any number of them, the same for the same seed.

Their rows have what a run fills: names, countries, stories with copies, feeds, rejects.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.tables import TABLES, in_order

LAST = dt.datetime(2026, 11, 24, 18, tzinfo=dt.UTC)
_LANGUAGES = ["en"] * 8 + ["fr", "de", "es"] * 3 + ["pt", "it", "ru", "ar", "zh", "tr"]
_COUNTRIES = (
    *(
        "US GB FR DE RU UA CN IN BR JP IL TR IR EG NG KE ZA AU CA MX IT ES PL SE GR SG"
    ).split(),
    *("MT LU BH CV VA TV XK TW PS HK").split(),
)
_FIRST = "Ada Berit Carlos Dana Emeka Fatou Goran Hana Ilse Jomo Kirra Luis Mara Noor".split()
_LAST = "Abel Brandt Costa Diallo Ekwueme Farkas Gomez Haddad Ivanova Jansen Kaya Lind".split()
_BODIES = (
    "Ministry Council Bank Union Court Agency Institute University Party League".split()
)
_PLACES = "Harbour Valley Bridge Island Plain Delta Forest Coast Ridge Canal".split()
_WORDS = (
    "the of council river port said talks new plan vote water court budget strike bridge "
    "after over under last week minister mayor city price grain rail energy school border"
).split()
_FRESH = (("Risa Newman", "PER"), ("Newport League", "ORG"), ("Newhaven", "LOC"))
_CHUNK = 5_000
_RUN = "20261124T180000Z-inv0"
_COPY, _SAME_STORY, _UNKNOWN = 0.12, 0.3, 0.03


def invent(
    folder: Path, articles: int, *, days: int = 40, seed: int = 1, words: int = 120
) -> None:
    """Write a dataset.

    Args:
      folder: Where it will be.
      articles: How many it has.
      days: Over how many days.
      seed: Another one makes other articles.
      words: Of each text, about.
    """
    rng = random.Random(seed)  # noqa: S311 - nobody guesses it
    names = _names(rng, max(60, min(20_000, articles // 4)))
    sources = [
        (f"press{n}.example", f"The {_PLACES[n % 10]} Post {n}") for n in range(60)
    ]
    (folder / "_runs" / _RUN).mkdir(parents=True, exist_ok=True)
    made = _articles(rng, articles, days, words, names, sources)
    for number in range(0, articles, _CHUNK):
        rows = [next(made) for _ in range(min(_CHUNK, articles - number))]
        write_rows(folder, "articles", rows, number)
    write_rows(folder, "rejects", list(_rejects(rng, articles // 20)))
    write_rows(folder, "fetches", list(_fetches(rng, sources, days)))


def write_rows(
    folder: Path, table: str, rows: Sequence[dict[str, Any]], number: int = 0
) -> None:
    """Write rows of a table, in files as a run would."""
    if not rows:
        return
    schema = TABLES[table]
    blank = {field.name: None for field in schema}
    found = in_order(
        pa.Table.from_pylist([{**blank, **row} for row in rows], schema=schema), table
    )
    day = f"date={LAST:%Y-%m-%d}"
    path = folder / table / day / f"{_RUN}-{number:05}.0-{'0' * 12}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(found, path, compression="zstd")


def article(number: int, **columns: Any) -> dict[str, Any]:
    """Return a row of ``articles`` with what no row is without, and what is given."""
    text = columns.get("text", f"Article {number} of those that were invented.")
    return {
        "id": identifier(number),
        "revision": 0,
        "fetched_at": LAST,
        "ingested_at": LAST,
        "text": text,
        "text_source": "page",
        "word_count": len(text.split()),
        "content_hash": identifier(number),
        "run_id": _RUN,
        "newsbeam_version": "0",
        "entities": [],
        "countries": [],
    } | columns


def identifier(number: int) -> str:
    """Return the id of the article of a number."""
    return hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()


def entity(name: str, kind: str, text: str) -> dict[str, Any]:
    """Return a name as it stands in a text, at its first place there."""
    start = text.find(name)
    mention = {"text": name, "start": start, "end": start + len(name), "field": "text"}
    return {
        "name": name,
        "type": kind,
        "count": 1,
        "mentions": [mention] if start >= 0 else [],
        "canonical": name,
    }


def country(code: str, role: str) -> dict[str, Any]:
    """Return a country of an article."""
    return {"code": code, "score": 0.8, "count": 1, "role": role, "mentions": []}


def _names(rng: random.Random, count: int) -> list[tuple[str, str]]:
    made = []
    for number in range(count):
        kind = rng.choice(("PER", "PER", "ORG", "LOC"))
        if kind == "PER":
            name = f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"
        elif kind == "ORG":
            name = f"{rng.choice(_PLACES)} {rng.choice(_BODIES)}"
        else:
            name = f"{rng.choice(_LAST)} {rng.choice(_PLACES)}"
        made.append((f"{name} {number}" if number >= 40 else name, kind))
    return made


def _articles(
    rng: random.Random,
    count: int,
    days: int,
    words: int,
    names: Sequence[tuple[str, str]],
    sources: Sequence[tuple[str, str]],
) -> Iterator[dict[str, Any]]:
    heads: list[int] = []
    for number in range(count):
        domain, source = sources[int(len(sources) * rng.random() ** 2)]
        at = LAST - dt.timedelta(seconds=int(rng.random() * days * 86_400))
        # A few names belong to the last days.
        fresh = (
            _FRESH if at > LAST - dt.timedelta(days=6) and rng.random() < 0.3 else ()
        )
        named = [names[int(len(names) * rng.random() ** 3)] for _ in range(10)]
        body = rng.choices(_WORDS, k=words)
        for name, _ in (*fresh, *named):
            body[rng.randrange(words)] = name
        text = " ".join(body)
        about = rng.sample(_COUNTRIES[: 10 + number % (len(_COUNTRIES) - 9)], 2)
        home = None if domain.endswith("7.example") else _COUNTRIES[len(source) % 9]
        columns: dict[str, Any] = {}
        if heads and rng.random() < _SAME_STORY:
            head = heads[-1 - int(min(len(heads), 400) * rng.random() ** 2)]
            columns = {
                "story_id": identifier(head),
                "duplicate_of": identifier(head)
                if rng.random() < _COPY / _SAME_STORY
                else None,
            }
        else:
            heads.append(number)
            columns = {"story_id": identifier(number)}
        yield article(
            number,
            url=f"https://{domain}/{number}",
            domain=domain,
            source_name=source,
            source_country=home,
            feeds=[f"https://{domain}/feed.xml"],
            title=" ".join(rng.choices(_WORDS, k=7)).capitalize(),
            published_at=None if rng.random() < _UNKNOWN else at,
            language=None if rng.random() < _UNKNOWN else rng.choice(_LANGUAGES),
            entity_quality="measured",
            text=text,
            entities=[
                entity(name, kind, text)
                for name, kind in dict.fromkeys((*fresh, *named))
            ],
            countries=[country(about[0], "focus"), country(about[1], "incidental")],
            **columns,
        )


def _rejects(rng: random.Random, count: int) -> Iterator[dict[str, Any]]:
    reasons = ("no_text", "no_text", "http_error", "consent_wall", "timeout")
    for number in range(count):
        yield {
            "stage": "extract",
            "reason": rng.choice(reasons),
            "key": f"https://press1.example/{number}",
            "detail": "nothing there",
            "payload": json.dumps({"number": number}),
            "run_id": _RUN,
            "at": LAST - dt.timedelta(days=number % 7),
        }


def _fetches(
    rng: random.Random, sources: Sequence[tuple[str, str]], days: int
) -> Iterator[dict[str, Any]]:
    for day in range(min(days, 30)):
        for number, (domain, _) in enumerate(sources):
            outcome = rng.choice(("news", "news", "unchanged"))
            if number % 13 == 0 and day < 4:
                outcome = "http_error"
            yield {
                "kind": "feed",
                "url": f"https://{domain}/feed.xml",
                "feed": f"https://{domain}/feed.xml",
                "outcome": outcome,
                "status": 500 if outcome == "http_error" else 200,
                "bytes": 10_000,
                "milliseconds": rng.randrange(40, 900),
                "was_conditional": True,
                "run_id": _RUN,
                "at": LAST - dt.timedelta(days=day),
            }
