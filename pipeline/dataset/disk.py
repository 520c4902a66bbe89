"""What a disk has to do with an error."""

from __future__ import annotations

import errno
import os
import sqlite3


def is_full(error: BaseException | None) -> bool:
    """Return whether an error, or what caused it, is that the disk is full."""
    # Beam raises errors again without their number, the first one as their cause.
    while error is not None:
        if getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
