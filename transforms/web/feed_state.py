"""What is remembered of a feed from run to run, and what came of asking for it."""

from __future__ import annotations

import dataclasses
import datetime as dt


@dataclasses.dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask again with, exactly as it wrote it.

    Attributes:
      url: The URL that they belong to, the last of a chain of redirects.
      etag: Value of ``ETag``, quotes and all.
      last_modified: Value of ``Last-Modified``, never parsed.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None

    def headers(self, url: str) -> dict[str, str]:
        """Return the conditional headers for a request to ``url``; none for another URL."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {
            name: value for name, value in pairs.items() if value and url == self.url
        }


@dataclasses.dataclass(frozen=True, slots=True)
class FeedState:
    """What is remembered of a feed.

    Attributes:
      url: The address to ask next.
      validators: What to ask with, if the last good answer gave any.
      body_hash: Hash of the last body that was a feed.
      moved_to: Where a permanent redirect leads that is not believed yet.
      moved_runs: In how many runs it led to a feed.
      retired: The server said that the feed is gone for good.
      failures: Requests in a row that brought no feed.
      next_poll: Not to be asked before; None for a feed never asked.
      ttl_seconds: The interval that the feed itself wishes for.
      asked_at: When it was asked last.
      succeeded_at: When that brought the feed, or the word that it is unchanged.
      changed_at: When its body last differed from the one before.
      origin: What the feed is known by wherever it moves; None until it was read once.
    """

    url: str
    validators: Validators | None = None
    body_hash: str | None = None
    moved_to: str | None = None
    moved_runs: int = 0
    retired: bool = False
    failures: int = 0
    next_poll: dt.datetime | None = None
    ttl_seconds: int | None = None
    asked_at: dt.datetime | None = None
    succeeded_at: dt.datetime | None = None
    changed_at: dt.datetime | None = None
    origin: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """The result of requesting a feed, redirects followed.

    Attributes:
      url: The URL that answered last.
      status: Its status; None where no whole answer came.
      hops: Each redirect that was followed: its status and its target.
      etag: The last answer's header of this name; so are the five that follow.
      last_modified: See ``etag``.
      retry_after: See ``etag``.
      cache_control: See ``etag``.
      expires: See ``etag``.
      age: See ``etag``.
      body_hash: Hash of the decoded body.
      is_feed: The body was read as a feed.
      ttl_seconds: How long the feed itself says that it stays the same.
    """

    url: str
    status: int | None
    hops: tuple[tuple[int, str], ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    retry_after: str | None = None
    cache_control: str | None = None
    expires: str | None = None
    age: str | None = None
    body_hash: str | None = None
    is_feed: bool = False
    ttl_seconds: int | None = None
