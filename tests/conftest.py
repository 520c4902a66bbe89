"""What the tests share: a way to run newsbeam, and golden files."""

from __future__ import annotations

import contextlib
import copy
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
from typing import Any, TypeVar

import hypothesis
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import core, userstate
from apache_beam.typehints import decorators
from kit import ROOT, Dataset

from pipeline.cli import main

# Speed is the benchmarks' business: an example may take long on a busy machine.
# The tests try the same examples each time: what fails has been changed, not drawn.
hypothesis.settings.register_profile(
    "newsbeam",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# `make soak` looks for others.
hypothesis.settings.register_profile(
    "soak",
    hypothesis.settings.get_profile("newsbeam"),
    derandomize=False,
    max_examples=2_000,
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


Specs = tuple[set[Any], set[Any]]
Options = TypeVar("Options", bound=PipelineOptions)


def _remember_functions() -> None:
    """Have Beam look once at each function: what it asks does not change.

    A pipeline asks for the arguments of functions ten thousand times, and reads their
    source: a third of what a small run costs.
    """
    for module, name in (
        (core, "get_function_args_defaults"),
        (core, "_get_function_body_without_inners"),
        (decorators, "get_signature"),
    ):
        setattr(module, name, _once_a_function(getattr(module, name)))


def _once_a_function(look: Callable[[Any], Any]) -> Callable[[Any], Any]:
    of_methods: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
    of_others: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def remembered(function: Any) -> Any:
        is_method = inspect.ismethod(function)
        known = of_methods if is_method else of_others
        key = function.__func__ if is_method else function
        try:
            if key not in known:
                known[key] = look(function)
        except TypeError:
            # It cannot be a key.
            return look(function)
        found = known[key]
        return tuple(map(copy.copy, found)) if isinstance(found, tuple) else found

    return remembered


def _remember_options() -> None:
    """Have Beam parse the same flags once for each kind of options.

    A pipeline asks for a view of its options five hundred times, and each makes a parser
    of its own: a third of what a small run costs.
    """
    parsed: dict[tuple[type, tuple[str, ...]], Any] = {}

    def view_as(options: PipelineOptions, kind: type[Options]) -> Options:
        flags = tuple(sys.argv[1:] if options._flags is None else options._flags)  # noqa: SLF001
        if (kind, flags) not in parsed:
            parsed[kind, flags] = kind(flags)._visible_options  # noqa: SLF001
        view: Options = object.__new__(kind)
        view._flags = options._flags  # noqa: SLF001
        view._visible_options = parsed[kind, flags]  # noqa: SLF001
        for name, value in vars(view._visible_options).items():  # noqa: SLF001
            if name not in options._all_options:  # noqa: SLF001
                # A list may be added to.
                options._all_options[name] = copy.copy(value)  # noqa: SLF001
        view._all_options = options._all_options  # noqa: SLF001
        return view

    PipelineOptions.view_as = view_as


def _remember_specs() -> None:
    """Have Beam look once for the states and timers of each class of functions."""
    look = userstate.get_dofn_specs
    of_classes: weakref.WeakKeyDictionary[type, Specs] = weakref.WeakKeyDictionary()

    def remembered(function: core.DoFn) -> Specs:
        # A function that is wrapped is a method of its own.
        if any(map(inspect.ismethod, vars(function).values())):
            return look(function)
        kind = type(function)
        if kind not in of_classes:
            of_classes[kind] = look(function)
        states, timers = of_classes[kind]
        return set(states), set(timers)

    userstate.get_dofn_specs = remembered


_remember_functions()
_remember_options()
_remember_specs()
# Workers that run side by side are told of a terminal of 80 columns, which is not there.
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)
# What a test has just written may be in writing still, or not any more, as a run begins:
# that is for the tests of files that are passed over.
os.environ["NEWSBEAM_SOURCE__REREAD"] = "true"


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


@pytest.fixture(scope="session")
def azurite() -> Iterator[dict[str, str]]:
    """Serve Azure's store on this machine; gives the variables that name it."""
    from objects import AZURITE, azure  # noqa: PLC0415 - only some tests need it

    if not AZURITE.exists():
        pytest.skip("Azurite is not there: make azurite fetches it, which needs npm")
    with azure() as variables:
        yield variables


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

    def command(*arguments: str | Path, folder: Path = ROOT) -> Done:
        monkeypatch.chdir(folder)
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
