"""The process of a command: its signals, its output and its exit code.

Exit codes: 0 done, 1 the run failed, 2 usage or configuration, 3 another run holds the
dataset, 130 and 143 interrupted.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import gc
import importlib.util
import io
import os
import re
import select
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TextIO

from pipeline.process.signals import Interrupts, arrived, give_up

COMMITTING = frozenset(
    "compact copy forget replay reprocess run stream unbounded".split()
)
"""The commands that commit to a dataset."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# Made and not yet given back, until the collector looks for cycles: most of what a command
# makes while it starts are modules, which stay.
_OBJECTS = 20_000
# After which a thread that computes lets others go on, if they wish to.  Who waits for one
# row of the index has to wait as long, each time, while feeds are parsed beside it.
_SWITCH_SECONDS = 0.0005
# What rich and typer read, rich as whatever str.isdigit() takes for a number.
_SIZES = ("COLUMNS", "LINES", "TERMINAL_WIDTH")
_SIZE = re.compile(r"0*[1-9][0-9]{0,4}")


def run_command() -> None:
    """Run the command line and exit with its code."""
    for name in ("stdout", "stderr"):
        # None where it is closed: what is printed there goes nowhere.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        _take_any_text(getattr(sys, name))
    _forget_odd_sizes()
    sys.excepthook = _show
    gc.set_threshold(_OBJECTS)
    sys.setswitchinterval(_SWITCH_SECONDS)
    with Interrupts() as interrupts:
        try:
            other = intruder()
            if other:
                # What say() needs is of the package that is shadowed.
                sys.stderr.write(f"newsbeam: {other}\n")
            code = 2 if other else _call(interrupts)
        except KeyboardInterrupt:
            arrived()
            code = 128 + signal.SIGINT
    if interrupts.number is not None:
        # Beam turns the interruption of a stage into an error of that stage.
        code = say(_interrupted(sys.argv[1:]), 128 + interrupts.number)
    sys.exit(_flushed(code))


def _interrupted(arguments: Sequence[str]) -> str:
    """Return what is said of an interruption: of a command that only reads no more."""
    is_at_work = COMMITTING.intersection(arguments[:1])
    return f"interrupted{'; what was committed stays' * bool(is_at_work)}"


def _take_any_text(stream: TextIO) -> None:
    r"""Have a stream escape what its encoding lacks, as ``\xe9``, where it would fail.

    The text of publishers has characters that an encoding other than UTF-8 lacks.  Names
    of files have lone surrogates, which UTF-8 lacks unless the locale allows for them.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return
    is_utf8 = codecs.lookup(stream.encoding).name == "utf-8"
    if stream.errors == "strict" or (
        stream.errors == "surrogateescape" and not is_utf8
    ):
        stream.reconfigure(errors="backslashreplace")


def _forget_odd_sizes() -> None:
    """Forget a size of the terminal that is none, which would print empty pages."""
    for name in _SIZES:
        if not _SIZE.fullmatch(os.environ.get(name, "1")):
            del os.environ[name]


def intruder() -> str | None:
    """Return what is wrong when another package shadows one of ours, else None.

    Both have common names: another distribution may install one of the same name over
    ours, or a folder of that name may lie in the working directory.
    """
    ours = Path(__file__).resolve().parents[2]
    found = importlib.util.find_spec("transforms")
    origin = Path(found.origin).resolve() if found and found.origin else None
    if origin == ours / "transforms" / "__init__.py":
        return None
    return (
        f"the package 'transforms' is not newsbeam's but {origin or 'missing'}; "
        "install newsbeam in an environment of its own, and do not run it from a folder "
        "that has a 'transforms' of its own"
    )


def _show(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an error that nobody foresaw, without the secrets that it may quote."""
    import traceback

    from transforms.redaction import redact_message

    text = "".join(traceback.format_exception(kind, error, trace))
    with contextlib.suppress(OSError):
        sys.stderr.write(redact_message(text))


def say(message: str, code: int) -> int:
    """Print a message for a person, each line marked as ours; return ``code``."""
    from transforms.redaction import redact_message

    with contextlib.suppress(OSError):
        for line in redact_message(message).splitlines():
            print(f"newsbeam: {line}", file=sys.stderr)  # noqa: T201
    return code


def _call(interrupts: Interrupts) -> int:
    """Run the command and return the exit code."""
    from pipeline.cli import PastClick, app, usage_problem

    # Without a command, the help says which there are.
    arguments = sys.argv[1:] or ["--help"]
    try:
        try:
            return app(arguments, prog_name="newsbeam", standalone_mode=False) or 0
        except PastClick as carried:
            raise carried.error from None
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            # Rich makes this of a reader that has left.
            return 0
        raise
    except Exception as error:  # noqa: BLE001 - unknown ones are raised again
        if interrupts.number is not None:
            return 1
        if isinstance(error, BrokenPipeError) and _reader_has_left():
            return 0
        if isinstance(error, OSError) and error.errno in _FULL and not error.filename:
            return _unwritable(error, 1)
        problem = usage_problem(error)
        return say(problem, 2) if problem else _explain(error)


def _explain(error: Exception) -> int:
    """Say in one line what is wrong, if we know; return the exit code."""
    from transforms.errors import ConfigError, LockedError, NewsbeamError

    codes = {ConfigError: 2, LockedError: 3, NewsbeamError: 1}
    for kind, code in codes.items():
        if isinstance(error, kind):
            return say(str(error), code)
    raise error


def _reader_has_left() -> bool:
    """Return whether what our output goes to is closed, as by ``| head``."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _flushed(code: int) -> int:
    """Write out what is still held back of the output; return the exit code."""
    try:
        sys.stderr.flush()
    except OSError:
        # Nobody can be told.  Python would try again at its end, and exit with 120.
        give_up(sys.stderr)
    try:
        sys.stdout.flush()
    except OSError as error:
        return _unwritable(error, code)
    return code


def _unwritable(error: OSError, code: int) -> int:
    """Give up the output, and say why unless its reader has left."""
    # Python would try again at its end, and complain.
    give_up(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return code
    return say(f"the output cannot be written: {error.strerror}", code or 1)
