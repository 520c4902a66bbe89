"""The switch for what newsbeam does with the insides of its dependencies.

Some work is faster through what a dependency does not promise to keep.  Each such place
asks :func:`permitted` first, is compared with the plain way by a test, and goes the plain
way with a warning where the insides have changed.

* :mod:`transforms.fast.hasten` rewrites the searches of trafilatura, and
  :mod:`transforms.fast.cascade` does each of its steps over a page once.
* :mod:`transforms.fast.beam` names the folder in which a pipeline of Beam keeps its files,
  and stops a thread that Beam may forget.
* :mod:`transforms.fast.locales` lets Babel keep the data of few locales.
* The application leaves out a Flatten that Beam's in-process runner would fill first.
"""

from __future__ import annotations

import functools
import logging
import os

log = logging.getLogger(__name__)


def permitted() -> bool:
    """Return whether insides may be used: not where ``NEWSBEAM_PLAIN`` is 1."""
    return os.environ.get("NEWSBEAM_PLAIN") != "1"


@functools.cache
def warn_once(problem: str) -> None:
    """Report what has changed in a dependency, once in a process."""
    log.warning("%s", problem)
