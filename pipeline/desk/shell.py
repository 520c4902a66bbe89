"""Shell: queries one after another, at a terminal."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterable

from transforms.errors import ConfigError, RunError

_PROMPT, _MORE = "newsbeam> ", "      ...> "
_HELP = """\
A query ends with ;
  .views          the views that there are
  .schema VIEW    the columns of one
  .help           this
  .quit           leave, as does Ctrl-D; Ctrl-C drops what was typed
"""
_WORDS = (
    "SELECT FROM WHERE GROUP BY ORDER LIMIT JOIN USING COUNT DISTINCT DESC HAVING "
    "UNNEST DESCRIBE SUMMARIZE"
).split()


def converse(ask: Callable[[str], None], views: Iterable[str]) -> None:
    """Read queries from the terminal until its user leaves.

    Args:
      ask: Answers one; what it raises is shown, and the next query is read.
      views: The names of the views.
    """
    names = list(views)
    # Here an interruption ends a query, not the command.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _complete([*names, *_WORDS])
    sys.stdout.write("SQL over the views of this dataset; .help says more\n")
    for query in _queries():
        with contextlib.suppress(KeyboardInterrupt):
            try:
                _answer(query, ask, names)
            except (ConfigError, RunError) as error:
                sys.stderr.write(f"{error}\n")


def _answer(query: str, ask: Callable[[str], None], names: list[str]) -> None:
    command, _, rest = query.removesuffix(";").strip().partition(" ")
    if not command.startswith("."):
        ask(query)
    elif command == ".views":
        sys.stdout.write("".join(f"{name}\n" for name in names))
    elif command == ".schema":
        quoted = rest.strip().replace('"', '""')
        ask(f'SELECT column_name, column_type FROM (DESCRIBE "{quoted}")')  # noqa: S608
    else:
        sys.stdout.write(_HELP)


def _queries() -> Iterable[str]:
    """Yield what was typed: a command, or the lines of a query up to its semicolon."""
    typed: list[str] = []
    while True:
        try:
            line = input(_MORE if typed else _PROMPT)
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            typed = []
            continue
        except EOFError:
            sys.stdout.write("\n")
            return
        is_command = not typed and line.lstrip().startswith(".")
        if is_command and line.strip() in {".quit", ".exit"}:
            return
        if line.strip() or typed:
            typed.append(line)
        if typed and (is_command or line.rstrip().endswith(";")):
            yield "\n".join(typed)
            typed = []


def _complete(words: list[str]) -> None:
    """Let the tabulator complete words, where lines can be edited."""
    try:
        import readline  # noqa: PLC0415 - not on every system
    except ImportError:
        return

    def completed(begun: str, number: int) -> str | None:
        fitting = [word for word in words if word.lower().startswith(begun.lower())]
        return fitting[number] if number < len(fitting) else None

    readline.set_completer(completed)
    readline.parse_and_bind("tab: complete")
