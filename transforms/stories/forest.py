"""Forest: each article linked to the earlier one that it is most like, and what follows.

A link leads from an article to an earlier one, so the links make trees.  Which link an
article has depends on what there is, not on the order in which it was read: an article
that comes late is linked like any other, and those after it that are more like it than
like what they were linked to are linked to it.

Copies of a text lead to its original.  A tree is a story, but for its weak links: where
ten articles or more follow one that is only weakly linked, it heads a story of its own.
So two events that grow side by side are two, and no story grows by chance links alone.

What sites print again day after day is no event: weather, horoscopes, notices.  Pages that
are very like each other, and most of whose sites have them on three days, are a series.  Of
a series only the copies of one text on one day stay together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from transforms.stories.likeness import STRONG, WHOLE, Comparison, Link, LinkKind
from transforms.stories.signature import Signature

ALONE = 10
"""Articles that make a story of their own, themselves and those that follow them."""
DAYS_OF_SERIES = 3
"""Days on which a site prints what is no event."""
BEFORE_ALL = (-1, 0, b"")
"""Where an article that is forgotten stands in the order."""


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """An article of the window.

    Attributes:
      number: Its number in the memory.
      order: Where it stands in the order of articles; no two have the same.
      site: Which site has it.
      signature: What it is compared by.
    """

    number: int
    order: tuple[int, int, bytes]
    site: int
    signature: Signature


@dataclasses.dataclass(frozen=True, slots=True)
class Linked:
    """That an article is linked to an earlier one.

    Attributes:
      to: The number of the other; None where the memory has forgotten it.
      order: The other's place in the order; :data:`BEFORE_ALL` where it is forgotten.
      link: How.
    """

    to: int | None
    order: tuple[int, int, bytes]
    link: Link

    def beats(self, other: Linked | None) -> bool:
        """Return whether it is stronger; of equally strong ones the earlier article's."""
        if other is None:
            return True
        mine, theirs = self.link.strength, other.link.strength
        return mine > theirs or (mine == theirs and self.order < other.order)


class Neighbourhood(Protocol):
    """What is remembered of the articles in the window."""

    def near(self, node: Node) -> Sequence[Node]:
        """Return articles that may be like one."""

    def linked(self, number: int) -> Linked | None:
        """Return what an article is linked to."""

    def link(self, number: int, linked: Linked) -> None:
        """Link an article to another."""


def plant(node: Node, memory: Neighbourhood) -> set[int]:
    """Link a new article, and to it those that are more like it than like others.

    Args:
      node: The article, remembered already.
      memory: What is remembered.

    Returns:
      The numbers of the articles whose trees have changed.
    """
    best: Linked | None = None
    touched = {node.number}
    near = memory.near(node)
    comparison = Comparison(
        node.signature,
        [other.signature for other in near],
        [other.site == node.site for other in near],
    )
    # Of a report that a hundred papers print, words need not be compared a hundred times.
    surest = sorted(range(len(near)), key=comparison.most.__getitem__, reverse=True)
    for place in surest:
        other = near[place]
        is_earlier = other.order < node.order
        if is_earlier and best and best.link.strength > comparison.most[place]:
            continue
        link = comparison.link(place)
        if link is None:
            continue
        if is_earlier:
            found = Linked(other.number, other.order, link)
            if found.beats(best):
                best = found
            continue
        found = Linked(node.number, node.order, link)
        linked = memory.linked(other.number)
        if found.beats(linked):
            memory.link(other.number, found)
            touched.add(other.number)
            if linked is not None and linked.to is not None:
                touched.add(linked.to)
    if best is not None:
        memory.link(node.number, best)
    return touched


@dataclasses.dataclass(frozen=True, slots=True)
class Belonging:
    """Where an article belongs.

    Attributes:
      story: The id of the article that heads its story; its own, if it does.
      original: The id of the article whose text it has; None if it copies none.
    """

    story: bytes
    original: bytes | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """An article of a tree.

    Attributes:
      id: Its id.
      day: When it was published, in days of the epoch.
      site: Which site has it.
    """

    id: bytes
    day: int
    site: int


def places(
    tree: Sequence[Member], links: Mapping[bytes, tuple[bytes, Link]], root: Belonging
) -> dict[bytes, Belonging]:
    """Return where each article of a tree belongs.

    Args:
      tree: The tree's articles, each behind the one that it is linked to.
      links: What they are linked to, and how, by their ids; the first article has none.
      root: Where the first article belongs: to itself, or where one belonged that is
        forgotten.
    """
    series = _series(tree, links)
    days = {member.id: member.day for member in tree}
    followers = dict.fromkeys(days, 1)
    heads = set()
    for member in reversed(tree[1:]):
        to, link = links[member.id]
        if link.strength >= STRONG:
            # Both are of one series, or of none.
            is_copy = link.strength >= WHOLE and days[member.id] == days[to]
            is_over = member.id in series and not is_copy
        else:
            is_over = followers[member.id] >= ALONE
        if is_over:
            heads.add(member.id)
        else:
            followers[to] += followers[member.id]
    first = tree[0].id
    result = {first: Belonging(first) if first in series else root}
    for member in tree[1:]:
        to, link = links[member.id]
        if member.id in heads:
            result[member.id] = Belonging(member.id)
            continue
        original = None
        if link.kind is LinkKind.COPY:
            original = result[to].original or to
        result[member.id] = Belonging(result[to].story, original)
    return result


def _series(
    tree: Iterable[Member], links: Mapping[bytes, tuple[bytes, Link]]
) -> set[bytes]:
    """Return the articles of a tree that are one of a series."""
    group_of: dict[bytes, bytes] = {}
    days: dict[bytes, dict[int, set[int]]] = {}
    for member in tree:
        to, link = links.get(member.id, (member.id, None))
        is_like = link is not None and link.strength >= STRONG
        group = group_of[member.id] = group_of[to] if is_like else member.id
        printed = days.setdefault(group, {}).setdefault(member.site, set())
        printed.add(member.day)
    series = {
        group
        for group, sites in days.items()
        if 2 * sum(len(there) >= DAYS_OF_SERIES for there in sites.values())
        >= len(sites)
    }
    return {article for article, group in group_of.items() if group in series}
