"""What is found in a text: matches of the gazetteer's forms, and hints beside them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from transforms.enrich.geography.folding import is_unspaced
from transforms.enrich.geography.forms import COMBINING, Row
from transforms.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Match:
    """A form of the gazetteer found in a text.

    Attributes:
      start: Where it starts, in code points.
      end: Where it ends.
      surface: The text between the two.
      codes: ISO 3166-1 alpha-2 codes it may stand for, likeliest first.
      kind: What kind of expression it is.
      populations: For a city, the inhabitants of the largest one of that name in each
        of ``codes``.
      namesakes: Other countries that have a smaller place of this name.
      is_paired: Whether it is written as one with the name of another country.
      bare: Where the form itself ends, without what its language appends to it.
    """

    start: int
    end: int
    surface: str
    codes: tuple[str, ...]
    kind: Kind
    populations: tuple[int, ...] = ()
    namesakes: tuple[str, ...] = ()
    is_paired: bool = False
    bare: int = dataclasses.field(kw_only=True)


class Found(NamedTuple):
    """The result for a text: the matches, and how many hints point to a country."""

    matches: Sequence[Match]
    hints: dict[str, float]


class Page(NamedTuple):
    """A text, plain and folded, with the patterns that start at each of its places."""

    text: str
    folded: str
    languages: frozenset[str] | None
    starts: dict[int, list[tuple[int, int]]]


def is_whole(rows: list[Row]) -> bool:
    """Return whether rows with one pattern are words that take no ending."""
    return not is_unspaced(rows[0].form.text[0]) and all(
        row.form.endings is None and row.kind != COMBINING for row in rows
    )


def match_of(page: Page, row: Row, begin: int, end: int, *, is_paired: bool) -> Match:
    """Return what ``row`` reads at ``begin`` to ``end``."""
    return Match(
        begin,
        end,
        page.text[begin:end],
        row.codes,
        Kind.DEMONYM if row.kind == COMBINING else Kind(row.kind),
        row.populations,
        row.namesakes,
        is_paired,
        bare=min(begin + len(row.form.text), end),
    )


def weigh(hinted: Iterable[Row]) -> dict[str, float]:
    """Return how many hints point to each country; one that has several is shared."""
    hints: dict[str, float] = defaultdict(float)
    for row in hinted:
        for code in row.codes:
            hints[code] += 1 / len(row.codes)
    return hints


def both_of(page: Page, row: Row, begin: int) -> Iterator[Match]:
    """Yield the letters of a pair, each with its country."""
    for place, code in enumerate(row.codes, begin):
        letter = page.text[place]
        yield Match(
            place,
            place + 1,
            letter,
            (code,),
            Kind.NAME,
            is_paired=True,
            bare=place + 1,
        )


def restore(match: Match, text: str, offsets: Sequence[int]) -> Match:
    """Return a match of the plain text as one of ``text``."""
    start, end = offsets[match.start], offsets[match.end]
    surface = text[start:end]
    bare = offsets[match.bare]
    return dataclasses.replace(match, start=start, end=end, surface=surface, bare=bare)
