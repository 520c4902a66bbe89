"""Where articles come from, and what is wrong with the patterns that name files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pydantic

from transforms.parse.subscriptions import FeedList
from transforms.work.options import Options

WILDCARDS = "*?["
"""What makes a glob of a path."""
ANY_DEPTH = "**"
"""The part of a glob that stands for folders of any depth."""
# By which Beam's file systems know a URL.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class SourceOptions(Options):
    """Where articles come from (section ``[source]``)."""

    files: tuple[str, ...] = ()
    """Files, folders or globs (``**`` for any depth)."""
    feeds: FeedList = ()
    """Feeds: URLs, or tables with url, name, country."""
    opml: Path | None = None
    """OPML file with more feeds, as feed readers export it."""
    reread: bool = False
    """Read files again that have not changed since all that is in them was read."""
    max_document_bytes: int = pydantic.Field(default=20_000_000, gt=0)
    """No single document may be larger, decompressed: trafilatura's own limit."""


def match_problem(pattern: str) -> str | None:
    """Return what is wrong with a pattern before anything is read, None if nothing is.

    A glob that matches nothing yet is no mistake: an inbox may be empty.
    """
    problem = None
    if not pattern.strip() or "\0" in pattern:
        problem = "must name a file, a folder or a glob"
    elif _SCHEME.match(pattern.strip()) or os.path.lexists(pattern):
        problem = None
    elif "[" in pattern and "]" not in pattern[pattern.index("[") :]:
        problem = f"bad glob: '[' is never closed in {pattern!r}"
    elif any(ANY_DEPTH in part and part != ANY_DEPTH for part in pattern.split("/")):
        problem = f"bad glob: '**' must stand alone between slashes in {pattern!r}"
    else:
        wildcards = [pattern.index(c) for c in WILDCARDS if c in pattern]
        folder = os.path.dirname(pattern[: min(wildcards, default=0)])
        if not wildcards:
            problem = f"no such file or folder: {pattern!r}"
        elif folder and not os.path.isdir(folder):
            problem = f"no such folder: {folder!r} (for the glob {pattern!r})"
    return problem
