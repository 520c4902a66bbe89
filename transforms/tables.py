"""The tables that newsbeam writes: Arrow schemas, each column with its meaning."""

from __future__ import annotations

import re

import pyarrow as pa

SCHEMA_VERSION = 2
"""Version of the tables below; new columns come at the end and are nullable."""

RAW = "raw"
"""The folder beside the tables in which kept pages are."""

HASH_DIGITS = 12
"""Of a hash in the name of a file, as many digits as distinguish the files of a batch."""

_KINDS: dict[str, pa.DataType] = {
    "binary": pa.binary(),
    "bool": pa.bool_(),
    "float": pa.float32(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "string": pa.string(),
    "strings": pa.list_(pa.string()),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
"""The types of columns by their names below."""


def _struct(**fields: str) -> pa.DataType:
    return pa.struct([(name, _KINDS[kind]) for name, kind in fields.items()])


MENTION = _struct(text="string", start="int32", end="int32", field="string")
_KINDS["mentions"] = pa.list_(MENTION)
ENTITY = _struct(
    name="string", type="string", count="int32", mentions="mentions", canonical="string"
)
_KINDS["named"] = pa.list_(pa.struct([*MENTION, ("kind", pa.string())]))
COUNTRY = _struct(
    code="string", score="float", count="int32", role="string", mentions="named"
)
_KINDS["entities"], _KINDS["countries"] = pa.list_(ENTITY), pa.list_(COUNTRY)
_KINDS["origin"] = _struct(name="string", kind="string", evidence="string")
_KINDS["page"] = _struct(path="string", offset="int64", length="int64")


def _column(line: str) -> pa.Field:
    head, _, meaning = line.strip().partition(": ")
    name, kind = head.split()
    return pa.field(
        name,
        _KINDS[kind.removesuffix("!")],
        nullable=not kind.endswith("!"),
        metadata={"description": meaning},
    )


def _schema(table: str, columns: str) -> pa.Schema:
    """Return the schema of a table.

    Args:
      table: Its name.
      columns: A column a line: its name, its type with a ``!`` where it is never null,
        its meaning.  A line that is indented further goes on with the one before.
    """
    lines = re.sub(r"\n {5,}", " ", columns).strip().splitlines()
    return pa.schema(
        map(_column, lines),
        metadata={
            "newsbeam.table": table,
            "newsbeam.schema_version": str(SCHEMA_VERSION),
        },
    )


ARTICLES = _schema(
    "articles",
    """
    id string!: 32 hex digits: BLAKE2b-128 of the canonical URL; without URL, of the feed
        and its entry's id, or of the content of the first version
    revision int32!: 0 for the first version of this id, one more each time its text
        changed
    url string: the URL as it was listed or fetched
    canonical_url string: the page's own canonical URL, normalised
    domain string: registrable domain of the URL
    source_name string: the publication's name
    source_country string: country of the publication, ISO 3166-1 alpha-2
    path string: the file it came from as matched, file!entry for a record inside; null
        for the web
    feeds strings: feed that brought it; all that list it: sightings
    title string: headline
    description string: standfirst or summary
    section string: section of the publication
    image_url string: lead image
    authors strings: people who signed it
    tags strings: keywords of the publication
    agency string: wire agency credited: AFP, Reuters, AP, …
    published_at timestamp: publication as declared; null if implausible
    modified_at timestamp: last change as declared
    published_precision string: how exactly published_at was declared: second, minute, day
    published_source string: who declared published_at: feed, file (a record in it),
        json-ld, meta, time, byline, url; updated: an entry with no date but that of its
        change
    fetched_at timestamp!: when it was fetched, or read from disk
    ingested_at timestamp!: start of the run that wrote it
    language string: BCP 47 primary subtag; null when it could not be detected
    language_score float: probability of language, 0 to 1
    text string!: the article, paragraphs separated by a blank line; empty where
        output.text is false
    text_source string!: where the text was taken from: page, feed, file
    word_count int32!: words in text
    is_truncated bool: true for a teaser or paywalled text; null if unknown
    entities entities: people, organisations, places and other names, each with its
        mentions; offsets in code points of text or title; canonical: one spelling across
        articles and languages, null where that is not sure
    persons strings: names of the PER entities, most mentioned first
    organizations strings: names of the ORG entities, most mentioned first
    locations strings: names of the LOC entities, most mentioned first
    countries countries: countries of the story with the expressions that name them,
        strongest first
    country_codes strings: codes of countries, strongest first
    focus_countries strings: codes of the countries whose role is focus
    content_hash string!: 32 hex digits: BLAKE2b-128 of the text with case and spacing
        folded
    story_id string: the event it reports: id of the article that heads the story, its own
        where it does; as known at writing, later in stories; null where the text is too
        short to tell, or stories.days is 0
    duplicate_of string: id of the original whose text it has; as known at writing, later
        in stories
    raw page: the stored page, where raw storage is on
    run_id string!: the run that wrote the row
    newsbeam_version string!: version of newsbeam
    extractor string: what took the text out
    entity_model string: what found the entities; the gazetteer where no model serves the
        language: countries and capitals only; null if none
    gazetteer string: what found the countries
    entity_quality string: how far names in this language can be trusted: measured, low,
        unmeasured; null where there are known places only, or a model of the user's own
    signature binary: what stories and copies are found by: a sample of its runs of words,
        its heaviest terms and features; at most 400 bytes
    origin origin: whose report it is, where that is another's: an agency, a publication, a
        site; evidence: site (an agency's own page), canonical (its page names another
        site), feed (the entry's source), text (first published in …), credit
    tdm_reserved bool: whether the publisher reserves the rights of text and data mining
        (TDMRep): true or false as a header, the page or the site's tdmrep.json says; null
        where none was seen to say anything
    """,
)

REJECTS = _schema(
    "rejects",
    """
    stage string!: stage that gave it up
    reason string!: why, from a closed list
    key string!: URL or path, credentials removed
    detail string!: what was wrong, for a person
    payload string!: JSON: what a replay needs
    feed string: feed that listed it
    run_id string!: the run that rejected it
    at timestamp!: start of that run
    """,
)

FETCHES = _schema(
    "fetches",
    """
    kind string!: what was requested: feed, page, robots, reservations
    url string!: the URL that was requested, secrets removed
    feed string!: the feed for which it was requested
    outcome string!: the result
    status int16: HTTP status; null if no complete answer came
    bytes int64!: size of the body as it came
    milliseconds int32!: how long it took
    was_conditional bool!: validators were sent
    entries int32: entries in the feed
    entry string: identity of the entry whose page it is; null while the page is waited
        for
    not_before timestamp: until when the host wants to be left alone
    state string: JSON: what is remembered of the feed, the robots.txt or the entry
    run_id string!: the run that asked
    at timestamp!: start of that run
    feed_key string: what the feed's state is kept under: its address, or where that holds
        a secret a keyed hash of it
    entry_version string: what changes with the title and text that the feed gives the
        entry
    """,
)

WAITING = _schema(
    "waiting",
    """
    entry string!: identity of the entry; its latest row holds, until fetches says
        otherwise
    url string: the page that is waited for, secrets removed
    feed string!: feed that listed it
    reason string!: why the page was not available, from the list of rejects
    detail string!: the same for a person
    since timestamp!: when the page was asked for first; where it was not yet, when the
        entry was put off
    tries int32!: how often it was asked for; 0 where its host was only busy
    next_at timestamp!: when it is retried
    payload string!: JSON: the entry as its feed listed it; a link with a secret is sealed
    run_id string!: the run that asked
    at timestamp!: start of that run
    """,
)

SIGHTINGS = _schema(
    "sightings",
    """
    article_id string: id of the article; null where its page was still waited for: other
        rows of the entry have it
    feed string!: feed that lists it
    url string: link by which it does, secrets removed
    entry string!: identity of the entry
    feed_key string!: what the feed's state is kept under, as in fetches
    run_id string!: the run that saw it first
    at timestamp!: start of that run
    """,
)

STORIES = _schema(
    "stories",
    """
    article_id string!: id of the article; its latest row holds, else what articles says
    story_id string!: id of the article that heads its story
    duplicate_of string: id of the original whose text it has
    linked_to string: id of the earlier article that it is most like; null where there is
        none
    link string: how it is like that: copy, or story for another report of the event
    strength float: how surely: 1 is just enough; of a copy 3 and the share of its text
    run_id string!: the run that learned it
    batch int64!: which batch of it; a later one holds
    at timestamp!: start of that run
    """,
)

FORGOTTEN = _schema(
    "forgotten",
    """
    name string!: 32 hex digits: hash of one of the names that an article went by which was
        taken out of the dataset: its id, a link to it, its path, its text at its place,
        its entries; what goes by one of them is not read again
    article_id string!: id of the article
    run_id string!: the run that took it out
    at timestamp!: start of that run
    """,
)

TABLES: dict[str, pa.Schema] = {
    "articles": ARTICLES,
    "rejects": REJECTS,
    "fetches": FETCHES,
    "waiting": WAITING,
    "sightings": SIGHTINGS,
    "stories": STORIES,
    "forgotten": FORGOTTEN,
}

_ORDER = {
    "articles": ("published_at", "fetched_at", "id", "revision"),
    "rejects": ("at", "stage", "key", "reason"),
    "fetches": ("at", "kind", "feed", "url"),
    "waiting": ("at", "feed", "entry", "tries"),
    "sightings": ("feed_key", "article_id", "entry"),
    "stories": ("at", "batch", "article_id"),
    "forgotten": ("at", "article_id", "name"),
}


def in_order(rows: pa.Table, table: str) -> pa.Table:
    """Return rows in the order of their table: the same rows make the same file."""
    return rows.sort_by([(column, "ascending") for column in _ORDER[table]])
