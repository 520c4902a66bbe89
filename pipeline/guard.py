"""A look at start-up whether ``pipeline`` and ``transforms`` are both newsbeam's.

Both are common names: another distribution may install a package of the same name over
ours, or a folder of that name may lie in the working directory.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path


def intruder() -> str | None:
    """Return what is wrong when another package shadows one of ours, else None."""
    ours = Path(__file__).resolve().parents[1]
    found = importlib.util.find_spec("transforms")
    origin = Path(found.origin).resolve() if found and found.origin else None
    if origin == ours / "transforms" / "__init__.py":
        return None
    return (
        f"the package 'transforms' is not newsbeam's but {origin or 'missing'}; "
        "install newsbeam in an environment of its own, and do not run it from a folder "
        "that has a 'transforms' of its own"
    )
