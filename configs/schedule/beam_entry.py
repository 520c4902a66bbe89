"""``newsbeam run`` for launchers of Beam pipelines, which know options alone.

``beam_entry.py --config=FILE --run-id=ID …`` is ``newsbeam run FILE --run-id=ID …``.
"""

from __future__ import annotations

import sys

from pipeline.cli import main

if __name__ == "__main__":
    arguments = [argument.removeprefix("--config=") for argument in sys.argv[1:]]
    sys.argv = [sys.argv[0], "run", *arguments]
    main()
