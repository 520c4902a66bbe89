"""Data of locales: what is read from them stays, few of them do."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from babel import localedata

from transforms.fast.insides import warn_once
from transforms.fast.locales import FEW, keep_few_locales

_NAMES = """
from babel import localedata
from transforms.fast.locales import keep_few_locales
from transforms.text.calendars import load_months, month_named
keep_few_locales()
load_months()
print(month_named("outubro"), month_named("heinakuu"), month_named("aprilie"))
print(len(localedata._cache))
"""


def names(plain: str) -> list[str]:
    """Return some months, and how many locales are kept; the plain way keeps all."""
    done = subprocess.run(
        [sys.executable, "-c", _NAMES],
        env={"NEWSBEAM_PLAIN": plain},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_months_are_the_same_and_few_locales_are_kept() -> None:
    every, few = names("1"), names("0")
    assert every[0] == few[0] == "10 7 4"
    assert int(every[1]) > int(few[1]) == FEW


def test_another_babel_is_reported_once_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Also where all other tests go the plain way, which asks nothing of Babel.
    monkeypatch.delenv("NEWSBEAM_PLAIN", raising=False)
    warn_once.cache_clear()
    monkeypatch.delattr(localedata, "_cache")
    with caplog.at_level(logging.WARNING):
        keep_few_locales()
        keep_few_locales()
    assert [record.message for record in caplog.records] == [
        "Babel has changed: the data of locales stays in memory"
    ]
