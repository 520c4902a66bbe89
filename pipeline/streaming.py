"""What ``newsbeam stream`` does, once the command line is read."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.board import Board
from pipeline.command import config_here, source_flags
from pipeline.config import Config, load
from pipeline.duration import span
from pipeline.health import HealthFile, health_port
from pipeline.screen import screen, summary
from pipeline.signals import Signals
from pipeline.stream import Until, stream
from pipeline.terminal import console

log = logging.getLogger(__name__)


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
    """Stream until a stop is asked for, and report the result."""

    def read_config() -> Config:
        return load(
            config_here(config, files, feeds),
            overrides,
            source_flags(files, feeds, output),
        )

    options = read_config()
    now = dt.datetime.now(dt.UTC)
    until = Until(now + span(duration) if duration else None, until_idle)
    board = Board(options.output.folder, now, now)
    terminal = console(stderr=True)
    with contextlib.ExitStack() as stack:
        signals = Signals(options.stream.stop_seconds, board.stop)
        stack.enter_context(signals)
        if health_port is not None:
            stack.enter_context(_answering(health_port, board, options))
        if terminal.is_terminal:
            stack.enter_context(screen(board, terminal))
        stream(
            read_config,
            signals=signals,
            board=board,
            until=until,
            watch=HealthFile(options.stream.health_file, _stalled(options)),
        )
    console().print(summary(board, dt.datetime.now(dt.UTC)), soft_wrap=True)


@contextlib.contextmanager
def _answering(port: int, board: Board, options: Config) -> Iterator[None]:
    with health_port(port, board, _stalled(options)) as found:
        log.info("health at http://127.0.0.1:%d/healthz", found)
        yield


def _stalled(options: Config) -> dt.timedelta:
    return dt.timedelta(minutes=options.stream.stalled_minutes)
