"""The data of locales, which Babel keeps whole for the few names that are read from them."""

from __future__ import annotations

from babel import localedata

from transforms.fast.insides import permitted, warn_once

_KEPT = "_cache"


def forget_locales() -> None:
    """Forget the data of all locales: 0.7 MB each, read again where they are needed."""
    if not permitted():
        return
    kept = getattr(localedata, _KEPT, None)
    if isinstance(kept, dict):
        kept.clear()
    else:
        warn_once("Babel has changed: the data of locales stays in memory")
