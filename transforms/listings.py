"""The records on the way from a feed to a page: what is listed, asked for and waited for.

They belong to :mod:`transforms.records`, and stand below it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from transforms.vocabulary import FetchKind, FetchOutcome, Precision, Reason


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
    source: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed: what it says about itself, and its entries in the feed's order."""

    title: str | None = None
    link: str | None = None
    description: str | None = None
    language: str | None = None
    updated: Moment | None = None
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
      headers: Headers for its own host, each with the environment variable that holds its
        value: whoever asks looks it up.
    """

    url: str
    name: str | None = None
    country: str | None = None
    key: str | None = None
    alias: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Waited:
    """That an entry was followed before and its page was not available then.

    Attributes:
      entry: The entry's identity, as it was then.
      since: When its page was asked for first; where it was not yet, when the entry was
        put off.
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
