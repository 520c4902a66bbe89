"""The command as installed: bad usage, help, a reader that leaves, Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pytest
import typer
from kit import HELD_BACK, NEWSBEAM, ROOT, SEED

from pipeline.cli import app, usage_problem

COMMANDS = [command.callback.__name__ for command in app.registered_commands]
Command = Callable[..., Any]


# A disk that is full without filling one; Linux has it, and CI runs on Linux.
needs_a_full_device = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has /dev/full"
)


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NEWSBEAM, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def called_all(
    calls: list[tuple[str, ...]],
) -> list[subprocess.CompletedProcess[str]]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda call: called(*call), calls))


# Of these the real command is run; the others go through the same door in this process,
# which has imported Beam already.
INSTALLED = {
    ("stream", "--for", "10"): "--for '10': write a time as 90s, 30m, 2h or 1h30m",
    ("stream", "--for", "99999999h"): "--for '99999999h': must be at most 36500d",
    ("unbounded", "my.toml", "--runner", "PrismRunner", "--for", "soon"): (
        "--for 'soon': write a time as 90s, 30m, 2h or 1h30m"
    ),
    ("rnu",): "No such command 'rnu'. Did you mean 'run'? see newsbeam --help",
    ("--nope",): "No such option: --nope; see newsbeam --help",
    ("compact",): "Missing argument 'DATASET'; see newsbeam compact --help",
    ("run", "--set"): "Option '--set' requires an argument; see newsbeam run",
    ("run", "--max-reject-rate", "2"): "must be a number from 0 to 1; see newsbeam",
}
BAD: dict[tuple[str, ...], str] = {
    **{
        (name, ""): f"name a folder; see newsbeam {name} --help"
        for name in (
            "init",
            "status",
            "show",
            "files",
            "replay",
            "reprocess",
            "compact",
        )
    },
    ("status", "data", "--reset"): "see newsbeam status --help",
    ("show",): "Missing argument 'DATASET'; see newsbeam show --help",
    ("run", "--max-reject-rate", "x"): "must be a number from 0 to 1; see newsbeam",
    ("run", "--max-reject-rate", "nan"): "must be a number from 0 to 1; see newsbeam",
    ("run", "--log-level", "loud"): "'loud' is not one of",
    ("run", "--ouput", "x"): "unknown option --ouput; did you mean --output?",
    ("run", "--files", SEED, "-x"): "unknown option -x; see newsbeam run --help",
    ("run", "--jobserver_timeout=3"): "did you mean --job_server_timeout?",
    ("stream", "--util-idle"): "--until-idle",
    ("stream", "--for", "36501d"): "--for '36501d': must be at most 36500d",
    ("stream", "--for", "9" * 5000 + "s"): "…': must be at most 36500d",
    ("stream", "--health-port", "70000"): "must be at most 65535",
    ("check", "a.toml", "b.toml"): "Got unexpected extra argument",
    ("compact", "data", "--target-mb", "1.5"): "must be a whole number",
    ("compact", "data", "--keep-days", "740000"): "must be at most 36500",
    ("compact", "data", "--closed-days", "99999999999"): "must be at most 36500",
    ("unbounded", "my.toml"): "Missing option '--runner'; see newsbeam unbounded",
    **{
        (name, "--no-such"): "--no-such"
        for name in COMMANDS
        if name not in {"run", "unbounded"}
    },
}


def said(expected: str, stderr: str) -> None:
    (line,) = stderr.splitlines()
    assert line.startswith("newsbeam: ")
    assert expected.replace("'", "").casefold() in line.replace("'", "").casefold()
    assert " --help" in line or "--for" in line
    assert len(line) < 200


def test_bad_usage_is_one_line_with_a_hint_and_exit_code_2() -> None:
    for call, done in zip(INSTALLED, called_all(list(INSTALLED)), strict=True):
        assert done.returncode == 2, (call, done.stderr)
        assert done.stdout == "", call
        said(INSTALLED[call], done.stderr)


@pytest.mark.parametrize("call", BAD)
def test_every_command_says_what_is_wrong_with_its_options(
    newsbeam: Command, call: tuple[str, ...]
) -> None:
    done = newsbeam(*call)
    assert done.returncode == 2
    assert done.stdout == ""
    said(BAD[call], done.stderr)


def test_help_is_there_with_and_without_a_command() -> None:
    bare, short, long = called_all([(), ("-h",), ("--help",)])
    assert bare.returncode == short.returncode == long.returncode == 0
    assert bare.stderr == ""
    assert bare.stdout == short.stdout == long.stdout
    assert "Usage: newsbeam" in bare.stdout
    assert "--install-completion" in bare.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_says_nothing_of_python(
    newsbeam: Command, command: str
) -> None:
    done = newsbeam(command, "-h")
    assert done.returncode == 0
    assert done.stderr == ""
    assert f"Usage: newsbeam {command}" in done.stdout
    assert "-h" in done.stdout
    assert not re.search(r"<bool>|BOOLEAN|\[\[", done.stdout), done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "COLUMNS",
        pytest.param("LINES", marks=pytest.mark.slow),
        pytest.param("TERMINAL_WIDTH", marks=pytest.mark.slow),
    ],
)
def test_a_terminal_without_a_size_is_as_one_that_is_not_known(name: str) -> None:
    help_page = [NEWSBEAM, "run", "--help"]
    known = subprocess.run(help_page, capture_output=True, text=True, check=True)
    assert "--max-reject-rate" in known.stdout
    assert {len(line) for line in known.stdout.splitlines()} >= {80}
    for size in ("0", "²", "", "-1", "wide"):
        done = subprocess.run(
            help_page,
            env=os.environ | {name: size},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), size
        assert done.stdout == known.stdout, size


@pytest.mark.parametrize(
    "call",
    [
        ("run", "--files", "x.txt", "--output", "out"),
        ("stream", "--files", "x.txt", "--output", "out"),
        ("init",),
        ("show", "data"),
        ("schema",),
    ],
)
def test_a_folder_that_is_gone_is_said(tmp_path: Path, call: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    leave = 'cd "$1" && rmdir "$1" && shift && exec "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", leave, "sh", gone, NEWSBEAM, *call],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "newsbeam: the folder that newsbeam was called in is gone; change to one that "
        "is there\n"
    )


def test_completion() -> None:
    environment = {
        "_NEWSBEAM_COMPLETE": "complete_bash",
        "COMP_WORDS": "newsbeam re",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [NEWSBEAM],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["replay", "reprocess", "report"]


@pytest.mark.parametrize("command", ["schema", "--help", "--version"])
def test_a_reader_that_leaves_is_no_error(command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [NEWSBEAM, *command.split()],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.returncode == 0
    assert done.stderr == ""


@needs_a_full_device
def test_an_output_that_cannot_be_written_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [NEWSBEAM, "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(
        "newsbeam: the output cannot be written: No space left"
    )
    assert len(done.stderr.splitlines()) == 1


@needs_a_full_device
def test_errors_that_cannot_be_written_keep_their_exit_code() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [NEWSBEAM, "rnu"], env=HELD_BACK, stderr=full, check=False
        )
        assert done.returncode == 2
        # What has no end of line yet is held back until the end.
        script = (
            "import sys; sys.stderr.write('x'); from pipeline.start import main; main()"
        )
        command = [sys.executable, "-c", script, "--version"]
        done = subprocess.run(
            command, cwd=ROOT, env=HELD_BACK, stderr=full, check=False
        )
    assert done.returncode == 0


# Stands in for a module that takes long to load, and says when it is being loaded; the
# server that children are forked from is Python with -c.
_SLOW = """
import sys, time
print("loading", flush=True)
time.sleep(2 if sys.argv[0] == "-c" else 250)
"""


# The first module of newsbeam's own that takes an interruption, loading.
_SLOW_START = """
import sys, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "pipeline.process.command":
            print("loading", flush=True)
            time.sleep(250)

sys.meta_path.insert(0, Slow())
"""


def holders(pipe: IO[str]) -> list[bytes]:
    """Return the command lines of the processes that have a pipe open, ours too."""
    wanted = os.readlink(f"/proc/self/fd/{pipe.fileno()}")
    found = []
    for file in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(file) == wanted:
                found.append(file.parents[1].joinpath("cmdline").read_bytes())
    return found


@pytest.mark.parametrize(
    ("module", "content", "loaders"),
    [
        ("sitecustomize", _SLOW_START, 1),
        ("typer", _SLOW, 1),
        pytest.param("lxml", _SLOW, 2, marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_while_modules_load_is_one_line(
    module: str, content: str, loaders: int, tmp_path: Path
) -> None:
    (tmp_path / f"{module}.py").write_text(content)
    # A shell has what it starts in the background ignore it, tests and what they start too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [NEWSBEAM, "run", "--files", SEED, "--output", str(tmp_path / "out")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        for _ in range(loaders):
            assert process.stdout.readline() == "loading\n"
        # As a terminal does: to the command and to all that it has started.
        os.killpg(process.pid, signal.SIGINT)
        try:
            _, told = process.communicate(timeout=200)
        except subprocess.TimeoutExpired:
            pytest.fail(f"its output is still open: {holders(process.stdout)}")
    assert process.returncode == 130
    (line,) = told.splitlines()
    assert line.startswith("newsbeam: interrupted")


_UNFORESEEN = """
from pipeline.desk import why
from pipeline.start import main

def why_not(*_):
    raise KeyError("https://me:secret@a.example/feed")

why.why = why_not
main()
"""


def test_an_error_that_nobody_foresaw_is_shown_without_secrets() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _UNFORESEEN, "why", "x", "https://a.example"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" in done.stderr
    assert "why_not" in done.stderr
    assert "a.example/feed" in done.stderr
    assert "secret" not in done.stderr


def test_a_closed_output_is_no_error() -> None:
    script = 'exec "$0" --version >&-'
    done = subprocess.run(["/bin/sh", "-c", script, NEWSBEAM], check=False)
    assert done.returncode == 0


def test_errors_of_either_click_are_usage() -> None:
    kinds = {kind.__name__: kind for kind in typer.BadParameter.__mro__}
    assert (
        usage_problem(typer.BadParameter("Bad"))
        == "Invalid value: Bad; see newsbeam --help"
    )
    assert usage_problem(kinds["ClickException"]("Bad")) == "Bad; see newsbeam --help"
    assert usage_problem(ValueError("Bad")) is None
