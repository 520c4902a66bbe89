"""The tables that newsbeam writes: Arrow schemas, each column with its meaning."""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = 2
"""Version of the tables below; new columns come at the end and are nullable."""

TIMESTAMP = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())

MENTION = pa.struct(
    [
        ("text", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("field", pa.string()),
    ]
)
ENTITY = pa.struct(
    [
        ("name", pa.string()),
        ("type", pa.string()),
        ("count", pa.int32()),
        ("mentions", pa.list_(MENTION)),
        ("canonical", pa.string()),
    ]
)
COUNTRY = pa.struct(
    [
        ("code", pa.string()),
        ("score", pa.float32()),
        ("count", pa.int32()),
        ("role", pa.string()),
        ("mentions", pa.list_(pa.struct([*MENTION, ("kind", pa.string())]))),
    ]
)
RAW_PAGE = pa.struct(
    [("path", pa.string()), ("offset", pa.int64()), ("length", pa.int64())]
)


def _column(
    name: str, kind: pa.DataType, meaning: str, *, nullable: bool = True
) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"description": meaning})


def _schema(table: str, columns: list[pa.Field]) -> pa.Schema:
    return pa.schema(
        columns,
        metadata={
            "newsbeam.table": table,
            "newsbeam.schema_version": str(SCHEMA_VERSION),
        },
    )


ARTICLES = _schema(
    "articles",
    [
        _column(
            "id",
            pa.string(),
            "32 hex digits: BLAKE2b-128 of the canonical URL; without URL, of the feed "
            "and its entry's id, or of the content of the first version",
            nullable=False,
        ),
        _column(
            "revision",
            pa.int32(),
            "0 for the first version of this id, one more each time its text changed",
            nullable=False,
        ),
        _column("url", pa.string(), "the URL as it was listed or fetched"),
        _column(
            "canonical_url", pa.string(), "the page's own canonical URL, normalised"
        ),
        _column("domain", pa.string(), "registrable domain of the URL"),
        _column("source_name", pa.string(), "the publication's name"),
        _column(
            "source_country",
            pa.string(),
            "country of the publication, ISO 3166-1 alpha-2",
        ),
        _column(
            "path",
            pa.string(),
            "the file it came from as matched, file!entry for a record inside; null "
            "for the web",
        ),
        _column("feeds", STRINGS, "feed that brought it; all that list it: sightings"),
        _column("title", pa.string(), "headline"),
        _column("description", pa.string(), "standfirst or summary"),
        _column("section", pa.string(), "section of the publication"),
        _column("image_url", pa.string(), "lead image"),
        _column("authors", STRINGS, "people who signed it"),
        _column("tags", STRINGS, "keywords of the publication"),
        _column("agency", pa.string(), "wire agency credited: AFP, Reuters, AP, …"),
        _column(
            "published_at", TIMESTAMP, "publication as declared; null if implausible"
        ),
        _column("modified_at", TIMESTAMP, "last change as declared"),
        _column(
            "published_precision",
            pa.string(),
            "how exactly published_at was declared: second, minute, day",
        ),
        _column(
            "published_source",
            pa.string(),
            "who declared published_at: feed, file (a record in it), json-ld, meta, time, "
            "byline, url; updated: an entry with no date but that of its change",
        ),
        _column(
            "fetched_at",
            TIMESTAMP,
            "when it was fetched, or read from disk",
            nullable=False,
        ),
        _column(
            "ingested_at", TIMESTAMP, "start of the run that wrote it", nullable=False
        ),
        _column(
            "language",
            pa.string(),
            "BCP 47 primary subtag; null when it could not be detected",
        ),
        _column("language_score", pa.float32(), "probability of language, 0 to 1"),
        _column(
            "text",
            pa.string(),
            "the article, paragraphs separated by a blank line",
            nullable=False,
        ),
        _column(
            "text_source",
            pa.string(),
            "where the text was taken from: page, feed, file",
            nullable=False,
        ),
        _column("word_count", pa.int32(), "words in text", nullable=False),
        _column(
            "is_truncated",
            pa.bool_(),
            "true for a teaser or paywalled text; null if unknown",
        ),
        _column(
            "entities",
            pa.list_(ENTITY),
            "people, organisations, places and other names, each with its mentions; "
            "offsets in code points of text or title; canonical: one spelling across "
            "articles and languages, null where that is not sure",
        ),
        _column("persons", STRINGS, "names of the PER entities, most mentioned first"),
        _column(
            "organizations", STRINGS, "names of the ORG entities, most mentioned first"
        ),
        _column(
            "locations", STRINGS, "names of the LOC entities, most mentioned first"
        ),
        _column(
            "countries",
            pa.list_(COUNTRY),
            "countries of the story with the expressions that name them, strongest "
            "first",
        ),
        _column("country_codes", STRINGS, "codes of countries, strongest first"),
        _column(
            "focus_countries", STRINGS, "codes of the countries whose role is focus"
        ),
        _column(
            "content_hash",
            pa.string(),
            "32 hex digits: BLAKE2b-128 of the text with case and spacing folded",
            nullable=False,
        ),
        _column(
            "story_id",
            pa.string(),
            "cluster of near-duplicates; null while not computed",
        ),
        _column(
            "duplicate_of",
            pa.string(),
            "id of the first seen near-duplicate; null while not computed",
        ),
        _column("raw", RAW_PAGE, "the stored page, where raw storage is on"),
        _column("run_id", pa.string(), "the run that wrote the row", nullable=False),
        _column("newsbeam_version", pa.string(), "version of newsbeam", nullable=False),
        _column("extractor", pa.string(), "what took the text out"),
        _column(
            "entity_model",
            pa.string(),
            "what found the entities; the gazetteer where no model serves the language: "
            "countries and capitals only; null if none",
        ),
        _column("gazetteer", pa.string(), "what found the countries"),
        _column(
            "entity_quality",
            pa.string(),
            "how far names in this language can be trusted: measured, low, unmeasured; "
            "null where there are known places only, or a model of the user's own",
        ),
    ],
)

REJECTS = _schema(
    "rejects",
    [
        _column("stage", pa.string(), "stage that gave it up", nullable=False),
        _column("reason", pa.string(), "why, from a closed list", nullable=False),
        _column("key", pa.string(), "URL or path, credentials removed", nullable=False),
        _column("detail", pa.string(), "what was wrong, for a person", nullable=False),
        _column("payload", pa.string(), "JSON: what a replay needs", nullable=False),
        _column("feed", pa.string(), "feed that listed it"),
        _column("run_id", pa.string(), "the run that rejected it", nullable=False),
        _column("at", TIMESTAMP, "start of that run", nullable=False),
    ],
)

FETCHES = _schema(
    "fetches",
    [
        _column(
            "kind",
            pa.string(),
            "what was requested: feed, page, robots",
            nullable=False,
        ),
        _column(
            "url",
            pa.string(),
            "the URL that was requested, secrets removed",
            nullable=False,
        ),
        _column(
            "feed", pa.string(), "the feed for which it was requested", nullable=False
        ),
        _column("outcome", pa.string(), "the result", nullable=False),
        _column("status", pa.int16(), "HTTP status; null if no complete answer came"),
        _column("bytes", pa.int64(), "size of the body as it came", nullable=False),
        _column("milliseconds", pa.int32(), "how long it took", nullable=False),
        _column("was_conditional", pa.bool_(), "validators were sent", nullable=False),
        _column("entries", pa.int32(), "entries in the feed"),
        _column(
            "entry",
            pa.string(),
            "identity of the entry whose page it is; null while the page is waited for",
        ),
        _column("not_before", TIMESTAMP, "until when the host wants to be left alone"),
        _column(
            "state",
            pa.string(),
            "JSON: what is remembered of the feed, the robots.txt or the entry",
        ),
        _column("run_id", pa.string(), "the run that asked", nullable=False),
        _column("at", TIMESTAMP, "start of that run", nullable=False),
        _column(
            "feed_key",
            pa.string(),
            "what the feed's state is kept under: its address, or where that holds a "
            "secret a keyed hash of it",
        ),
        _column(
            "entry_version",
            pa.string(),
            "what changes with the title and text that the feed gives the entry",
        ),
    ],
)

WAITING = _schema(
    "waiting",
    [
        _column(
            "entry",
            pa.string(),
            "identity of the entry; its latest row holds, until fetches says otherwise",
            nullable=False,
        ),
        _column("url", pa.string(), "the page that is waited for, secrets removed"),
        _column("feed", pa.string(), "feed that listed it", nullable=False),
        _column(
            "reason",
            pa.string(),
            "why the page was not available, from the list of rejects",
            nullable=False,
        ),
        _column("detail", pa.string(), "the same for a person", nullable=False),
        _column(
            "since", TIMESTAMP, "when the page was asked for first", nullable=False
        ),
        _column("tries", pa.int32(), "how often it was asked for", nullable=False),
        _column("next_at", TIMESTAMP, "when it is retried", nullable=False),
        _column(
            "payload",
            pa.string(),
            "JSON: the entry as its feed listed it; a link with a secret is sealed",
            nullable=False,
        ),
        _column("run_id", pa.string(), "the run that asked", nullable=False),
        _column("at", TIMESTAMP, "start of that run", nullable=False),
    ],
)

SIGHTINGS = _schema(
    "sightings",
    [
        _column(
            "article_id",
            pa.string(),
            "id of the article; null where its page was still waited for: other rows of "
            "the entry have it",
        ),
        _column("feed", pa.string(), "feed that lists it", nullable=False),
        _column("url", pa.string(), "link by which it does, secrets removed"),
        _column("entry", pa.string(), "identity of the entry", nullable=False),
        _column(
            "feed_key",
            pa.string(),
            "what the feed's state is kept under, as in fetches",
            nullable=False,
        ),
        _column("run_id", pa.string(), "the run that saw it first", nullable=False),
        _column("at", TIMESTAMP, "start of that run", nullable=False),
    ],
)

TABLES: dict[str, pa.Schema] = {
    "articles": ARTICLES,
    "rejects": REJECTS,
    "fetches": FETCHES,
    "waiting": WAITING,
    "sightings": SIGHTINGS,
}

_ORDER = {
    "articles": ("published_at", "fetched_at", "id", "revision"),
    "rejects": ("at", "stage", "key", "reason"),
    "fetches": ("at", "kind", "feed", "url"),
    "waiting": ("at", "feed", "entry", "tries"),
    "sightings": ("feed_key", "article_id", "entry"),
}


def in_order(rows: pa.Table, table: str) -> pa.Table:
    """Return rows in the order of their table: the same rows make the same file."""
    return rows.sort_by([(column, "ascending") for column in _ORDER[table]])
