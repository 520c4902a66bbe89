"""Finds a name from one sentence of an article in the other sentences.

A model reads each sentence by itself, and misses in one what it finds in the next, or half
of it: ``Kim Jong`` where the article has ``Kim Jong Un`` elsewhere.
"""

from __future__ import annotations

import bisect
import collections
from collections.abc import Iterator, Mapping, Sequence

from transforms.enrich.geography.folding import is_unspaced
from transforms.enrich.naming.occurrences import occurrences
from transforms.enrich.naming.spans import Span
from transforms.text.letters import goes_on
from transforms.vocabulary import EntityType, Field

_LEAST = 3
"""Code points that a name of one word has at least, to be looked for."""
_LEAST_UNSPACED = 2
_SHARE = 0.5
"""Of the places where a word stands, the share that must be names for all to be."""


def spread(fields: Mapping[Field, str], spans: Sequence[Span]) -> list[Span]:
    """Return the spans, and those of the same names elsewhere in the article.

    Args:
      fields: The text of each field.
      spans: The names that were found.
    """
    found: dict[str, list[Span]] = collections.defaultdict(list)
    for span in spans:
        found[fields[span.field][span.start : span.end]].append(span)
    kept = {field: _Spans(s for s in spans if s.field is field) for field in fields}
    # The longest first: what is a part of a longer name is not looked for there.
    telling = sorted(filter(_is_telling, found), key=len, reverse=True)
    standing = {field: occurrences(telling, text) for field, text in fields.items()}
    for surface in telling:
        own = found[surface]
        places = [
            (field, start)
            for field, text in fields.items()
            for start in standing[field].get(surface, ())
            if _is_whole(surface, text, start)
        ]
        if _is_one_word(surface) and len(own) < _SHARE * len(places):
            continue
        votes = collections.Counter(span.type for span in own)
        kind = votes.most_common(1)[0][0]
        for field, start in places:
            kept[field].put(Span(start, start + len(surface), kind, field))
    return [span for field in fields for span in kept[field]]


def _is_telling(surface: str) -> bool:
    """Return whether a name is a name wherever it stands."""
    if is_unspaced(surface[0]):
        return len(surface) >= _LEAST_UNSPACED
    return len(surface) >= _LEAST and not surface.islower()


def _is_one_word(surface: str) -> bool:
    return " " not in surface


def _is_whole(surface: str, text: str, start: int) -> bool:
    """Return whether a name that stands at ``start`` is a word of its own there."""
    end = start + len(surface)
    return is_unspaced(surface[0]) or not (
        goes_on(text[start - 1 : start]) or goes_on(text[end : end + 1])
    )


class _Spans:
    """The spans of one field, none overlapping another."""

    def __init__(self, spans: Iterator[Span]) -> None:
        self._spans = sorted(spans, key=lambda span: span.start)
        self._starts = [span.start for span in self._spans]

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def put(self, new: Span) -> None:
        """Add a span, in the place of those that lie within it, if none reaches out."""
        first = bisect.bisect_left(self._starts, new.start)
        if first and self._spans[first - 1].end > new.start:
            return
        last = bisect.bisect_left(self._starts, new.end)
        within = self._spans[first:last]
        if any(span.end > new.end for span in within):
            return
        if any((span.start, span.end) == (new.start, new.end) for span in within):
            return
        if any(span.type is not EntityType.PER for span in within) and (
            new.type is EntityType.PER
        ):
            return
        self._spans[first:last] = [new]
        self._starts[first:last] = [new.start]
