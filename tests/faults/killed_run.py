"""One run in a process of its own, which kills itself at a given step.

``killed_run.py CONFIG NOW [WHERE MOMENT]``: WHERE is ``module:name`` or
``module:Class.name``, MOMENT is ``before`` or ``after`` its first call.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any


def die_at(where: str, moment: str) -> None:
    """Let the process die at the first call of a function."""
    module, _, name = where.partition(":")
    owner: Any = importlib.import_module(module)
    *classes, function = name.split(".")
    for part in classes:
        owner = getattr(owner, part)
    original = getattr(owner, function)

    @functools.wraps(original)
    def dying(*arguments: Any, **options: Any) -> None:
        if moment == "after":
            original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, function, dying)


if __name__ == "__main__":
    config, now, *fault = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from pipeline.configuration.config import load
    from pipeline.run import run

    if fault:
        die_at(*fault)
    report = run(load(Path(config)), now=dt.datetime.fromisoformat(now))
    sys.exit(bool(report.imbalances))
