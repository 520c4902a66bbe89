"""Finds towns too small for the gazetteer, and the region that an article is at home in.

Local news names towns without their country: Athens, Palestine and Tyler are neighbours
in Texas.  The table ``data/towns.tsv.gz`` holds where places from 1,000 inhabitants on
are; it is not parsed but searched as it is, so that it takes no more memory than its text.
"""

from __future__ import annotations

import bisect
import functools
import gzip
import importlib.resources
import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from transforms.enrich.geography.folding import fold
from transforms.enrich.geography.matches import Match
from transforms.vocabulary import Kind

_TABLE = "towns.tsv.gz"
_LOOKUPS = 20_000
"""Names for which it is cached whether they are a town's."""
_NAMED = 10_000
"""Inhabitants from which a town may be meant by the name of a country."""
_WORDS = 3
"""Words that the name of a town has at most."""
_NAMES = re.compile(
    r"[A-ZÀ-ÖØ-ÞĆČĐŁŃŐŘŚŠŰŹŻŽİ][\w’']{2,}(?:[ -][A-ZÀ-ÖØ-ÞĆČĐŁŃŐŘŚŠŰŹŻŽİ][\w’']+)*"
)
_NEXT = re.compile(r"(?:[’']s)? ([a-z]+)")
_DASHES = (" - ", " – ", " — ", "--", " --", "—")
"""What follows the town in a dateline, which says where the story was written."""


class Place(NamedTuple):
    """A town: its country, its region there, its inhabitants."""

    code: str
    region: str
    population: int


class Cues:
    """What shows in a language that a name is a town's."""

    def __init__(
        self, before: Iterable[str], after: Iterable[str], times: Iterable[str]
    ) -> None:
        """Take the words.

        Args:
          before: Words that places come after.
          after: Words that the name of a town comes before: Township, Police.
          times: Days and months, which are no part of a name.
        """
        self._before = tuple(f" {word} " for word in before)
        self._after = frozenset(after)
        self._ends = self._after.union(times)

    def town(self, text: str, start: int, end: int) -> str | None:
        """Return the name at ``text[start:end]`` if what is around says it is a town."""
        name, is_civic = text[start:end], False
        if " " in name:
            first, *others = name.split(" ")
            for place, word in enumerate(others):
                if word.lower() in self._ends:
                    is_civic = word.lower() in self._after
                    name = " ".join((first, *others[:place]))
                    break
            if name.count(" ") >= _WORDS:
                return None
        if name.endswith(("'s", "’s")):
            name = name[:-2]
        is_town = (
            is_civic
            or not start
            or text.endswith(self._before, 0, start)
            or text.startswith(_DASHES, end)
        )
        if not is_town and self._after:
            after = _NEXT.match(text, end)
            is_town = after is not None and after[1] in self._after
        return name if is_town else None


class Towns:
    """The table of towns; build it once in each process."""

    def __init__(self, table: bytes) -> None:
        """Take the table as ``build_gazetteer.py`` writes it, sorted by bytes."""
        self._table = table
        self._lines = array("I", [0, *(end.end() for end in re.finditer(b"\n", table))])
        self.places = functools.lru_cache(maxsize=_LOOKUPS)(self._places)

    @classmethod
    def load(cls) -> Towns:
        """Return the packaged table."""
        folder = importlib.resources.files("transforms.enrich") / "data"
        return cls(gzip.decompress((folder / _TABLE).read_bytes()))

    def _places(self, folded: str) -> tuple[Place, ...]:
        """Return the towns of a folded name, best known first."""
        wanted = folded.encode() + b"\t"
        low, high = 0, len(self._lines) - 1
        while low < high:
            middle = (low + high) // 2
            start = self._lines[middle]
            if self._table[start : start + len(wanted)] < wanted:
                low = middle + 1
            else:
                high = middle
        start = self._lines[low]
        if not self._table.startswith(wanted, start):
            return ()
        end = self._table.index(b"\n", start)
        cells = self._table[start + len(wanted) : end].decode().split(" ")
        return tuple(_place(cell) for cell in cells)

    def has(self, name: str) -> bool:
        """Return whether there is a town of this name, in Latin letters."""
        return bool(self._places(fold(name)))

    def find(self, text: str, cues: Cues, found: Sequence[Match]) -> Iterator[Match]:
        """Yield the towns of ``text`` that the gazetteer does not have.

        Args:
          text: The text.
          cues: What shows that a name is a town's in its language.
          found: What the gazetteer has found in it, in order.
        """
        for run in _NAMES.finditer(text):
            name = cues.town(text, *run.span())
            if name is None:
                continue
            places = self.places(fold(name))
            if places:
                sizes: dict[str, int] = {}
                for place in places:
                    sizes.setdefault(place.code, place.population)
                codes, populations = tuple(sizes), tuple(sizes.values())
                start = run.start()
                end = start + len(name)
                match = Match(start, end, name, codes, Kind.CITY, populations, bare=end)
                if not _overlaps(match, found):
                    yield match

    def neighbours(
        self, names: Iterable[str], countries: Iterable[str] = ()
    ) -> dict[str, frozenset[str]]:
        """Return by country which of the places named can be in one region of it.

        Only regions that are best known for one of the names count: there is a Dublin,
        an Athens and a London in Ohio, and an article that names the three is about
        Europe.

        Args:
          names: Folded names of places.
          countries: Folded names of countries that may be towns instead: Lebanon.
        """
        names = set(names)
        if len(names) < len(("Athens", "Tyler")):
            return {}
        inside: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        anchored: set[tuple[str, str]] = set()
        for name in names:
            places = self.places(name)
            for place in places:
                inside[place[:2]].add(name)
            anchored.update(place[:2] for place in places[:1])
        best: dict[str, tuple[int, int, frozenset[str]]] = {}
        regions: dict[str, str] = {}
        for code, region in sorted(anchored):
            found = frozenset(inside[code, region]) if region else frozenset()
            own = sum(self.places(name)[0].code == code for name in found)
            if (len(found), own) > best.get(code, (0, 0, found))[:2]:
                best[code] = len(found), own, found
                regions[code] = region
        # A place is in one of them only: the one that more of the others are in.
        left: set[str] = set().union(*inside.values())
        most: dict[str, frozenset[str]] = {}
        for code, (_, _, found) in sorted(
            best.items(), key=lambda item: item[1][:2], reverse=True
        ):
            if len(found & left) > 1:
                region = regions[code]
                most[code] = (found & left).union(
                    name for name in countries if self._has_town(name, code, region)
                )
                left -= found
        return most

    def _has_town(self, name: str, code: str, region: str) -> bool:
        return any(
            place[:2] == (code, region) and place.population >= _NAMED
            for place in self.places(name)
        )


def _overlaps(match: Match, found: Sequence[Match]) -> bool:
    place = bisect.bisect_right(found, match.start, key=lambda other: other.end)
    return place < len(found) and found[place].start < match.end


def _place(cell: str) -> Place:
    code, region, thousands = cell.split(".")
    return Place(code, region, int(thousands) * 1_000)


@functools.cache
def load_towns() -> Towns:
    """Return the packaged table, read once in a process."""
    return Towns.load()
