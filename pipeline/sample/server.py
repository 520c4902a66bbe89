"""A web server for samples: a folder served on 127.0.0.1 under a host of its own.

Feeds work without a network then: addresses stay those of the sample, and only the
connection goes to this server.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Handler(SimpleHTTPRequestHandler):
    """Serves files, and answers 304 to who has them already."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".atom": "application/atom+xml",
        ".html": "text/html",
        ".json": "application/feed+json",
        ".rdf": "application/rdf+xml",
        ".xml": "application/xml",
    }

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: newsbeam reports what it fetched."""

    def end_headers(self) -> None:
        """Close after each answer, as newsbeam asks for."""
        self.send_header("Connection", "close")
        super().end_headers()


@contextlib.contextmanager
def serving(folders: Mapping[str, Path]) -> Iterator[dict[str, str]]:
    """Serve each folder while the context lasts.

    Args:
      folders: By the host name that they are served under.

    Yields:
      The ``address:port`` that answers for each host.
    """
    with contextlib.ExitStack() as stack:
        addresses = {}
        for host, folder in folders.items():
            handler = functools.partial(_Handler, directory=str(folder))
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            addresses[host] = f"127.0.0.1:{server.server_port}"
        yield addresses
