"""The door: nothing is imported here that Python has not imported already.

So an interruption finds us ready from the first moment on, while everything else is
still being loaded.
"""

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Arrow's own allocator keeps what threads that ended have freed: 50 MB.  Arrow looks
    # once, when it is loaded.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        from pipeline.process.command import run_command
    except KeyboardInterrupt:
        sys.stderr.write("newsbeam: interrupted\n")
        sys.stderr.flush()
        os._exit(130)
    run_command()
