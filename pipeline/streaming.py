"""What ``newsbeam stream`` does, once the command line is read."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from pipeline.board import Board
from pipeline.command import source_flags
from pipeline.config import Config, load
from pipeline.health import HealthFile, health_port
from pipeline.screen import screen, summary
from pipeline.signals import Signals
from pipeline.stream import Until, stream
from transforms.errors import ConfigError

log = logging.getLogger(__name__)

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def run_stream(
    *,
    config: Path | None,
    files: Sequence[str],
    feeds: Sequence[str],
    output: str | None,
    overrides: Sequence[str],
    duration: str | None,
    until_idle: bool,
    health_port: int | None,
) -> None:
    """Stream until told to stop, and say what came of it."""

    def read_config() -> Config:
        return load(config, overrides, source_flags(files, feeds, output))

    options = read_config()
    now = dt.datetime.now(dt.UTC)
    until = Until(now + span(duration) if duration else None, until_idle)
    board = Board(options.output.folder, now, now)
    console = Console(stderr=True)
    with contextlib.ExitStack() as stack:
        signals = Signals(options.stream.stop_seconds, board.stop)
        stack.enter_context(signals)
        if health_port is not None:
            stack.enter_context(_answering(health_port, board, options))
        if console.is_terminal:
            stack.enter_context(screen(board, console))
        stream(
            read_config,
            signals=signals,
            board=board,
            until=until,
            watch=HealthFile(options.stream.health_file, _stalled(options)),
        )
    Console().print(summary(board, dt.datetime.now(dt.UTC)), soft_wrap=True)


def span(text: str) -> dt.timedelta:
    """Return a span of time such as ``90s``, ``2h`` or ``1h30m``.

    Raises:
      ConfigError: When it is none.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ConfigError((f"--for {text!r}: write a time as 90s, 2h or 1h30m",))
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        return dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ConfigError((f"--for {text!r}: too long",)) from None


@contextlib.contextmanager
def _answering(port: int, board: Board, options: Config) -> Iterator[None]:
    with health_port(port, board, _stalled(options)) as found:
        log.info("health at http://127.0.0.1:%d/healthz", found)
        yield


def _stalled(options: Config) -> dt.timedelta:
    return dt.timedelta(minutes=options.stream.stalled_minutes)
