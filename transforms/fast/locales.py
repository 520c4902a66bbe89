"""The data of locales, which Babel keeps whole for the few names that are read from them."""

from __future__ import annotations

from typing import Any

from babel import localedata

from transforms.fast.insides import permitted, warn_once

FEW = 4
"""Locales that are kept: one, what it rests on, and the one before."""
_KEPT = "_cache"


class _Few(dict[str, Any]):
    """The latest of what is put in."""

    def __setitem__(self, name: str, data: Any) -> None:
        self.pop(name, None)
        if len(self) >= FEW:
            del self[next(iter(self))]
        super().__setitem__(name, data)


def keep_few_locales() -> None:
    """Have Babel keep the data of few locales, 0.7 MB each, and read others again.

    All that is read from them is remembered where it is used.
    """
    if not permitted():
        return
    if isinstance(getattr(localedata, _KEPT, None), dict):
        setattr(localedata, _KEPT, _Few())
    else:
        warn_once("Babel has changed: the data of locales stays in memory")
