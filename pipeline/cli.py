"""The command line: ``newsbeam COMMAND``.

Every command with the example that its help ends with, on one screen.  typer brings a
click of its own in some versions and takes the package in others: what is click's here
is reached through typer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from pipeline import __version__
from pipeline.commands import (
    asking,
    feeds,
    forgetting,
    init,
    keeping,
    looking,
    reporting,
    run,
    stream,
    unbounded,
)
from pipeline.configuration.wording import in_plain_words
from pipeline.start import main

__all__ = ["PastClick", "app", "main", "usage_problem"]

# The base of click's errors of usage, of whichever click typer works with.
_UsageError: Any = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
# A character that stands in no text, and a text that begins as options do.
_MARK = "\ufdd0"
_TEXT = re.compile(r"-[^=\s]*\s")
_NO_OPTION, _TAKE_TEXTS = "No such option", {"search", "show", "sql"}
# Options that a command does not know are Beam's.
_BEAM = {"allow_extra_args": True, "ignore_unknown_options": True}


class PastClick(Exception):  # noqa: N818 - it only carries one
    """Carries an error past click, which would print something and exit.

    Attributes:
      error: The error.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class _Command(TyperCommand):
    """A command whose flags are shown without a type, and which knows texts from options."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, that for help among them."""
        return _bare_flags(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the arguments; what is wrong with them is of this command."""
        try:
            if not ctx.ignore_unknown_options:
                args = _marked(args, self.params)
            rest = super().parse_args(ctx, args)
        except _UsageError as error:
            # The parser of options does not say whose they are.
            error.ctx = getattr(error, "ctx", None) or ctx
            raise
        ctx.params = {name: _unmarked(value) for name, value in ctx.params.items()}
        return rest


class _Commands(TyperGroup):
    """The commands; what a broken pipe and an interruption mean is for us to say."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, that for help among them."""
        return _bare_flags(super().get_params(ctx))

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the arguments before the command."""
        try:
            return super().make_context(*args, **kwargs)
        except (BrokenPipeError, KeyboardInterrupt) as error:
            raise PastClick(error) from error

    def invoke(self, ctx: Any) -> Any:
        """Call the command."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, KeyboardInterrupt) as error:
            raise PastClick(error) from error


def _marked(args: list[str], parameters: list[Any]) -> list[str]:
    """Return arguments with a mark before texts that only look like options.

    A query may begin with a comment: no option has white space before its value.
    """
    takes = {
        name
        for one in parameters
        if one.param_type_name == "option" and not one.is_flag
        for name in one.opts
    }
    found: list[str] = []
    for before, arg in zip(["", *args], args, strict=False):
        if before == "--":
            # What follows is no option in any case.
            return [*found, *args[len(found) :]]
        is_text = not {before, arg[:2]} & takes and _TEXT.match(arg)
        found.append(f"{_MARK}{arg}" if is_text else arg)
    return found


def _unmarked(value: Any) -> Any:
    """Return a value without the marks that :func:`_marked` has put there."""
    if isinstance(value, str) and value.startswith(_MARK):
        return value.removeprefix(_MARK)
    return list(map(_unmarked, value)) if isinstance(value, (list, tuple)) else value


def _bare_flags(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
    return parameters


def usage_problem(error: Exception) -> str | None:
    """Return in one line what is wrong with a command line; None for other errors."""
    if not isinstance(error, _UsageError):
        return None
    message = " ".join(error.format_message().split())
    # Some versions of typer and of click suggest one after the other.
    message = re.sub(r"( Did you mean [^?]+\?)\1+", r"\1", message)
    # After the option's name comes what the library says of its value.
    head, colon, said = message.partition(": ")
    if head.startswith("Invalid value"):
        message = f"{head}{colon}{in_plain_words(said)}"
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "newsbeam"
    if head == _NO_OPTION and path.split()[-1] in _TAKE_TEXTS and "Did you" not in said:
        message += f"; a text that begins so stands behind --: {path} DATASET -- TEXT"
    asked = "" if message.endswith("?") else ";"
    return f"{message.rstrip('.')}{asked} see {path} --help"


app = typer.Typer(
    name="newsbeam",
    cls=_Commands,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Read news from feeds and files, clean it, tag entities and countries, and write "
        "Parquet that DuckDB, Polars, pandas and Spark open."
    ),
    epilog="Try: newsbeam init --offline && newsbeam run",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"newsbeam {__version__}")
        raise typer.Exit


@app.callback()
def newsbeam(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Say what holds for every command.

    Raises:
      ConfigError: When the folder that newsbeam runs in is gone.
    """
    # Its callback has shown it and has left.
    del version
    try:
        # Paths are resolved against it, by us and by what starts our children.
        os.getcwd()
    except OSError:
        from transforms.errors import ConfigError

        raise ConfigError(
            "the folder that newsbeam was called in is gone; change to one that is there"
        ) from None


def _add(
    command: Callable[..., None], example: str, settings: dict[str, Any] | None = None
) -> None:
    app.command(
        cls=_Command,
        epilog=f"Example: newsbeam {example}",
        context_settings=settings,
    )(command)


# Each example works where newsbeam init --offline and newsbeam run were called.
_add(init.init, "init --offline")
_add(run.run, "run --files 'seeds/*.txt' --output data/mine", _BEAM)
_add(
    unbounded.unbounded,
    "unbounded newsbeam.toml --runner PrismRunner --for 30s",
    _BEAM,
)
_add(stream.stream, "stream configs/stream.toml --until-idle")
_add(feeds.feeds, "feeds list --config newsbeam.toml")
_add(looking.check, "check newsbeam.toml --set fetch.threads=4")
_add(looking.status, "status data/offline")
_add(
    keeping.replay,
    "replay data/offline --config newsbeam.toml --since 2026-11-01",
)
_add(keeping.reprocess, "reprocess data/offline --from-text --all")
_add(keeping.compact, "compact data/offline --keep-days 36500")
_add(forgetting.forget, "forget data/offline 399de0ba --dry-run")
_add(keeping.copy, "copy data/offline data/copy")
_add(looking.show, "show data/offline 399de0ba")
_add(looking.stories, "stories data/offline --min-sources 1")
_add(
    asking.sql, "sql data/offline 'SELECT language, count(*) FROM articles GROUP BY 1'"
)
_add(asking.views, "views data/offline --dialect spark")
_add(reporting.report, "report data/offline -o report.html")
_add(reporting.stats, "stats data/offline")
_add(asking.export, "export data/offline --country FR --since 2025-10-01")
_add(asking.search, "search data/offline Tokyo satellite --since 2025-10-01")
_add(
    asking.why,
    "why data/offline http://newsbeam.invalid/pages/en/budget-live.html",
)
_add(looking.files, "files data/offline fetches")
_add(looking.models, "models --language ru")
_add(looking.schema, "schema articles")
