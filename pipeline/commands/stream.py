"""The command ``stream``: feeds asked when they are due, until a stop is asked for."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import options

if TYPE_CHECKING:
    from pipeline.configuration.config import Config

log = logging.getLogger(__name__)


def stream(
    config: options.ConfigFile = None,
    files: options.Files = None,
    feeds: options.Feeds = None,
    output: options.Output = None,
    overrides: options.Overrides = None,
    duration: options.Duration = None,
    until_idle: Annotated[
        bool,
        typer.Option(
            "--until-idle",
            help="End when a round of all feeds and files brought nothing new, or nothing "
            "is due within ten seconds.",
        ),
    ] = False,
    health_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65_535,
            help="Answer /healthz and /metrics on 127.0.0.1; 0 takes a free port.",
        ),
    ] = None,
    log_level: options.OptionalLevel = None,
    log_format: options.LogLines = options.LogFormat.PLAIN,
) -> None:
    """Keep polling: ask each feed when it is due, write what is new, until stopped.

    The same flow as run, a small batch at a time, each a commit. A terminal shows what
    is going on, elsewhere it is logged. Ctrl-C and SIGTERM finish the batch and exit
    with 0, a second one stops at once. SIGHUP reads the configuration again.
    """
    default = options.LogLevel.WARNING if sys.stderr.isatty() else options.LogLevel.INFO
    options.configure_logs(log_level or default, log_format)
    options.start_children()
    with options.loading():
        from pipeline.configuration.config import load
        from pipeline.process.signals import Signals
        from pipeline.reports.board import Board
        from pipeline.reports.terminal import console
        from pipeline.stream import health
        from pipeline.stream.loop import Until
        from pipeline.stream.loop import stream as stream_on
        from pipeline.stream.screen import screen, summary

    def read_config() -> Config:
        here = options.config_here(config, files, feeds)
        return load(here, overrides or (), options.source_flags(files, feeds, output))

    settings = read_config()
    now = dt.datetime.now(dt.UTC)
    board = Board(settings.output.path, now, now)
    stalled = dt.timedelta(minutes=settings.stream.stalled_minutes)
    terminal = console(stderr=True)
    with contextlib.ExitStack() as stack:
        signals = Signals(settings.stream.stop_seconds, board.stop)
        stack.enter_context(signals)
        if health_port is not None:
            answering = health.health_port(health_port, board, stalled)
            port = stack.enter_context(answering)
            log.info("health at http://127.0.0.1:%d/healthz", port)
        if terminal.is_terminal:
            stack.enter_context(screen(board, terminal))
        stream_on(
            read_config,
            signals=signals,
            board=board,
            until=Until(now + options.span(duration) if duration else None, until_idle),
            watch=health.HealthFile(settings.stream.health_file, stalled),
        )
    console().print(summary(board, dt.datetime.now(dt.UTC)), soft_wrap=True)
