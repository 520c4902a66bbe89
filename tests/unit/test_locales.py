"""Data of locales: what is read from them stays, they do not."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from babel import localedata

from transforms.fast.insides import permitted, warn_once
from transforms.fast.locales import forget_locales

_NAMES = """
from babel import localedata
from transforms.text.calendars import load_months, month_named
load_months()
print(month_named("outubro"), month_named("heinakuu"), month_named("aprilie"))
print(len(localedata._cache))
"""


def names(plain: str) -> list[str]:
    """Return some months, and how many locales are kept."""
    done = subprocess.run(
        [sys.executable, "-c", _NAMES],
        env={"NEWSBEAM_PLAIN": plain},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_months_are_the_same_and_no_locale_is_kept() -> None:
    kept, forgotten = names("1"), names("0")
    assert kept[0] == forgotten[0] == "10 7 4"
    assert int(kept[1]) > int(forgotten[1]) == 0


@pytest.mark.skipif(not permitted(), reason="the plain way asks nothing of Babel")
def test_another_babel_is_reported_once_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    warn_once.cache_clear()
    monkeypatch.delattr(localedata, "_cache")
    with caplog.at_level(logging.WARNING):
        forget_locales()
        forget_locales()
    assert [record.message for record in caplog.records] == [
        "Babel has changed: the data of locales stays in memory"
    ]
