"""Searches that ask each element for its own attributes alone, answered from memory.

Most of trafilatura's expressions find elements of a few tags by what their attributes say.
Classes repeat within a page, and from page to page of a site: so what an expression says
of an element is remembered by the attributes that it names.  lxml is asked for each
combination that is new, and for what else an expression asks of the few that are left.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

from lxml import etree
from lxml.html import HtmlElement

# Combinations of attributes that each search remembers, and characters of each.
_REMEMBERED = 4_000
_LONGEST = 500

_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_ATTRIBUTE = re.compile(r"@([\w-]+)")
_TAGS = re.compile(r"\s*self::[\w-]+(?:\s+or\s+self::[\w-]+)*\s*")
_TAG = re.compile(r"self::([\w-]+)")
_START = re.compile(r"\s*(\(?)\s*\.//\*\s*(?=\[)")
# What asks for the element itself: no path, no other axis, no position.
_OWN = re.compile(
    r"(?:\s|@[\w-]+|self::[\w-]+|(?:or|and)(?=\s)|(?:not|contains|starts-with|translate"
    r"|re:test)(?=\()|[()\[\],|=]|'_*')*"
)
# Elements are counted: those that are found, or around the element.
_BY_PLACE = re.compile(r"^\s*\d+\s*$|(?:position|last|count|id)\s*\(|\$|[\[\]]")


class Search:
    """Finds what an XPath expression finds, in the same order.

    Args:
      path: The expression.
      compile_: Compiles one.

    Attributes:
      path: The expression.
      known: What it says of an element, by attributes.

    Raises:
      ValueError: When it does not ask for attributes of the elements that it finds first.
    """

    def __init__(self, path: str, compile_: Callable[[str], etree.XPath]) -> None:
        self.path = path
        groups, self._finds_one, self._one_a_parent = _parts(path)
        tags = groups.pop(0) if _TAGS.fullmatch(masked(groups[0])) else ""
        self._tags = tuple(_TAG.findall(tags)) or ("*",)
        own = list(
            itertools.takewhile(lambda each: _OWN.fullmatch(masked(each)), groups)
        )
        others = groups[len(own) :]
        if not own or any(_BY_PLACE.search(masked(group)) for group in others):
            raise ValueError(path)
        asked = masked("".join(own))
        self._names = tuple(dict.fromkeys(_ATTRIBUTE.findall(asked)))
        self._asks_tag = _TAG.search(asked) is not None
        # Of several attributes, the first in the source may be the one that counts.
        self._asks_order = "|" in asked
        self._holds = compile_(_of_itself(own))
        self._holds_too = compile_(_of_itself(others)) if others else None
        self.known: dict[tuple[str | None, ...], bool] = {}

    def __repr__(self) -> str:
        return f"Search({self.path!r})"

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        """Return the elements below ``tree`` that the expression finds."""
        found = self._found(tree)
        if self._finds_one:
            return [element for element, _ in zip(found, range(1), strict=False)]
        if not self._one_a_parent:
            return list(found)
        firsts: dict[HtmlElement | None, HtmlElement] = {}
        for element in found:
            firsts.setdefault(element.getparent(), element)
        return list(firsts.values())

    def _found(self, tree: HtmlElement) -> Iterator[HtmlElement]:
        names, known = self._names, self.known
        asks_tag, asks_order = self._asks_tag, self._asks_order
        most_absent = len(names) - 2
        for element in tree.iterdescendants(*self._tags):
            key = tuple(map(element.get, names))
            if asks_order and key.count(None) <= most_absent:
                key += tuple(name for name in element.keys() if name in names)  # noqa: SIM118
            if asks_tag:
                key += (element.tag,)
            holds = known.get(key)
            if holds is None:
                holds = self._learned(element, key)
            if holds and (self._holds_too is None or self._holds_too(element)):
                yield element

    def _learned(self, element: HtmlElement, key: tuple[str | None, ...]) -> bool:
        holds = bool(self._holds(element))
        if sum(len(part) for part in key if part) <= _LONGEST:
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[key] = holds
        return holds


def _of_itself(groups: list[str]) -> str:
    return "self::*" + "".join(f"[{group}]" for group in groups)


def masked(path: str) -> str:
    """Return an expression of the same length without what its literals say."""
    return _LITERAL.sub(lambda found: f"'{'_' * (len(found[0]) - 2)}'", path)


def _parts(path: str) -> tuple[list[str], bool, bool]:
    """Return the predicates, whether one element is wanted, or one of each parent.

    Raises:
      ValueError: When it has another form.
    """
    bare = masked(path)
    start = _START.match(bare)
    if start is None:
        raise ValueError(path)
    groups, end = _predicates(path, bare, start.end())
    rest = bare[end:].split()
    one_a_parent = groups[-1].strip() == "1"
    if one_a_parent:
        groups.pop()
    if start[1]:
        finds_one = "".join(rest) == ")[1]"
        rest = [] if finds_one else rest
    else:
        finds_one = False
    if rest or (start[1] and not finds_one) or not groups:
        raise ValueError(path)
    return groups, finds_one, one_a_parent


def _predicates(path: str, bare: str, start: int) -> tuple[list[str], int]:
    """Return what stands in brackets from ``start`` on, and where that ends."""
    groups: list[str] = []
    at = start
    while at < len(bare) and (bare[at] == "[" or bare[at].isspace()):
        if bare[at] == "[":
            depth, begin = 1, at + 1
            while depth and at + 1 < len(bare):
                at += 1
                depth += (bare[at] == "[") - (bare[at] == "]")
            groups.append(path[begin:at])
        at += 1
    return groups, at
