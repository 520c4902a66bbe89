"""Rows: articles, rejects, fetches and sightings as their tables have them."""

from __future__ import annotations

import dataclasses
from typing import Any

from transforms.encryption import Cipher, shown_payload
from transforms.listings import Fetch, Sighting
from transforms.records import Article, Country, Entity, Reject, Stamp
from transforms.redaction import redact, redact_feed
from transforms.text.strings import clean
from transforms.vocabulary import EntityType, Role


def article_row(article: Article, stamp: Stamp) -> dict[str, Any]:
    """Return the article as a row of ``articles``."""
    names: dict[EntityType, list[str]] = {kind: [] for kind in EntityType}
    for entity in article.entities:
        names[entity.type].append(entity.name)
    row = _fields(article)
    del row["listing"]
    return row | {
        "ingested_at": stamp.at,
        "origin": _fields(article.origin) if article.origin else None,
        "entities": [_with_mentions(entity) for entity in article.entities],
        "persons": names[EntityType.PER],
        "organizations": names[EntityType.ORG],
        "locations": names[EntityType.LOC],
        "countries": [_with_mentions(country) for country in article.countries],
        "country_codes": [country.code for country in article.countries],
        "focus_countries": [
            country.code for country in article.countries if country.role is Role.FOCUS
        ],
        "raw": dataclasses.asdict(article.raw) if article.raw else None,
        "run_id": stamp.run_id,
        "newsbeam_version": stamp.version,
    }


def _fields(record: Any) -> dict[str, Any]:
    # Much faster than dataclasses.asdict, which copies what is in it.
    return {name: getattr(record, name) for name in record.__slots__}


def _with_mentions(named: Entity | Country) -> dict[str, Any]:
    return _fields(named) | {"mentions": list(map(_fields, named.mentions))}


def reject_row(
    reject: Reject, stamp: Stamp, cipher: Cipher | None = None
) -> dict[str, Any]:
    """Return the reject as a row of ``rejects``.

    Args:
      reject: The reject, its payload whole.
      stamp: The run.
      cipher: What secrets in its payload are encrypted with; None to leave them out.
    """
    return {
        "stage": reject.stage,
        "reason": reject.reason,
        "key": redact(clean(reject.key)),
        "detail": redact_feed(clean(reject.detail)),
        "payload": shown_payload(clean(reject.payload), cipher),
        "feed": reject.feed,
        "run_id": stamp.run_id,
        "at": stamp.at,
    }


def fetch_row(fetch: Fetch, stamp: Stamp) -> dict[str, Any]:
    """Return the request as a row of ``fetches``."""
    return {
        "kind": fetch.kind,
        "url": redact(clean(fetch.url)),
        "feed": redact_feed(clean(fetch.feed)),
        "outcome": fetch.outcome,
        "status": fetch.status,
        "bytes": fetch.size,
        "milliseconds": int(fetch.seconds * 1_000),
        "was_conditional": fetch.was_conditional,
        "entries": fetch.entries,
        "entry": fetch.entry,
        "entry_version": fetch.version if fetch.entry else None,
        "not_before": fetch.not_before,
        "state": fetch.state,
        "feed_key": fetch.key,
        "run_id": stamp.run_id,
        "at": stamp.at,
    }


def sighting_row(sighting: Sighting, stamp: Stamp) -> dict[str, Any]:
    """Return the sighting as a row of ``sightings``."""
    return {
        "article_id": sighting.article,
        "feed": redact_feed(clean(sighting.feed)),
        "url": redact(clean(sighting.url)) if sighting.url else None,
        "entry": sighting.entry,
        "feed_key": sighting.key,
        "run_id": stamp.run_id,
        "at": stamp.at,
    }
