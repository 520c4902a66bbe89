"""Discover: what is at an address: a feed, or a page that names some."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import statistics
from http import HTTPStatus

import pipeline
from pipeline.configuration.config import Config
from pipeline.sample import server as sample_server
from transforms.codes import language_problem
from transforms.errors import ConfigError, RunError, Unreadable
from transforms.listings import Feed
from transforms.parse.discover import discover_feeds
from transforms.parse.feed import parse_feed
from transforms.redaction import redact_feed
from transforms.text.strings import one_line
from transforms.web.access import Network, Web, refusal
from transforms.web.client import FEED_TYPES, identity
from transforms.web.response import FetchError, Response

# Feeds of a page that are looked at; the first is mostly what is meant.
_LOOKED_AT = 5
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


@dataclasses.dataclass(frozen=True, slots=True)
class Discovery:
    """A feed that was found.

    Attributes:
      url: Its address.
      title: What it is called.
      language: Its language as it declares it, None where it does not.
      entries: How many entries it has.
      gap: The usual time between two of them; None where too few are dated.
      latest: When the latest was published.
    """

    url: str
    title: str | None
    language: str | None
    entries: int
    gap: dt.timedelta | None
    latest: dt.datetime | None

    @property
    def pace(self) -> str:
        """How often it publishes, in words."""
        if self.gap is None or self.latest is None:
            return f"{self.entries} entries, too few of them dated to say how often"
        seconds = self.gap.total_seconds()
        size, unit = next((u for u in _UNITS if seconds >= u[0]), _UNITS[-1])
        count = max(1, round(seconds / size))
        every = f"every {unit}" if count == 1 else f"every {count} {unit}s"
        return (
            f"{self.entries} entries, about {every}, the latest {self.latest:%Y-%m-%d}"
        )


def discover(config: Config, url: str) -> list[Discovery]:
    """Return the feeds at an address, the one that is meant first.

    Args:
      config: How the web is asked.
      url: The address of a feed, or of a page that names feeds.

    Raises:
      ConfigError: When nobody may be asked, or there is no feed.
      RunError: When the address cannot be reached.
    """
    try:
        identity("0", config.fetch.contact)
    except ValueError:
        raise ConfigError(
            "fetch.contact: say in printable ASCII where publishers reach you, a URL or "
            "an address; it is sent with every request"
        ) from None
    now = dt.datetime.now(dt.UTC)
    with sample_server.serving(config.fetch.serve) as addresses:
        web = Web(config.fetch, pipeline.__version__, now, connect_to=addresses)
        network = web.network()
        response = _asked(network, config, url)
        feed = _parsed(response)
        if feed is not None:
            return [_found(url, feed)]
        found = []
        for other in discover_feeds(response.body, response.url)[:_LOOKED_AT]:
            try:
                feed = _parsed(_asked(network, config, other))
            except RunError:
                continue
            if feed is not None:
                found.append(_found(other, feed))
    if not found:
        raise ConfigError(f"{redact_feed(url)}: no feed, and a page that names none")
    return found


def _asked(network: Network, config: Config, url: str) -> Response:
    try:
        response = network.client.fetch(
            url,
            accept=FEED_TYPES,
            max_bytes=config.fetch.max_feed_bytes,
            pause=config.fetch.feed_pause_seconds,
        )
    except FetchError as error:
        raise RunError(str(error)) from None
    if response.status != HTTPStatus.OK:
        raise RunError(f"{redact_feed(url)}: {refusal(response).detail}")
    return response


def _parsed(response: Response) -> Feed | None:
    kind = response.header("content-type")
    try:
        return parse_feed(response.body, content_type=kind, url=response.url)
    except Unreadable:
        return None


def _found(url: str, feed: Feed) -> Discovery:
    moments = sorted(entry.published.at for entry in feed.entries if entry.published)
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    usual = statistics.median(gap.total_seconds() for gap in gaps) if gaps else None
    language = (feed.language or "").strip()
    return Discovery(
        url,
        one_line(feed.title),
        language if language and language_problem(language) is None else None,
        len(feed.entries),
        dt.timedelta(seconds=usual) if usual is not None else None,
        moments[-1] if moments else None,
    )
