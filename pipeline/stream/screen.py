"""The screen of a stream on a terminal: what is due, how fast it goes, what came last."""

from __future__ import annotations

import datetime as dt
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipeline.reports.board import Board, Seen
from pipeline.reports.terminal import labelled, many, ranked, shown

_FRAMES_PER_SECOND = 2
_LABEL = 10
# Lines around the articles: figures, headings, the last line, one for the prompt.
_OTHER_LINES = 11
_TOP = 5


@contextmanager
def screen(board: Board, console: Console) -> Iterator[None]:
    """Show the board while the context lasts; log lines pass above it."""
    view = _View(board, console)
    live = Live(
        view,
        console=console,
        refresh_per_second=_FRAMES_PER_SECOND,
        transient=True,
    )
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler)
    ]
    streams = [handler.stream for handler in handlers]
    with live:
        for handler in handlers:
            # Rich has put a stand-in there, which knows of the screen.
            handler.setStream(sys.stderr)
        try:
            yield
        finally:
            for handler, stream in zip(handlers, streams, strict=True):
                handler.setStream(stream)


class _View:
    """The board as it is when it is drawn."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._console = console

    def __rich__(self) -> RenderableType:
        return board_view(
            self._board, dt.datetime.now(dt.UTC), self._console.size.height
        )


def board_view(board: Board, now: dt.datetime, height: int) -> RenderableType:
    """Return the board for a terminal.

    Args:
      board: What the stream is at.
      now: The time.
      height: Lines of the terminal; as many articles are shown as fit.
    """
    articles = Table(box=None, expand=True, padding=(0, 1, 0, 0))
    articles.add_column("time", no_wrap=True, style="dim")
    articles.add_column("", no_wrap=True)
    articles.add_column("countries", no_wrap=True, max_width=14)
    articles.add_column("source", no_wrap=True, max_width=24, overflow="ellipsis")
    articles.add_column("title", no_wrap=True, overflow="ellipsis", ratio=1)
    for seen in board.articles[: max(height - _OTHER_LINES, 1)]:
        articles.add_row(*_article(seen, now))
    lines = labelled(_figures(board, now), _LABEL)
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    ending = (
        "stopping when this batch is done; Ctrl-C stops at once"
        if board.is_stopping
        else "Ctrl-C finishes the batch and stops"
    )
    return Group(
        *lines,
        Text(),
        articles if board.articles else Text("no new article yet", style="dim"),
        Text(ending, style="dim"),
    )


def summary(board: Board, now: dt.datetime) -> RenderableType:
    """Return what a stream did, for when it is over."""
    total = board.total
    pages = f"{many(sum(board.waiting.values()), 'page')}: {ranked(board.waiting)}"
    lines = [
        ("streamed", _span(now - board.started)),
        ("batches", f"{board.batches:,}"),
        ("asked", f"for feeds {total.feeds:,} times, {many(total.files, 'file')} read"),
        ("new", many(total.new, "article")),
        ("rejected", ranked(total.rejected, most=len(total.rejected)) or "0"),
        *([("waiting", pages)] if board.waiting else []),
        ("dataset", f"{board.dataset}/articles"),
    ]
    return Group(*labelled(lines, _LABEL))


def _figures(board: Board, now: dt.datetime) -> Iterator[tuple[str, Text]]:
    counts, total = board.counts, board.total
    yield "stream", Text(f"{board.dataset} · up {_span(now - board.started)}")
    feeds = f"{counts.feeds:,} feeds, {counts.due:,} due"
    if counts.overdue > dt.timedelta(seconds=1):
        feeds += f" (for {_span(counts.overdue)})"
    parts = [Text(feeds)]
    if counts.failing:
        parts.append(Text(f"{counts.failing:,} failing", style="yellow"))
    if counts.retired:
        parts.append(Text(f"{counts.retired:,} gone", style="yellow"))
    yield "feeds", Text(", ").join(parts)
    yield "now", _now(board, now)
    yield (
        "new",
        Text(
            f"{many(total.new, 'article')} · batches {board.batches:,} · "
            f"{board.per_minute(now):,.1f} a minute · last batch {board.last.new:,} in "
            f"{board.last.seconds:,.1f} s"
        ),
    )
    yield "rejected", Text(ranked(total.rejected, most=_TOP) or "0")
    if board.waiting:
        pages = many(sum(board.waiting.values()), "page")
        yield "waiting", Text(f"{pages}: {ranked(board.waiting, most=_TOP)}")
    if board.problem:
        yield "failed", Text(board.problem, style="bold red")


def _now(board: Board, now: dt.datetime) -> Text:
    if board.working_since is not None:
        return Text(f"working for {_span(now - board.working_since)}", style="green")
    if board.next_at is None:
        return Text("nothing to ask")
    left = board.next_at - now
    if left <= dt.timedelta():
        return Text("beginning")
    return Text(f"next poll in {_span(left)}, at {board.next_at.astimezone():%H:%M:%S}")


def _article(seen: Seen, now: dt.datetime) -> tuple[Text, ...]:
    moment = ""
    if seen.published_at is not None:
        local = seen.published_at.astimezone()
        is_today = local.date() == now.astimezone().date()
        moment = f"{local:%H:%M}" if is_today else f"{local:%Y-%m-%d}"
    return (
        Text(moment),
        Text(seen.language or "", style="cyan"),
        Text(" ".join(seen.countries[:4]), style="green"),
        Text(shown(seen.source)),
        Text(shown(seen.title)),
    )


def _span(span: dt.timedelta) -> str:
    seconds = max(round(span.total_seconds()), 0)
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:  # noqa: PLR2004
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{hours // 24} days {hours % 24} h"
