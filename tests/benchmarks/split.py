"""Where a run's processor time goes: ``python -m tests.benchmarks.split PAGES`` prints JSON.

One run, from the first import on, with everything in one process and its parts one after
the other.  A thread looks at the others many times a second, and gives what each has taken
of the processor since then to the part of its innermost frame that belongs to one.  What
lies between the processes of an ordinary run is measured by itself: pages and articles,
pickled and read back.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pickle
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

# Seconds between looks, and that Python lets a thread keep its lock while others want it.
_INTERVAL, _SWITCH = 0.002, 0.0005
_START_UP, _REST = "start-up: imports, models, gazetteer", "the rest"
# Parts by file, and function where it is named; of the frames of a stack, the innermost
# that is found here counts.
_PARTS: Mapping[str, Sequence[str]] = {
    "read": ["transforms/files/"],
    "decode": ["transforms/text/charset.py"],
    "parse": ["transforms/page/tree.py"],
    "copies of the tree": ["/copy.py"],
    "clean": [
        *("transforms/fast/ids.py", "transforms/extract/body.py:tidy"),
        *("trafilatura/htmlprocessing.py", "transforms/page/furniture.py"),
    ],
    "extract": [
        *("trafilatura/", "justext/", "transforms/extract/body.py"),
        *("transforms/extract/article.py", "transforms/extract/trimming.py"),
    ],
    "JSON-LD": ["transforms/page/jsonld.py"],
    "date": [
        *("transforms/extract/published.py", "transforms/page/datelines.py"),
        *("transforms/page/datemarks.py", "transforms/text/dates.py"),
        "transforms/text/calendars.py",
    ],
    "metadata": [
        *("transforms/extract/", "transforms/signing/", "transforms/page/landmarks.py"),
        *("transforms/page/publication.py", "transforms/page/signmarks.py"),
        "transforms/page/apart.py",
    ],
    "walls": ["transforms/page/walls.py", "transforms/page/elsewhere.py"],
    "language": ["transforms/enrich/language.py"],
    "names": [
        *("transforms/enrich/entities.py", "transforms/enrich/names/"),
        *("transforms/enrich/models/", "transforms/enrich/mentions"),
    ],
    "countries": ["transforms/enrich/countries.py", "transforms/enrich/geography/"],
    "signatures": ["transforms/stories/"],
    "dedup": ["transforms/dedup/", "pipeline/state/"],
    "rows": ["transforms/write/rows.py"],
    "Parquet": ["transforms/write/", "pyarrow/"],
    "stories and commit": ["pipeline/stories/", "pipeline/dataset/", "pipeline/delta/"],
    "Beam": ["apache_beam/"],
}
_LOADS = ("load_gazetteer", "load_model", "identifier", "vocabulary")


class _Watch(threading.Thread):
    """Adds up what all other threads take of the processor, by part."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.spent: Counter[str] = Counter()
        self._before: dict[int, float] = {}
        self._over = threading.Event()
        self._part_of: dict[tuple[str, str], str | None] = {}

    def run(self) -> None:
        own = threading.get_ident()
        while not self._over.wait(_INTERVAL):
            for thread, frame in sys._current_frames().items():  # noqa: SLF001
                if thread != own:
                    self._look(thread, frame)

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _look(self, thread: int, frame: FrameType) -> None:
        try:
            now = time.clock_gettime(time.pthread_getcpuclockid(thread))
        except OSError:
            # It has ended meanwhile.
            return
        spent = now - self._before.get(thread, 0.0)
        self._before[thread] = now
        if spent > 0:
            self.spent[self._part(frame)] += spent

    def _part(self, innermost: FrameType) -> str:
        found: str | None = None
        frame: FrameType | None = innermost
        while frame is not None:
            code = frame.f_code
            if "importlib" in code.co_filename or code.co_name in _LOADS:
                return _START_UP
            if found is None:
                key = (code.co_filename, code.co_name)
                if key not in self._part_of:
                    self._part_of[key] = part_of(*key)
                found = self._part_of[key]
            frame = frame.f_back
        return found or _REST


def part_of(file: str, function: str) -> str | None:
    """Return the part that a function of a file belongs to, None where that is open."""
    best, length = None, 0
    for part, places in _PARTS.items():
        for place in places:
            path, _, name = place.partition(":")
            is_here = path in file and name in {"", function}
            if is_here and len(place) > length:
                best, length = part, len(place)
    return best


def split(pages: Path) -> dict[str, float]:
    """Return milliseconds of processor time a page, by part of a run."""
    count = sum(1 for _ in pages.glob("*.html"))
    sys.setswitchinterval(_SWITCH)
    watch = _Watch()
    watch.start()
    with tempfile.TemporaryDirectory() as output:
        from pipeline.cli import app

        app(
            [
                *("run", "--files", f"{pages}/*.html", "--output", output),
                *("--set", "pool.processes=0"),
            ],
            standalone_mode=False,
        )
    watch.stop()
    crossing = _crossing(pages)
    found = {part: 1000 * watch.spent[part] / count for part in (*_PARTS, _START_UP)}
    found["the rest"] = 1000 * watch.spent[_REST] / count
    return found | {"crossing of processes": crossing}


def _crossing(pages: Path) -> float:
    """Return the milliseconds a page that it takes to pickle it, and its article."""
    import datetime as dt

    from transforms.errors import Unreadable
    from transforms.extract.article import extract
    from transforms.records import Document
    from transforms.vocabulary import Media, TextSource

    spent, count = 0.0, 0
    now = dt.datetime.now(dt.UTC)
    for path in sorted(pages.glob("*.html"))[:100]:
        page = Document(
            path.read_bytes(), Media.HTML, TextSource.FILE, now, path=str(path)
        )
        crossed: list[object] = [page]
        with contextlib.suppress(Unreadable):
            crossed.append(extract(page))
        start = time.process_time()
        for one in crossed:
            pickle.loads(pickle.dumps(one, pickle.HIGHEST_PROTOCOL))  # noqa: S301 - ours
        spent += time.process_time() - start
        count += 1
    return 1000 * spent / count


def main() -> None:
    """Print where the time goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    print(json.dumps(split(options.pages.absolute())))


if __name__ == "__main__":
    main()
