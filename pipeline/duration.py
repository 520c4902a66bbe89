"""Spans of time as a person writes them."""

from __future__ import annotations

import datetime as dt
import re

from transforms.errors import ConfigError

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def span(text: str) -> dt.timedelta:
    """Return a span of time such as ``90s``, ``2h`` or ``1h30m``.

    Raises:
      ConfigError: When it is not a time.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ConfigError((f"--for {text!r}: write a time as 90s, 30m, 2h or 1h30m",))
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        return dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ConfigError((f"--for {text!r}: too long",)) from None
