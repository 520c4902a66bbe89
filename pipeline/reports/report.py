"""The report of a run: one set of figures, as a table for people and as JSON.

It proves from :mod:`pipeline.counters` that nothing was lost on the way.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.counters import Counters
from pipeline.dataset.opening import openings
from pipeline.reports.reasons import Rejected
from pipeline.reports.terminal import labelled, many, ranked
from transforms.vocabulary import REPLAYED, Stage

_NAME_WIDTH = 17


@dataclasses.dataclass(frozen=True)
class Report:
    """The figures of one run.

    Attributes:
      run_id: The run.
      started: When it started.
      seconds: How long it took.
      counters: What was counted.
      rows: Rows published, by table.
      files: Files published, by table.
      languages: New articles by language; ``""`` for those without.
      countries: New articles by country mentioned.
      unserved: New articles by language whose names are known places only.
      dataset: The dataset's folder or URL.
      still_waiting: Pages that are retried later, of all runs, by reason.
      recovered: What was repaired before the run began.
      feed_warnings: What is wrong with feeds that fail, are gone or fell silent.
      first_rejects: The first rejects, with why.
    """

    run_id: str
    started: dt.datetime
    seconds: float
    counters: Counters
    rows: Mapping[str, int]
    files: Mapping[str, int]
    languages: Mapping[str, int]
    countries: Mapping[str, int]
    unserved: Mapping[str, int]
    dataset: Path | str
    still_waiting: Mapping[str, int] = dataclasses.field(default_factory=dict)
    recovered: tuple[str, ...] = ()
    feed_warnings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    first_rejects: tuple[Rejected, ...] = ()

    @property
    def imbalances(self) -> list[str]:
        """A line for each place where something was lost; empty when all is well."""
        problems = self.counters.imbalances
        arrived = self.counters.count(Stage.WRITE, "out")
        if arrived != self.rows.get("articles", 0):
            problems.append(
                f"publish: {arrived} rows were staged, "
                f"{self.rows.get('articles', 0)} published"
            )
        counted = sum(self.counters.rejected.values())
        known = self.counters.known_rejects
        if counted - known != self.rows.get("rejects", 0):
            problems.append(
                f"publish: {counted} rejects were counted, {known} of them "
                f"known, {self.rows.get('rejects', 0)} published"
            )
        waiting = sum(self.counters.waiting.values())
        if waiting != self.rows.get("waiting", 0):
            problems.append(
                f"publish: {waiting} pages are waiting, "
                f"{self.rows.get('waiting', 0)} of them published"
            )
        return problems

    @property
    def failure(self) -> str | None:
        """What was asked for, where all of it failed; None where anything came."""
        feeds = self.counters.feeds_asked
        files = self.counters.count(Stage.READ, "in")
        if self.counters.came or not (feeds or files):
            return None
        asked = [
            many(count, noun)
            for count, noun in ((feeds, "feed"), (files, "file"))
            if count
        ]
        return " and ".join(asked)

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do, and nothing was repaired first."""
        counted = any(any(stage.values()) for stage in self.counters.stages.values())
        return not (counted or self.recovered)

    def as_json(self) -> dict[str, Any]:
        """Return the figures for machines."""
        return {
            "run_id": self.run_id,
            "started": self.started.isoformat(),
            "seconds": round(self.seconds, 3),
            "files_read": self.counters.count(Stage.READ, "in"),
            "files_unchanged": self.counters.count(Stage.READ, "unchanged"),
            "feeds": self.counters.count(Stage.FEEDS, "in"),
            "feeds_asked": self.counters.feeds_asked,
            "feeds_with_news": self.counters.count(Stage.FEEDS, "fetch-news"),
            "feeds_unchanged": self.counters.count(Stage.FEEDS, "fetch-unchanged"),
            "entries": self.counters.count(Stage.FEEDS, "out"),
            "pages_asked": self.counters.pages_asked,
            "documents": self.counters.count(Stage.EXTRACT, "in"),
            "new": self.rows.get("articles", 0),
            "unchanged": self.counters.count(Stage.DEDUP, "unchanged"),
            "duplicates": self.counters.count(Stage.DEDUP, "duplicate"),
            "forgotten": self.counters.forgotten,
            "rejected": self.counters.rejected,
            "first_rejects": [reject._asdict() for reject in self.first_rejects],
            "kept_feed_text": self.counters.kept_feed_text,
            "known_rejects": self.counters.known_rejects,
            "waiting": self.counters.waiting,
            "still_waiting": dict(self.still_waiting),
            "languages": dict(self.languages),
            "countries": dict(self.countries),
            "no_entity_model": dict(self.unserved),
            "stages": self.counters.stages,
            "balanced": not self.imbalances,
            "imbalances": self.imbalances,
            "published_rows": dict(self.rows),
            "published_files": dict(self.files),
            "recovered": list(self.recovered),
            "feed_warnings": dict(self.feed_warnings),
            "dataset": str(self.dataset),
        }

    def as_bytes(self) -> bytes:
        """Return the JSON report as a file has it."""
        return json.dumps(self.as_json(), indent=1, ensure_ascii=False).encode()

    def __rich__(self) -> RenderableType:
        """Return the summary for a terminal: a line a figure, none of them cut."""
        lines = labelled(self._lines(), _NAME_WIDTH)
        return Group(Text(f"Run {self.run_id}", style="bold"), *lines)

    def _lines(self) -> list[tuple[str, str]]:
        new = self.rows.get("articles", 0)
        rate = f" ({new / self.seconds:,.1f} articles/s)" if new else ""
        lines = [
            ("read", self._read_line()),
            *self._feed_lines(),
            ("new", f"{many(new, 'article')} in {self.seconds:,.1f} s{rate}"),
            ("unchanged", f"{self.counters.count(Stage.DEDUP, 'unchanged'):,}"),
            ("duplicates", f"{self.counters.count(Stage.DEDUP, 'duplicate'):,}"),
            ("rejected", ranked(self.counters.rejected) + self._known_part() or "0"),
            *(("", str(reject)) for reject in self.first_rejects),
        ]
        if self.counters.without_text:
            lines.append(("without text", f"{self.counters.without_text:,} left alone"))
        if self.counters.forgotten:
            lines.append(("forgotten", f"{self.counters.forgotten:,} passed over"))
        if self.counters.kept_feed_text:
            lines.append(("kept feed's text", ranked(self.counters.kept_feed_text)))
        if self.counters.waiting or self.still_waiting:
            lines.append(("waiting", self._waiting_line()))
        if self.languages:
            lines.append(("languages", ranked(self.languages, "unknown")))
        if self.countries:
            lines.append(("countries", ranked(self.countries)))
        if self.unserved:
            lines.append(
                (
                    "no names",
                    f"{ranked(self.unserved)} (known places only)",
                )
            )
        lines += [("repaired", line) for line in self.recovered]
        if self.feed_warnings:
            count = many(len(self.feed_warnings), "feed")
            lines.append(("to look at", f"{count}, see newsbeam status {self.dataset}"))
        lines += [("LOST", line) for line in self.imbalances]
        if not new:
            lines.append(("dataset", f"{self.dataset} (nothing new to write)"))
            return lines
        return [
            *lines,
            (
                "dataset",
                f"{self.dataset}/articles "
                f"({many(self.files.get('articles', 0), 'new file')})",
            ),
            *openings(str(self.dataset)),
        ]

    def _read_line(self) -> str:
        again = self.counters.count(Stage.EXTRACT, REPLAYED)
        if again:
            return many(again, "stored text")
        files = many(self.counters.count(Stage.READ, "in"), "file")
        documents = many(self.counters.count(Stage.EXTRACT, "in"), "document")
        unchanged = self.counters.count(Stage.READ, "unchanged")
        passed = (
            f"; {many(unchanged, 'file')} unchanged since read" if unchanged else ""
        )
        return f"{files}, {documents}{passed}"

    def _waiting_line(self) -> str:
        count = many(sum(self.still_waiting.values()), "page")
        reasons = ranked(self.still_waiting)
        return f"{count} will be retried" + (f": {reasons}" if reasons else "")

    def _known_part(self) -> str:
        count = self.counters.known_rejects
        return f" ({count:,} of them known, of unchanged files)" if count else ""

    def _feed_lines(self) -> list[tuple[str, str]]:
        feeds = self.counters.count(Stage.FEEDS, "in")
        if not feeds:
            return []
        asked = self.counters.feeds_asked
        news = self.counters.count(Stage.FEEDS, "fetch-news")
        unchanged = self.counters.count(Stage.FEEDS, "fetch-unchanged")
        failed = asked - news - unchanged
        return [
            (
                "feeds",
                f"{feeds:,}, of which {asked:,} due: {news:,} with news, "
                f"{unchanged:,} unchanged, {failed:,} failed",
            ),
            (
                "entries",
                f"{self.counters.count(Stage.FEEDS, 'out'):,}, "
                f"{many(self.counters.pages_asked, 'page')} asked for",
            ),
        ]
