"""Runs in processes of their own, forked from one that has imported everything.

``run_server.py``: reads a JSON list of arguments a line from standard input, CONFIG, NOW,
LOG and, for a run that kills itself, WHERE and MOMENT as ``killed_run.py`` has them.
Answers with the run's process, then with how it ended.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import traceback
from pathlib import Path

from killed_run import die_at

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from pipeline.configuration.config import load
    from pipeline.run import run
    from transforms.work.preload import preload

    preload()


def work(config: str, now: str, log: str, *fault: str) -> int:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    try:
        if fault:
            die_at(*fault)
        report = run(load(Path(config)), now=dt.datetime.fromisoformat(now))
    except BaseException:  # noqa: BLE001 - the harness reads it
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 2 if report.imbalances else 0


def main() -> None:
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            os._exit(work(*json.loads(line)))
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
