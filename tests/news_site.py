"""A publisher on this machine, and runs over its feeds."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Sequence
from typing import Any

from kit import Dataset
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.configuration.config import Config, load
from pipeline.reports.report import Report
from pipeline.run import run

BODY = "".join(
    f"<p>The council of {{city}} voted to rebuild pillar {n} of the old harbour bridge, "
    "which engineers closed last winter after finding cracks in it.</p>"
    for n in range(4)
)
START = dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC)


def page(city: str, text: str = BODY) -> str:
    title = f"{city} rebuilds its bridge"
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{title}</title></head><body>"
        f"<article><h1>{title}</h1>{text.format(city=city)}</article></body></html>"
    )


class Site:
    """A publisher: a feed, its pages, and the log of what was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.pages: dict[str, tuple[int, str]] = {}
        self.robots = "User-agent: *\nDisallow:"
        self.robots_status = 200
        self.headers = {
            "ETag": '"v1"',
            "Last-Modified": "Mon, 23 Nov 2026 08:00:00 GMT",
        }
        self.honours_validators = True
        self.feed_status = 200
        self.entries: list[dict[str, str]] = []
        self.requests: list[Request] = []
        server.expect_request(_Any()).respond_with_handler(self.answer)

    def list(self, city: str, **more: str) -> None:
        self.entries.append({"city": city, **more})
        self.pages.setdefault(f"/{city}", (200, page(city)))

    @property
    def url(self) -> str:
        return self.server.url_for("/feed")

    def feed(self) -> str:
        items = "".join(
            f"<entry><id>urn:{e['city']}</id><title>{e['city']}</title>"
            f"<link href='{e.get('link') or self.server.url_for('/' + e['city'])}'/>"
            f"<updated>{e.get('updated', '2026-11-20T08:00:00Z')}</updated>"
            f"<summary>{e.get('summary', '')}</summary></entry>"
            for e in self.entries
        )
        return (
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>City News</title>"
            f"<id>urn:x</id><updated>2026-11-20T08:00:00Z</updated>{items}</feed>"
        )

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        if request.path == "/robots.txt":
            return Response(self.robots, self.robots_status)
        if request.path == "/feed":
            if self.feed_status != 200:
                return Response("", self.feed_status, self.headers)
            asked = request.headers.get("If-None-Match")
            if self.honours_validators and asked and asked == self.headers.get("ETag"):
                return Response("", 304, self.headers)
            kind = "application/atom+xml"
            return Response(self.feed(), 200, self.headers, content_type=kind)
        status, content = self.pages.get(request.path, (404, ""))
        if 300 < status < 400:
            return Response("", status, {"Location": content})
        return Response(content, status, content_type="text/html; charset=utf-8")

    def asked(self, path: str) -> Sequence[Request]:
        return [request for request in self.requests if request.path == path]


class _Any(str):
    """A path that equals every other: the site answers for itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class Reader:
    """Runs over feeds into one dataset, one some hours after another."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.settings: tuple[str, ...] = ()
        self.runs = 0
        self.hours = 2.0
        self.now = START

    def read(self, *feeds: str, **fetch: Any) -> Report:
        self.runs += 1
        self.now += dt.timedelta(hours=self.hours)
        return run(self.config(*feeds, **fetch), now=self.now)

    def config(self, *feeds: str, **fetch: Any) -> Config:
        options = {
            "contact": "https://example.org/me",
            "allowed_networks": ("127.0.0.0/8",),
            "feed_pause_seconds": 0,
            "page_pause_seconds": 0,
        }
        flags = {
            "source": {"feeds": feeds},
            "fetch": options | fetch,
            "enrich": {"entities": {"models": {"en": ""}}},
            "output": {"path": self.dataset.path},
        }
        return load(None, self.settings, flags)

    def outcomes(self, kind: str) -> list[str]:
        rows = sorted(self.dataset.rows("fetches"), key=lambda row: row["at"])
        return [row["outcome"] for row in rows if row["kind"] == kind]


class Publisher:
    """The host of a page: away at first, there when it is opened."""

    def __init__(self) -> None:
        # Bound and not listening, it refuses who asks, and nobody else gets its port.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.port = self._place.getsockname()[1]
        self.server: HTTPServer | None = None

    def url(self, city: str) -> str:
        return f"http://127.0.0.1:{self.port}/{city}"

    def open(self, *cities: str) -> HTTPServer:
        self.server = server = HTTPServer(port=self.port)
        server.start()
        server.expect_request("/robots.txt").respond_with_data("", status=404)
        for city in cities:
            server.expect_request(f"/{city}").respond_with_data(
                page(city), content_type="text/html; charset=utf-8"
            )
        return server

    def close(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None
        self._place.close()
