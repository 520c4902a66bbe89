"""An agency's wire: its reports, and what papers print of them, in the order of their times.

The texts are made of invented words, so that two reports have nothing in common.  A paper
cuts a report, changes words of it, puts a dateline before it and a credit behind it.  It
may have printed it before the agency's own page is there.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import heapq
import random
from collections.abc import Iterator

from transforms.records import Article
from transforms.vocabulary import TextSource

SITE = "afp.com"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_SYLLABLES = "ba ke mi lo ta ne ri so du pa".split()
_OPEN_MINUTES = 1_200
"""Of a day in which the agency reports."""
_LENGTHS = (120, 200, 300, 500, 900)
_LEAST_KEPT = 0.15


@dataclasses.dataclass(frozen=True, slots=True)
class Printed:
    """A page with a report.

    Attributes:
      article: What is on it.
      number: Which page.
      report: The number of the agency's own page.
      words: How many words it has.
    """

    article: Article
    number: int
    report: int
    words: int


def id_of(number: int) -> str:
    """Return the id of a page; ids follow no order."""
    return hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()


class Wire:
    """An agency and the sites that print it.

    Args:
      sites: How many there are.
      reports: Reports a day.
      share: Share of the reports that a site prints.
      seed: Another one makes other texts.
    """

    def __init__(self, sites: int, reports: int, share: float, seed: int = 7) -> None:
        self._rng = rng = random.Random(seed)
        self._sites, self._reports, self._share = sites, reports, share
        lengths = (2, 3, 3, 4)
        self._words = [
            "".join(rng.choices(_SYLLABLES, k=rng.choice(lengths)))
            for _ in range(8_000)
        ]
        self._common = [1 / (rank + 3) for rank in range(len(self._words))]
        self._number = 0

    def pages(self, days: int) -> Iterator[Printed]:
        """Yield the pages of some days in the order of their times."""
        waiting: list[tuple[dt.datetime, int, Printed]] = []
        for day in range(days):
            minutes = sorted(
                self._rng.randrange(_OPEN_MINUTES) for _ in range(self._reports)
            )
            for minute in minutes:
                at = START + dt.timedelta(days=day, minutes=minute)
                while waiting and waiting[0][0] < at:
                    yield heapq.heappop(waiting)[2]
                for one in self._printed(at):
                    moment = one.article.published_at or at
                    heapq.heappush(waiting, (moment, one.number, one))
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _printed(self, at: dt.datetime) -> Iterator[Printed]:
        """Yield the pages with a report."""
        rng = self._rng
        text = self._report()
        report = self._number + 1
        own = at + dt.timedelta(minutes=rng.choice((0, 0, 0, rng.randrange(300))))
        yield self._page(text, own, SITE, report)
        for site in range(self._sites):
            if rng.random() < self._share:
                later = at + dt.timedelta(minutes=rng.randrange(5, 600))
                yield self._page(
                    self._copied(text), later, f"paper{site}.example", report
                )

    def _page(
        self, words: list[str], at: dt.datetime, domain: str, report: int
    ) -> Printed:
        self._number += 1
        article = Article(
            id=id_of(self._number),
            text=" ".join(words),
            content_hash="0" * 32,
            text_source=TextSource.PAGE,
            word_count=len(words),
            fetched_at=at,
            published_at=at,
            domain=domain,
            language="en",
        )
        return Printed(article, self._number, report, len(words))

    def _report(self) -> list[str]:
        rng = self._rng
        words = rng.choices(self._words, self._common, k=rng.choice(_LENGTHS))
        names = [word.capitalize() for word in rng.sample(self._words, 6)]
        for place in range(3, len(words), 11):
            words[place] = rng.choice(names)
        words[5] = str(rng.randrange(100, 9_999))
        return words

    def _copied(self, words: list[str]) -> list[str]:
        """Return a report as a paper prints it: one word in fifty is gone or another."""
        rng = self._rng
        copy = []
        for word in words[: int(len(words) * rng.uniform(_LEAST_KEPT, 1))]:
            fate = rng.random()
            if fate > 0.01:
                copy.append(rng.choice(self._words) if fate < 0.02 else word)
        if rng.random() < 0.5:
            copy = ["CITY", "(UPN)", "-", *copy]
        return [*copy, "With", "material", "from", "agencies"]
