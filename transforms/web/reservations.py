"""Reservations: whether a publisher reserves the rights of text and data mining.

TDMRep (www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510) knows three places: a
header of the answer, a ``meta`` element of the page, and ``/.well-known/tdmrep.json`` of
the site.  What is not as it says counts as not said.  Where several places speak, one
that reserves is enough.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from transforms.web.robots import RobotsFile, SiteFiles

HEADER = "tdm-reservation"
MAX_BYTES = 500_000
_VALUES = {"1": True, "0": False}
# Rules of a file, and characters of a location; more is no site's real list.
_MOST_RULES, _LONGEST = 10_000, 2_000


class Reservations(SiteFiles):
    """The tdmrep.json of any number of sites; may be shared by threads."""

    path = "/.well-known/tdmrep.json"


def said(value: str | None) -> bool | None:
    """Return what the value of a header or ``meta`` says, None where it says nothing."""
    return _VALUES.get((value or "").strip())


def together(values: Iterable[bool | None]) -> bool | None:
    """Return what several places say: one that reserves is enough."""
    known = [value for value in values if value is not None]
    return any(known) if known else None


def reserved_by(file: RobotsFile, url: str) -> bool | None:
    """Return what a site's tdmrep.json says of a page: the first rule that matches.

    Args:
      file: The file, as text; none where it was not available.
      url: The page's address.
    """
    try:
        rules = json.loads(file.text or "null")
    except (ValueError, RecursionError):
        return None
    if not isinstance(rules, list):
        return None
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    for rule in rules[:_MOST_RULES]:
        if isinstance(rule, dict) and _matches(rule.get("location"), path):
            return said(str(rule.get(HEADER)))
    return None


def _matches(location: object, path: str) -> bool:
    """Return whether a path matches a location: as in robots.txt, with ``*`` and ``$``."""
    if not isinstance(location, str) or not 0 < len(location) <= _LONGEST:
        return False
    is_whole = location.endswith("$")
    first, *others = re.sub(r"\*+", "*", location.removesuffix("$")).split("*")
    if not path.startswith(first):
        return False
    # Piece by piece from the left: no pattern takes more than one pass.
    place = len(first)
    for number, piece in enumerate(others, 1):
        if is_whole and number == len(others):
            return len(path) - len(piece) >= place and path.endswith(piece)
        found = path.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return not is_whole or place == len(path)
