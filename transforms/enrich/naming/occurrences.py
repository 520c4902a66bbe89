"""Where each of many names stands in a text, in one pass over it."""

from __future__ import annotations

import collections
from collections.abc import Sequence

from ahocorasick_rs import AhoCorasick, Implementation


def occurrences(names: Sequence[str], text: str) -> dict[str, list[int]]:
    """Return where names start in ``text``, as parts of words too.

    Args:
      names: What to look for; none empty.
      text: Where to look.

    Returns:
      The places by name, in order; those of one name do not overlap each other.
    """
    found: dict[str, list[int]] = collections.defaultdict(list)
    if not names or not text:
        return found
    ends: dict[str, int] = {}
    # The default is for few short words: a long word takes time by the square of its length.
    automaton = AhoCorasick(names, implementation=Implementation.NoncontiguousNFA)
    pairs = automaton.find_matches_as_indexes(text, overlapping=True)
    for number, start, end in sorted(pairs, key=lambda found: found[1]):
        name = names[number]
        if start >= ends.get(name, 0):
            found[name].append(start)
            ends[name] = end
    return found
