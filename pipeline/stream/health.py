"""Whether a stream is well, for a supervisor: a file, and a port on this machine.

``GET /healthz`` answers 200 or 503 with the same JSON as the file, ``GET /metrics`` is for
Prometheus.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pipeline.reports.board import Board
from pipeline.reports.metrics import stream_metrics
from transforms.errors import ConfigError

log = logging.getLogger(__name__)

# A stream that sleeps says every minute that it is alive.
_SILENT = dt.timedelta(minutes=5)
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def health(board: Board, now: dt.datetime, stalled: dt.timedelta) -> dict[str, Any]:
    """Return how a stream is, as JSON has it; ``status`` is ``ok`` if all is well.

    Args:
      board: What the stream is at.
      now: The time.
      stalled: A batch that takes longer is not well.
    """
    working = board.working_since
    if board.is_stopping:
        status = "stopping"
    elif working is not None and now - working > stalled:
        status = "stalled"
    elif working is None and now - board.seen_at > _SILENT:
        status = "silent"
    elif board.failures:
        status = "failing"
    else:
        status = "ok"
    return {
        "status": status,
        "at": now.isoformat(),
        "pid": os.getpid(),
        "started": board.started.isoformat(),
        "last_success": _iso(board.succeeded_at),
        "working_since": _iso(working),
        "next": _iso(board.next_at),
        "lag_seconds": round(board.counts.overdue.total_seconds(), 3),
        "feeds": board.counts.feeds,
        "feeds_due": board.counts.due,
        "feeds_failing": board.counts.failing,
        "batches": board.batches,
        "articles": board.total.new,
        "failures": board.failures,
        "problem": board.problem,
    }


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None


class HealthFile:
    """Writes the health of a stream to a file, each time that it is called.

    Args:
      path: The file, which is replaced whole; None for none.
      stalled: See :func:`health`.
    """

    def __init__(self, path: Path | None, stalled: dt.timedelta) -> None:
        self._path = path
        self._stalled = stalled

    def __call__(self, board: Board) -> None:
        """Write the file; that it cannot be written stops no stream."""
        if self._path is None:
            return
        figures = health(board, dt.datetime.now(dt.UTC), self._stalled)
        fresh = self._path.with_name(f".{self._path.name}.new")
        try:
            fresh.write_text(json.dumps(figures, indent=1) + "\n")
            fresh.replace(self._path)
        except OSError as error:
            log.warning("%s: health not written: %s", self._path, error.strerror)


@contextlib.contextmanager
def health_port(port: int, board: Board, stalled: dt.timedelta) -> Iterator[int]:
    """Answer on 127.0.0.1 while the context lasts.

    Args:
      port: Where; 0 for any that is free.
      board: What the stream is at.
      stalled: See :func:`health`.

    Yields:
      The port.

    Raises:
      ConfigError: When the port is not available.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            now = dt.datetime.now(dt.UTC)
            if self.path == "/healthz":
                figures = health(board, now, stalled)
                is_well = figures["status"] == "ok"
                status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
                body = (json.dumps(figures) + "\n").encode()
                self._answer(status, "application/json", body)
            elif self.path == "/metrics":
                self._answer(HTTPStatus.OK, _METRICS_TYPE, stream_metrics(board, now))
            else:
                self._answer(
                    HTTPStatus.NOT_FOUND, "text/plain", b"/healthz or /metrics\n"
                )

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing: a supervisor asks every few seconds."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"--health-port {port}: {reason}; choose another, 0 takes any"
        ) from error
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
