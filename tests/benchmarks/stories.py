"""What stories cost, and what is found: ``python -m tests.benchmarks.stories``.

An agency puts out reports, and sites print a third of them: cut, edited, with a dateline or
a credit.  The pages go into an index of a real file, batch by batch, as they come.  Another
process makes and signs them, so the memory is that of the index alone.  What is found is
looked at when a page leaves the window.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from pipeline.state.stories.window import Signed, signed_rows
from transforms.stories.forest import Belonging
from transforms.stories.signer import sign

from . import document
from .agency import Printed, Wire, id_of
from .measure import machine
from .sentences import ROOT

_DAYS = 7
SHORT = 40
"""Words of the shortest copy that has to be found."""
_BATCH = 1_000
# Batches after each of which a line says how far it is.
_SAID = 50
_MINUTES_OF_A_DAY = 24 * 60
_FOUND = "own copies copies_short missed missed_short wrong joined".split()


class Pages(NamedTuple):
    """Signed pages in the order of their times, and what is known of them.

    Attributes:
      signed: The pages.
      numbers: Which pages.
      reports: The number of each one's report.
      words: How many words each has.
      seconds: Processor time of the signing.
    """

    signed: Sequence[Signed]
    numbers: Sequence[int]
    reports: Sequence[int]
    words: Sequence[int]
    seconds: float


def signed_pages(printed: Iterable[Printed], day: int = 1) -> Pages:
    """Return pages signed, as they are in the rows of a dataset."""
    pages = list(printed)
    began = time.process_time()
    rows = [
        {
            "id": one.article.id,
            "url": None,
            "domain": one.article.domain,
            "published_at": one.article.published_at,
            "fetched_at": one.article.fetched_at,
            "signature": sign(one.article),
        }
        for one in pages
    ]
    seconds = time.process_time() - began
    return Pages(
        list(signed_rows(rows, day)),
        array("q", (one.number for one in pages)),
        array("q", (one.report for one in pages)),
        array("q", (one.words for one in pages)),
        seconds,
    )


def found_in(pages: Pages, place_of: Callable[[bytes], Belonging]) -> Counter[str]:
    """Return how many of some pages are placed as they ought to be, and how not.

    Args:
      pages: The pages.
      place_of: Returns where an article belongs, by its id.

    Returns:
      Of ``own`` pages of the agency, ``copies`` and ``copies_short``, which have few words:
      ``missed`` and ``missed_short`` are not found, ``wrong`` ones have another original
      than the agency's own, ``joined`` ones are in another story.
    """
    found: Counter[str] = Counter()
    for number, report, words in zip(
        pages.numbers, pages.reports, pages.words, strict=True
    ):
        own = bytes.fromhex(id_of(report))
        place = place_of(bytes.fromhex(id_of(number)))
        if number == report:
            found["own"] += 1
            found["wrong"] += place.original is not None
            found["joined"] += place.story != own
            continue
        short = "_short" if words < SHORT else ""
        found[f"copies{short}"] += 1
        found[f"missed{short}"] += place.original is None
        found["wrong"] += place.original not in {None, own}
        found["joined"] += place.original is not None and place.story != own
    return found


def measure(
    days: int, sites: int, reports: int, share: float, batch: int = _BATCH
) -> dict[str, Any]:
    """Return what was found, and what it cost."""
    seconds: Counter[str] = Counter()
    found: Counter[str] = Counter()
    inside: deque[Pages] = deque()
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        _batches(batch, days, sites, reports, share) as batches,
        closing(State(Path(folder) / FILE_NAME)) as state,
    ):
        for count, pages in enumerate(batches, 1):
            seconds["signing"] += pages.seconds
            minute = pages.signed[0].minute - _DAYS * _MINUTES_OF_A_DAY
            while inside and inside[0].signed[0].minute < minute:
                found.update(found_in(inside.popleft(), state.stories.links.place))
            start = time.process_time()
            with state.transaction():
                state.stories.forget_before(minute)
                state.stories.plant(pages.signed, _DAYS)
            seconds["planting"] += time.process_time() - start
            # Its signatures are in the index now.
            inside.append(pages._replace(signed=pages.signed[:1]))
            if count % _SAID == 0:
                line = (
                    f"{count * batch:,} articles, placed in {seconds['planting']:.0f} s"
                )
                print(line, file=sys.stderr, flush=True)
        kept = sum(len(pages.numbers) for pages in inside)
        for pages in inside:
            found.update(found_in(pages, state.stories.links.place))
        state.settle()
        size = state.path.stat().st_size
    articles = found["own"] + found["copies"] + found["copies_short"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "articles": articles,
        **{name: found[name] for name in _FOUND},
        "signing_ms": 1_000 * seconds["signing"] / articles,
        "planting_ms": 1_000 * seconds["planting"] / articles,
        "kept": kept,
        "index_bytes": size / kept,
        "megabytes": peak / (1_000 if sys.platform == "linux" else 1_000_000),
        "minutes": (time.monotonic() - began) / 60,
    }


# --- the process that signs --------------------------------------------------------------

_pages: Iterator[Printed] = iter(())


@contextmanager
def _batches(
    size: int, days: int, sites: int, reports: int, share: float
) -> Iterator[Iterator[Pages]]:
    """Let another process sign batches, each while the one before it is worked on."""
    with ProcessPoolExecutor(
        1, get_context("spawn"), _begin, (days, sites, reports, share)
    ) as process:

        def batches() -> Iterator[Pages]:
            coming = process.submit(_next, size)
            while (pages := coming.result()).numbers:
                coming = process.submit(_next, size)
                yield pages

        yield batches()


def _begin(days: int, sites: int, reports: int, share: float) -> None:
    global _pages  # noqa: PLW0603 - the state of a process that has nothing else to do
    _pages = Wire(sites, reports, share).pages(days)


def _next(size: int) -> Pages:
    return signed_pages(islice(_pages, size))


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=9)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--reports", type=int, default=100, help="reports a day")
    parser.add_argument("--share", type=float, default=0.3, help="that a site prints")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    parser.add_argument(
        "--beside", action="store_true", help="as a row beside those that are there"
    )
    options = parser.parse_args()
    os.chdir(ROOT)
    given = vars(options)
    docs, is_beside = given.pop("docs"), given.pop("beside")
    figures = measure(**given)
    print(json.dumps(figures))
    if docs:
        words = " ".join(f"--{name} {value}" for name, value in given.items())
        command = f"python -m tests.benchmarks.stories {words}"
        figures |= given | {"command": command, "machine": machine()}
        if is_beside:
            document.add_row("wires", figures, docs)
        else:
            document.add("stories", figures, docs)


if __name__ == "__main__":
    main()
