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

from transforms.listings import Listing, Moment
from transforms.vocabulary import (
    DateSource,
    EntityType,
    Field,
    Kind,
    Media,
    OriginEvidence,
    OriginKind,
    Precision,
    Reason,
    Role,
    Stage,
    TextSource,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Declared:
    """What a container (feed entry, JSON line, WARC header) says of an article.

    ``link`` is the address that a feed gave for a page which came from ``url``;
    ``origin`` the source that a feed names for its entry; ``tdm_reserved`` what the site
    says of the rights of text and data mining.
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
    origin: str | None = None
    tdm_reserved: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class RawPage:
    """Where the page as it was fetched is kept: a record of a WARC file."""

    path: str
    offset: int
    length: int


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Whose report an article is, and how that is known."""

    name: str
    kind: OriginKind
    evidence: OriginEvidence


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
    signature: bytes | None = None
    origin: Origin | None = None
    tdm_reserved: bool | None = None
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
