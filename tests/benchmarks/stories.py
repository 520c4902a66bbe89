"""What stories cost, and what is found: ``python -m tests.benchmarks.stories``.

An agency puts out reports, and sites print a third of them: cut, edited, with a dateline or
a credit.  The texts are made of invented words, so that two reports have nothing in common.
The articles go into an index of a real file, day by day.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from pipeline.state.stories import signed_rows
from transforms.records import Article
from transforms.stories.signer import sign
from transforms.vocabulary import TextSource

from . import document
from .sentences import ROOT

_DAYS = 7
_SHORTEST = 40
_START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_SYLLABLES = "ba ke mi lo ta ne ri so du pa".split()


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

    def day(self, number: int) -> Iterator[tuple[Article, str, int]]:
        """Yield a day's articles, each with its original's id and its length in words."""
        rng = self._rng
        for _ in range(self._reports):
            at = _START + dt.timedelta(days=number, minutes=rng.randrange(1_200))
            text = self._report()
            first = self._article(text, at, "agency.example")
            yield first, first.id, len(text)
            for site in range(self._sites):
                if rng.random() < self._share:
                    later = at + dt.timedelta(minutes=rng.randrange(5, 600))
                    copy = self._copied(text)
                    one = self._article(copy, later, f"paper{site}.example")
                    yield one, first.id, len(copy)

    def _article(self, words: list[str], at: dt.datetime, domain: str) -> Article:
        self._number += 1
        return Article(
            id=f"{self._number:032x}",
            text=" ".join(words),
            content_hash="0" * 32,
            text_source=TextSource.PAGE,
            word_count=len(words),
            fetched_at=at,
            published_at=at,
            domain=domain,
            language="en",
        )

    def _report(self) -> list[str]:
        rng = self._rng
        words = rng.choices(
            self._words, self._common, k=rng.choice((120, 200, 300, 500, 900))
        )
        names = [word.capitalize() for word in rng.sample(self._words, 6)]
        for place in range(3, len(words), 11):
            words[place] = rng.choice(names)
        words[5] = str(rng.randrange(100, 9_999))
        return words

    def _copied(self, words: list[str]) -> list[str]:
        rng = self._rng
        kept = max(_SHORTEST, int(len(words) * rng.uniform(0.15, 1)))
        copy = []
        for word in words[:kept]:
            fate = rng.random()
            if fate > 0.01:
                copy.append(rng.choice(self._words) if fate < 0.02 else word)
        if rng.random() < 0.5:
            copy = ["CITY", "(UPN)", "-", *copy]
        return [*copy, "With", "material", "from", "agencies"]


def measure(days: int, sites: int, reports: int, share: float) -> dict[str, Any]:
    """Return what was found, and what it cost."""
    wire = Wire(sites, reports, share)
    signing = planting = 0.0
    articles = copies = missed = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        with closing(State(path)) as state:
            for number in range(days):
                day = list(wire.day(number))
                began = time.process_time()
                rows = [_row(article) for article, _, _ in day]
                signed = list(signed_rows(rows, number + 1))
                signing += time.process_time() - began
                began = time.process_time()
                with state.transaction():
                    state.stories.plant(signed, _DAYS)
                    first = min(one.minute for one in signed)
                    state.stories.forget_before(first - _DAYS * 24 * 60)
                planting += time.process_time() - began
                articles += len(day)
                for article, original, _ in day:
                    found = state.stories.links.place(bytes.fromhex(article.id))
                    if article.id == original:
                        wrong += found.original is not None
                        continue
                    copies += 1
                    missed += found.original is None
                    wrong += found.original not in {None, bytes.fromhex(original)}
            state.settle()
        size = path.stat().st_size
    kept = articles * min(days, _DAYS + 1) / days
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "articles": articles,
        "copies": copies,
        "missed": missed,
        "wrong": wrong,
        "signing_ms": 1_000 * signing / articles,
        "planting_ms": 1_000 * planting / articles,
        "index_bytes": size / kept,
        "megabytes": peak / (1_000 if sys.platform == "linux" else 1_000_000),
    }


def _row(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "url": None,
        "domain": article.domain,
        "published_at": article.published_at,
        "fetched_at": article.fetched_at,
        "signature": sign(article),
    }


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=9)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--reports", type=int, default=100, help="reports a day")
    parser.add_argument("--share", type=float, default=0.3, help="that a site prints")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    os.chdir(ROOT)
    given = vars(options)
    docs = given.pop("docs")
    figures = measure(**given)
    print(json.dumps(figures))
    if docs:
        words = " ".join(f"--{name} {value}" for name, value in given.items())
        command = f"python -m tests.benchmarks.stories {words}"
        document.add("stories", figures | given | {"command": command}, docs)


if __name__ == "__main__":
    main()
