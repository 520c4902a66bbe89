"""Forest: each article linked to the earlier one that it is most like, and what follows.

A link leads from an article to an earlier one, so the links make trees.  Which link an
article has depends on what there is, not on the order in which it was read: an article
that comes late is linked like any other, and those after it that are more like it than
like what they were linked to are linked to it.

Copies of a text lead to its original.  A tree is a story, but for its weak links: where
ten articles or more follow one that is only weakly linked, it heads a story of its own.
So two events that grow side by side are two, and no story grows by chance links alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Protocol

from transforms.stories.likeness import STRONG, Link, LinkKind, likeness
from transforms.stories.signature import Signature

ALONE = 10
"""Articles that make a story of their own, themselves and those that follow them."""


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
      to: The number of the other.
      order: The other's place in the order.
      link: How.
    """

    to: int
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

    def near(self, node: Node) -> Iterable[Node]:
        """Yield articles that may be like one."""

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
    for other in memory.near(node):
        link = likeness(
            node.signature,
            other.signature,
            is_one_site=node.site == other.site,
            least=best.link.strength if best and other.order < node.order else 0.0,
        )
        if link is None:
            continue
        if other.order < node.order:
            found = Linked(other.number, other.order, link)
            if found.beats(best):
                best = found
            continue
        found = Linked(node.number, node.order, link)
        linked = memory.linked(other.number)
        if found.beats(linked):
            memory.link(other.number, found)
            touched.add(other.number)
            if linked is not None:
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


def places(
    tree: Iterable[bytes], links: Mapping[bytes, tuple[bytes, Link]], root: Belonging
) -> dict[bytes, Belonging]:
    """Return where each article of a tree belongs.

    Args:
      tree: The ids of the tree's articles, each behind the one that it is linked to.
      links: What they are linked to, and how; the first article has none.
      root: Where the first article belongs: to itself, or where one belonged that is
        forgotten.
    """
    ordered = list(tree)
    followers = dict.fromkeys(ordered, 1)
    heads = set()
    for article in reversed(ordered[1:]):
        to, link = links[article]
        if link.strength < STRONG and followers[article] >= ALONE:
            heads.add(article)
        else:
            followers[to] += followers[article]
    result = {ordered[0]: root}
    for article in ordered[1:]:
        to, link = links[article]
        story = article if article in heads else result[to].story
        original = None
        if link.kind is LinkKind.COPY:
            original = result[to].original or to
        result[article] = Belonging(story, original)
    return result
