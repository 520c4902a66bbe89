r"""The records that flow between the stages, and the tables they end up in.

Every record is a frozen, slotted dataclass: stages hand them on, none changes one in
place.  Datetimes are aware and in UTC, sequences are tuples, an unknown value is
``None`` and never a guess.  The Arrow schemas below say what is written; a test holds
dataclasses and schemas to each other.

::

    path or feed entry -> Document -> Article -> row of ``articles``
                                 \-> Reject  -> row of ``rejects``
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

import pyarrow as pa

SCHEMA_VERSION = 1
"""Version of the tables below; new columns come at the end and are nullable."""


class Media(enum.StrEnum):
    """What the content of a :class:`Document` is."""

    HTML = "html"
    """A whole page."""
    FRAGMENT = "fragment"
    """A piece of HTML, as feeds carry it."""
    TEXT = "text"
    """Plain text, its paragraphs separated by blank lines."""


class TextSource(enum.StrEnum):
    """Where an article's text was taken from."""

    PAGE = "page"
    FEED = "feed"
    FILE = "file"


class Precision(enum.StrEnum):
    """How exactly a moment was declared."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


class DateSource(enum.StrEnum):
    """Who declared the date of publication."""

    FEED = "feed"
    PAGE = "page"
    URL = "url"
    FILE = "file"


class EntityType(enum.StrEnum):
    """The four classes of CoNLL-2003."""

    PER = "PER"
    ORG = "ORG"
    LOC = "LOC"
    MISC = "MISC"


class Kind(enum.StrEnum):
    """What kind of expression names a country."""

    NAME = "name"
    DEMONYM = "demonym"
    CAPITAL = "capital"
    CITY = "city"
    REGION = "region"
    GOVERNMENT = "government"


class Role(enum.StrEnum):
    """How much of the article is about a country."""

    FOCUS = "focus"
    SECONDARY = "secondary"
    INCIDENTAL = "incidental"


class Field(enum.StrEnum):
    """The column of the article that a mention's offsets count in."""

    TITLE = "title"
    TEXT = "text"


class Stage(enum.StrEnum):
    """The stages of the flow, in its order."""

    FEEDS = "feeds"
    PAGES = "pages"
    READ = "read"
    EXTRACT = "extract"
    DEDUP = "dedup"
    LANGUAGE = "language"
    ENTITIES = "entities"
    COUNTRIES = "countries"
    WRITE = "write"


class Reason(enum.StrEnum):
    """Why something was rejected: a closed list, so that it can be counted."""

    NOT_A_FILE = "not_a_file"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    HTTP_ERROR = "http_error"
    ROBOTS = "robots"
    NOT_A_FEED = "not_a_feed"
    CONSENT_WALL = "consent_wall"
    CHALLENGE_PAGE = "challenge_page"
    NO_TEXT = "no_text"
    INTERNAL_ERROR = "internal_error"


@dataclasses.dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as somebody declared it, with the precision that was declared."""

    at: dt.datetime
    precision: Precision


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed.

    ``summary`` and ``content`` are HTML as the feed carries it (plain text is valid
    too), everything else is plain text.  ``published_raw`` keeps a date that could not
    be read.
    """

    id: str | None = None
    url: str | None = None
    title: str | None = None
    summary: str | None = None
    content: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    published_raw: str | None = None
    updated: Moment | None = None
    language: str | None = None
    image_url: str | None = None
    enclosures: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed: what it says of itself, and its entries in the feed's order."""

    title: str | None = None
    link: str | None = None
    description: str | None = None
    language: str | None = None
    updated: Moment | None = None
    ttl_seconds: int | None = None
    entries: tuple[Entry, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Subscription:
    """A feed that the user reads.

    Attributes:
      url: Its address, with whatever secrets it needs.
      name: The publication's name.
      country: Its country, ISO 3166-1 alpha-2.
    """

    url: str
    name: str | None = None
    country: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """An entry as one feed lists it.

    Attributes:
      entry: What the feed says.
      feed: The feed's address, secrets removed.
      source_name: The publication's name.
      source_country: The publication's country.
    """

    entry: Entry
    feed: str
    source_name: str | None = None
    source_country: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Fetch:
    """One request and what came of it: a row of ``fetches``.

    Attributes:
      kind: ``feed`` or ``page``.
      url: What was asked, secrets removed.
      feed: The feed that it was asked for, secrets removed.
      outcome: What came of it, from a closed list.
      status: The answer's status; None where no whole answer came.
      size: Bytes of the body as it came.
      seconds: How long it took.
      was_conditional: Validators were sent.
      entries: Entries in the feed.
      entry: Identity of the entry whose page was asked for.
      not_before: Until when the host wishes to be left alone.
      state: JSON: what is remembered of the feed after this.
    """

    kind: str
    url: str
    feed: str
    outcome: str
    status: int | None = None
    size: int = 0
    seconds: float = 0.0
    was_conditional: bool = False
    entries: int | None = None
    entry: str | None = None
    not_before: dt.datetime | None = None
    state: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Declared:
    """What a container (feed entry, JSON line, WARC header) says of an article."""

    url: str | None = None
    title: str | None = None
    description: str | None = None
    section: str | None = None
    image_url: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    published_source: DateSource | None = None
    modified_at: dt.datetime | None = None
    source_name: str | None = None
    source_country: str | None = None
    feeds: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """One article as its source holds it, before the text is taken out.

    Attributes:
      content: The page, fragment or text; bytes where the charset is still to be found.
      media: What ``content`` is.
      text_source: What the article's ``text_source`` will be.
      fetched_at: When the content was fetched, or read from disk.
      charset: The charset that the container declared (an HTTP header, say).
      path: The file it came from, ``file!entry`` for a record inside one: by the
        record's own id, or ``file!#3`` where its position alone tells it apart.
      is_truncated: True for a teaser, None where nobody can tell.
      declared: What the container says of the article.
      fallback: What to extract instead if this holds no article.
    """

    content: bytes | str
    media: Media
    text_source: TextSource
    fetched_at: dt.datetime
    charset: str | None = None
    path: str | None = None
    is_truncated: bool | None = None
    declared: Declared = Declared()
    fallback: Document | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Mention:
    """A cut of ``field``: ``article.text[start:end] == text``, in code points."""

    text: str
    start: int
    end: int
    field: Field = Field.TEXT


@dataclasses.dataclass(frozen=True, slots=True)
class Entity:
    """A person, organisation, place or other name, with every mention of it."""

    name: str
    type: EntityType
    count: int
    mentions: tuple[Mention, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class CountryMention:
    """An expression that names a country, and what kind of expression it is."""

    text: str
    start: int
    end: int
    field: Field
    kind: Kind


@dataclasses.dataclass(frozen=True, slots=True)
class Country:
    """A country of the story, with the evidence: ``code`` is ISO 3166-1 alpha-2."""

    code: str
    score: float
    count: int
    role: Role
    mentions: tuple[CountryMention, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class RawPage:
    """Where the page as it was fetched is kept: a record of a WARC file."""

    path: str
    offset: int
    length: int


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """One article on its way to the dataset; each stage fills in its own columns."""

    id: str
    text: str
    content_hash: str
    text_source: TextSource
    word_count: int
    fetched_at: dt.datetime
    revision: int = 0
    url: str | None = None
    canonical_url: str | None = None
    domain: str | None = None
    source_name: str | None = None
    source_country: str | None = None
    path: str | None = None
    feeds: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None
    section: str | None = None
    image_url: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    agency: str | None = None
    published_at: dt.datetime | None = None
    modified_at: dt.datetime | None = None
    published_precision: Precision | None = None
    published_source: DateSource | None = None
    language: str | None = None
    language_score: float | None = None
    is_truncated: bool | None = None
    entities: tuple[Entity, ...] = ()
    countries: tuple[Country, ...] = ()
    story_id: str | None = None
    duplicate_of: str | None = None
    raw: RawPage | None = None
    extractor: str | None = None
    entity_model: str | None = None
    gazetteer: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Reject:
    """What could not be processed: where, why, and enough to try it again.

    Attributes:
      stage: The stage that gave it up.
      reason: Why, from the closed list.
      key: The URL or path it is known by, credentials removed.
      detail: One line for a person: what was wrong.
      payload: JSON that ``replay`` understands.
      feed: The feed that listed it, if one did.
    """

    stage: Stage
    reason: Reason
    key: str
    detail: str
    payload: str
    feed: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Stamp:
    """What every row of one run has in common."""

    run_id: str
    version: str
    at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class StagedFile:
    """A whole Parquet file that waits to be published.

    Attributes:
      path: Where it is staged.
      table: ``articles`` or ``rejects``.
      partition: Folder below the table, such as ``date=2026-11-24``.
      rows: Number of rows in it.
      size: Its size in bytes.
      sha256: Hex digest of its bytes, from which its published name is made.
    """

    path: str
    table: str
    partition: str
    rows: int
    size: int
    sha256: str


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
            "32 hex digits: BLAKE2b-128 of the canonical URL; the content hash of the "
            "first version where there is no URL",
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
        _column("feeds", STRINGS, "feed URLs that listed it in this run"),
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
            "who declared published_at: feed, page, url, file",
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
            "BCP 47 primary subtag; null when the text does not tell",
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
            "offsets in code points of text or title",
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
        _column("entity_model", pa.string(), "what found the entities; null if none"),
        _column("gazetteer", pa.string(), "what found the countries"),
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
        _column("kind", pa.string(), "what was asked for: feed, page", nullable=False),
        _column("url", pa.string(), "what was asked, secrets removed", nullable=False),
        _column("feed", pa.string(), "the feed that it was asked for", nullable=False),
        _column("outcome", pa.string(), "what came of it", nullable=False),
        _column("status", pa.int16(), "HTTP status; null if no whole answer came"),
        _column("bytes", pa.int64(), "size of the body as it came", nullable=False),
        _column("milliseconds", pa.int32(), "how long it took", nullable=False),
        _column("was_conditional", pa.bool_(), "validators were sent", nullable=False),
        _column("entries", pa.int32(), "entries in the feed"),
        _column("entry", pa.string(), "identity of the entry whose page it is"),
        _column("not_before", TIMESTAMP, "until when the host wants to be left alone"),
        _column("state", pa.string(), "JSON: what is remembered of the feed"),
        _column("run_id", pa.string(), "the run that asked", nullable=False),
        _column("at", TIMESTAMP, "start of that run", nullable=False),
    ],
)

TABLES: dict[str, pa.Schema] = {
    "articles": ARTICLES,
    "rejects": REJECTS,
    "fetches": FETCHES,
}
