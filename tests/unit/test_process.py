"""The process of a command: where it prints, and errors that nobody can catch."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.process.signals import Interrupts


def test_what_is_printed_goes_to_a_program_that_takes_it(
    newsbeam: Callable[..., Any],
) -> None:
    # A notebook's output is no file.
    taken = io.StringIO()
    with contextlib.redirect_stdout(taken):
        done = newsbeam("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert taken.getvalue().startswith("newsbeam 0.")


def test_other_errors_that_python_drops_are_shown_as_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Odd:
        def __del__(self) -> None:
            raise ZeroDivisionError("nobody foresaw this")

    shown: list[str] = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda lost: shown.append(str(lost.exc_value))
    )
    with Interrupts():
        Odd()
    assert shown == ["nobody foresaw this"]
