"""What the tests share: a way to run newsbeam, and golden files."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import json
import logging
import os
import signal
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGALRM, SIGINT, SIGTERM
from typing import Any

import hypothesis
import pytest
from apache_beam.transforms import core
from kit import ROOT, Dataset

from pipeline.cli import main

# Speed is the benchmarks' business: an example may take long on a busy machine.
hypothesis.settings.register_profile(
    "newsbeam",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("newsbeam")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite golden files from what newsbeam does now; review the diff",
    )


def pytest_unconfigure() -> None:
    # Beam logs that it stops an engine when Python ends, to a stream that pytest closed.
    logging.raiseExceptions = False


Arguments = tuple[list[str], list[Any]]


def _remember_arguments() -> None:
    """Have Beam look once at the arguments of each function: they do not change.

    A pipeline asks for them ten thousand times, a fifth of what a small run costs.
    """
    look = core.get_function_args_defaults
    of_methods: weakref.WeakKeyDictionary[Any, Arguments] = weakref.WeakKeyDictionary()
    of_others: weakref.WeakKeyDictionary[Any, Arguments] = weakref.WeakKeyDictionary()

    def remembered(function: Any) -> Arguments:
        is_method = inspect.ismethod(function)
        known = of_methods if is_method else of_others
        key = function.__func__ if is_method else function
        try:
            if key not in known:
                known[key] = look(function)
        except TypeError:
            # It cannot be a key.
            return look(function)
        names, defaults = known[key]
        return list(names), list(defaults)

    core.get_function_args_defaults = remembered


_remember_arguments()
# Workers that run side by side are told of a terminal of 80 columns, which is not there.
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Commands configure the root logger: put it back."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, Any], None]:
    """Compare a value with a golden file, or rewrite the file when asked to."""

    def compare(path: Path, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        if request.config.getoption("--update-golden"):
            path.write_text(text)
        assert json.loads(path.read_text()) == json.loads(text)

    return compare


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """Serve S3 on this machine; see objects.use."""
    from objects import served  # noqa: PLC0415 - only some tests need it

    with served() as server:
        yield server


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset(tmp_path / "dataset")


@dataclasses.dataclass
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def newsbeam(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """Run the command line in this process, which has imported Beam already."""

    def command(*arguments: str | Path) -> Done:
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, "argv", ["newsbeam", *map(str, arguments)])
        capsys.readouterr()
        with _own_signals(), pytest.raises(SystemExit) as leaving:
            main()
        printed = capsys.readouterr()
        return Done(int(leaving.value.code or 0), printed.out, printed.err)

    return command


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Put back what a command changes for the rest of its process."""
    signals = (SIGALRM, SIGINT, SIGTERM)
    handlers = {number: signal.getsignal(number) for number in signals}
    lost, unforeseen = sys.unraisablehook, sys.excepthook
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        sys.unraisablehook, sys.excepthook = lost, unforeseen
