"""A newsbeam command in a process of its own, which kills itself at a given step.

``killed_command.py WHERE MOMENT COMMAND…``: WHERE and MOMENT as ``killed_run.py`` has
them, ``-`` and ``-`` for a command that nothing kills from within.
"""

from __future__ import annotations

import sys
from pathlib import Path

from killed_run import die_at

if __name__ == "__main__":
    where, moment, *command = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from pipeline.cli import main

    if where != "-":
        die_at(where, moment)
    sys.argv = ["newsbeam", *command]
    main()
