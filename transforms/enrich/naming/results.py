"""Tables and lines of results, in which places are the clubs that play there.

A model takes ``Falkirk 17 9 2 6 18`` and ``Luton 2 Boreham Wood 1`` for places.  Countries
stay places there, as the teams of countries are by the guideline of WikiNER.
"""

from __future__ import annotations

import re

_ROW = re.compile(r"(?: \(?\d+\)?){3}[\d .,:;|/()+–-]*")
"""What fills a line of a table behind the name that it is about."""
_BEFORE = 8
"""Code points that stand before a name in its row at most: its place in the table."""
_SCORE = re.compile(
    r"\s*(?:\d+ )?[^\d\n]{2,30} \d{1,2}(?: ?[-–:,] ?| v | )(?:[^\d\n]{2,30} )?\d{1,2}\s*"
)
_LINE = 80
"""Code points that a line with a score has at most."""


def is_club(text: str, start: int, end: int) -> bool:
    """Return whether a name stands in a table or a line of results.

    Args:
      text: The text.
      start: Where the name starts.
      end: Where it ends.
    """
    head = text[max(0, start - _LINE) : start].rpartition("\n")[2]
    tail = text[end : end + _LINE].partition("\n")[0]
    if (
        len(tail) < _LINE
        and _ROW.fullmatch(tail)
        and len(head) <= _BEFORE
        and not head.strip(" .|0123456789")
    ):
        return True
    line = head + text[start:end] + tail
    return len(line) < _LINE and _SCORE.fullmatch(line) is not None
