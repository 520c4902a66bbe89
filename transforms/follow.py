"""Follow: entries as polls list them in, the documents behind them out.

This is :mod:`transforms.pages` for a pipeline without end: nothing is remembered here of
what was followed.  The poll lists an entry once.  A bundle that the engine retries must
find its entries not yet followed.  What two feeds list is left to the dedup.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.origin import entry_origin
from transforms.pages import PageFetcher, entry_lane
from transforms.records import Document, Fetch, Listed, Reject, Stage
from transforms.robots import RobotsFile
from transforms.sightings import only
from transforms.stage import Work
from transforms.steps import Skip
from transforms.web import Web


class _Unknown:
    """Knows no entry and no site."""

    def has_entry(self, entry: str, version: str) -> bool:
        del entry, version
        return False

    def robots(self, origin: str) -> RobotsFile | None:
        del origin
        return None


class Follower:
    """Follows one entry: the function of :class:`FollowEntries`.

    Args:
      web: How to ask; its time is a clock.
    """

    def __init__(self, web: Web) -> None:
        self._pages = PageFetcher(web, _Unknown())

    def __call__(self, listed: Listed) -> Iterator[Document | Fetch | Reject | Skip]:
        """Yield the document of an entry, and the result of requesting its page."""
        return self._pages.follow(listed)


@dataclasses.dataclass(eq=False)
class FollowEntries(beam.PTransform):
    """Entries to documents, however often an entry comes.

    Attributes:
      web: How to ask; its time is a clock.
      rejects: Where entries go whose page is not available.
    """

    web: Web
    rejects: ErrorHandler

    def expand(
        self, entries: beam.PCollection[Listed]
    ) -> tuple[beam.PCollection[Document], beam.PCollection[Fetch]]:
        """Return the documents and the fetches."""
        documents, notes = entries | "Follow entries" >> Work(
            Stage.PAGES,
            partial(Follower, self.web),
            entry_origin,
            self.rejects,
            entry_lane,
            self.web.options.threads,
        )
        # Nothing is remembered here, and so nothing was followed before.
        fetches = notes | "Fetches" >> beam.Filter(only(Fetch)).with_output_types(Fetch)
        return documents, fetches
