r"""The records that flow between the stages.

Every record is a frozen, slotted dataclass: stages hand them on, none changes one in
place.  Datetimes are aware and in UTC, sequences are tuples, an unknown value is
``None`` and never a guess.  What is written of them is in :mod:`transforms.tables`; a
test holds the two to each other.

::

    path or feed entry -> Document -> Article -> row of ``articles``
                                 \-> Reject  -> row of ``rejects``
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from transforms.vocabulary import (
    DateSource,
    EntityType,
    FetchKind,
    FetchOutcome,
    Field,
    Kind,
    Media,
    Precision,
    Reason,
    Role,
    Stage,
    TextSource,
)

__all__ = [
    "Article",
    "Country",
    "CountryMention",
    "DateSource",
    "Declared",
    "Document",
    "Entity",
    "EntityType",
    "Entry",
    "Feed",
    "Fetch",
    "FetchKind",
    "FetchOutcome",
    "Field",
    "Kind",
    "Listed",
    "Listing",
    "Media",
    "Mention",
    "Moment",
    "Precision",
    "RawPage",
    "Reason",
    "Reject",
    "Role",
    "Stage",
    "StagedFile",
    "Stamp",
    "Subscription",
    "TextSource",
    "Waited",
    "Waiting",
]


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
    image_url: str | None = None
    enclosures: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed: its name and pace, and its entries in the feed's order."""

    title: str | None = None
    ttl_seconds: int | None = None
    entries: tuple[Entry, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Subscription:
    """A feed that the user subscribed to.

    Attributes:
      url: Its address, with whatever secrets it needs.
      name: The publication's name.
      country: Its country, ISO 3166-1 alpha-2.
      key: What its state is kept under; no secret can be read out of it.
      alias: Its address without secrets, which earlier versions kept its state under;
        None where other feeds look the same without theirs.
    """

    url: str
    name: str | None = None
    country: str | None = None
    key: str | None = None
    alias: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Waited:
    """That an entry was followed before and its page was not available then.

    Attributes:
      entry: The entry's identity, as it was then.
      since: When its page was asked for first.
      tries: How often it was asked for.
    """

    entry: str
    since: dt.datetime
    tries: int


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """An entry as one feed lists it.

    Attributes:
      entry: What the feed says.
      feed: The feed's address, secrets removed.
      source_name: The publication's name.
      source_country: The publication's country.
      waited: What is known of earlier tries; None for an entry that is new.
      version: What changes with what the entry says.
      key: What the feed's state is kept under.
      origin: What the feed is known by wherever it moves: ids of its own belong to it.
      article: The id of its article, where that was decided before.
    """

    entry: Entry
    feed: str
    source_name: str | None = None
    source_country: str | None = None
    waited: Waited | None = None
    key: str | None = None
    origin: str | None = None
    article: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """An entry whose page is retried later: a row of ``waiting``.

    Attributes:
      waited: What is known of the tries so far.
      listed: The entry, as its feed listed it.
      reason: Why its page was not available.
      detail: The same for a person.
      next_at: When it is retried.
    """

    waited: Waited
    listed: Listed
    reason: Reason
    detail: str
    next_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """Where an article was found: the entry of a feed.

    Attributes:
      entry: The entry's identity, which changes with each version of it.
      article: The id of its article, should that have no URL.
      feed: The feed's address, secrets removed.
      key: What the feed's state is kept under.
      url: The entry's link.
    """

    entry: str
    article: str
    feed: str
    key: str | None = None
    url: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Sighting:
    """That a feed lists an article: a row of ``sightings``.

    Attributes:
      entry: The identity of the entry by which it does.
      feed: The feed's address, secrets removed.
      key: What the feed's state is kept under.
      url: The entry's link.
      article: The article's id; None where it is not known, or not there yet.
    """

    entry: str
    feed: str
    key: str
    url: str | None = None
    article: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Fetch:
    """One request and its result: a row of ``fetches``.

    Attributes:
      kind: What was requested.
      url: What was asked, secrets removed.
      feed: The feed that it was asked for, secrets removed.
      key: What that feed's state is kept under.
      outcome: Its result.
      status: The answer's status; None where no whole answer came.
      size: Bytes of the body as it came.
      seconds: How long it took.
      was_conditional: Validators were sent.
      entries: Entries in the feed.
      entry: Identity of the entry that needs no further request after this.
      not_before: Until when the host wishes to be left alone.
      state: JSON: what is remembered after this of the feed, of the robots.txt, or of
        the entry that waited.
      waiting: The entry that is retried later; a row of its own.
      version: What changes with what the entry says.
    """

    kind: FetchKind
    url: str
    feed: str
    outcome: FetchOutcome
    status: int | None = None
    size: int = 0
    seconds: float = 0.0
    was_conditional: bool = False
    entries: int | None = None
    entry: str | None = None
    not_before: dt.datetime | None = None
    state: str | None = None
    waiting: Waiting | None = None
    key: str | None = None
    version: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Declared:
    """What a container (feed entry, JSON line, WARC header) says of an article.

    ``link`` is the address that a feed gave for a page which came from ``url``.
    """

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
    listing: Listing | None = None
    link: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class RawPage:
    """Where the page as it was fetched is kept: a record of a WARC file."""

    path: str
    offset: int
    length: int


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
        record's own id, or ``file!#3`` where only its position identifies it.
      is_truncated: True for a teaser, None where that is unknown.
      declared: What the container says of the article.
      fallback: What to extract instead if this holds no article.
      raw: Where the page is kept.
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
    raw: RawPage | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Mention:
    """A cut of ``field``: ``article.text[start:end] == text``, in code points."""

    text: str
    start: int
    end: int
    field: Field = Field.TEXT


@dataclasses.dataclass(frozen=True, slots=True)
class Entity:
    """A person, organisation, place or other name, with every mention of it.

    Attributes:
      name: Its fullest name in the article.
      type: What it is.
      count: How many mentions there are.
      mentions: All of them.
      canonical: One spelling of the name across articles; None where that is not sure.
    """

    name: str
    type: EntityType
    count: int
    mentions: tuple[Mention, ...]
    canonical: str | None = None


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
    entity_quality: str | None = None
    # How it came; no column.
    listing: Listing | None = None


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


HASH_DIGITS = 12
"""Of a hash in the name of a file, as many digits as distinguish the files of a batch."""


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
      name: Its published name, if other files refer to it already.
    """

    path: str
    table: str
    partition: str
    rows: int
    size: int
    sha256: str
    name: str | None = None
