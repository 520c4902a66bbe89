"""Counters: what the stages counted, and what it says of a run.

At every stage what went in came out, was passed over for a good reason, waits, or was
rejected.  Stages count under names, some of which are families (``rejected-timeout``);
nowhere else are those names taken apart.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from transforms.dedup.names import FORGOTTEN
from transforms.vocabulary import KNOWN_REJECTS, REPLAYED, WITHOUT_TEXT, Stage

Counted: TypeAlias = Mapping[str, Mapping[str, int]]
"""What was counted, by stage and name, as manifests and reports have it."""

# Each stage with those that it has its elements from.
_FLOW = {
    Stage.PAGES: (Stage.FEEDS,),
    Stage.EXTRACT: (Stage.READ, Stage.PAGES),
    Stage.DEDUP: (Stage.EXTRACT,),
    Stage.LANGUAGE: (Stage.DEDUP,),
    Stage.ENTITIES: (Stage.LANGUAGE,),
    Stage.COUNTRIES: (Stage.ENTITIES,),
    Stage.SIGNATURES: (Stage.COUNTRIES,),
    Stage.WRITE: (Stage.SIGNATURES,),
}
# Families begin so; the reason or the outcome follows.
_REJECTED, _WAITING, _KEPT = "rejected-", "waiting-", "kept-feed-text-"
_FETCHED = "fetch-"
_PASSED_OVER = ("duplicate", "unchanged", "seen", FORGOTTEN)
_ASKED_OR_NOT = (_FETCHED, "not-due", "retired")
# What was not permitted, or left for later, and robots.txt itself do not count as pages.
_NO_PAGES = (
    "fetch-robots",
    "fetch-later",
    "fetch-feed",
    "fetch-tdmrep",
    "fetch-reserved",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Counters:
    """What was counted.

    Attributes:
      stages: The figures, by stage and name.
    """

    stages: Counted = dataclasses.field(default_factory=dict)

    @classmethod
    def added_up(cls, parts: Iterable[Counted]) -> Counters:
        """Return the sums of several."""
        sums: dict[str, collections.Counter[str]] = {}
        for part in parts:
            for stage, values in part.items():
                sums.setdefault(stage, collections.Counter()).update(values)
        return cls({stage: dict(values) for stage, values in sums.items()})

    @classmethod
    def of_flow(cls, result: Any) -> Counters:
        """Return what the stages counted, from the result of a pipeline."""
        stages = {stage.value for stage in Stage}
        return cls.added_up(
            {counter.key.metric.namespace: {counter.key.metric.name: counter.result}}
            for counter in result.metrics().query()["counters"]
            if counter.key.metric.namespace in stages
        )

    @classmethod
    def so_far(cls, live: Mapping[tuple[str, str], int]) -> Counters:
        """Return what a process has counted; see :data:`transforms.work.stage.LIVE`."""
        return cls.added_up({stage: {name: n}} for (stage, name), n in live.items())

    def count(self, stage: Stage, name: str) -> int:
        """Return one counter."""
        return self.stages.get(stage.value, {}).get(name, 0)

    def _sum(self, stage: Stage, *families: str) -> int:
        counters = self.stages.get(stage.value, {})
        return sum(n for name, n in counters.items() if name.startswith(families))

    def _by_reason(self, family: str) -> dict[str, int]:
        found: collections.Counter[str] = collections.Counter()
        for counters in self.stages.values():
            for name, value in counters.items():
                if name.startswith(family):
                    found[name.removeprefix(family)] += value
        return dict(found.most_common())

    @property
    def rejected(self) -> dict[str, int]:
        """Rejects by reason, most frequent first."""
        return self._by_reason(_REJECTED)

    @property
    def waiting(self) -> dict[str, int]:
        """Pages that are retried later, by reason."""
        return self._by_reason(_WAITING)

    @property
    def kept_feed_text(self) -> dict[str, int]:
        """Articles whose page was not the story, so that the feed's text stands; why."""
        return self._by_reason(_KEPT)

    @property
    def known_rejects(self) -> int:
        """Rejects among them that an earlier run has written, of unchanged files."""
        return self.count(Stage.WRITE, KNOWN_REJECTS)

    @property
    def forgotten(self) -> int:
        """What was passed over because ``newsbeam forget`` had taken it out."""
        return self.count(Stage.PAGES, FORGOTTEN) + self.count(Stage.DEDUP, FORGOTTEN)

    @property
    def without_text(self) -> int:
        """Articles that were to be tagged again, and whose text was not kept."""
        return self.count(Stage.READ, WITHOUT_TEXT)

    @property
    def feeds_asked(self) -> int:
        """Feeds that were due."""
        return self._sum(Stage.FEEDS, _FETCHED)

    @property
    def pages_asked(self) -> int:
        """Pages that were asked for."""
        return self._sum(Stage.PAGES, _FETCHED) - self._sum(Stage.PAGES, *_NO_PAGES)

    @property
    def offered(self) -> int:
        """What could have become a document: it did, now or before, or was rejected."""
        return (
            self.count(Stage.READ, "out")
            + self.count(Stage.READ, "unchanged")
            + self.count(Stage.PAGES, "out")
            + self._sum(Stage.READ, _REJECTED)
            + self._sum(Stage.FEEDS, _REJECTED)
            + self._sum(Stage.PAGES, _REJECTED)
        )

    @property
    def came(self) -> int:
        """What did not fail: feeds, documents, what was read before or is another's."""
        return (
            self.count(Stage.FEEDS, "fetch-news")
            + self.count(Stage.FEEDS, "fetch-unchanged")
            + self.count(Stage.EXTRACT, "out")
            + self.count(Stage.EXTRACT, REPLAYED)
            + self._sum(Stage.READ, *_PASSED_OVER)
            + self._sum(Stage.EXTRACT, *_PASSED_OVER)
        )

    @property
    def progress(self) -> tuple[int, int]:
        """How many files, feeds and entries are done with, and how many are known."""
        total = (
            self.count(Stage.READ, "matched")
            + self.count(Stage.FEEDS, "in")
            + self.count(Stage.FEEDS, "out")
        )
        done = (
            self._sum(Stage.READ, "in")
            + self._sum(Stage.FEEDS, *_ASKED_OR_NOT)
            + self._sum(Stage.PAGES, "out", _REJECTED, *_PASSED_OVER)
        )
        return min(done, total), total

    @property
    def imbalances(self) -> list[str]:
        """A line for each stage that lost something; empty when all is well."""
        problems = []
        if self.count(Stage.READ, "matched") != self.count(Stage.READ, "in"):
            problems.append("read: files matched are not the files read")
        if self._sum(Stage.FEEDS, *_ASKED_OR_NOT) != self.count(Stage.FEEDS, "in"):
            problems.append("feeds: not every feed has an outcome")
        for stage, before in _FLOW.items():
            entered = self.count(stage, "in")
            arrived = sum(
                self.count(source, "out") + self.count(source, REPLAYED)
                for source in before
            )
            left = self._sum(stage, "out", *_PASSED_OVER, _REJECTED, _WAITING)
            if entered != arrived:
                problems.append(f"{stage}: {arrived} were sent on, {entered} arrived")
            if left != entered:
                problems.append(f"{stage}: {entered} went in, {left} came out")
        return problems
