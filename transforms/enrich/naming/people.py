"""Finds the fuller name of an article that a shorter one stands for.

``Poutine``, ``V. Poutine`` and ``Vladimir Poutine`` are one person where no other name of
the article ends like that.  An article may name thousands of people: each name is looked
up by its ends, never compared with all others.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable

Name = tuple[str, ...]
"""The words of a name, their case folded."""

_MOST_WORDS = 12
"""A part with more words is not looked for: no name of a person is that long."""
_ONE = 2
"""This many are looked at to see whether there is one alone."""


class FullNames:
    """The names so far that stand for themselves, the longest first."""

    def __init__(self) -> None:
        self._by_tail: dict[Name, list[Name]] = collections.defaultdict(list)
        self._by_head: dict[Name, list[Name]] = collections.defaultdict(list)
        # By first and last word, and by the first letter and the last word.
        self._by_ends: dict[Name, list[Name]] = collections.defaultdict(list)
        # By the first letter and all that follows the first word.
        self._by_initial: dict[Name, list[Name]] = collections.defaultdict(list)
        # Of as many words as the last one that came: no name has its words left out.
        self._equals: list[Name] = []

    def add(self, name: Name) -> None:
        """Take a name that has no more words than those before it."""
        self._step_down(name)
        self._equals.append(name)
        for words in range(1, min(len(name), _MOST_WORDS + 1)):
            self._by_tail[name[-words:]].append(name)
            self._by_head[name[:words]].append(name)
        if len(name) > 1:
            self._by_initial[(name[0][0], *name[1:])].append(name)

    def find(self, name: Name) -> Name | None:
        """Return the one fuller name that ``name`` stands for, None if not sure."""
        self._step_down(name)
        found = _distinct(self._with_surname(name))
        if not found:
            # A given name, or a family name that stands first, as in Korean and
            # Hungarian.
            found = _distinct(self._by_head.get(name, ()))
        return found[0] if len(found) == 1 else None

    def _with_surname(self, name: Name) -> Iterable[Name]:
        yield from self._by_tail.get(name, ())
        if len(name) > 1:
            # A middle name or an initial left out: same first, same last word.
            yield from self._by_ends.get((name[0], name[-1]), ())
            # V. Poutine and Vladimir Poutine: as many words, one of them an initial.
            if len(name[0]) == 1:
                yield from self._by_initial.get(name, ())

    def _step_down(self, name: Name) -> None:
        if self._equals and len(name) < len(self._equals[0]):
            for longer in self._equals:
                first, last = longer[0], longer[-1]
                for start in dict.fromkeys((first, first[0])):
                    self._by_ends[start, last].append(longer)
            self._equals = []


def _distinct(names: Iterable[Name]) -> list[Name]:
    """Return the first two different ones of ``names``, or fewer."""
    kept: dict[Name, None] = {}
    for name in names:
        kept[name] = None
        if len(kept) == _ONE:
            break
    return list(itertools.islice(kept, _ONE))
